#ifndef NETC_PASSES_LOWER_HEAD_H
#define NETC_PASSES_LOWER_HEAD_H

/* Votes of class c: literals of the graph and weights, start[c]..start[c+1]; offsets: int64[classes]. The new graph's
 * roots (uint32[], freed by netc_free) are the old roots, then the score of each class, widths[c] bits from the least
 * significant, in two's complement where is_signed[c]; or with argmax the bits of the winning class. Returns the number of
 * roots. */
int64_t netc_pass_lower_head(const netc_aig *aig, netc_context *context, const int64_t *start, const uint32_t *votes,
                             const int32_t *weights, const int64_t *offsets, int64_t classes, int64_t argmax,
                             int64_t *widths, uint8_t *is_signed, netc_step *step);

#endif
