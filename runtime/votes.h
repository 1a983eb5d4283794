/* The head as a list of planes to count. */
#ifndef NETC_RUNTIME_VOTES_H
#define NETC_RUNTIME_VOTES_H

#include <stdint.h>

/* Prepares the votes of a head for values that lie as the layout says; null if there is no memory. start: int64[classes +
 * 1], bit and weight: one a vote, offset: int32[classes]. The layout is read only now; its plane of zeros also when votes are
 * counted. */
netc_votes *netc_votes_new(const netc_layout *layout, int64_t classes, const int64_t *start, const uint32_t *bit,
                           const int32_t *weight, const int32_t *offset);
void netc_votes_free(netc_votes *votes);

#endif
