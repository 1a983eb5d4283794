// The instruction sets that kernels are compiled for, as attributes of functions.
#pragma once

#if defined(__x86_64__)
#define NETC_TARGET_AVX2 __attribute__((target("avx2")))
#define NETC_TARGET_AVX512 __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq")))
#define NETC_TARGET_GFNI __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,gfni")))

namespace netc {

inline bool has_avx2() { return __builtin_cpu_supports("avx2"); }
inline bool has_avx512() {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq");
}
// Beside AVX-512.
inline bool has_gfni() { return __builtin_cpu_supports("gfni"); }

}  // namespace netc
#endif
