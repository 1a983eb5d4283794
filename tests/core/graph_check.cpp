// The graph that changes in place, by itself and with its assertions on: random graphs over five leaves, random
// replacements of nodes by equal ones and by others, against truth tables of every node. Prints how many replacements of
// each kind it made; ends with 1 at the first broken law.
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "netc/core/graph.hpp"
#include "netc/core/random.hpp"
#include "netc/core/truth.hpp"

using namespace netc;

namespace {

constexpr uint32_t kLeaves = 5;
constexpr int kGraphs = 400, kReplacements = 40;

Random source{7};
uint32_t draw(uint32_t below) { return static_cast<uint32_t>(source.next() >> 33) % below; }

void demand(bool law, const char *what) {
    if (law) return;
    std::printf("%s\n", what);
    std::exit(1);
}

uint64_t at(const std::vector<uint64_t> &tables, Lit lit) { return tables[node_of(lit)] ^ -uint64_t{lit & 1}; }

// Tables of all nodes that are alive; that of `forced` is given.
std::vector<uint64_t> tables_of(const Graph &graph, Node forced = kNone, uint64_t table = 0) {
    std::vector<uint64_t> tables(graph.num_nodes(), 0);
    for (Node leaf = 1; leaf <= kLeaves; leaf++) tables[leaf] = kVariable[leaf - 1];
    for (Node node : graph.order())
        tables[node] = node == forced ? table : at(tables, graph.fanin0(node)) & at(tables, graph.fanin1(node));
    return tables;
}

struct Given {
    std::vector<Lit> ands, roots;
    explicit Given(uint32_t count) {
        for (Node node = kLeaves + 1; node <= kLeaves + count; node++) {
            uint32_t near = draw(3) ? std::min<uint32_t>(node, 12) : node;  // deep graphs and wide ones
            for (int i = 0; i < 2; i++) ands.push_back(2 * (node - 1 - draw(near)) + draw(2));
        }
        for (int i = 0; i < 4; i++) roots.push_back(draw(2 * (kLeaves + 1 + count)));
    }
    AigView view() const {
        return AigView(ands.data(), static_cast<uint32_t>(ands.size() / 2), kLeaves, roots.data(), roots.size());
    }
};

std::vector<uint64_t> tables_of(const AigView &aig) {
    std::vector<uint64_t> tables(aig.num_nodes(), 0);
    for (Node leaf = 1; leaf <= kLeaves; leaf++) tables[leaf] = kVariable[leaf - 1];
    for (Node node = aig.first_and(); node < aig.num_nodes(); node++)
        tables[node] = at(tables, aig.fanin0(node)) & at(tables, aig.fanin1(node));
    return tables;
}

Node draw_and(const Graph &graph) {
    for (;;) {
        Node node = graph.first_and() + draw(graph.num_nodes() - graph.first_and());
        if (graph.is_alive(node)) return node;
    }
}

void taint_fanouts(Graph &graph, Node node) {
    std::vector<Node> stack{node};
    Marks seen;
    seen.clear(graph.num_nodes());
    while (!stack.empty()) {
        Node now = stack.back();
        stack.pop_back();
        graph.taint(now);
        graph.for_each_fanout(now, [&](Node user) {
            if (seen.has(user)) return;
            seen.add(user);
            stack.push_back(user);
        });
    }
}

}  // namespace

int main() {
    int equal = 0, made = 0, other = 0;
    for (int round = 0; round < kGraphs; round++) {
        Given given(1 + draw(120));
        AigView aig = given.view();
        std::vector<uint64_t> before = tables_of(aig), wanted;
        for (Lit root : given.roots) wanted.push_back(at(before, root));
        netc_context context{};
        Graph graph(aig, &context);
        demand(graph.check(), "a new graph breaks a law");
        for (int i = 0; i < kReplacements && graph.num_ands() > 0; i++) {
            Node node = draw_and(graph);
            std::vector<uint64_t> tables = tables_of(graph);
            uint32_t count = graph.dereference(node), again = graph.reference(node);
            demand(count == again && graph.check(), "reference does not undo dereference");
            std::vector<Lit> twins, free;
            for (Node m = 0; m < graph.num_nodes(); m++) {
                if (!graph.is_alive(m) || graph.depends(make_lit(m), node)) continue;
                free.push_back(make_lit(m));
                if (tables[m] == tables[node]) twins.push_back(make_lit(m));
                if (tables[m] == ~tables[node]) twins.push_back(make_lit(m, true));
            }
            if (!twins.empty()) {
                graph.replace(node, twins[draw(static_cast<uint32_t>(twins.size()))]);
                equal++;
            } else if (draw(3)) {  // a new structure for the node's own function: (node OR x) AND (node OR NOT x)
                Lit a = graph.fanin0(node), b = graph.fanin1(node), x = free[draw(static_cast<uint32_t>(free.size()))];
                Lit left = graph.and_(a, x), right = graph.and_(a, complement(x));
                Lit lit = graph.and_(graph.or_(left, right), b);
                graph.hold(lit);
                for (Lit part : {left, right}) graph.drop(part);
                if (!graph.depends(lit, node)) {
                    graph.replace(node, lit);
                    made++;
                }
                graph.release(lit);
            } else if (draw(4) == 0) {  // another function: all that changes is tainted
                Lit lit = free[draw(static_cast<uint32_t>(free.size()))];
                taint_fanouts(graph, node);
                std::vector<uint64_t> after = tables_of(graph, node, at(tables, lit));
                for (size_t r = 0; r < wanted.size(); r++) wanted[r] = at(after, graph.resolve(given.roots[r]));
                graph.replace(node, lit);
                other++;
            }
            demand(graph.check(), "a replacement breaks a law");
            std::vector<uint64_t> now = tables_of(graph);
            for (size_t r = 0; r < wanted.size(); r++)
                demand(at(now, graph.resolve(given.roots[r])) == wanted[r], "a root computes something else");
        }
        uint32_t ands = graph.num_ands();
        netc_step step{};
        graph.finish(&step);
        AigView last(step.ands, static_cast<uint32_t>(step.num_ands), kLeaves, step.roots, wanted.size());
        demand(last.num_ands == ands, "the result has another size");
        std::vector<uint64_t> after = tables_of(last);
        for (size_t r = 0; r < wanted.size(); r++) demand(at(after, step.roots[r]) == wanted[r], "a root is wrong");
        for (Node node = 0; node < aig.num_nodes(); node++)
            if (step.image[node] != kNone) demand(at(after, step.image[node]) == before[node], "an image is wrong");
        for (void *memory : {(void *)step.ands, (void *)step.roots, (void *)step.image}) std::free(memory);
    }
    std::printf("%d %d %d\n", equal, made, other);
}
