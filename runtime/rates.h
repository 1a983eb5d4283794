/* How fast this machine can be at best: what a core does with values in registers and in each cache. */
#ifndef NETC_RUNTIME_RATES_H
#define NETC_RUNTIME_RATES_H

#include <stdint.h>

/* Two-input operations on single bits, a second, of one core. */
typedef struct netc_rates {
    double registers;
    double l1, l2, l3;
    int64_t l1_bytes, l2_bytes; /* sizes of the caches, or what was assumed where the system does not say */
} netc_rates;

/* Measures for about `seconds`. */
int64_t netc_measure_rates(double seconds, netc_rates *rates);

#endif
