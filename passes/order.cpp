// Depth-first order: the ANDs are renumbered as a walk from the roots leaves them, fan-ins before users. What one cone
// holds gets neighbouring numbers, whatever order the graph was written in: memory is read where it was just read, and
// runs of consecutive ANDs are deep and narrow. Layers as written are the opposite: a run of them holds no two ANDs that
// have anything to do with each other.
#include "netc/core/builder.hpp"

extern "C" {
#include "passes/order.h"
}

using namespace netc;

extern "C" int64_t netc_pass_order(const netc_aig *graph, netc_context *context, netc_step *step) {
    return guard([&]() -> int64_t {
        AigView aig(*graph);
        Array<uint32_t> image = new_image(aig);
        Array<Lit> ands;
        ands.reserve(2 * aig.num_ands);
        Array<Node> stack;
        for (size_t i = 0; i < aig.num_roots; i++) {
            stack.push(node_of(aig.roots[i]));
            while (!stack.empty()) {
                Node node = stack.back();
                if (image[node] != kNone) {
                    stack.pop();
                    continue;
                }
                Node a = node_of(aig.fanin0(node)), b = node_of(aig.fanin1(node));
                if (image[a] == kNone || image[b] == kNone) {
                    stack.push(image[a] == kNone ? a : b);
                    continue;
                }
                stack.pop();
                image[node] = make_lit(aig.first_and() + static_cast<Node>(ands.size() / 2));
                Lit x = mapped(image.data(), aig.fanin0(node)), y = mapped(image.data(), aig.fanin1(node));
                ands.push(std::max(x, y));
                ands.push(std::min(x, y));
            }
        }
        context->work += 1 + aig.num_ands;
        Array<Lit> roots = mapped_roots(aig, image.data());
        finish(step, std::move(ands), std::move(roots), std::move(image));
        return 0;
    });
}
