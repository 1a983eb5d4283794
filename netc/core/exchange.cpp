#include "netc/core/exchange.hpp"

namespace netc {

bool exchange(Graph &graph, const std::vector<Node> &leaves, const Part &small, const std::vector<Node> &outputs) {
    AigView part = small.view();
    std::vector<Lit> made(part.num_nodes(), kFalse);
    for (size_t i = 0; i < leaves.size(); i++) made[1 + i] = make_lit(leaves[i]);
    for (Node node = part.first_and(); node < part.num_nodes(); node++) {
        made[node] = graph.and_(mapped(made.data(), part.fanin0(node)), mapped(made.data(), part.fanin1(node)));
        graph.hold(made[node]);
    }
    // An output may become a leaf that only the window reads.
    for (Lit root : small.roots) graph.hold(mapped(made.data(), root));
    Marks used;
    used.clear(graph.num_nodes());
    for (Node node = part.first_and(); node < part.num_nodes(); node++) used.add(node_of(made[node]));
    bool fits = true;
    for (size_t i = 0; i < outputs.size(); i++)
        fits &= !used.has(outputs[i]) || node_of(mapped(made.data(), part.roots[i])) == outputs[i];
    for (size_t i = 0; fits && i < outputs.size(); i++) {
        Lit lit = graph.resolve(mapped(made.data(), part.roots[i]));
        if (graph.is_alive(outputs[i]) && node_of(lit) != outputs[i]) graph.replace(outputs[i], lit);
    }
    for (Lit root : small.roots) graph.release(graph.resolve(mapped(made.data(), root)));
    for (Node node = part.first_and(); node < part.num_nodes(); node++) graph.release(graph.resolve(made[node]));
    return fits;
}

}  // namespace netc
