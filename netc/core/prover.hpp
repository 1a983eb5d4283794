// Proves that two literals of a growing hashed graph are equal: what sweeping and correspondence ask again and again.
//
// First the truth table of a small window that contains the difference, then SAT in both directions within a budget of
// conflicts, by one solver that loads cones as they are asked for and keeps what it learnt; where that does not suffice,
// parity, if the XORs of the graph are told.
#pragma once

#include <optional>
#include <vector>

#include "netc/core/builder.hpp"
#include "netc/core/cone_loader.hpp"
#include "netc/core/parity.hpp"
#include "netc/core/random.hpp"

namespace netc {

enum class Verdict { equal, different, unknown };

struct ProverCounts {
    int64_t by_window = 0, by_sat = 0, by_parity = 0;
};

class Prover {
public:
    // The graph may grow between questions, and `xors` with it, but its nodes stay as they are. `random` fills what an
    // answer leaves open.
    Prover(const Builder &graph, Random *random, netc_context *context, const Xors *xors = nullptr);

    // Whether two literals are equal; `different` leaves the leaves' values in pattern().
    Verdict prove(Lit a, Lit b, int64_t conflicts);

    // The same by the truth table of a small window alone; `different` only where the window is the whole.
    Verdict prove_by_window(Lit a, Lit b);

    // From now on only patterns under which this literal is true count.
    void require(Lit lit);

    Array<uint8_t> &pattern() { return pattern_; }
    const ProverCounts &counts() const { return counts_; }

private:
    Verdict prove_by_sat(Lit a, Lit b, int64_t conflicts);
    Verdict prove_by_parity(Lit a, Lit b);
    void require_of_solver(Lit lit);

    const Builder &graph_;
    Random *random_;
    netc_context *context_;
    Array<uint8_t> pattern_;  // the leaves' values in the last counterexample
    ConeLoader cones_;
    std::vector<Lit> required_;
    std::optional<Parity> parity_;
    ProverCounts counts_;
};

}  // namespace netc
