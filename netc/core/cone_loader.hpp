// Cones of a graph in a solver, loaded as far as questions are asked about them.
//
// The graph may grow between questions, but a node stays as it is, unless its user says forget(). Every AND is a gate of
// the solver, a leaf is a plain variable, and the constant one that is false; nodes that nobody has asked about are not
// there.
#pragma once

#include <memory>
#include <vector>

#include "netc/core/aig.hpp"
#include "netc/core/random.hpp"
#include "netc/core/sat.hpp"

namespace netc {

class ConeLoader {
public:
    // A solver without anything in it.
    void restart(Proof *proof = nullptr) {
        solver_ = std::make_unique<sat::Solver>(proof);
        var_of_.clear();
        leaves_.clear();
    }
    // There is none yet, or it is so large that what is of no use any more costs more than what it knows is worth.
    bool is_due() const {
        return !solver_ || solver_->num_vars() > kMostVars || solver_->learnt_clauses() > kMostLearnts;
    }
    explicit operator bool() const { return solver_ != nullptr; }
    sat::Solver &solver() { return *solver_; }

    // What variables and their clauses are called in a proof; here, nothing.
    struct NoNames {
        static constexpr Proof::Id kFalse = 0;  // the clause that the constant is false
        static int32_t name(Node) { return 0; }
        static const Proof::Id *gate(Node) { return nullptr; }
    };

    // The solver's literal for a literal of the graph, which says num_nodes(), is_and(node), fanin0(node), fanin1(node).
    template <class Graph, class Names = NoNames>
    sat::Literal literal(const Graph &graph, Lit lit, Names &&names = Names()) {
        if (var_of_.size() < graph.num_nodes()) var_of_.resize(graph.num_nodes(), kNone);
        stack_.assign(1, node_of(lit));
        while (!stack_.empty()) {
            Node node = stack_.back();
            if (var_of_[node] != kNone) {
                stack_.pop_back();
                continue;
            }
            if (!graph.is_and(node)) {
                var_of_[node] = solver_->new_var(names.name(node));
                sat::Literal never = 2 * var_of_[node] + 1;
                if (node == 0) solver_->add_clause(&never, 1, names.kFalse);
                else leaves_.push_back(node);
                stack_.pop_back();
                continue;
            }
            Lit a = graph.fanin0(node), b = graph.fanin1(node);
            bool ready = true;
            for (Lit fanin : {a, b})
                if (var_of_[node_of(fanin)] == kNone) {
                    stack_.push_back(node_of(fanin));
                    ready = false;
                }
            if (!ready) continue;
            int32_t name = names.name(node);
            var_of_[node] = solver_->new_gate(known(a), known(b), name, names.gate(node));
            stack_.pop_back();
        }
        return known(lit);
    }

    // The AND has become another function; what was loaded above it stays what it was.
    void forget(Node node) {
        if (node < var_of_.size()) var_of_[node] = kNone;
    }

    // After `satisfiable`: values of all leaves, 0 or 1, chosen at random where the answer leaves them open.
    template <class Values>
    void read_pattern(Values &values, Random &random) {
        for (uint8_t &value : values) value = static_cast<uint8_t>(random.next() & 1);
        for (Node leaf : leaves_) {
            int value = solver_->model(var_of_[leaf]);
            if (value >= 0) values[leaf - 1] = static_cast<uint8_t>(value);
        }
    }

private:
    static constexpr size_t kMostVars = 4'000'000, kMostLearnts = 20'000;

    sat::Literal known(Lit lit) const { return 2 * var_of_[node_of(lit)] + (lit & 1); }

    std::unique_ptr<sat::Solver> solver_;
    std::vector<sat::Var> var_of_;  // by node; kNone where the solver does not know it
    std::vector<Node> leaves_, stack_;
};

}  // namespace netc
