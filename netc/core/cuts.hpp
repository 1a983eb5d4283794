// Cuts: up to K leaves in ascending order and a signature with one bit a leaf, which refuses most merges without
// looking at the leaves. A pass brings its own struct, with what it ranks by; it needs `leaves`, `size`, `signature`.
#ifndef NETC_CUTS_HPP
#define NETC_CUTS_HPP

#include "netc/core/aig.hpp"

namespace netc {

inline uint32_t leaf_signature(Node leaf) { return 1u << (leaf & 31); }

// Faster than counting the bits where there is no instruction for that.
template <int K>
bool more_bits_than(uint32_t bits) {
    for (int i = 0; i < K; i++) bits &= bits - 1;
    return bits != 0;
}

// Merges the leaves of two cuts into `out`; false when there are more than K.
template <int K, class Cut>
bool merge_leaves(const Cut &a, const Cut &b, Cut &out) {
    if (more_bits_than<K>(a.signature | b.signature)) return false;
    int i = 0, j = 0, n = 0;
    while (i < a.size || j < b.size) {
        if (n == K) return false;
        if (j == b.size || (i < a.size && a.leaves[i] < b.leaves[j])) out.leaves[n++] = a.leaves[i++];
        else if (i == a.size || b.leaves[j] < a.leaves[i]) out.leaves[n++] = b.leaves[j++];
        else out.leaves[n++] = a.leaves[i++], j++;
    }
    out.size = static_cast<uint8_t>(n);
    out.signature = a.signature | b.signature;
    return true;
}

// Where the leaves of `from` stand among those of `to`, which has them all.
template <class Cut>
void leaf_positions(const Cut &from, const Cut &to, uint8_t *position) {
    for (int i = 0, j = 0; i < from.size && j < to.size; j++)
        if (to.leaves[j] == from.leaves[i]) position[i++] = static_cast<uint8_t>(j);
}

// Whether a's leaves are among b's.
template <class Cut>
bool dominates(const Cut &a, const Cut &b) {
    if (a.size > b.size || (a.signature & ~b.signature)) return false;
    int j = 0;
    for (int i = 0; i < a.size; i++) {
        while (j < b.size && b.leaves[j] < a.leaves[i]) j++;
        if (j == b.size || b.leaves[j] != a.leaves[i]) return false;
    }
    return true;
}

}  // namespace netc

#endif
