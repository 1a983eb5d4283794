// Dead-node removal: one scan backwards marks what the roots reach, one forwards copies it, in its order.
#include "netc/core/builder.hpp"

extern "C" {
#include "passes/dce.h"
}

using namespace netc;

extern "C" int64_t netc_pass_dce(const netc_aig *graph, netc_context *context, netc_step *step) {
    return guard([&]() -> int64_t {
        AigView aig(*graph);
        Array<uint8_t> live(aig.num_nodes());
        int64_t count = netc_aig_live(graph, live.data());
        Array<Lit> ands;
        ands.reserve(2 * static_cast<size_t>(count));
        Array<uint32_t> image = new_image(aig);
        for (Node node = aig.first_and(); node < aig.num_nodes(); node++) {
            if (!live[node]) continue;
            image[node] = make_lit(aig.first_and() + static_cast<Node>(ands.size() / 2));
            ands.push(mapped(image.data(), aig.fanin0(node)));  // the order of the two literals is kept, since
            ands.push(mapped(image.data(), aig.fanin1(node)));  // renumbering is monotone
        }
        context->work += 1 + aig.num_ands;
        Array<Lit> roots = mapped_roots(aig, image.data());
        finish(step, std::move(ands), std::move(roots), std::move(image));
        return 0;
    });
}
