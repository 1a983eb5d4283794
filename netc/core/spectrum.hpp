// Whether functions are others whose inputs are permuted and complemented, and whose outputs are complemented (Boolean
// matching), told by their Walsh spectra.
//
// A permutation of the inputs permutes the coefficients of a spectrum, and complements change their signs alone. Magnitudes
// therefore tell which variable can be which: variables are coloured by the coefficients that they have part in, and by
// the colours of the others there, until nothing changes; where several still look alike, one is tried as each of them.
// For a permutation, signs are linear equations over GF(2) in what is complemented. A spectrum determines its function,
// so that a solution of all of them is a proof.
// After Clarke, McMillan, Zhao, Fujita, Yang: Spectral transforms for large Boolean functions with applications to
// technology mapping, DAC 1993, and Hurst, Miller, Muzio: Spectral techniques in digital logic, 1985.
#pragma once

#include <optional>
#include <vector>

#include "netc/core/tables.hpp"

namespace netc {

// Function i is output `output[i]` of the others, complemented where `negated[i]`, and variable v of theirs is
// `variable[v]`, complemented where bit v of `complemented` is set.
struct Matching {
    std::vector<int> variable;
    uint32_t complemented = 0;
    std::vector<size_t> output;
    std::vector<bool> negated;
};

// Of one function.
struct Spectrum {
    explicit Spectrum(const Table &table);

    std::vector<int32_t> coefficients;  // by the mask of the variables whose parity the function is compared with
    uint64_t signature;                 // the same however inputs and output are permuted and complemented
};

// What a glance tells of a function, the same however its inputs and output are permuted and complemented.
struct Shape {
    explicit Shape(const Table &table);
    bool operator==(const Shape &other) const { return excess == other.excess && support == other.support; }

    size_t excess;  // of the rows of one value over those of the other
    int support;    // variables it depends on
};

class Matcher {
public:
    static constexpr size_t kMostFunctions = 40;

    // At most kMostFunctions, which together depend on all their variables.
    explicit Matcher(std::vector<Table> functions);

    // Whether each function has the shape of one of the others; few others pass, and only they are worth their tables.
    bool suits(const std::vector<Shape> &others) const;
    // `others` have as many variables as the functions. Adds the words looked at to `work`.
    std::optional<Matching> match(const std::vector<Table> &others, int64_t &work);

private:
    std::vector<Table> functions_;
    std::vector<Shape> shapes_;
    std::vector<Spectrum> spectra_;  // as soon as they are needed
};

}  // namespace netc
