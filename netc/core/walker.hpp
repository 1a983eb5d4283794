// Substitutions with complete knowledge, in a graph of at most sixteen leaves.
//
// Every node has its whole truth table, so for a node it is known exactly in which rows an output sees it (its care
// set), and every other node that does not depend on it can be tried as its replacement, alone or as an AND, OR, XOR,
// AND-OR or OR-AND of two or three of them, in either polarity. A replacement is taken where it needs fewer ANDs, and also where
// it needs as many: such moves change nothing by themselves, but after thousands of them, drawn at random, others gain.
// After Muroga, Kambayashi, Lai, Culliney: The transduction method, IEEE Trans. Computers 1989 (permissible functions),
// and Mishchenko, Brayton: Scalable logic synthesis using a simple circuit structure, IWLS 2006 (resubstitution).
#pragma once

#include <vector>

#include "netc/core/exchange.hpp"
#include "netc/core/graph.hpp"
#include "netc/core/random.hpp"
#include "netc/core/tables.hpp"

namespace netc {

class Walker {
public:
    // A graph whose ANDs read at most kMaxTableVars leaves.
    Walker(const AigView &aig, netc_context *context, uint64_t seed);

    // Tries every node `rounds` times, or until `patience` rounds in a row have gained nothing; returns the ANDs gained.
    // `zero_gain` allows moves that gain nothing.
    uint32_t run(int64_t rounds, int64_t patience, bool zero_gain);

    uint32_t num_ands() const { return graph_.num_ands(); }
    Graph &graph() { return graph_; }
    Part part();

private:
    // A replacement of the node at hand: up to three literals and how they are joined.
    enum class Form : uint8_t { literal, conjunction, parity, and_of_three, and_of_or };
    struct Move {
        Form form = Form::literal;
        bool negated = false;
        Lit lits[3] = {kFalse, kFalse, kFalse};
    };
    struct Literal {
        Lit lit;
        uint32_t ones;  // rows left
    };

    bool visit(Node node, bool zero_gain);
    void find_care(Node node);
    void collect(Node node);
    bool substitute_one();
    void conjunctions(bool negated);
    void conjunctions_of_or(bool negated);
    void parities();
    void offer(const Move &move, uint32_t added);
    uint32_t freed(const Move &move);
    void apply(const Move &move);
    bool evaluate(Node node);  // whether its table is as it was
    void give_table(Node node);

    uint64_t *table(Node node) { return &tables_[size_t{slot_[node]} * words_]; }
    uint64_t word(Lit lit, size_t w) { return table(node_of(lit))[w] ^ (is_complemented(lit) ? ~uint64_t{0} : 0); }

    Graph graph_;
    std::vector<Lit> roots_;  // as they were given
    netc_context *context_;
    Random random_;
    std::vector<Node> read_leaves_;  // those that an AND reads: the variables of the tables
    size_t words_ = 0;
    Array<uint64_t> tables_;   // by slot
    Array<uint32_t> slot_;     // by node
    std::vector<uint32_t> free_slots_;
    Array<uint64_t> flipped_;  // by place: the tables of the fan-out cone, were the node complemented
    Array<uint32_t> flipped_place_;  // by node: from 1; 0 for what would not change
    TopologicalOrder order_;
    Marks above_;    // nodes that depend on the one at hand
    Marks rewired_, changed_;  // of the last replacement: fan-ins, table
    std::vector<Node> cone_, divisors_;

    // Of the node at hand.
    Node node_ = 0;
    uint32_t size_ = 0;  // ANDs that exist for it alone
    std::vector<uint64_t> care_, on_, off_;
    std::vector<uint32_t> rows_;          // the words of the table where there is care
    std::vector<Lit> over_on_, over_off_; // literals that are true in all of on_ (off_)
    std::vector<Literal> ranked_;
    std::vector<uint64_t> rest_, other_, wrong_;
    std::vector<uint32_t> wrong_rows_;
    bool zero_gain_ = false, found_ = false;
    int best_gain_ = 0;
    uint32_t ties_ = 0, offers_ = 0;
    Move best_;
};

}  // namespace netc
