#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {
#include "netc/core/twister.h"
}

namespace netc {

constexpr uint32_t kTwisterWords = 624;

void seed(netc_twister &twister, uint32_t value);
void refill(netc_twister &twister);
void skip(netc_twister &twister, uint64_t words);
void randperm(netc_twister &twister, uint32_t *permutation, size_t n);

inline uint32_t next32(netc_twister &twister) {
    if (twister.at == kTwisterWords) refill(twister);
    uint32_t word = twister.state[twister.at++];
    word ^= word >> 11;
    word ^= word << 7 & 0x9D2C5680u;
    word ^= word << 15 & 0xEFC60000u;
    return word ^ word >> 18;
}

// The first word drawn is the upper half.
inline uint64_t next64(netc_twister &twister) {
    uint64_t upper = next32(twister);
    return upper << 32 | next32(twister);
}

}  // namespace netc
