#include "netc/core/reduction.hpp"

#include <algorithm>

namespace netc {
namespace {

Array<Lit> identity(size_t nodes) {
    Array<Lit> lits(nodes);
    for (size_t node = 0; node < nodes; node++) lits[node] = make_lit(static_cast<Node>(node));
    return lits;
}

}  // namespace

Reducer::Reducer(const netc_machine &machine, netc_context *context) : context_(context) {
    MachineView from = machine_view(machine);
    inputs_ = from.inputs;
    free_ = from.free;
    ands_ = Array<Lit>(2 * static_cast<size_t>(from.aig.num_ands));
    std::copy_n(from.aig.ands, ands_.size(), ands_.begin());
    roots_ = Array<Lit>(from.aig.num_roots);
    std::copy_n(from.aig.roots, roots_.size(), roots_.begin());
    initial_ = Array<uint32_t>(from.latches());
    std::copy_n(from.initial, initial_.size(), initial_.begin());
    kept_ = Array<uint32_t>(from.latches());
    for (uint32_t latch = 0; latch < from.latches(); latch++) kept_[latch] = latch;
    image_ = identity(from.aig.num_nodes());
    replace(identity(from.aig.num_nodes()));
}

MachineView Reducer::view() const {
    AigView aig(ands_.data(), static_cast<uint32_t>(num_ands()), inputs_ + latches(), roots_.data(), roots_.size());
    return {aig, inputs_, initial_.data(), free_};
}

// What outputs and properties depend on, through latches and all.
Array<uint8_t> Reducer::reached(const Lit *target) const {
    MachineView machine = view();
    const AigView &aig = machine.aig;
    Array<uint8_t> live = Array<uint8_t>::zeros(aig.num_nodes());
    Array<Node> stack;
    auto visit = [&](Lit lit) {
        Node node = node_of(target[node_of(lit)]);
        if (live[node]) return;
        live[node] = 1;
        stack.push(node);
    };
    for (size_t root = machine.latches(); root < aig.num_roots; root++) visit(aig.roots[root]);
    while (!stack.empty()) {
        Node node = stack.pop();
        if (aig.is_and(node)) {
            visit(aig.fanin0(node));
            visit(aig.fanin1(node));
        } else if (node > machine.inputs) {
            visit(machine.next(node - machine.latch(0)));
        }
    }
    return live;
}

void Reducer::rebuild(const Lit *target) {
    MachineView machine = view();
    const AigView &aig = machine.aig;
    Array<uint8_t> live = reached(target);
    Array<Lit> image = Array<Lit>::filled(aig.num_nodes(), kNone);
    Array<uint32_t> kept, initial;
    for (Node node = 0; node <= inputs_; node++) image[node] = make_lit(node);
    for (uint32_t latch = 0; latch < machine.latches(); latch++) {
        if (!live[machine.latch(latch)]) continue;
        image[machine.latch(latch)] = make_lit(machine.latch(static_cast<uint32_t>(kept.size())));
        kept.push(kept_[latch]);
        initial.push(initial_[latch]);
    }

    Builder made(inputs_ + static_cast<uint32_t>(kept.size()), aig.num_ands);
    for (Node node = 0; node < aig.num_nodes(); node++) {
        Lit same = target[node];
        if (same != make_lit(node)) image[node] = image[node_of(same)] == kNone ? kNone : mapped(image.data(), same);
        else if (live[node] && aig.is_and(node))
            image[node] = made.and_(mapped(image.data(), aig.fanin0(node)), mapped(image.data(), aig.fanin1(node)));
    }

    Array<Lit> roots;
    for (size_t root = 0; root < aig.num_roots; root++)
        if (root >= machine.latches() || live[machine.latch(static_cast<uint32_t>(root))])
            roots.push(mapped(image.data(), aig.roots[root]));
    for (Lit &lit : image_)
        if (lit != kNone) lit = image[node_of(lit)] == kNone ? kNone : mapped(image.data(), lit);
    context_->work += 1 + aig.num_nodes();
    ands_ = std::move(made.ands());
    roots_ = std::move(roots);
    initial_ = std::move(initial);
    kept_ = std::move(kept);
}

// Folding leaves dead gates, and those may have been the last to read a latch.
void Reducer::replace(const Array<Lit> &target) {
    rebuild(target.data());
    for (bool smaller = true; smaller;) {
        size_t latches = kept_.size(), ands = num_ands();
        rebuild(identity(view().aig.num_nodes()).data());
        smaller = kept_.size() < latches || num_ands() < ands;
    }
}

int64_t Reducer::finish(netc_step *step, uint32_t *kept) {
    std::copy(kept_.begin(), kept_.end(), kept);
    int64_t count = latches();
    netc::finish(step, std::move(ands_), std::move(roots_), std::move(image_));
    return count;
}

// The least fixpoint: a value only ever becomes unknown, so each node is met at most twice.
Array<uint8_t> ternary_constants(const MachineView &machine) {
    const AigView &aig = machine.aig;
    Array<uint8_t> value = Array<uint8_t>::filled(aig.num_nodes(), kUnknown);
    value[0] = 0;
    for (uint32_t latch = 0; latch < machine.latches(); latch++)
        if (machine.initial[latch] < 2) value[machine.latch(latch)] = static_cast<uint8_t>(machine.initial[latch]);
    auto of = [&](Lit lit) {
        uint8_t plain = value[node_of(lit)];
        return plain == kUnknown ? kUnknown : static_cast<uint8_t>(plain ^ (lit & 1));
    };
    auto of_and = [&](Node node) {
        uint8_t a = of(aig.fanin0(node)), b = of(aig.fanin1(node));
        if (a == 0 || b == 0) return uint8_t{0};
        return a == kUnknown || b == kUnknown ? kUnknown : uint8_t{1};
    };
    for (Node node = aig.first_and(); node < aig.num_nodes(); node++) value[node] = of_and(node);

    // readers[start[node] .. start[node + 1]): the gates and the latches that read a node
    Array<uint32_t> start = Array<uint32_t>::zeros(static_cast<size_t>(aig.num_nodes()) + 1);
    auto each_edge = [&](auto &&visit) {
        for (uint32_t latch = 0; latch < machine.latches(); latch++) visit(node_of(machine.next(latch)), machine.latch(latch));
        for (Node node = aig.first_and(); node < aig.num_nodes(); node++) {
            visit(node_of(aig.fanin0(node)), node);
            visit(node_of(aig.fanin1(node)), node);
        }
    };
    each_edge([&](Node from, Node) { start[from + 1]++; });
    for (Node node = 0; node < aig.num_nodes(); node++) start[node + 1] += start[node];
    Array<Node> readers(start[aig.num_nodes()]);
    Array<uint32_t> at(aig.num_nodes());
    std::copy_n(start.begin(), at.size(), at.begin());
    each_edge([&](Node from, Node reader) { readers[at[from]++] = reader; });

    Array<Node> risen;
    auto settle = [&](Node node) {
        if (value[node] == kUnknown) return;
        uint8_t now = aig.is_and(node) ? of_and(node) : of(machine.next(node - machine.latch(0)));
        if (now == value[node]) return;
        value[node] = kUnknown;
        risen.push(node);
    };
    for (uint32_t latch = 0; latch < machine.latches(); latch++) settle(machine.latch(latch));
    while (!risen.empty()) {
        Node node = risen.pop();
        for (uint32_t i = start[node]; i < start[node + 1]; i++) settle(readers[i]);
    }
    return value;
}

}  // namespace netc
