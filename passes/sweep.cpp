#include "netc/core/sweep.hpp"

extern "C" {
#include "passes/sweep.h"
}

using namespace netc;

extern "C" int64_t netc_pass_sweep(const netc_aig *graph, netc_context *context, int64_t conflicts, int64_t seed,
                                   netc_step *step) {
    return guard([&]() -> int64_t {
        AigView aig(*graph);
        SweepOptions options;
        options.conflicts = conflicts;
        options.seed = static_cast<uint64_t>(seed);
        Sweeper sweeper(aig, options, context);
        sweeper.run();
        sweeper.finish(step);
        return 0;
    });
}
