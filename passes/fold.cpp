// Constant folding: one scan in topological order that rewrites fan-ins and drops ANDs that are constant or equal to a
// fan-in. Nothing is hashed, so every other AND stays, in its order.
#include "netc/core/builder.hpp"

extern "C" {
#include "passes/fold.h"
}

using namespace netc;

extern "C" int64_t netc_pass_fold(const netc_aig *graph, netc_context *context, netc_step *step) {
    return guard([&]() -> int64_t {
        AigView aig(*graph);
        Builder made(aig.leaves);
        made.ands().reserve(2 * static_cast<size_t>(aig.num_ands));
        Array<uint32_t> image = new_image(aig);
        for (Node node = aig.first_and(); node < aig.num_nodes(); node++) {
            Lit a = mapped(image.data(), aig.fanin0(node)), b = mapped(image.data(), aig.fanin1(node));
            Lit folded = Builder::fold(a, b);
            image[node] = folded != kNone ? folded : made.append(a, b);
        }
        context->work += 1 + aig.num_ands;
        Array<Lit> roots = mapped_roots(aig, image.data());
        finish(step, std::move(made.ands()), std::move(roots), std::move(image));
        return 0;
    });
}
