// Balancing: each tree of ANDs without complements or shared inner nodes is one wide AND, and is made again, shallow.
#include "netc/core/wide_and.hpp"

extern "C" {
#include "passes/balance.h"
}

using namespace netc;

namespace {

class Balancer {
public:
    Balancer(const AigView &aig, netc_context *context) : aig_(aig), context_(context), made_(aig.leaves, aig.num_ands), wide_(made_) {
        uses_ = Array<uint32_t>::zeros(aig.num_nodes());
        for (size_t i = 0; i < 2 * static_cast<size_t>(aig.num_ands); i++) {
            Lit lit = aig.ands[i];
            uses_[node_of(lit)] += 1 + kComplemented * is_complemented(lit);
        }
        for (size_t i = 0; i < aig.num_roots; i++) uses_[node_of(aig.roots[i])] += kComplemented;
    }

    void run(netc_step *step) {
        Array<uint32_t> image = new_image(aig_);
        bool stopped = false;
        for (Node node = aig_.first_and(); node < aig_.num_nodes(); node++) {
            if ((node & 4095) == 0) progress(context_, node, aig_.num_nodes());
            if (inner(node) && !stopped) continue;  // built as part of its only fan-out
            stopped = stopped || stop(context_, 1);
            operands_.clear();
            collect(node, image.data());
            image[node] = wide_.of(operands_);
        }
        Array<Lit> roots = mapped_roots(aig_, image.data());
        finish(step, std::move(made_.ands()), std::move(roots), std::move(image));
    }

private:
    static constexpr uint32_t kComplemented = 1u << 16;  // any use that ends a tree; counts stay below 2^16 where it matters

    bool inner(Node node) const { return aig_.is_and(node) && uses_[node] == 1; }

    // The operands of the wide AND at this node. Inner nodes that an earlier stop left built are operands themselves.
    void collect(Node top, const uint32_t *image) {
        stack_.assign(1, top);
        while (!stack_.empty()) {
            Node node = stack_.back();
            stack_.pop_back();
            for (Lit lit : {aig_.fanin0(node), aig_.fanin1(node)}) {
                if (!is_complemented(lit) && inner(node_of(lit)) && image[node_of(lit)] == kNone)
                    stack_.push_back(node_of(lit));
                else operands_.push_back(mapped(image, lit));
            }
        }
    }

    AigView aig_;
    netc_context *context_;
    Builder made_;
    Array<uint32_t> uses_;
    WideAnd wide_;
    std::vector<Lit> operands_;
    std::vector<Node> stack_;
};

}  // namespace

extern "C" int64_t netc_pass_balance(const netc_aig *graph, netc_context *context, netc_step *step) {
    return guard([&]() -> int64_t {
        Balancer(AigView(*graph), context).run(step);
        return 0;
    });
}
