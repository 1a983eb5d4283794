// splitmix64 (Steele, Lea, Flood 2014): a fixed seed gives the same stream everywhere.
#pragma once

#include <cstdint>

namespace netc {

struct Random {
    uint64_t state;
    uint64_t next() {
        uint64_t z = (state += 0x9E3779B97F4A7C15u);
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
        z = (z ^ z >> 27) * 0x94D049BB133111EBu;
        return z ^ z >> 31;
    }
    // A word of which each bit is set with probability 1/16: neighbours of a pattern differ from it there.
    uint64_t sparse() { return next() & next() & next() & next(); }
};

// One step of the same mixing: a hash of a word.
inline uint64_t mix(uint64_t value) { return Random{value}.next(); }

}  // namespace netc
