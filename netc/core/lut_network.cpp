#include "netc/core/lut_network.hpp"

#include <algorithm>
#include <numeric>

#include "netc/core/random.hpp"

namespace netc {

size_t LutNetwork::KeyHash::operator()(const Key &key) const {
    return mix(mix(key.lower) ^ key.upper) + static_cast<size_t>(key.size);
}

LutNetwork::LutNetwork(const AigView &graph, const Cover &cover, Synthesis &synthesis)
    : LiveNetwork(graph.leaves + 1 + cover.luts.size()), leaves_(graph.leaves), synthesis_(synthesis) {
    roots_.assign(graph.roots, graph.roots + graph.num_roots);
    std::vector<Node> place(graph.num_nodes(), kNone);
    std::iota(place.begin(), place.begin() + leaves_ + 1, 0);
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
    if (lower != upper) table = circuit(lower, upper, size).word(kVariable, scratch_);
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

}  // namespace netc
