/* Small circuits for functions of up to sixteen variables. */
#ifndef NETC_CORE_SYNTHESIS_H
#define NETC_CORE_SYNTHESIS_H

#include <stdint.h>

#include "netc/core/core.h"

/* A circuit over k <= 16 inputs for a function between two tables, of max(1, 2^(k - 6)) words each. step->ands get its
 * gates (inputs are nodes 1..k; roots and image stay null); returns its output literal. */
int64_t netc_synthesize(const uint64_t *lower, const uint64_t *upper, int64_t k, int64_t thorough, netc_step *step);

#endif
