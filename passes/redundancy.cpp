// Redundancy removal is substitution by constants and by the node's own fan-ins: an untestable stuck-at fault of an AND's
// output makes it constant, one of a fan-in makes it the other fan-in.
#include "netc/core/substitute.hpp"

extern "C" {
#include "passes/redundancy.h"
}

using namespace netc;

extern "C" int64_t netc_pass_redundancy(const netc_aig *graph, netc_context *context, int64_t window, int64_t conflicts,
                                        int64_t rounds, int64_t work, int64_t reward, int64_t exhaustive,
                                        int64_t seed, netc_step *step) {
    return guard([&]() -> int64_t {
        SubstituteOptions options;
        options.fanins_only = true;
        options.window = static_cast<uint32_t>(window);
        options.conflicts = conflicts;
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
