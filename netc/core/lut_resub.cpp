// Which LUTs are tried, in which order, and what follows from what is known of their rows.
#include "netc/core/lut_resub.hpp"

#include <algorithm>

#include "netc/core/truth.hpp"

namespace netc {
namespace {

constexpr size_t kRandomWords = 12;  // patterns that stay; the others are counterexamples and their neighbours
constexpr size_t kFewestWords = 8;
constexpr size_t kMostWords = 128;
constexpr size_t kValues = 4 << 20;  // words that all nodes have together, unless kFewestWords for each are more
constexpr size_t kSmall = 1000;      // nodes that are simulated at once for each counterexample

}  // namespace

LutResub::LutResub(LutNetwork &network, const LutResubOptions &options, netc_context *context)
    : network_(network),
      options_(options),
      context_(context),
      random_{options.seed},
      start_(context->work),
      window_(network.num_nodes()),
      pending_(network.leaves(), network.num_nodes() < kSmall ? 1 : 8) {
    size_t nodes = network.num_nodes();
    words_ = std::min(kMostWords, std::max(kFewestWords, kValues / nodes));
    random_words_ = next_word_ = std::min(kRandomWords, words_ / 2);
    values_.assign(nodes * words_, 0);
    by_word_.assign(nodes * words_, 0);
    observable_.resize(words_);
    seen_.resize(64 * words_);
    changed_.assign(nodes, 0);
    in_cone_.assign(nodes, 0);
    literal_.assign(nodes, kNone);
    literal_[0] = kFalse;
    mark_.assign(nodes, 0);
    pattern_.resize(network.leaves());
    simulate_all();
}

int64_t LutResub::run() {
    int64_t changes = 0;
    std::vector<Node> order = network_.order();
    int64_t total = static_cast<int64_t>(order.size());
    for (size_t i = order.size(); i-- > 0;) {
        Node node = order[i];
        if (!network_.is_alive(node)) continue;
        if ((i & 255) == 0) progress(context_, total - static_cast<int64_t>(i), total);
        if (stop(context_, 1) || context_->work - start_ >= options_.work) break;
        changes += improve(node);
    }
    return changes;
}

bool LutResub::improve(Node node) {
    window_.open(network_, node, options_.window);
    observe(node);
    bool dropped = simplify(node), replaced = false;
    std::vector<std::pair<uint32_t, Node>> inputs;
    const LutNetwork::Lut lut = network_.lut(node);
    for (int i = 0; i < lut.size; i++) {
        uint32_t freed = network_.freed(lut.inputs[i]);
        if (freed > 0) inputs.push_back({freed, lut.inputs[i]});
    }
    std::stable_sort(inputs.begin(), inputs.end(), [](const auto &a, const auto &b) { return a.first > b.first; });
    for (auto [freed, input] : inputs) {
        const LutNetwork::Lut &now = network_.lut(node);
        if (!network_.is_alive(node)) break;
        const Node *at = std::find(now.inputs, now.inputs + now.size, input);
        if (at == now.inputs + now.size) continue;
        if (replace(node, static_cast<int>(at - now.inputs))) {
            replaced = true;
            break;
        }
    }
    return dropped || replaced;
}

// What is known of a row that simulation does not show: true where it is proved that it does not matter.
bool LutResub::is_free(Node node, Rows &rows, uint32_t row) {
    uint64_t bit = uint64_t{1} << row, found = 0;
    if (rows.never & bit) return true;
    if (rows.care & bit) return false;
    sat::Answer answer = never(node, rows.inputs, rows.size, row, -1, found);
    if (answer == sat::Answer::satisfiable && is_whole_) learn_counterexample();
    rows.never |= found;
    if (answer != sat::Answer::unsatisfiable) rows.care |= replicate(bit, rows.size);
    return answer == sat::Answer::unsatisfiable;
}

// Takes the input out if rows that differ in it alone never ask for different values.
bool LutResub::drop(Node node, Rows &rows, int input) {
    uint64_t differ = (rows.table ^ flip_variable(rows.table, input)) & ~kVariable[input] & table_mask(rows.size);
    if (differ & rows.care & flip_variable(rows.care, input)) return false;
    for (; differ; differ &= differ - 1) {
        uint32_t row = static_cast<uint32_t>(__builtin_ctzll(differ)), other = row | 1u << input;
        if (context_->stopped_at >= 0) return false;
        bool first = !(rows.care >> row & 1);  // ask of the one that is not known to matter
        if (!is_free(node, rows, first ? row : other) && !is_free(node, rows, first ? other : row)) return false;
    }
    uint64_t known = rows.never & ~flip_variable(rows.never, input);
    rows.table = (rows.table & ~known) | (flip_variable(rows.table, input) & known);
    rows.care |= flip_variable(rows.care, input);
    rows.never &= flip_variable(rows.never, input);
    rows.size--;
    for (int i = input; i < rows.size; i++) {
        rows.inputs[i] = rows.inputs[i + 1];
        for (uint64_t *word : {&rows.table, &rows.care, &rows.never}) *word = swap_variables(*word, i, i + 1);
    }
    return true;
}

// Drops the inputs that the LUT can do without, those that free most first.
bool LutResub::simplify(Node node) {
    const LutNetwork::Lut lut = network_.lut(node);
    Rows rows{lut.table, 0, 0, {}, lut.size};
    std::copy(lut.inputs, lut.inputs + lut.size, rows.inputs);
    for (uint32_t row = 0; row < 1u << lut.size; row++) rows.care |= uint64_t{is_seen(row)} << row;
    rows.care = replicate(rows.care, lut.size);
    std::pair<uint32_t, Node> inputs[6];
    for (int i = 0; i < lut.size; i++) inputs[i] = {network_.freed(lut.inputs[i]), lut.inputs[i]};
    std::stable_sort(inputs, inputs + lut.size, [](const auto &a, const auto &b) { return a.first > b.first; });
    uint32_t freed = 0;
    for (int k = 0; k < lut.size; k++) {
        int at = static_cast<int>(std::find(rows.inputs, rows.inputs + rows.size, inputs[k].second) - rows.inputs);
        if (drop(node, rows, at)) freed += inputs[k].first;
    }
    if (rows.size == lut.size) return false;
    for (uint32_t row = 0; row < 1u << rows.size; row++) is_free(node, rows, row);
    LutNetwork::Lut by = network_.made(rows.inputs, rows.size, rows.table & ~rows.never, rows.table | rows.never);
    if (by.cost() > lut.cost() + freed) return false;
    take(node, by);
    return true;
}

// The LUT reads another signal in place of an input, if one is found that does as well.
bool LutResub::replace(Node node, int input) {
    propose(node, input);
    const LutNetwork::Lut lut = network_.lut(node);
    int64_t tries = 0;
    for (const Candidate &candidate : candidates_) {
        if (tries >= options_.tries) break;
        if (stale_) observe(node);
        if (!tells_apart(candidate.node, node, input) || network_.reaches(candidate.node, node)) continue;
        if (stop(context_, 1)) return false;
        copy_window(node);
        if (!is_whole_ && literal_[candidate.node] == kNone) continue;
        tries++;
        Node inputs[6];
        std::copy(lut.inputs, lut.inputs + lut.size, inputs);
        inputs[input] = candidate.node;
        uint64_t seen[2] = {0, 0}, can[2];  // rows with a pattern that has this value, and rows that may have it
        see_values(lut, input, values(candidate.node), seen);
        if ((seen[0] & seen[1]) || !settle(node, inputs, lut.size, seen, can)) continue;
        // A row that may be both is free.
        LutNetwork::Lut by =
            network_.made(inputs, lut.size, replicate(~can[0], lut.size), replicate(can[1], lut.size));
        if (by.cost() >= lut.cost() + candidate.freed) continue;
        take(node, by);
        return true;
    }
    return false;
}

// Rows of the LUT's table, with a signal in place of an input, in which some pattern asks for 0, or for 1.
void LutResub::see_values(const LutNetwork::Lut &lut, int input, const uint64_t *signal, uint64_t seen[2]) const {
    for (uint32_t row = 0; row < 1u << lut.size; row++) {
        const uint64_t *patterns = &seen_[row * words_];
        uint64_t with = 0, without = 0;
        for (size_t w = 0; w < words_; w++) with |= patterns[w] & signal[w], without |= patterns[w] & ~signal[w];
        uint32_t bit = 1u << input;
        seen[lut.table >> row & 1] |= uint64_t{with != 0} << (row | bit) | uint64_t{without != 0} << (row & ~bit);
    }
}

// Proves of every row over these inputs that the node may be 0 there, or 1; false where one may be neither. What simulation
// shows is asked first, since it leaves only one of the two; then the rows that nothing is known of.
bool LutResub::settle(Node node, const Node *inputs, int size, const uint64_t seen[2], uint64_t can[2]) {
    can[0] = can[1] = 0;
    auto may_be = [&](uint32_t row, int value) {
        uint64_t rows = 0;
        sat::Answer answer = never(node, inputs, size, row, 1 - value, rows);
        can[value] |= rows;
        if (answer == sat::Answer::satisfiable && is_whole_) learn_counterexample();
        return answer;
    };
    for (int value : {1, 0})
        for (uint32_t row = 0; row < 1u << size; row++) {
            if (!(seen[value] & ~(can[0] | can[1]) & uint64_t{1} << row)) continue;
            if (may_be(row, value) != sat::Answer::unsatisfiable) return false;
        }
    for (uint32_t row = 0; row < 1u << size; row++) {
        if ((can[0] | can[1]) >> row & 1) continue;
        sat::Answer answer = may_be(row, 1);
        if (answer == sat::Answer::satisfiable) answer = may_be(row, 0);
        if (answer != sat::Answer::unsatisfiable) return false;
    }
    return true;
}

void LutResub::take(Node node, const LutNetwork::Lut &by) {
    for (size_t i = 0; i < window_.size(); i++)
        if (!window_.is_exit(i)) changed_[window_[i]] = 1;
    for (int i = 0; i < by.size; i++) order_valid_ &= position_[by.inputs[i]] < position_[node];
    network_.become(node, by);
    resimulate_window();
    copied_ = kNone;
    stale_ = true;
}

}  // namespace netc
