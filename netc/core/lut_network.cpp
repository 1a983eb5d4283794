#include "netc/core/lut_network.hpp"

#include <algorithm>
#include <numeric>
#include <queue>

#include "netc/core/random.hpp"

namespace netc {
namespace {

constexpr uint32_t kReachNodes = 20000;  // visited to see that a signal is not in a LUT's fan-out

}  // namespace

size_t LutNetwork::KeyHash::operator()(const Key &key) const {
    return mix(mix(key.lower) ^ key.upper) + static_cast<size_t>(key.size);
}

LutNetwork::LutNetwork(const AigView &graph, const Cover &cover, Synthesis &synthesis)
    : leaves_(graph.leaves), synthesis_(synthesis), roots_(graph.roots, graph.roots + graph.num_roots) {
    std::vector<Node> place(graph.num_nodes(), kNone);
    std::iota(place.begin(), place.begin() + leaves_ + 1, 0);
    size_t nodes = leaves_ + 1 + cover.luts.size();
    readers_.resize(nodes);
    uses_.assign(nodes, 0);
    root_uses_.assign(nodes, 0);
    level_.assign(nodes, 0);
    mark_.assign(nodes, 0);
    std::fill(uses_.begin(), uses_.begin() + leaves_ + 1, 1);  // those stay
    for (const Cover::Lut &covered : cover.luts) {
        Node inputs[6], node = num_nodes();
        for (int i = 0; i < covered.size; i++) inputs[i] = place[covered.leaves[i]];
        place[covered.node] = node;
        luts_.push_back(made(inputs, covered.size, covered.table, covered.table));
        for (int i = 0; i < lut(node).size; i++) {
            connect(node, lut(node).inputs[i]);
            level_[node] = std::max(level_[node], 1 + level_[lut(node).inputs[i]]);
        }
    }
    for (Lit &root : roots_) {
        root = make_lit(place[node_of(root)], is_complemented(root));
        uses_[node_of(root)]++, root_uses_[node_of(root)]++;
    }
    for (Node node = num_nodes(); node-- > leaves_ + 1;)
        if (!is_alive(node)) uses_[node] = 1, release(node);
    for (Node node = leaves_ + 1; node < num_nodes(); node++)
        if (lut(node).size < 2) absorb(node);
}

std::vector<Node> LutNetwork::order() const {
    std::vector<Node> nodes;
    for (Node node = leaves_ + 1; node < num_nodes(); node++)
        if (is_alive(node)) nodes.push_back(node);
    std::stable_sort(nodes.begin(), nodes.end(), [&](Node a, Node b) { return level_[a] < level_[b]; });
    return nodes;
}

const Circuit &LutNetwork::circuit(uint64_t lower, uint64_t upper, int size) {
    Key key{lower, upper, size};
    auto found = circuits_.find(key);
    if (found == circuits_.end())
        found = circuits_.emplace(key, synthesis_.circuit(Table::of(&lower, size), Table::of(&upper, size))).first;
    return found->second;
}

LutNetwork::Lut LutNetwork::made(const Node *inputs, int size, uint64_t lower, uint64_t upper) {
    uint64_t table = lower;
    if (lower != upper) {
        Lit words[6];
        std::vector<uint64_t> values(1, 0);
        auto value = [&](Lit lit) { return values[node_of(lit)] ^ -static_cast<uint64_t>(lit & 1); };
        for (int i = 0; i < size; i++) words[i] = make_lit(static_cast<Node>(1 + i)), values.push_back(kVariable[i]);
        Lit output = circuit(lower, upper, size).build(words, [&](Lit a, Lit b) {
            values.push_back(value(a) & value(b));
            return make_lit(static_cast<Node>(values.size() - 1));
        });
        table = value(output);
    }
    Lut lut{0, nullptr, {}, 0};
    for (int i = 0; i < size; i++) {
        if (!depends_on(table, i)) continue;
        if (i != lut.size) table = swap_variables(table, lut.size, i);
        lut.inputs[lut.size++] = inputs[i];
    }
    lut.table = table;
    lut.circuit = &circuit(table, table, lut.size);
    return lut;
}

void LutNetwork::connect(Node user, Node input) {
    readers_[input].push_back(user);
    uses_[input]++;
}

void LutNetwork::disconnect(Node user, Node input) {
    std::vector<Node> &users = readers_[input];
    *std::find(users.begin(), users.end(), user) = users.back();
    users.pop_back();
}

// One use less; what nothing uses any more is taken out.
void LutNetwork::release(Node node) {
    stack_.assign(1, node);
    while (!stack_.empty()) {
        Node now = stack_.back();
        stack_.pop_back();
        if (--uses_[now] > 0 || !is_lut(now)) continue;
        for (int i = 0; i < lut(now).size; i++) {
            disconnect(now, lut(now).inputs[i]);
            stack_.push_back(lut(now).inputs[i]);
        }
    }
}

uint32_t LutNetwork::freed(Node node, Node kept) {
    uint32_t cost = 0;
    stack_.assign(1, node);
    touched_.clear();
    uses_[kept]++;
    while (!stack_.empty()) {
        Node now = stack_.back();
        stack_.pop_back();
        touched_.push_back(now);
        if (--uses_[now] > 0 || !is_lut(now)) continue;
        cost += lut(now).cost();
        stack_.insert(stack_.end(), lut(now).inputs, lut(now).inputs + lut(now).size);
    }
    for (Node now : touched_) uses_[now]++;
    uses_[kept]--;
    return cost;
}

bool LutNetwork::reaches(Node from, Node target) {
    if (from == target) return true;
    if (level_[from] <= level_[target]) return false;
    stamp_++;
    uint32_t visited = 0;
    stack_.assign(1, from);
    while (!stack_.empty()) {
        Node now = stack_.back();
        stack_.pop_back();
        if (now == target) return true;
        if (mark_[now] == stamp_ || level_[now] <= level_[target]) continue;
        mark_[now] = stamp_;
        if (++visited > kReachNodes) return true;
        stack_.insert(stack_.end(), lut(now).inputs, lut(now).inputs + lut(now).size);
    }
    return false;
}

void LutNetwork::exchange_inputs(Node node, const Lut &by) {
    Lut old = lut(node);
    for (int i = 0; i < by.size; i++) connect(node, by.inputs[i]);
    for (int i = 0; i < old.size; i++) disconnect(node, old.inputs[i]);
    luts_[node - leaves_ - 1] = by;
    for (int i = 0; i < old.size; i++) release(old.inputs[i]);
    update_levels(node);
}

void LutNetwork::become(Node node, const Lut &by) {
    exchange_inputs(node, by);
    if (by.size < 2) absorb(node);
}

// Those that read a constant or a wire read what it stands for.
void LutNetwork::absorb(Node first) {
    std::vector<Node> waiting{first};
    while (!waiting.empty()) {
        Node node = waiting.back();
        waiting.pop_back();
        if (!is_alive(node)) continue;
        const Lut own = lut(node);
        Lit source = own.size == 0 ? kFalse ^ static_cast<Lit>(own.table & 1)
                                   : make_lit(own.inputs[0], own.table != kVariable[0]);
        uses_[node_of(source)]++;  // held while users move
        std::vector<Node> users = readers_[node];
        for (Node user : users) {
            const Lut reader = lut(user);
            int at = static_cast<int>(std::find(reader.inputs, reader.inputs + reader.size, node) - reader.inputs);
            const Node *same = std::find(reader.inputs, reader.inputs + reader.size, node_of(source));
            uint64_t table = reader.table;
            if (is_complemented(source)) table = flip_variable(table, at);
            Node inputs[6];
            std::copy(reader.inputs, reader.inputs + reader.size, inputs);
            if (own.size == 0) {
                table = cofactor0(table, at);
            } else if (same != reader.inputs + reader.size) {
                uint64_t where = kVariable[same - reader.inputs];
                table = (where & cofactor1(table, at)) | (~where & cofactor0(table, at));
            } else {
                inputs[at] = node_of(source);
            }
            exchange_inputs(user, made(inputs, reader.size, table, table));
            if (lut(user).size < 2) waiting.push_back(user);
        }
        if (root_uses_[node]) {
            for (Lit &root : roots_)
                if (node_of(root) == node) root = complement_if(source, is_complemented(root));
            uses_[node_of(source)] += root_uses_[node];
            root_uses_[node_of(source)] += root_uses_[node];
            uint32_t uses = root_uses_[node];
            root_uses_[node] = 0;
            while (uses-- > 0) release(node);
        }
        release(node_of(source));
    }
}

void LutNetwork::update_levels(Node node) {
    using Entry = std::pair<uint32_t, Node>;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<Entry>> queue;
    queue.push({level_[node], node});
    while (!queue.empty()) {
        Node now = queue.top().second;
        queue.pop();
        uint32_t level = 0;
        for (int i = 0; i < lut(now).size; i++) level = std::max(level, 1 + level_[lut(now).inputs[i]]);
        if (level == level_[now]) continue;
        level_[now] = level;
        for (Node user : readers_[now]) queue.push({level_[user], user});
    }
}

}  // namespace netc
