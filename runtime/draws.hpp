// Random bits by number: the same whoever asks for them, and in whatever order.
#pragma once

#include <cstdint>

namespace netc {

// SplitMix64's outputs as bits: output n of grid g's generator, which output g of the generator with `seed` seeds, is a 1
// where its upper 53 bits are below `threshold`. The cells of a row have the numbers after those of the row before, so the
// last 64 are kept.
class Draws {
public:
    Draws(uint64_t seed, uint64_t threshold) : seed_(seed), threshold_(threshold) {}

    // Bit i is that of output first + i; at most 64.
    uint64_t bits(int64_t grid, int64_t first, int64_t count) {
        unsigned shift = static_cast<unsigned>(first & 63);
        uint64_t found = word(grid, first >> 6) >> shift;
        if (shift + count > 64) found |= word(grid, (first >> 6) + 1) << (64 - shift);
        return count < 64 ? found & ~(~uint64_t{0} << count) : found;
    }

private:
    uint64_t word(int64_t grid, int64_t index);

    uint64_t seed_, threshold_, grid_seed_ = 0, word_ = 0;
    int64_t grid_ = -1, index_ = -1;
};

}  // namespace netc
