// The instruction sets that kernels are compiled for, as attributes of functions, and the choice among them.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>

namespace netc {

// One kernel for each instruction set that this processor has, best first. All kinds of kernels are added in the same order:
// AVX-512, AVX2 and what every processor has; so a number means the same set in every list.
template <class Kernel>
class BestFirst {
public:
    void add(const Kernel &kernel) { list_[static_cast<size_t>(count_++)] = kernel; }
    int64_t size() const { return count_; }
    const Kernel &operator[](int64_t set) const {
        assert(set >= 0 && set < count_);
        return list_[static_cast<size_t>(set)];
    }

private:
    std::array<Kernel, 3> list_{};
    int64_t count_ = 0;
};

}  // namespace netc

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
