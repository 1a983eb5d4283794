// Canonical order: the same graph, up to the order of its leaves, roots and ANDs and to how its trees of ANDs associate,
// comes out as the same graph. Colour refinement (Weisfeiler and Leman, 1968) tells nodes apart by what they are made of
// and by what reads them; of leaves that it leaves alike one is singled out, and it goes on from there, as programs for
// graph isomorphism do (McKay, Practical graph isomorphism, 1981), but down one path only: where leaves that look alike
// are images of each other under a symmetry of the circuit, as they nearly always are, every path ends in the same graph.
#include <algorithm>
#include <numeric>
#include <vector>

#include "netc/core/random.hpp"
#include "netc/core/wide.hpp"

extern "C" {
#include "netc/core/canonical.h"
}

using namespace netc;

namespace {

using Colour = uint64_t;

constexpr Colour kComplemented = 0x5851F42D4C957F2Du;
constexpr int64_t kVisitsPerUnit = 16;
constexpr int64_t kVisits = 100'000'000;  // for singling out leaves

class Canonical {
public:
    Canonical(const AigView &aig, netc_context *context)
        : aig_(aig), context_(context), made_(aig.leaves, aig.num_ands), wide_(made_) {
        find_trees();
        own_ = Array<Colour>::zeros(aig.num_nodes());
        above_ = Array<Colour>::zeros(aig.num_nodes());
        own_[0] = mix(1);
        next_ = Array<uint32_t>::zeros(tops_.size());
    }

    void run(netc_step *step, uint32_t *leaves, uint32_t *roots) {
        refine();
        while (!stopped_ && visits_ < kVisits && single_out()) refine();
        find_depths();
        Array<uint32_t> image = Array<uint32_t>::filled(aig_.num_nodes(), kNone);
        image[0] = kFalse;
        std::vector<uint32_t> order(aig_.num_roots);
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(),
                         [&](uint32_t a, uint32_t b) { return before(aig_.roots[a], aig_.roots[b]); });
        for (uint32_t root : order) build(node_of(aig_.roots[root]), image);
        for (Node leaf = 1; leaf <= aig_.leaves; leaf++) {
            if (image[leaf] == kNone) image[leaf] = make_lit(++leaves_numbered_);
            leaves[leaf - 1] = node_of(image[leaf]) - 1;
        }
        Array<Lit> made_roots(aig_.num_roots);
        for (size_t i = 0; i < order.size(); i++) {
            roots[order[i]] = static_cast<uint32_t>(i);
            made_roots[i] = mapped(image.data(), aig_.roots[order[i]]);
        }
        finish(step, std::move(made_.ands()), std::move(made_roots), std::move(image));
    }

private:
    // Trees of ANDs end where a node is complemented, is a root or has several readers; tops_ are the nodes that end one
    // and that some root depends on, ascending, operands_ what each is the AND of.
    void find_trees() {
        Array<uint8_t> uses = Array<uint8_t>::zeros(aig_.num_nodes());
        auto use = [&](Lit lit, bool ends) {
            uint8_t &count = uses[node_of(lit)];
            count = static_cast<uint8_t>(std::min(2, count + (ends || is_complemented(lit) ? 2 : 1)));
        };
        for (size_t i = 0; i < aig_.num_roots; i++) use(aig_.roots[i], true);
        for (Node node = aig_.num_nodes(); node-- > aig_.first_and();) {
            if (!uses[node]) continue;
            use(aig_.fanin0(node), false);
            use(aig_.fanin1(node), false);
        }
        std::vector<Node> stack;
        operands_.push(kFalse);  // none has index 0
        first_.push(1);
        for (Node node = aig_.first_and(); node < aig_.num_nodes(); node++) {
            if (uses[node] != 2) continue;
            stack.assign(1, node);
            while (!stack.empty()) {
                Node inner = stack.back();
                stack.pop_back();
                for (Lit lit : {aig_.fanin0(inner), aig_.fanin1(inner)}) {
                    if (aig_.is_and(node_of(lit)) && uses[node_of(lit)] == 1) stack.push_back(node_of(lit));
                    else operands_.push(lit);
                }
            }
            tops_.push(node);
            first_.push(static_cast<uint32_t>(operands_.size()));
        }
    }

    // Colours from below and from above, by turns, until they tell no more leaves apart.
    void refine() {
        size_t known = 0;
        for (;;) {
            from_below();
            from_above();
            visits_ += static_cast<int64_t>(2 * (tops_.size() + operands_.size()) + aig_.leaves);
            stopped_ = stop(context_, 1 + static_cast<int64_t>(operands_.size()) / kVisitsPerUnit);
            for (Node leaf = 1; leaf <= aig_.leaves; leaf++) own_[leaf] = mix(own_[leaf] + mix(above_[leaf]));
            size_t found = sort_leaves();
            if (stopped_ || found <= known) return;
            known = found;
        }
    }

    Colour edge(Lit lit) const { return mix(own_[node_of(lit)] ^ (is_complemented(lit) ? kComplemented : 0)); }

    void from_below() {
        for (size_t i = 0; i < tops_.size(); i++) {
            Colour sum = 0;
            for (uint32_t at = first_[i]; at < first_[i + 1]; at++) sum += edge(operands_[at]);
            own_[tops_[i]] = mix(own_[tops_[i]] + mix(sum + mix(above_[tops_[i]])));
        }
    }

    void from_above() {
        std::fill(above_.begin(), above_.end(), 0);
        for (size_t i = 0; i < aig_.num_roots; i++)
            above_[node_of(aig_.roots[i])] += mix(2 + is_complemented(aig_.roots[i]));
        for (size_t i = tops_.size(); i-- > 0;) {
            Colour seen = mix(above_[tops_[i]] ^ mix(own_[tops_[i]]));
            for (uint32_t at = first_[i]; at < first_[i + 1]; at++)
                above_[node_of(operands_[at])] += mix(seen ^ (is_complemented(operands_[at]) ? kComplemented : 0));
        }
    }

    // Leaves by colour; how many colours there are.
    size_t sort_leaves() {
        sorted_.resize(aig_.leaves);
        std::iota(sorted_.begin(), sorted_.end(), 1);
        std::stable_sort(sorted_.begin(), sorted_.end(), [&](Node a, Node b) { return own_[a] < own_[b]; });
        size_t colours = sorted_.size() != 0;
        for (size_t i = 1; i < sorted_.size(); i++) colours += own_[sorted_[i]] != own_[sorted_[i - 1]];
        return colours;
    }

    // Of the largest class of leaves alike, the first gets a colour of its own; false if there is none.
    bool single_out() {
        size_t most = 1, at = 0;
        for (size_t i = 0; i < sorted_.size();) {
            size_t end = i + 1;
            while (end < sorted_.size() && own_[sorted_[end]] == own_[sorted_[i]]) end++;
            if (above_[sorted_[i]] && end - i > most) {
                most = end - i;
                at = i;
            }
            i = end;
        }
        if (most > 1) own_[sorted_[at]] = mix(own_[sorted_[at]] + 3);
        return most > 1;
    }

    // Shallow first, then by colour.
    bool before(Lit a, Lit b) const {
        uint32_t x = depths_[node_of(a)], y = depths_[node_of(b)];
        return x != y ? x < y : edge(a) < edge(b);
    }

    void find_depths() {
        depths_ = Array<uint32_t>::zeros(aig_.num_nodes());
        for (size_t i = 0; i < tops_.size(); i++) {
            uint32_t deepest = 0, width = first_[i + 1] - first_[i];
            for (uint32_t at = first_[i]; at < first_[i + 1]; at++)
                deepest = std::max(deepest, depths_[node_of(operands_[at])]);
            depths_[tops_[i]] = deepest + (width > 1 ? 32 - static_cast<uint32_t>(__builtin_clz(width - 1)) : 0);
        }
    }

    // Numbers what is not numbered yet in this cone, depth-first, the deep operands first; of operands alike, those that
    // are numbered already.
    void build(Node root, Array<uint32_t> &image) {
        stack_.assign(1, root);
        while (!stack_.empty()) {
            Node node = stack_.back();
            if (image[node] == kNone && !aig_.is_and(node)) image[node] = make_lit(++leaves_numbered_);
            if (image[node] != kNone) {
                stack_.pop_back();
                continue;
            }
            size_t i = static_cast<size_t>(std::lower_bound(tops_.begin(), tops_.end(), node) - tops_.begin());
            Lit *begin = &operands_[first_[i]], *end = &operands_[first_[i + 1] - 1] + 1;
            if (!next_[i]) {
                next_[i] = first_[i];
                std::stable_sort(begin, end, [&](Lit a, Lit b) {
                    if (before(a, b) != before(b, a)) return before(b, a);
                    return mapped(image.data(), a) < mapped(image.data(), b);
                });
            }
            uint32_t &at = next_[i];
            while (at < first_[i + 1] && image[node_of(operands_[at])] != kNone) at++;
            if (at < first_[i + 1]) {
                stack_.push_back(node_of(operands_[at]));
                continue;
            }
            stack_.pop_back();
            wide_operands_.clear();
            for (Lit *lit = begin; lit != end; lit++) wide_operands_.push_back(mapped(image.data(), *lit));
            image[node] = wide_.and_of(wide_operands_);
        }
    }

    AigView aig_;
    netc_context *context_;
    Builder made_;
    Wide wide_;
    Array<Node> tops_;
    Array<uint32_t> first_;  // of the operands of each
    Array<Lit> operands_;
    Array<Colour> own_;    // by node
    Array<Colour> above_;  // by node: what reads it
    Array<uint32_t> depths_;
    Array<uint32_t> next_;  // operand of each that is to be looked at; 0 before its first
    std::vector<Node> sorted_;
    std::vector<Node> stack_;
    std::vector<Lit> wide_operands_;
    Node leaves_numbered_ = 0;
    int64_t visits_ = 0;
    bool stopped_ = false;
};

}  // namespace

extern "C" int64_t netc_canonical(const netc_aig *graph, netc_context *context, netc_step *step, uint32_t *leaves,
                                  uint32_t *roots) {
    return guard([&]() -> int64_t {
        Canonical(AigView(*graph), context).run(step, leaves, roots);
        return 0;
    });
}
