// Balancing: each tree of ANDs without complements or shared inner nodes is one wide AND, and is made again, shallow. With
// XORs, so is each tree of XORs that nothing else reads into; of an XOR that is an operand of an AND, the ANDs stay together.
#include "netc/core/wide.hpp"

extern "C" {
#include "passes/balance.h"
}

using namespace netc;

namespace {

class Balancer {
public:
    Balancer(const AigView &aig, bool xors, netc_context *context)
        : aig_(aig), context_(context), made_(aig.leaves, aig.num_ands), wide_(made_) {
        uses_ = Array<uint32_t>::zeros(aig.num_nodes());
        role_ = Array<uint8_t>::zeros(aig.num_nodes());
        for (size_t i = 0; i < 2 * static_cast<size_t>(aig.num_ands); i++) {
            Lit lit = aig.ands[i];
            uses_[node_of(lit)]++;
            if (is_complemented(lit)) role_[node_of(lit)] |= kComplemented;
        }
        for (size_t i = 0; i < aig.num_roots; i++) role_[node_of(aig.roots[i])] |= kRoot;
        if (xors) find_xors();
    }

    void run(netc_step *step) {
        Array<uint32_t> image = new_image(aig_);
        bool stopped = false;
        for (Node node = aig_.first_and(); node < aig_.num_nodes(); node++) {
            if ((node & 4095) == 0) progress(context_, node, aig_.num_nodes());
            if (role_[node] & kPart || (inner(node) && !stopped)) continue;  // built as part of its only fan-out
            stopped = stopped || stop(context_, 1);
            operands_.clear();
            if (role_[node] & kXor) {
                collect_xor(node, image.data());
                image[node] = wide_.xor_of(operands_);
            } else {
                collect(node, image.data());
                image[node] = wide_.and_of(operands_);
            }
        }
        Array<Lit> roots = mapped_roots(aig_, image.data());
        finish(step, std::move(made_.ands()), std::move(roots), std::move(image));
    }

private:
    enum : uint8_t {
        kComplemented = 1,  // somewhere it is read complemented
        kRoot = 2,
        kXor = 4,   // the last AND of an XOR whose others are read by it alone
        kPart = 8,  // one of those others, or an XOR that only another one reads
    };

    bool inner(Node node) const {
        return aig_.is_and(node) && uses_[node] == 1 && !(role_[node] & (kComplemented | kRoot | kXor));
    }

    // NOT (a AND b) AND NOT (NOT a AND NOT b) is the XOR of a and b.
    bool is_xor(Node node) const {
        Lit x = aig_.fanin0(node), y = aig_.fanin1(node);
        Node p = node_of(x), q = node_of(y);
        return is_complemented(x) && is_complemented(y) && aig_.is_and(p) && aig_.is_and(q) && uses_[p] == 1 &&
               uses_[q] == 1 && !((role_[p] | role_[q]) & kRoot) && aig_.fanin0(p) == complement(aig_.fanin0(q)) &&
               aig_.fanin1(p) == complement(aig_.fanin1(q));
    }

    void find_xors() {
        for (Node node = aig_.first_and(); node < aig_.num_nodes(); node++) {
            if (!is_xor(node)) continue;
            role_[node] |= kXor;
            Node p = node_of(aig_.fanin0(node)), q = node_of(aig_.fanin1(node));
            role_[p] |= kPart;
            role_[q] |= kPart;
            for (Lit lit : {aig_.fanin0(p), aig_.fanin1(p)}) {
                Node operand = node_of(lit);
                if (role_[operand] & kXor && uses_[operand] == 2 && !(role_[operand] & kRoot)) role_[operand] |= kPart;
            }
        }
    }

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

    // The operands of the wide XOR at this node; each complement on the way is an operand, true.
    void collect_xor(Node top, const uint32_t *image) {
        stack_.assign(1, top);
        while (!stack_.empty()) {
            Node p = node_of(aig_.fanin0(stack_.back()));
            stack_.pop_back();
            for (Lit lit : {aig_.fanin0(p), aig_.fanin1(p)}) {
                if (!(role_[node_of(lit)] & kPart)) {
                    operands_.push_back(mapped(image, lit));
                    continue;
                }
                stack_.push_back(node_of(lit));
                if (is_complemented(lit)) operands_.push_back(kTrue);
            }
        }
    }

    AigView aig_;
    netc_context *context_;
    Builder made_;
    Wide wide_;
    Array<uint32_t> uses_;  // as fan-ins
    Array<uint8_t> role_;
    std::vector<Lit> operands_;
    std::vector<Node> stack_;
};

}  // namespace

extern "C" int64_t netc_pass_balance(const netc_aig *graph, netc_context *context, int64_t xors, netc_step *step) {
    return guard([&]() -> int64_t {
        Balancer(AigView(*graph), xors != 0, context).run(step);
        return 0;
    });
}
