#include "netc/core/sweep.hpp"

extern "C" {
#include "passes/sweep.h"
}

using namespace netc;

extern "C" int64_t netc_pass_sweep(const netc_aig *graph, netc_context *context, int64_t conflicts, int64_t levels,
                                   int64_t seed, netc_step *step) {
    return guard([&]() -> int64_t {
        AigView aig(*graph);
        SweepOptions options;
        options.conflicts = conflicts;
        options.seed = static_cast<uint64_t>(seed);
        Sweeper sweeper(aig, options, context);
        if (levels) sweeper.run_by_levels();
        else sweeper.run();
        Array<Lit> roots = mapped_roots(aig, sweeper.image());
        finish(step, std::move(sweeper.made().ands()), std::move(roots), sweeper.take_image());
        return 0;
    });
}
