// The clauses behind Parity's answers: that two nodes with the same sum are equal, step by step.
//
// A chain of two operands or more gets a variable of its own, defined as the XOR of the shorter chain's and the operand's
// (extended resolution, Tseitin 1968). That the XOR of two chains is a third one follows from the same about shorter
// chains, in some steps over the definitions of these three; that an XOR equals its chain, from the same about its
// operands.
#pragma once

#include <array>
#include <unordered_map>
#include <vector>

#include "netc/core/deriver.hpp"
#include "netc/core/parity.hpp"

namespace netc {

// What a proof says of a graph.
class ProofNames {
public:
    virtual int32_t literal(Lit lit) const = 0;  // in the proof
    virtual void offer_and(Node node) = 0;       // the clauses of an AND, or from which they follow
    virtual void offer_xor(Node node) = 0;       // the same for one that is an XOR by Xors::match
protected:
    ~ProofNames() = default;
};

class ParityProof {
public:
    using Id = Proof::Id;

    // `variable`: this and all further numbers are free.
    ParityProof(const Xors &xors, ProofNames &names, int32_t variable, Proof &proof, Deriver &derive)
        : xors_(xors), parity_(xors), names_(names), next_variable_(variable), proof_(proof), derive_(derive) {}

    // Derives that a implies b, and b a, if both have the same sum.
    bool equal(Lit a, Lit b, Id *forth, Id *back);

    int64_t take_work() { return parity_.take_work() + kWorkPerStep * std::exchange(steps_, 0); }

private:
    static constexpr int64_t kWorkPerStep = 50;

    using Clause = std::vector<int32_t>;
    using Ids = std::array<Id, 4>;  // of the clauses that say that three variables' XOR is false; 0: one that is trivial
    using Pair = std::pair<uint32_t, uint32_t>;
    struct Equal {
        Id forth, back;
    };
    struct Sum {
        uint32_t chain;
        Ids ids;  // that it is the XOR of two others
    };

    static bool clause(size_t which, int32_t a, int32_t b, int32_t c, Clause *clause);
    int32_t variable(uint32_t chain);
    int32_t sum_literal(Lit lit);
    void start_offers();
    void offer_chain(uint32_t chain);
    void offer_triple(const Ids &ids, int32_t a, int32_t b, int32_t c);
    void offer_sum(Lit lit);
    Id derived(const Clause &goal, const Clause &splits);
    Pair shorter(Pair pair) const;
    Sum add(uint32_t x, uint32_t y);
    void sum_up(Node node);

    const Xors &xors_;
    Parity parity_;
    ProofNames &names_;
    int32_t next_variable_;
    Proof &proof_;
    Deriver &derive_;
    struct Definition {
        int32_t variable;
        Ids ids;
    };
    std::unordered_map<uint32_t, Definition> definitions_;  // by chain
    std::unordered_map<uint64_t, Ids> added_;               // by two chains
    std::unordered_map<Node, Equal> sums_;                  // by XOR: that it is its sum
    std::vector<Node> stack_;
    int64_t steps_ = 0;
};

}  // namespace netc
