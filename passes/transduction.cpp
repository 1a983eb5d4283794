#include "netc/core/substitute.hpp"

extern "C" {
#include "passes/transduction.h"
}

using namespace netc;

extern "C" int64_t netc_pass_transduction(const netc_aig *graph, netc_context *context, int64_t pairs,
                                          int64_t wander, int64_t window, int64_t signals, int64_t conflicts, int64_t tries,
                                          int64_t rounds, int64_t work, int64_t reward, int64_t exhaustive, int64_t seed,
                                          netc_step *step) {
    return guard([&]() -> int64_t {
        SubstituteOptions options;
        options.pairs = pairs != 0;
        options.wander = wander != 0;
        options.window = static_cast<uint32_t>(window);
        options.signals = static_cast<uint32_t>(signals);
        options.conflicts = conflicts;
        options.tries = tries;
        options.rounds = rounds;
        options.work = work;
        options.reward = reward;
        options.exhaustive = exhaustive;
        options.seed = static_cast<uint64_t>(seed);
        Substituter substituter(AigView(*graph), options, context);
        substituter.run();
        substituter.finish(step);
        return 0;
    });
}
