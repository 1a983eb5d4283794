// Planes among themselves: copies, and binary digits as numbers.
#include "runtime/planes.hpp"

#include "runtime/targets.hpp"

namespace netc {
namespace {

typedef uint64_t Vector __attribute__((vector_size(64), may_alias));
typedef uint64_t Anywhere __attribute__((vector_size(64), aligned(1), may_alias));  // 64 bytes at any address

// A plane of so many bytes, or as much of it as is copied at once.
template <int64_t bytes>
struct Piece {
    typedef uint64_t Type __attribute__((vector_size(bytes < 64 ? bytes : 64), aligned(16), may_alias));
};

// What a plane is added to for itself, and for its complement.
constexpr uint64_t kAll = ~uint64_t{0};
alignas(64) constexpr uint64_t kFlips[2][8] = {{}, {kAll, kAll, kAll, kAll, kAll, kAll, kAll, kAll}};

inline void transpose_lanes(const uint64_t *from, uint64_t *to) {
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < 8; j++) to[8 * i + j] = from[8 * j + i];
}

#define NETC_KERNEL "runtime/planes_kernel.inc"
#include "runtime/each_target.inc"
#undef NETC_KERNEL

struct Kernels {
    void (*move)(Planes, const uint8_t *, const PlaneMove *, int64_t);
    void (*join_digits)(const uint8_t *, uint8_t *);
};

BestFirst<Kernels> there() {
    BestFirst<Kernels> made;
#if defined(__x86_64__)
    if (has_avx512()) made.add({avx512::move_any, avx512::join_digits});
    if (has_avx2()) made.add({avx2::move_any, avx2::join_digits});
#endif
    made.add({portable::move_any, portable::join_digits});
    return made;
}

const Kernels &kernels(Planes planes) {
    static const BestFirst<Kernels> made = there();
    return made[planes.set];
}

}  // namespace

void move_planes(Planes to, const uint8_t *from, const PlaneMove *moves, int64_t count) {
    kernels(to).move(to, from, moves, count);
}

void unpack_digits(Planes planes, uint8_t *values) { kernels(planes).join_digits(planes.base, values); }

}  // namespace netc
