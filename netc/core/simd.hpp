// Wide words without intrinsics: GCC and Clang vector types, and one clone of a hot function for each instruction set,
// picked when the library is loaded.
#pragma once

#include <cstdint>

namespace netc {

typedef uint64_t Word8 __attribute__((vector_size(64), aligned(8)));  // 512 bits

}  // namespace netc

#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__SANITIZE_ADDRESS__)
#define NETC_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define NETC_CLONES
#endif
