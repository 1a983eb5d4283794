// Structural hashing: one scan in topological order through the hash table. The scan is bound by cache misses (the
// images of two fan-ins, a slot, its occupant), all at addresses known ahead, so three prefetches run before it.
#include "netc/core/builder.hpp"

extern "C" {
#include "passes/strash.h"
}

using namespace netc;

namespace {

constexpr uint32_t kAhead = 16;  // nodes between the stages of the prefetch: far enough to cover a miss to memory

void hash_all(const AigView &aig, Builder &made, uint32_t *image) {
    const Lit *ands = aig.ands;
    Node first = aig.first_and();
    for (uint32_t i = 0; i < aig.num_ands; i++) {
        if (i + 3 * kAhead < aig.num_ands) {
            const Lit *fanins = ands + 2 * static_cast<size_t>(i + 3 * kAhead);
            __builtin_prefetch(image + node_of(fanins[0]));
            __builtin_prefetch(image + node_of(fanins[1]));
        }
        for (uint32_t stage = 1; stage <= 2; stage++) {
            uint32_t j = i + stage * kAhead;
            if (j >= aig.num_ands) continue;
            const Lit *fanins = ands + 2 * static_cast<size_t>(j);
            if (node_of(fanins[0]) >= first + i || node_of(fanins[1]) >= first + i) continue;  // not mapped yet
            Lit a = mapped(image, fanins[0]), b = mapped(image, fanins[1]);
            if (stage == 2) made.prefetch_slot(a, b);
            else made.prefetch_occupant(a, b);
        }
        const Lit *fanins = ands + 2 * static_cast<size_t>(i);
        image[first + i] = made.and_(mapped(image, fanins[0]), mapped(image, fanins[1]));
    }
}

}  // namespace

extern "C" int64_t netc_pass_strash(const netc_aig *graph, netc_context *context, netc_step *step) {
    return guard([&]() -> int64_t {
        AigView aig(*graph);
        Builder made(aig.leaves, aig.num_ands / 2);
        Array<uint32_t> image = new_image(aig);
        hash_all(aig, made, image.data());
        context->work += 1 + aig.num_ands;
        Array<Lit> roots = mapped_roots(aig, image.data());
        finish(step, std::move(made.ands()), std::move(roots), std::move(image));
        return 0;
    });
}
