// One ascending scan: every node's row of words from its fan-ins' rows. Eight words at a time are one cache line.
#include "netc/core/simulate.hpp"

#include <algorithm>
#include <cstring>

extern "C" {
#include "netc/core/simulate.h"
}

namespace netc {
namespace {

NETC_CLONES
void simulate_lines(const Lit *ands, size_t num_ands, size_t first, Word8 *values) {
    for (size_t i = 0; i < num_ands; i++) {
        Lit a = ands[2 * i], b = ands[2 * i + 1];
        Word8 x = values[a >> 1] ^ -static_cast<uint64_t>(a & 1), y = values[b >> 1] ^ -static_cast<uint64_t>(b & 1);
        values[first + i] = x & y;
    }
}

NETC_CLONES
void simulate_words(const Lit *ands, size_t num_ands, size_t first, uint64_t *values, size_t words) {
    for (size_t i = 0; i < num_ands; i++) {
        Lit a = ands[2 * i], b = ands[2 * i + 1];
        uint64_t phase_a = -static_cast<uint64_t>(a & 1), phase_b = -static_cast<uint64_t>(b & 1);
        const uint64_t *x = values + (a >> 1) * words, *y = values + (b >> 1) * words;
        uint64_t *z = values + (first + i) * words;
        for (size_t w = 0; w < words; w++) z[w] = (x[w] ^ phase_a) & (y[w] ^ phase_b);
    }
}

}  // namespace

void simulate(const AigView &aig, uint64_t *values, size_t words) {
    std::memset(values, 0, words * sizeof(uint64_t));
    if (words == 8) simulate_lines(aig.ands, aig.num_ands, aig.first_and(), reinterpret_cast<Word8 *>(values));
    else simulate_words(aig.ands, aig.num_ands, aig.first_and(), values, words);
}

}  // namespace netc

using namespace netc;

extern "C" {

int64_t netc_simulate(const netc_aig *aig, uint64_t *values, int64_t words) {
    return guard([&]() -> int64_t {
        simulate(AigView(*aig), values, static_cast<size_t>(words));
        return 0;
    });
}

int64_t netc_simulate_roots(const netc_aig *graph, const uint64_t *leaves, uint64_t *roots, int64_t words) {
    return guard([&]() -> int64_t {
        AigView aig(*graph);
        size_t total = static_cast<size_t>(words), block = std::min<size_t>(total, 8);
        Array<uint64_t> values(block * aig.num_nodes());
        for (size_t at = 0; at < total; at += block) {
            size_t now = std::min(block, total - at);
            for (size_t leaf = 0; leaf < aig.leaves; leaf++)
                std::memcpy(&values[(1 + leaf) * now], leaves + leaf * total + at, now * sizeof(uint64_t));
            simulate(aig, values.data(), now);
            for (size_t i = 0; i < aig.num_roots; i++) {
                uint64_t phase = -static_cast<uint64_t>(aig.roots[i] & 1);
                const uint64_t *row = &values[node_of(aig.roots[i]) * now];
                for (size_t w = 0; w < now; w++) roots[i * total + at + w] = row[w] ^ phase;
            }
        }
        return 0;
    });
}
}
