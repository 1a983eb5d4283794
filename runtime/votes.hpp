// Counting votes bit-parallel: the scores of 512 samples at once, as planes of binary digits.
#pragma once

#include <cstdint>

#include "runtime/runner.hpp"

namespace netc {

// scores: int32[classes][512] from outputs uint64[outputs][8].
void count_votes(const netc_runner &runner, const uint64_t *outputs, int32_t *scores);

}  // namespace netc
