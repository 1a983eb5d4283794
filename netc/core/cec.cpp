// Combinational equivalence: both circuits in one hashed graph over shared leaves; sweep it; then each pair of roots is the
// same literal, or is refuted by a pattern, or is asked of the solver with a larger budget.
#include "netc/core/sweep.hpp"

extern "C" {
#include "netc/core/cec.h"
}

using namespace netc;

extern "C" int64_t netc_cec(const netc_aig *graph, netc_context *context, int64_t sweep_conflicts,
                            int64_t final_conflicts, uint8_t *verdicts, uint8_t *pattern, int64_t *different) {
    return guard([&]() -> int64_t {
        AigView aig(*graph);
        size_t pairs = aig.num_roots / 2;
        const Lit *first = aig.roots, *second = aig.roots + pairs;
        bool same = true;
        for (size_t i = 0; i < pairs; i++) {
            verdicts[i] = first[i] == second[i] ? 1 : 2;
            same &= verdicts[i] == 1;
        }
        *different = -1;
        if (same) return 1;  // equal by structure alone

        SweepOptions options;
        options.conflicts = sweep_conflicts;
        Sweeper sweeper(aig, options, context);
        auto refute = [&](size_t i) -> int64_t {
            verdicts[i] = 0;
            *different = static_cast<int64_t>(i);
            for (uint32_t leaf = 0; leaf < aig.leaves; leaf++) pattern[leaf] = sweeper.counterexample()[leaf];
            return 0;
        };
        for (size_t i = 0; i < pairs; i++)
            if (verdicts[i] == 2 && sweeper.find_difference(first[i], second[i])) return refute(i);
        sweeper.run();
        bool undecided = false;
        for (size_t i = 0; i < pairs; i++) {
            if (verdicts[i] == 1) continue;
            Lit a = mapped(sweeper.image(), first[i]), b = mapped(sweeper.image(), second[i]);
            if (a != b && stop(context, 1)) {
                undecided = true;
                continue;
            }
            switch (sweeper.prove(a, b, final_conflicts)) {
            case Verdict::equal: verdicts[i] = 1; break;
            case Verdict::different: return refute(i);
            case Verdict::unknown: undecided = true;
            }
        }
        return undecided ? 2 : 1;
    });
}
