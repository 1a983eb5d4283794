// SplitMix64 (Steele, Lea and Flood: Fast Splittable Pseudorandom Number Generators, 2014). Output n is a function of
// n alone, so 64 of them are computed side by side.
#include "runtime/draws.hpp"

#include "netc/core/simd.hpp"

namespace netc {
namespace {

inline uint64_t output(uint64_t seed, uint64_t number) {
    uint64_t z = seed + (number + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

NETC_CLONES
uint64_t below(uint64_t seed, uint64_t first, uint64_t threshold) {
    uint64_t bits = 0;
    for (uint64_t i = 0; i < 64; i++) bits |= uint64_t{output(seed, first + i) >> 11 < threshold} << i;
    return bits;
}

}  // namespace

uint64_t Draws::word(int64_t grid, int64_t index) {
    if (grid != grid_) {
        grid_ = grid;
        grid_seed_ = output(seed_, static_cast<uint64_t>(grid));
        index_ = -1;
    }
    if (index != index_) {
        index_ = index;
        word_ = below(grid_seed_, static_cast<uint64_t>(index) * 64, threshold_);
    }
    return word_;
}

}  // namespace netc
