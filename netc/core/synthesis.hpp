// Small circuits for functions of up to sixteen variables with don't-cares.
//
//     Synthesis synthesis;
//     const Circuit &circuit = synthesis.circuit(lower, upper);   // any function between the two
//     Lit lit = circuit.build(inputs, builder);
//
// Variables that are not needed are dropped, gates at the top or at pairs of inputs are split off (simple disjoint
// decompositions), and what has at most four inputs comes from the library of four.hpp. What remains is a sum of
// products in either polarity, factored; or, with `thorough`, whichever is smallest of that and a strong
// bi-decomposition (OR, AND, XOR of functions with fewer inputs each), a parity-like or a multiplexer split, the parts
// being synthesized in the same way with the don't-cares that the split leaves them.
//
// A result depends on the function and the effort alone; results are kept, up to a number of them.
// After Mishchenko, Steinbach, Perkowski: An algorithm for bi-decomposition of logic functions, DAC 2001.
#pragma once

#include <cstddef>
#include <unordered_map>

#include "netc/core/circuit.hpp"
#include "netc/core/tables.hpp"

namespace netc {

enum class Effort { quick, thorough };

class Synthesis {
public:
    explicit Synthesis(Effort effort = Effort::quick) : effort_(effort) {}

    // For a function between `lower` and `upper`, which `lower` implies.
    Circuit circuit(const Table &lower, const Table &upper);
    Circuit circuit(const Table &function) { return circuit(function, function); }

    // Words of tables looked at so far: a measure of the work done.
    int64_t work() const { return work_; }

private:
    struct Key {
        Table lower, upper;
        bool operator==(const Key &other) const { return lower == other.lower && upper == other.upper; }
    };
    struct KeyHash {
        size_t operator()(const Key &key) const { return key.lower.hash() * 3 + key.upper.hash(); }
    };

    Circuit make(const Table &lower, const Table &upper);
    Circuit sum_of_products(const Table &lower, const Table &upper);
    bool top_gate(const Table &lower, const Table &upper, Circuit &circuit);
    bool bottom_gate(const Table &function, Circuit &circuit);
    bool parts(const Table &lower, const Table &upper, Circuit &circuit);
    bool parity_parts(const Table &function, Circuit &circuit);
    Circuit split(const Table &lower, const Table &upper);

    Effort effort_;
    int64_t work_ = 0;
    std::unordered_map<Key, Circuit, KeyHash> known_;
};

}  // namespace netc
