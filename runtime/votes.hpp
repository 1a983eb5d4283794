// Counting votes bit-parallel: the scores of a block of samples as planes of binary digits.
#pragma once

#include <cstdint>

#include "netc/core/array.hpp"
#include "runtime/planes.hpp"
#include "runtime/runner.hpp"

extern "C" {
#include "runtime/votes.h"
}

// Planes are counted in blocks of 16. A counter adds those of its blocks, or their complements, to its class at 2^digit each;
// the score of class c is what its counters come to, bias[c] and `lowest`. Bias and sums are modulo 2^digits, and no score
// needs more.
struct netc_votes {
    struct Counter {
        uint32_t of_class;
        int digit;
    };
    struct Block {
        uint32_t counter, complement, planes[16];
    };
    netc::Array<Counter> counters;
    netc::Array<Block> blocks;
    netc::Array<uint32_t> bias;  // of each class
    int64_t lowest = 0;
    int digits = 0;         // enough for every class
    int winner_digits = 0;  // of the number of a class

    // What counting needs, in lines of 64 bytes: four sums a counter; at each digit of a class two planes that wait, their
    // number in a byte, and the score's digit; and the winner.
    int64_t sums() const { return 4 * static_cast<int64_t>(counters.size()); }
    int64_t class_digits() const { return static_cast<int64_t>(bias.size()) * digits; }
    int64_t scratch_bytes() const { return (sums() + 3 * class_digits() + winner_digits) * 64 + class_digits(); }
};

namespace netc {

// Counts the first `rows` samples of a block. scores: int32[rows][classes], or null; classes: int32[rows], or null; scratch is
// 64-byte aligned.
void count_votes(const netc_votes &votes, Planes planes, int64_t rows, int32_t *scores, int32_t *classes, void *scratch);

}  // namespace netc
