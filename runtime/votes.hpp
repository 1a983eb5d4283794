// Counting votes bit-parallel: the scores of a block of samples as planes of binary digits.
#pragma once

#include <cstdint>

#include "netc/core/array.hpp"
#include "runtime/planes.hpp"
#include "runtime/runner.hpp"

extern "C" {
#include "runtime/votes.h"
}

// Class c counts planes[group.begin .. group.end) at 2^digit each, for its groups, and adds bias[c]; its score is that plus
// `lowest`. A plane is 2 * index + complement.
struct netc_votes {
    struct Group {
        uint32_t begin, plain_end, end;  // those from plain_end on are complemented
        int digit;
    };
    netc::Array<uint32_t> planes;
    netc::Array<Group> groups;
    netc::Array<uint32_t> first_group;  // of each class, and one past the last
    netc::Array<uint32_t> bias;         // of each class
    int64_t lowest = 0;
    int digits = 0;         // enough for every class
    int winner_digits = 0;  // of the number of a class

    int64_t scratch_bytes() const { return (static_cast<int64_t>(bias.size()) * digits + winner_digits) * 64; }
};

namespace netc {

// Counts the first `rows` samples of a block. scores: int32[rows][classes], or null; classes: int32[rows], or null; scratch is
// 64-byte aligned.
void count_votes(const netc_votes &votes, Planes planes, int64_t rows, int32_t *scores, int32_t *classes, void *scratch);

}  // namespace netc
