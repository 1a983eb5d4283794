// And-Inverter Graphs in binary AIGER's numbering, on one page.
//
// A *node* is an index: 0 is constant false, 1..leaves are inputs and then latches, the ANDs follow. A *literal* is
// 2 * node + complement. Each AND has two fan-in literals of smaller nodes, the larger literal first, so an ascending
// loop visits fan-ins before fan-outs and no traversal recurses. *Roots* are the literals that must be kept.
#pragma once

#include <cassert>
#include <cstdint>

#include "netc/core/abi.hpp"
#include "netc/core/array.hpp"

namespace netc {

using Node = uint32_t;
using Lit = uint32_t;

constexpr Lit kFalse = 0;
constexpr Lit kTrue = 1;
constexpr uint32_t kNone = 0xFFFFFFFF;   // no literal, no node
constexpr int64_t kMaxNodes = 1u << 31;  // so that a literal fits 32 bits

inline Node node_of(Lit lit) { return lit >> 1; }
inline bool is_complemented(Lit lit) { return lit & 1; }
inline Lit make_lit(Node node, bool complemented = false) { return 2 * node + complemented; }
inline Lit complement(Lit lit) { return lit ^ 1; }
inline Lit complement_if(Lit lit, bool condition) { return lit ^ static_cast<Lit>(condition); }
// The literal that `lit` became when its node became image[node].
inline Lit mapped(const uint32_t *image, Lit lit) { return image[lit >> 1] ^ (lit & 1); }

// A graph that somebody else owns.
struct AigView {
    const Lit *ands;
    uint32_t num_ands;
    uint32_t leaves;
    const Lit *roots;
    size_t num_roots;

    explicit AigView(const netc_aig &aig)
        : ands(aig.ands),
          num_ands(static_cast<uint32_t>(aig.num_ands)),
          leaves(static_cast<uint32_t>(aig.leaves)),
          roots(aig.roots),
          num_roots(static_cast<size_t>(aig.num_roots)) {}
    AigView(const Lit *ands, uint32_t num_ands, uint32_t leaves, const Lit *roots = nullptr, size_t num_roots = 0)
        : ands(ands), num_ands(num_ands), leaves(leaves), roots(roots), num_roots(num_roots) {}

    Node first_and() const { return leaves + 1; }
    Node num_nodes() const { return leaves + 1 + num_ands; }
    bool is_and(Node node) const { return node > leaves; }
    Lit fanin0(Node node) const { return ands[2 * static_cast<size_t>(node - first_and())]; }
    Lit fanin1(Node node) const { return ands[2 * static_cast<size_t>(node - first_and()) + 1]; }
};

// Counts work and says whether to stop; `units` >= 1, so that each call is a distinct place to stop at.
inline bool stop(netc_context *context, int64_t units) {
    context->work += units;
    if (context->stopped_at >= 0) return true;
    if (context->work >= context->budget || __atomic_load_n(&context->cancel, __ATOMIC_RELAXED)) {
        context->stopped_at = context->work;
        return true;
    }
    return false;
}

inline void progress(netc_context *context, int64_t done, int64_t total) {
    __atomic_store_n(&context->done, done, __ATOMIC_RELAXED);
    __atomic_store_n(&context->total, total, __ATOMIC_RELAXED);
}

}  // namespace netc
