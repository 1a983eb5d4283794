#include "netc/core/window.hpp"

#include <algorithm>

namespace netc {
namespace {

constexpr uint32_t kManyFanouts = 100;  // a node with more uses is not looked through for members beside the cone

}  // namespace

// Always opens the leaf that adds the fewest leaves, the highest of those.
void Window::open(Node root, size_t leaves, size_t cone) {
    root_ = root;
    inside_.clear(graph_.num_nodes());
    leaves_.clear();
    inside_.add(root);
    size_t opened = 1;
    for (Lit fanin : {graph_.fanin0(root), graph_.fanin1(root)}) add_leaf(node_of(fanin));
    while (opened < cone) {
        size_t best = leaves_.size();
        int fewest = 3;
        for (size_t i = 0; i < leaves_.size(); i++) {
            Node leaf = leaves_[i];
            if (!graph_.is_and(leaf)) continue;
            int more = !inside_.has(node_of(graph_.fanin0(leaf))) + !inside_.has(node_of(graph_.fanin1(leaf)));
            if (more < fewest || (more == fewest && ranks_[leaf] > ranks_[leaves_[best]])) {
                best = i;
                fewest = more;
            }
        }
        if (best == leaves_.size() || leaves_.size() - 1 + static_cast<size_t>(fewest) > leaves) break;
        Node next = leaves_[best];
        leaves_.erase(leaves_.begin() + static_cast<std::ptrdiff_t>(best));
        opened++;
        for (Lit fanin : {graph_.fanin0(next), graph_.fanin1(next)}) add_leaf(node_of(fanin));
    }
    order_cone();
    find_mffc();
}

void Window::add_leaf(Node node) {
    if (inside_.has(node)) return;
    inside_.add(node);
    leaves_.push_back(node);
}

void Window::place(Node node, uint32_t variable) {
    placed_.add(node);
    place_[node] = static_cast<uint32_t>(members_.size());
    members_.push_back(node);
    variables_.push_back(variable);
}

void Window::order_cone() {
    placed_.clear(graph_.num_nodes());
    members_.clear();
    variables_.clear();
    num_variables_ = 0;
    for (Node leaf : leaves_) join_leaf(leaf);
    stack_.assign(1, root_);
    while (!stack_.empty()) {
        Node now = stack_.back();
        bool ready = true;
        for (Lit fanin : {graph_.fanin0(now), graph_.fanin1(now)})
            if (!placed_.has(node_of(fanin))) {
                stack_.push_back(node_of(fanin));
                ready = false;
            }
        if (!ready) continue;
        stack_.pop_back();
        if (now != root_ && !placed_.has(now)) join(now);
    }
}

void Window::find_mffc() {
    own_.clear(graph_.num_nodes());
    for (Node leaf : leaves_) graph_.hold(make_lit(leaf));
    mffc_ = graph_.dereference(root_, [&](Node member) { own_.add(member); });
    graph_.reference(root_);
    for (Node leaf : leaves_) graph_.release(make_lit(leaf));
}

// Such a node never depends on the root, since nothing in the window does.
void Window::add_side(size_t most) {
    for (size_t i = 0; i < members_.size() && members_.size() < most; i++) {
        Node node = members_[i];
        if (graph_.references(node) > kManyFanouts) continue;
        graph_.for_each_use(node, [&](Node user, Lit other) {
            if (!placed_.has(node_of(other)) || placed_.has(user) || user == root_ || members_.size() >= most) return;
            join(user);
        });
    }
}

uint32_t Window::price(size_t i) {
    Node member = members_[i];
    if (!own_.has(member)) return 0;
    uint32_t count = 0;
    kept_.clear(graph_.num_nodes());
    kept_.add(member);
    stack_.assign(1, member);
    while (!stack_.empty()) {
        Node now = stack_.back();
        stack_.pop_back();
        count++;
        for (Lit fanin : {graph_.fanin0(now), graph_.fanin1(now)}) {
            Node below = node_of(fanin);
            if (!own_.has(below) || kept_.has(below)) continue;
            kept_.add(below);
            stack_.push_back(below);
        }
    }
    return count;
}

// The literal of a member or of a gate so far; kNone where a gate is not there yet.
Lit Window::value(uint32_t lit) const {
    Lit made = lit >> 1 < members_.size() ? make_lit(members_[lit >> 1]) : values_[(lit >> 1) - members_.size()];
    return made == kNone ? kNone : complement_if(made, lit & 1);
}

Window::XorForm Window::xor_form(Lit a, Lit b) const {
    if (a == kNone || b == kNone) return {false, 3};
    auto missing = [&](Lit x, Lit y) {
        return 1u + (graph_.find(x, y) == kNone) + (graph_.find(complement(x), complement(y)) == kNone);
    };
    uint32_t sums = missing(a, b), minterms = missing(a, complement(b));
    return {minterms < sums, std::min(sums, minterms)};
}

int Window::gain(const Expression &expression) {
    values_.clear();
    held_.clear();
    auto use = [&](Lit lit) {
        graph_.hold(lit);
        held_.push_back(lit);
    };
    for (Node leaf : leaves_) use(make_lit(leaf));
    uint32_t added = 0;
    bool itself = false;
    if (!expression.is_constant() && expression.output >> 1 < members_.size()) use(value(expression.output));
    for (const Expression::Gate &gate : expression.gates) {
        for (uint32_t lit : {gate.a, gate.b})
            if (lit >> 1 < members_.size()) use(value(lit));
        Lit a = value(gate.a), b = value(gate.b), found = kNone;
        if (gate.is_xor) {
            added += xor_form(a, b).missing;
        } else {
            if (a != kNone && b != kNone) found = graph_.find(a, b);
            if (found == kNone) added++;
            else if (node_of(found) == root_) itself = true;
            else use(found);
        }
        values_.push_back(found);
    }
    int gain = -1;
    if (!itself) {
        gain = static_cast<int>(graph_.dereference(root_)) - static_cast<int>(added);
        graph_.reference(root_);
    }
    for (Lit lit : held_) graph_.release(lit);
    return gain;
}

Lit Window::build(const Expression &expression) {
    if (expression.is_constant()) return expression.output == Expression::kTrueOutput ? kTrue : kFalse;
    values_.assign(expression.gates.size(), kNone);
    for (size_t i = 0; i < expression.gates.size(); i++) {
        const Expression::Gate &gate = expression.gates[i];
        Lit a = value(gate.a), b = value(gate.b);
        if (!gate.is_xor) values_[i] = graph_.and_(a, b);
        else if (xor_form(a, b).by_minterms) values_[i] = complement(graph_.xor_(a, complement(b)));
        else values_[i] = graph_.xor_(a, b);
    }
    ranks_.add_new();
    while (place_.size() < graph_.num_nodes()) place_.push(0);
    return value(expression.output);
}

void Window::replace_root(const Expression &expression) {
    Lit lit = build(expression);
    graph_.hold(lit);
    if (node_of(lit) != root_) {
        graph_.replace(root_, lit);
        ranks_.raise();
    }
    graph_.release(lit);
}

}  // namespace netc
