// MT19937 (Matsumoto and Nishimura, ACM TOMACS 8(1), 1998), seeded with one 32-bit number, and the two ways in which
// torch.randperm shuffles with it on the CPU: short ones from 32-bit words front to back, long ones inside out from
// 64-bit words (aten/src/ATen/native/TensorFactories.cpp).
#include "netc/core/twister.hpp"

#include <algorithm>
#include <utility>

#include "netc/core/abi.hpp"

namespace netc {
namespace {

constexpr uint32_t kMiddle = 397;
constexpr size_t kLong = 0xFFFFFFFFu / 20;  // the first length of the second kind

inline uint32_t twist(uint32_t upper, uint32_t lower, uint32_t middle) {
    uint32_t mixed = (upper & 0x80000000u) | (lower & 0x7FFFFFFFu);
    return middle ^ mixed >> 1 ^ (-(mixed & 1) & 0x9908B0DFu);
}

}  // namespace

void seed(netc_twister &twister, uint32_t value) {
    uint32_t *state = twister.state;
    state[0] = value;
    for (uint32_t i = 1; i < kTwisterWords; i++) state[i] = 1812433253u * (state[i - 1] ^ state[i - 1] >> 30) + i;
    twister.at = kTwisterWords;
}

void refill(netc_twister &twister) {
    uint32_t *state = twister.state, rest = kTwisterWords - kMiddle;
    for (uint32_t i = 0; i < rest; i++) state[i] = twist(state[i], state[i + 1], state[i + kMiddle]);
    for (uint32_t i = rest; i + 1 < kTwisterWords; i++) state[i] = twist(state[i], state[i + 1], state[i - rest]);
    state[kTwisterWords - 1] = twist(state[kTwisterWords - 1], state[0], state[kMiddle - 1]);
    twister.at = 0;
}

void skip(netc_twister &twister, uint64_t words) {
    while (words) {
        if (twister.at == kTwisterWords) refill(twister);
        uint64_t now = std::min<uint64_t>(words, kTwisterWords - twister.at);
        twister.at += static_cast<uint32_t>(now);
        words -= now;
    }
}

void randperm(netc_twister &twister, uint32_t *permutation, size_t n) {
    if (n < kLong) {
        for (size_t i = 0; i < n; i++) permutation[i] = static_cast<uint32_t>(i);
        for (size_t i = 0; i + 1 < n; i++)
            std::swap(permutation[i], permutation[i + next32(twister) % static_cast<uint32_t>(n - i)]);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        size_t other = static_cast<size_t>(next64(twister) % (i + 1));
        permutation[i] = permutation[other];
        permutation[other] = static_cast<uint32_t>(i);
    }
}

}  // namespace netc

using namespace netc;

extern "C" {

int64_t netc_twister_seed(netc_twister *twister, uint32_t value) {
    seed(*twister, value);
    return 0;
}

int64_t netc_twister_skip(netc_twister *twister, int64_t words) {
    skip(*twister, static_cast<uint64_t>(words));
    return 0;
}

int64_t netc_twister_words(netc_twister *twister, int64_t count, uint32_t *words) {
    for (int64_t i = 0; i < count; i++) words[i] = next32(*twister);
    return 0;
}

int64_t netc_twister_randperm(netc_twister *twister, int64_t n, uint32_t *permutation) {
    randperm(*twister, permutation, static_cast<size_t>(n));
    return 0;
}
}
