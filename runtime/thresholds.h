/* Features that become bits while they are packed. */
#ifndef NETC_RUNTIME_THRESHOLDS_H
#define NETC_RUNTIME_THRESHOLDS_H

#include <stdint.h>

/* Prepares the inputs that a layout reads: input i is feature[i] > threshold[i], or >= with at_least; no threshold is NaN.
 * Null if there is no memory. The layout's `reads` are read only now. */
netc_thresholds *netc_thresholds_new(const netc_layout *layout, const int32_t *feature, const double *threshold,
                                     int64_t at_least);
void netc_thresholds_free(netc_thresholds *thresholds);

#endif
