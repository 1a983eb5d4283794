// The graph that substitution changes in place: users move from a node to another literal, what nothing uses any more goes,
// levels follow, and in the end what became of each node is told.
#include "netc/core/substitute.hpp"

#include <algorithm>
#include <utility>

#include "netc/core/builder.hpp"

namespace netc {
void Substituter::connect(Node user, int side, Lit to) {
    fanin_[2 * user + side] = to;
    LiveNetwork::connect(user, node_of(to));
}

// All users of a node read `by` instead, and the node is taken out.
void Substituter::replace(Node node, Lit by, bool same) {
    if (same) alias_[node] = {by, version_[node_of(by)]};
    uses_[node_of(by)]++;  // held while users move
    if (root_uses_[node]) {
        for (Lit &root : roots_)
            if (node_of(root) == node) root = complement_if(by, is_complemented(root));
        root_uses_[node_of(by)] += root_uses_[node];
        uses_[node_of(by)] += root_uses_[node];
    }
    std::vector<Node> users = readers_[node];
    for (Node user : users) {
        int side = node_of(fanin_[2 * user]) == node ? 0 : 1;
        Lit to = complement_if(by, is_complemented(fanin_[2 * user + side]));
        disconnect(user, node);
        connect(user, side, to);
        simplify_.push_back(user);
        if (order_valid_ && position_[node_of(by)] > position_[user]) order_valid_ = false;
    }
    for (Node user : users) update_levels(user);
    root_uses_[node] = 0;
    uses_[node] = 1;
    release(node);
    release(node_of(by));
}

// Takes out ANDs whose fan-ins have become constant, equal or complementary.
void Substituter::simplify() {
    while (!simplify_.empty()) {
        Node node = simplify_.back();
        simplify_.pop_back();
        if (!is_alive(node)) continue;
        Lit folded = Builder::fold(fanin_[2 * node], fanin_[2 * node + 1]);
        if (folded != kNone) replace(node, folded, true);
    }
}

// The node becomes the AND of two other literals, or its complement, where it stands.
void Substituter::rebuild(Node node, const Pair &pair) {
    Lit old[2] = {fanin_[2 * node], fanin_[2 * node + 1]};
    for (Lit lit : old) disconnect(node, node_of(lit));
    connect(node, 0, pair.a);
    connect(node, 1, pair.b);
    for (Lit lit : old) release(node_of(lit));
    if (pair.negate) {
        for (Node user : readers_[node])
            for (int side = 0; side < 2; side++)
                if (node_of(fanin_[2 * user + side]) == node) fanin_[2 * user + side] ^= 1;
        for (Lit &root : roots_)
            if (node_of(root) == node) root = complement(root);
    }
    if (order_valid_)
        order_valid_ = position_[node_of(pair.a)] < position_[node] && position_[node_of(pair.b)] < position_[node];
    update_levels(node);
}

// ANDs that go when the node goes, with all its uses, and what is kept stays.
uint32_t Substituter::freed_whole(Node node, Node kept, Node kept_too) {
    uint32_t uses = std::exchange(uses_[node], 1), count = freed(node, kept, kept_too);
    uses_[node] = uses;
    return count;
}

bool Substituter::reaches(Node from, Node target) {
    uint32_t visited = 0;
    if (LiveNetwork::reaches(from, target, &visited)) return true;
    context_->work += visited / 8;
    return false;
}

void Substituter::sort_nodes() {
    size_t nodes = aig_.num_nodes();
    uint32_t deepest = 0;
    for (Node node = 0; node < nodes; node++) deepest = std::max(deepest, level_[node]);
    std::vector<uint32_t> start(deepest + 2, 0);
    for (Node node = 0; node < nodes; node++) start[level_[node] + 1]++;
    for (size_t i = 1; i < start.size(); i++) start[i] += start[i - 1];
    order_.resize(nodes);
    position_.resize(nodes);
    for (Node node = 0; node < nodes; node++) {
        position_[node] = start[level_[node]]++;
        order_[position_[node]] = node;
    }
    order_valid_ = true;
}

void Substituter::finish(netc_step *step) {
    sort_nodes();
    Builder made(aig_.leaves, aig_.num_ands);
    Array<uint32_t> place = new_image(aig_);
    for (Node node : order_)
        if (is_gate(node) && is_alive(node))
            place[node] = made.and_(mapped(place.data(), fanin_[2 * node]), mapped(place.data(), fanin_[2 * node + 1]));
    Array<Lit> roots(roots_.size());
    for (size_t i = 0; i < roots_.size(); i++) roots[i] = mapped(place.data(), roots_[i]);
    Array<uint32_t> image = new_image(aig_);
    for (Node node = aig_.first_and(); node < aig_.num_nodes(); node++) {
        if (version_[node] != 0) continue;
        Lit lit = make_lit(node);
        while (lit != kNone && !is_alive(node_of(lit))) {
            const Alias &alias = alias_[node_of(lit)];
            if (alias.lit == kNone || version_[node_of(alias.lit)] != alias.version) lit = kNone;
            else lit = complement_if(alias.lit, is_complemented(lit));
        }
        if (lit != kNone) image[node] = mapped(place.data(), lit);
    }
    netc::finish(step, std::move(made.ands()), std::move(roots), std::move(image));
}

}  // namespace netc
