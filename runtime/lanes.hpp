// What lanes.inc takes for granted: it is included inside namespaces.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "runtime/planes.hpp"
#include "runtime/targets.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(__clang__)
#define NETC_UNROLLED _Pragma("clang loop unroll(full)")
#else
#define NETC_UNROLLED _Pragma("GCC unroll 16")
#endif
