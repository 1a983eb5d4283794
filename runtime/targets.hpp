// The instruction sets that kernels are compiled for, as attributes of functions.
#pragma once

#if defined(__x86_64__)
#define NETC_TARGET_AVX2 __attribute__((target("avx2")))
#define NETC_TARGET_AVX512 __attribute__((target("avx512f")))
#endif
