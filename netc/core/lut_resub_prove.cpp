// Proofs: a copy of the window with the LUT complemented, and questions about rows of its inputs.
#include <algorithm>
#include <queue>

#include "netc/core/lut_resub.hpp"
#include "netc/core/truth.hpp"

namespace netc {
sat::Literal LutResub::loaded(const LutNetwork::Lut &lut, const sat::Literal *inputs) {
    return lut.circuit->build(inputs, [&](sat::Literal a, sat::Literal b) { return gate(a, b); });
}

// The solver's literal for a node; what is not in cone_ is a free variable. The solver's variable 0 is false, so that
// constants are the same literals there and here.
sat::Literal LutResub::literal_of(Node node) {
    stack_.assign(1, node);
    while (!stack_.empty()) {
        Node now = stack_.back();
        if (literal_[now] != kNone) {
            stack_.pop_back();
            continue;
        }
        if (in_cone_[now] != cone_stamp_) {
            literal_[now] = 2 * solver_->new_var();
            loaded_.push_back(now);
            stack_.pop_back();
            continue;
        }
        const LutNetwork::Lut &lut = network_.lut(now);
        sat::Literal inputs[6];
        bool ready = true;
        for (int i = 0; i < lut.size; i++) {
            inputs[i] = literal_[lut.inputs[i]];
            if (inputs[i] != kNone) continue;
            stack_.push_back(lut.inputs[i]);
            ready = false;
        }
        if (!ready) continue;
        literal_[now] = loaded(lut, inputs);
        loaded_.push_back(now);
        stack_.pop_back();
    }
    return literal_[node];
}

// Marks the LUTs nearest to the window, among those that it is made of. Others are taken for leaves, which may hide what
// holds but proves nothing that does not.
void LutResub::mark_cone() {
    using Entry = std::pair<uint32_t, Node>;
    std::priority_queue<Entry> queue;
    cone_stamp_++;
    is_whole_ = true;
    auto reach = [&](Node node) {
        if (!network_.is_gate(node) || mark_[node] == cone_stamp_) return;
        mark_[node] = cone_stamp_;
        queue.push({network_.level(node), node});
    };
    for (Node node : window_) mark_[node] = cone_stamp_, in_cone_[node] = cone_stamp_;
    for (Node node : window_)
        for (int i = 0; i < network_.lut(node).size; i++) reach(network_.lut(node).inputs[i]);
    for (uint32_t count = 0; !queue.empty(); count++) {
        if (count == options_.cone) {
            is_whole_ = false;
            break;
        }
        Node node = queue.top().second;
        queue.pop();
        in_cone_[node] = cone_stamp_;
        for (int i = 0; i < network_.lut(node).size; i++) reach(network_.lut(node).inputs[i]);
    }
}

// A solver with the window and the cone, and a copy of the window in which the LUT is complemented; differs_ says that an
// exit tells the two apart.
void LutResub::copy_window(Node node) {
    if (copied_ == node) return;
    copied_ = node;
    solver_ = std::make_unique<sat::Solver>();
    sat::Literal never = 2 * solver_->new_var() + 1;
    solver_->add_clause(&never, 1);
    for (Node old : loaded_) literal_[old] = kNone;
    loaded_.clear();
    mark_cone();
    literal_of(node);
    if (!window_.is_exit(0)) {
        std::vector<sat::Literal> copy(window_.size());
        copy[0] = sat::negation(literal_of(node));
        sat::Literal same = kTrue;
        for (size_t i = 1; i < window_.size(); i++) {
            const LutNetwork::Lut &lut = network_.lut(window_[i]);
            sat::Literal inputs[6];
            for (int k = 0; k < lut.size; k++) {
                uint32_t place = window_.place(lut.inputs[k]);
                inputs[k] = place == kNone ? literal_of(lut.inputs[k]) : copy[place];
            }
            copy[i] = loaded(lut, inputs);
            if (!window_.is_exit(i)) continue;
            sat::Literal now = literal_of(window_[i]), then = copy[i];
            sat::Literal up = gate(now, sat::negation(then)), down = gate(sat::negation(now), then);
            sat::Literal equal = gate(sat::negation(up), sat::negation(down));
            same = same == kTrue ? equal : gate(same, equal);
        }
        differs_ = sat::negation(same);
    }
    context_->work += static_cast<int64_t>(solver_->num_vars()) / 4;
}

sat::Answer LutResub::ask(const sat::Literal *assumptions, size_t count) {
    uint64_t before = solver_->propagations();
    sat::Answer answer = solver_->solve(assumptions, count, options_.conflicts);
    context_->work += 1 + static_cast<int64_t>(solver_->propagations() - before) / 4;
    if (answer == sat::Answer::satisfiable) {
        for (uint8_t &value : pattern_) value = static_cast<uint8_t>(random_.next() & 1);
        for (Node node : loaded_) {
            int value = network_.is_gate(node) ? -1 : solver_->model(sat::var_of(literal_[node]));
            if (value >= 0) pattern_[node - 1] = static_cast<uint8_t>(value);
        }
    }
    return answer;
}

sat::Answer LutResub::never(Node node, const Node *inputs, int size, uint32_t row, int value, uint64_t &rows) {
    copy_window(node);
    sat::Literal assumptions[8], of_input[6];
    size_t count = 0;
    if (!window_.is_exit(0)) assumptions[count++] = differs_;
    if (value >= 0) assumptions[count++] = literal_of(node) ^ static_cast<sat::Literal>(value == 0);
    for (int i = 0; i < size; i++)
        assumptions[count++] = of_input[i] = literal_of(inputs[i]) ^ static_cast<sat::Literal>(!(row >> i & 1));
    sat::Answer answer = ask(assumptions, count);
    rows = 0;
    if (answer != sat::Answer::unsatisfiable) return answer;
    rows = ~uint64_t{0};
    const std::vector<sat::Literal> &core = solver_->core();
    for (int i = 0; i < size; i++)
        if (std::find(core.begin(), core.end(), sat::negation(of_input[i])) != core.end())
            rows &= row >> i & 1 ? kVariable[i] : ~kVariable[i];
    return answer;
}

}  // namespace netc
