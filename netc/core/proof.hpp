// A proof by reverse unit propagation, clause by clause, with hints (LRAT: Cruz-Filipe et al. 2017).
//
// Clauses 1..formula are given, each further step is a clause that follows from earlier ones: when all its literals are
// false, its hints, one after the other, become unit, and the last one false. Or it is one of those that define a new
// variable, as any function of older ones: such a clause is blocked, for every clause with the negation of its first literal
// has the negation of another one too. Literals are DIMACS numbers. Steps are kept
// packed, a byte or two a number, while the proof grows. Written out are only those that the last step needs, numbered
// anew, and each clause is deleted after its last use, so a checker holds no more than it must.
#pragma once

#include <cstddef>
#include <cstdint>

#include "netc/core/array.hpp"

extern "C" {
#include "netc/core/core.h"
#include "netc/core/proof.h"
}

namespace netc {

class Proof {
public:
    using Id = uint32_t;  // 0 is no clause

    explicit Proof(uint64_t formula);

    Id add(const int32_t *literals, size_t count, const Id *hints, size_t num_hints);

    // A clause that is blocked on its first literal; `against` are all clauses with the negation of that.
    Id define(const int32_t *literals, size_t count, const Id *against, size_t num_against);

    uint64_t formula() const { return formula_; }
    uint64_t steps() const { return starts_.size(); }
    uint64_t bytes() const { return packed_.size(); }

    // Finds what the last step, the empty clause, needs; no step is added after this.
    void trim();
    uint64_t needed() const { return needed_; }

    // Prints needed steps, from where the last call ended, into text(): whole ones, `enough` bytes or a little more;
    // nothing at the end.
    void print(size_t enough);
    const Array<char> &text() const { return text_; }

private:
    Id begin();
    void finish(Id id, const int32_t *literals, size_t count, const Id *hints, size_t num_hints);
    void pack(uint64_t number);
    uint64_t unpack(size_t *at) const;
    void print_number(int64_t number);

    uint64_t formula_;
    Array<uint8_t> packed_;    // by step: 1 if it defines, literals, 0, hints as distances back, 0
    Array<uint64_t> starts_;   // by step: where it begins
    Array<Id> last_use_;       // by clause: the last step that names it; 0: not needed
    Array<Id> number_;         // by clause: its number in print
    uint64_t needed_ = 0;
    uint64_t printed_ = 0;     // steps looked at
    Array<char> text_;
};

}  // namespace netc

// What the border calls a proof: the text that is printed but not fetched stays with it.
struct netc_proof {
    netc::Proof proof;
    size_t fetched = 0;
};
