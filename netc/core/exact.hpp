// The fewest ANDs that make several functions of a few inputs together, or any that a relation allows, decided by SAT.
//
// The question "is there a circuit of at most r gates" becomes clauses in the encoding by single selection variables: a
// step reads a pair of earlier signals, and has one of the four functions that an AND with complemented fan-ins gives
// and that are false where both fan-ins are (all others are complements of these, and complements are free). A circuit
// that has more than one form is asked for in one: of all forms it is the one whose steps, each as a pair and a function,
// come first in the alphabet. Hence steps in co-lexicographic order, fan-ins in order, no step that reads another one and
// that one's fan-in, and of inputs that the relation does not tell apart the first used first. Steps that are not needed
// come last and read nothing, so that one set of clauses answers for every smaller r. Rows are added only as candidates
// fail on them.
//
// After Kojevnikov, Kulikov, Yaroslavtsev, "Finding efficient circuits using SAT-solvers" (2009); Knuth, "The Art of
// Computer Programming" 7.2.2.2 (2015); Haaswijk, Soeken, Mishchenko, De Micheli, "SAT-based exact synthesis" (2020).
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "netc/core/exchange.hpp"
#include "netc/core/truth.hpp"

namespace netc {

constexpr int kExactInputs = 6, kExactOutputs = 4;
constexpr uint32_t kExactGates = 20;  // in a question, at most

// What a circuit of several outputs has to compute, as a relation: which values of the outputs each row allows.
struct Relation {
    int inputs = 0, outputs = 0;
    std::vector<uint64_t> allowed;  // by vector (bit h is output h): the rows, repeated to fill the word

    Relation(int inputs, int outputs) : inputs(inputs), outputs(outputs), allowed(size_t{1} << outputs) {}
    // That of functions, given by tables, in the rows that matter.
    static Relation of(int inputs, const std::vector<uint64_t> &tables, uint64_t care = ~uint64_t{0});

    bool operator==(const Relation &other) const {
        return inputs == other.inputs && outputs == other.outputs && allowed == other.allowed;
    }
};

struct Smallest {
    bool found = false;   // whether there is one of at most so many gates
    bool proved = false;  // that there is no smaller one than `part`, or none at all
    Part part;            // its roots are the outputs in order
    uint64_t conflicts = 0, work = 0;
};

// Asks for a circuit of at most `most` gates, then for ever smaller ones, with so many conflicts for each question.
Smallest find_smallest(const Relation &relation, uint32_t most, int64_t conflicts);

// The same with a memory: relations that differ by the order and the complements of inputs and outputs are mostly seen to
// be the same, and what was given up once is not asked again.
class ExactMemory {
public:
    explicit ExactMemory(int64_t conflicts) : conflicts_(conflicts) {}

    // Null where none of at most `most` gates is known; the part is valid until the next question.
    const Part *find(const Relation &relation, uint32_t most);
    uint64_t work() const { return work_; }  // in units of the solver

private:
    struct Hash {
        size_t operator()(const Relation &relation) const;
    };
    struct Known {
        bool found = false;
        uint32_t asked = 0;  // nothing else is known of so many gates
        Part part;
    };

    int64_t conflicts_;
    uint64_t work_ = 0;
    std::unordered_map<Relation, Known, Hash> known_;
    Part part_;
};

}  // namespace netc
