#include "netc/core/graph.hpp"

#include <algorithm>
#include <cassert>

namespace netc {

Graph::Graph(const AigView &aig, netc_context *context) : leaves_(aig.leaves), first_nodes_(aig.num_nodes()) {
    size_t nodes = aig.num_nodes(), slots = 64;
    while (slots < aig.num_ands + aig.num_ands / 2) slots *= 2;
    slots_ = Array<Node>::zeros(slots);
    fanins_ = Array<Lit>::filled(2 * nodes, kNone);
    references_ = Array<uint32_t>::zeros(nodes);
    head_ = Array<Edge>::filled(nodes, kNone);
    next_.resize(2 * nodes);
    back_.resize(2 * nodes);
    drives_root_ = Array<uint8_t>::zeros(nodes);
    tainted_ = Array<uint8_t>::zeros(nodes);
    context->work += aig.num_nodes();

    // Fan-ins come first, so every literal met here leads to a node that is settled.
    auto now = [&](Lit lit) {
        Node node = node_of(lit);
        return is_alive(node) ? lit : complement_if(fanin0(node), is_complemented(lit));
    };
    for (Node node = first_and(); node < nodes; node++) {
        Lit a = now(aig.fanin0(node)), b = now(aig.fanin1(node)), found = find(a, b);
        if (found == kNone) {
            fanins_[2 * size_t{node}] = a;
            fanins_[2 * size_t{node} + 1] = b;
            slots_[slot_of(a, b)] = node;
        } else {
            fanins_[2 * size_t{node}] = found;
        }
    }
    roots_.resize(aig.num_roots);
    for (size_t i = 0; i < aig.num_roots; i++) {
        roots_[i] = now(aig.roots[i]);
        drives_root_[node_of(roots_[i])] = 1;
        references_[node_of(roots_[i])]++;
    }
    for (Node node = static_cast<Node>(nodes); node-- > first_and();) {
        if (!is_alive(node)) continue;
        if (references_[node] == 0) {
            erase(node);
            fanins_[2 * size_t{node}] = fanins_[2 * size_t{node} + 1] = kNone;
            continue;
        }
        alive_++;
        for (Edge edge : {2 * node, 2 * node + 1}) {
            references_[node_of(fanins_[edge])]++;
            link(edge, node_of(fanins_[edge]));
        }
    }
}

Node Graph::new_node(Lit a, Lit b) {
    Node node = num_nodes();
    if (node >= kMaxNodes) throw UserError{"", "the graph would have more than 2147483647 nodes"};
    references_.push(0);
    head_.push(kNone);
    drives_root_.push(0);
    tainted_.push(0);
    for (Lit fanin : {a, b}) {
        Edge edge = static_cast<Edge>(fanins_.size());
        fanins_.push(fanin);
        next_.push(kNone);
        back_.push(kNone);
        references_[node_of(fanin)]++;
        link(edge, node_of(fanin));
    }
    alive_++;
    return node;
}

Lit Graph::and_(Lit a, Lit b) {
    Lit found = find(a, b);
    if (found != kNone) return found;
    if (a < b) std::swap(a, b);
    Node node = new_node(a, b);
    insert(node);
    return make_lit(node);
}

void Graph::link(Edge edge, Node fanin) {
    Edge first = head_[fanin];
    next_[edge] = first;
    back_[edge] = kNone;
    if (first != kNone) back_[first] = edge;
    head_[fanin] = edge;
}

void Graph::unlink(Edge edge) {
    Edge before = back_[edge], after = next_[edge];
    if (before != kNone) next_[before] = after;
    else head_[node_of(fanins_[edge])] = after;
    if (after != kNone) back_[after] = before;
}

// ---- the hash table ----

size_t Graph::slot_of(Lit a, Lit b) const {
    size_t slot = hash(a, b);
    while (Node node = slots_[slot]) {
        Lit x = fanin0(node), y = fanin1(node);
        if ((x == a && y == b) || (x == b && y == a)) break;
        slot = (slot + 1) & (slots_.size() - 1);
    }
    return slot;
}

void Graph::insert(Node node) {
    if (3 * size_t{alive_} > 2 * slots_.size()) {
        Array<Node> old = std::move(slots_);
        slots_ = Array<Node>::zeros(2 * old.size());
        for (Node other : old)
            if (other) slots_[slot_of(fanin0(other), fanin1(other))] = other;
    }
    slots_[slot_of(fanin0(node), fanin1(node))] = node;
}

// Removes a node if it is in the table; those after it move up, so that no tombstones are needed.
void Graph::erase(Node node) {
    size_t mask = slots_.size() - 1, free = hash(fanin0(node), fanin1(node));
    while (slots_[free] != node) {
        if (slots_[free] == 0) return;
        free = (free + 1) & mask;
    }
    for (size_t slot = (free + 1) & mask; slots_[slot]; slot = (slot + 1) & mask) {
        size_t home = hash(fanin0(slots_[slot]), fanin1(slots_[slot]));
        if (((slot - home) & mask) < ((slot - free) & mask)) continue;  // it may not move before its home
        slots_[free] = slots_[slot];
        free = slot;
    }
    slots_[free] = 0;
}

// ---- changes ----

void Graph::remove(Node node, Lit forward) {
    erase(node);
    for (Edge edge : {2 * node, 2 * node + 1}) {
        unlink(edge);
        Node fanin = node_of(fanins_[edge]);
        if (--references_[fanin] == 0 && is_and(fanin)) unused_.push_back(fanin);
    }
    fanins_[2 * size_t{node}] = forward;
    fanins_[2 * size_t{node} + 1] = kNone;
    alive_--;
}

void Graph::remove_unused() {
    while (!unused_.empty()) {
        Node node = unused_.back();
        unused_.pop_back();
        if (is_alive(node) && references_[node] == 0) remove(node, kNone);
    }
}

void Graph::drop(Lit lit) {
    if (!is_and(node_of(lit)) || references_[node_of(lit)] > 0) return;
    unused_.push_back(node_of(lit));
    remove_unused();
}

void Graph::release(Lit lit) {
    references_[node_of(lit)]--;
    drop(lit);
}

uint32_t Graph::reference(Node node) {
    uint32_t count = 0;
    stack_.assign(1, node);
    while (!stack_.empty()) {
        Node now = stack_.back();
        stack_.pop_back();
        count++;
        for (Lit fanin : {fanin0(now), fanin1(now)})
            if (references_[node_of(fanin)]++ == 0 && is_and(node_of(fanin))) stack_.push_back(node_of(fanin));
    }
    return count;
}

void Graph::replace(Node node, Lit lit) {
    assert(is_and(node) && is_alive(node) && is_alive(node_of(lit)));
    assert(!depends(lit, node));
    rewired_.clear();
    hold(lit);
    waiting_.push_back({node, lit});
    while (!waiting_.empty()) {
        auto [from, target] = waiting_.back();
        waiting_.pop_back();
        Lit to = resolve(target);
        if (is_alive(from)) {
            if (node_of(to) == from) settle(from);  // two nodes were to become each other, and one of them has
            else substitute(from, to);
        }
        release(to);
    }
}

// Every use of `node` becomes one of `lit`. The users are hashed again when all of them have changed, so that none is
// found in a state between.
void Graph::substitute(Node node, Lit lit) {
    users_.clear();
    while (head_[node] != kNone) {
        Edge edge = head_[node];
        Node user = edge >> 1;
        erase(user);
        unlink(edge);
        fanins_[edge] = complement_if(lit, is_complemented(fanins_[edge]));
        link(edge, node_of(lit));
        references_[node]--;
        references_[node_of(lit)]++;
        users_.push_back(user);
    }
    rewired_.insert(rewired_.end(), users_.begin(), users_.end());
    references_[node_of(lit)] += references_[node];  // what is left: roots and holds
    references_[node] = 0;
    drives_root_[node_of(lit)] |= drives_root_[node];
    remove(node, lit);
    remove_unused();
    for (Node user : users_)
        if (is_alive(user)) settle(user);
}

// Puts an AND into the table, or has it replaced by what it folds to or by its twin.
void Graph::settle(Node node) {
    Lit found = find(fanin0(node), fanin1(node));
    if (found == kNone) return insert(node);
    if (node_of(found) == node) return;
    hold(found);
    waiting_.push_back({node, found});
}

Lit Graph::resolve(Lit lit) {
    Node node = node_of(lit), last = node;
    bool odd = is_complemented(lit), tainted = false;
    while (!is_alive(last) && fanin0(last) != kNone) {
        odd ^= is_complemented(fanin0(last));
        last = node_of(fanin0(last));
    }
    // Shorten the way: every node on it forwards to the last. What a taint on the way said stays said.
    bool rest = odd ^ is_complemented(lit);
    stack_.clear();
    for (Node now = node; now != last; now = node_of(fanin0(now))) stack_.push_back(now);
    for (size_t i = stack_.size(); i-- > 0;) {
        tainted |= tainted_[stack_[i]] != 0;
        tainted_[stack_[i]] = tainted;
    }
    for (Node now : stack_) {
        bool step = is_complemented(fanin0(now));
        fanins_[2 * size_t{now}] = make_lit(last, rest);
        rest ^= step;
    }
    return make_lit(last, odd);
}

void Graph::taint(Node node) { tainted_[node] = 1; }

// ---- the whole ----

Array<Node> Graph::order() const {
    Array<Node> order;
    order.reserve(alive_);
    Marks placed;
    placed.clear(num_nodes());
    std::vector<Node> stack;
    for (Node node = first_and(); node < num_nodes(); node++) {
        if (!is_alive(node) || placed.has(node)) continue;
        stack.assign(1, node);
        while (!stack.empty()) {
            Node now = stack.back();
            bool ready = true;
            for (Lit fanin : {fanin0(now), fanin1(now)}) {
                if (!is_and(node_of(fanin)) || placed.has(node_of(fanin))) continue;
                stack.push_back(node_of(fanin));
                ready = false;
            }
            if (!ready) continue;
            stack.pop_back();
            if (placed.has(now)) continue;
            placed.add(now);
            order.push(now);
        }
    }
    return order;
}

Array<uint32_t> Graph::levels() const {
    Array<uint32_t> level = Array<uint32_t>::zeros(num_nodes());
    for (Node node : order()) level[node] = 1 + std::max(level[node_of(fanin0(node))], level[node_of(fanin1(node))]);
    return level;
}

bool Graph::depends(Lit lit, Node node) const {
    Marks seen;
    seen.clear(num_nodes());
    std::vector<Node> stack{node_of(lit)};
    while (!stack.empty()) {
        Node now = stack.back();
        stack.pop_back();
        if (now == node) return true;
        if (!is_and(now) || seen.has(now)) continue;
        seen.add(now);
        stack.push_back(node_of(fanin0(now)));
        stack.push_back(node_of(fanin1(now)));
    }
    return false;
}

void Graph::finish(netc_step *step) {
    Array<Lit> ands, roots(roots_.size());
    ands.reserve(2 * size_t{alive_});
    Array<Lit> place = Array<Lit>::filled(num_nodes(), kNone);
    for (Node node = 0; node <= leaves_; node++) place[node] = make_lit(node);
    for (Node node : order()) {
        Lit a = mapped(place.data(), fanin0(node)), b = mapped(place.data(), fanin1(node));
        place[node] = make_lit(first_and() + static_cast<Node>(ands.size() / 2));
        ands.push(std::max(a, b));
        ands.push(std::min(a, b));
    }
    for (size_t i = 0; i < roots_.size(); i++) roots[i] = mapped(place.data(), resolve(roots_[i]));
    Array<uint32_t> image(first_nodes_);
    for (Node node = 0; node < first_nodes_; node++) {
        Lit lit = resolve(make_lit(node));
        bool known = !tainted_[node] && !tainted_[node_of(lit)] && place[node_of(lit)] != kNone;
        image[node] = known ? mapped(place.data(), lit) : kNone;
    }
    netc::finish(step, std::move(ands), std::move(roots), std::move(image));
}

bool Graph::check() {
    std::vector<uint32_t> uses(num_nodes(), 0), listed(num_nodes(), 0);
    uint32_t alive = 0;
    for (Node node = first_and(); node < num_nodes(); node++) {
        if (!is_alive(node)) continue;
        alive++;
        if (Builder::fold(fanin0(node), fanin1(node)) != kNone) return false;
        if (hashed(fanin0(node), fanin1(node)) != make_lit(node)) return false;
        for (Lit fanin : {fanin0(node), fanin1(node)}) {
            if (!is_alive(node_of(fanin))) return false;
            uses[node_of(fanin)]++;
        }
    }
    for (Lit root : roots_) {
        Lit lit = resolve(root);
        if (!is_alive(node_of(lit)) || !drives_root_[node_of(lit)]) return false;
        uses[node_of(lit)]++;
    }
    size_t in_table = 0;
    for (Node node : slots_) in_table += node != 0;
    for (Node node = 0; node < num_nodes(); node++) {
        if (!is_alive(node)) continue;
        bool found = true;
        for_each_fanout(node, [&](Node user) {
            found &= is_alive(user) && (node_of(fanin0(user)) == node || node_of(fanin1(user)) == node);
            listed[node]++;
        });
        if (!found || uses[node] != references_[node] || listed[node] > uses[node]) return false;
        if (is_and(node) && uses[node] == 0) return false;
    }
    return alive == alive_ && in_table == alive && order().size() == alive;
}

// ---- its order ----

void TopologicalOrder::renew(const Graph &graph) {
    nodes_ = graph.order();
    place_.resize(graph.num_nodes());
    for (Node node = 0; node < graph.first_and(); node++) place_[node] = 0;
    for (size_t i = 0; i < nodes_.size(); i++) place_[nodes_[i]] = static_cast<uint32_t>(i + 1);
}

bool TopologicalOrder::follow(const Graph &graph, Node node, const Marks &above, Node first_new) {
    size_t begin = place_[node] - 1, end = begin + 1;
    auto read_by = [&](Node user) {
        for (Lit fanin : {graph.fanin0(user), graph.fanin1(user)})
            if (node_of(fanin) < first_new) end = std::max(end, size_t{place_[node_of(fanin)]});
    };
    for (Node user : graph.rewired())
        if (graph.is_alive(user)) read_by(user);
    for (Node made = first_new; made < graph.num_nodes(); made++)
        if (graph.is_alive(made)) read_by(made);

    std::swap(nodes_, before_);
    nodes_.clear();
    nodes_.reserve(graph.num_ands());
    place_.resize(graph.num_nodes());
    later_.clear();
    gone_.clear();
    auto add = [&](Node next) {
        nodes_.push(next);
        place_[next] = static_cast<uint32_t>(nodes_.size());
    };
    auto keep = [&](size_t from, size_t to) {
        for (size_t i = from; i < to; i++) {
            Node next = before_[i];
            if (!graph.is_alive(next)) gone_.push_back(next);
            else if (to == end && above.has(next)) later_.push_back(next);
            else add(next);
        }
    };
    keep(0, begin);
    keep(begin, end);
    for (Node made = first_new; made < graph.num_nodes(); made++)
        if (graph.is_alive(made)) add(made);
    for (Node moved : later_) add(moved);
    keep(end, before_.size());
    for (Node user : graph.rewired()) {
        if (!graph.is_alive(user)) continue;
        for (Lit fanin : {graph.fanin0(user), graph.fanin1(user)})
            if (place_[node_of(fanin)] >= place_[user]) return renew(graph), false;
    }
    assert(holds(graph));
    return true;
}

bool TopologicalOrder::holds(const Graph &graph) const {
    return nodes_.size() == graph.num_ands() && std::all_of(nodes_.begin(), nodes_.end(), [&](Node node) {
        return graph.is_alive(node) && place_[node] > place_[node_of(graph.fanin0(node))] &&
               place_[node] > place_[node_of(graph.fanin1(node))];
    });
}

}  // namespace netc
