// Refactoring of large cones. Each node that enough ANDs exist for grows a cone that reconverges to few leaves; the cone's
// function is synthesized anew (synthesis.hpp), and takes the node's place where it adds fewer ANDs than go with the old
// cone. ANDs that exist already, and stay, are free.
// After Mishchenko, Chatterjee, Brayton: DAG-aware AIG rewriting, DAC 2006 (refactoring).
#include <algorithm>
#include <optional>
#include <vector>

#include "netc/core/abi.hpp"
#include "netc/core/cone.hpp"
#include "netc/core/deadlines.hpp"
#include "netc/core/synthesis.hpp"

extern "C" {
#include "passes/refactor.h"
}

using namespace netc;

namespace {

constexpr size_t kMostAnds = 200;  // of a cone

class Refactorer {
public:
    Refactorer(const AigView &aig, netc_context *context, size_t leaves, uint32_t least, bool zero_gain, Effort effort,
               bool keep_depth)
        : graph_(aig, context),
          context_(context),
          most_leaves_(leaves),
          least_(least),
          zero_gain_(zero_gain),
          synthesis_(effort) {
        if (keep_depth) deadlines_.emplace(graph_);
    }

    void run(netc_step *step) {
        Array<Node> order = graph_.order();
        for (size_t i = 0; i < order.size(); i++) {
            if ((i & 255) == 0) progress(context_, static_cast<int64_t>(i), static_cast<int64_t>(order.size()));
            if (!graph_.is_alive(order[i]) || !worth(order[i])) continue;
            if (stop(context_, 1)) break;
            visit(order[i]);
        }
        graph_.finish(step);
    }

private:
    // Whether enough goes with the node, whatever the cut.
    bool worth(Node node) {
        uint32_t size = graph_.dereference(node);
        graph_.reference(node);
        return size >= least_;
    }

    void visit(Node root) {
        cone_.grow(graph_, root, most_leaves_, kMostAnds, [](Node a, Node b) { return a > b; });
        for (Node leaf : cone_.leaves) graph_.hold(make_lit(leaf));
        int saved = static_cast<int>(graph_.dereference(root));
        if (saved >= static_cast<int>(least_)) {
            cone_.sort(graph_, root);
            int64_t before = synthesis_.work();
            Circuit circuit = synthesis_.circuit(cone_.function(graph_));
            context_->work += static_cast<int64_t>(cone_.inside.size()) + (synthesis_.work() - before) / 32;
            int most = zero_gain_ ? saved : saved - 1;
            bool fits = added(circuit, root, most) <= most && (!deadlines_ || arrival(circuit) <= deadlines_->deadline(root));
            graph_.reference(root);
            if (fits) put_in(circuit, root);
        } else {
            graph_.reference(root);
        }
        for (Node leaf : cone_.leaves) graph_.release(graph_.resolve(make_lit(leaf)));
    }

    uint32_t arrival(const Circuit &circuit) const {
        std::vector<uint32_t> levels{0};
        for (Node leaf : cone_.leaves) levels.push_back(deadlines_->arrival(leaf));
        for (size_t i = 0; i < circuit.gates.size(); i += 2)
            levels.push_back(1 + std::max(levels[node_of(circuit.gates[i])], levels[node_of(circuit.gates[i + 1])]));
        return levels[node_of(circuit.output)];
    }

    std::vector<Lit> inputs() const {
        std::vector<Lit> lits;
        for (Node leaf : cone_.leaves) lits.push_back(make_lit(leaf));
        return lits;
    }

    // ANDs that the circuit needs beside those in use while the old cone is not; more than `most` where it is that cone.
    int added(const Circuit &circuit, Node root, int most) {
        int count = 0;
        std::vector<Lit> lits = inputs();
        circuit.build(lits.data(), [&](Lit a, Lit b) {
            Lit lit = a == kNone || b == kNone || (a | 1) == kNone || (b | 1) == kNone ? kNone : graph_.find(a, b);
            if (lit == kNone) {
                count++;
            } else if (node_of(lit) == root) {
                count += most + 1;
            } else if (graph_.is_and(node_of(lit)) && graph_.references(node_of(lit)) == 0) {
                count++;
            }
            return lit;
        });
        return count;
    }

    void put_in(const Circuit &circuit, Node root) {
        std::vector<Lit> lits = inputs();
        Lit made = circuit.build(lits.data(), [&](Lit a, Lit b) { return graph_.and_(a, b); });
        if (node_of(made) == root) return;
        graph_.replace(root, made);
        if (deadlines_) deadlines_->update();
    }

    Graph graph_;
    netc_context *context_;
    size_t most_leaves_;
    uint32_t least_;
    bool zero_gain_;
    Synthesis synthesis_;
    std::optional<Deadlines> deadlines_;
    Cone cone_;
};

}  // namespace

extern "C" int64_t netc_pass_refactor(const netc_aig *graph, netc_context *context, int64_t leaves, int64_t least,
                                      int64_t zero_gain, int64_t thorough, int64_t keep_depth, netc_step *step) {
    return guard([&]() -> int64_t {
        Refactorer(AigView(*graph), context, static_cast<size_t>(leaves), static_cast<uint32_t>(std::max<int64_t>(least, 1)),
                   zero_gain != 0, thorough ? Effort::thorough : Effort::quick, keep_depth != 0)
            .run(step);
        return 0;
    });
}
