#include "runtime/votes.hpp"

#include <algorithm>
#include <memory>

#include "runtime/targets.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace netc {
namespace {

constexpr int kDigits = 36;  // scores have at most 32; the carries of a block of 16 start four higher

// Sums that are not carried to the end: at most two planes a digit; a third makes a full adder of them.
template <class Word>
struct Columns {
    Word planes[kDigits][2];
    int count[kDigits];
};

// Words as they lie in planes of so many bytes.
template <size_t bytes>
struct WordOf;
template <>
struct WordOf<16> {
    typedef uint64_t type __attribute__((vector_size(16)));
};
template <>
struct WordOf<32> {
    typedef uint64_t type __attribute__((vector_size(32)));
};
template <>
struct WordOf<64> {
    typedef uint64_t type __attribute__((vector_size(64)));
};

namespace portable {
#define NETC_TARGET
#define NETC_TERNARY 0
#include "runtime/votes_kernel.inc"
#undef NETC_TARGET
#undef NETC_TERNARY
}  // namespace portable
#if defined(__x86_64__)
namespace avx2 {
#define NETC_TARGET NETC_TARGET_AVX2
#define NETC_TERNARY 0
#include "runtime/votes_kernel.inc"
#undef NETC_TARGET
#undef NETC_TERNARY
}  // namespace avx2
namespace avx512 {
#define NETC_TARGET NETC_TARGET_AVX512
#define NETC_TERNARY 1
#include "runtime/votes_kernel.inc"
#undef NETC_TARGET
#undef NETC_TERNARY
}  // namespace avx512
#endif

struct Kernels {
    void (*count)(const netc_votes &, Planes, int64_t, Word8 *);
    void (*first_largest)(int64_t, int, Word8 *, Word8 *, int);
};

BestFirst<Kernels> there() {
    BestFirst<Kernels> made;
#if defined(__x86_64__)
    if (has_avx512()) made.add({avx512::count, avx512::first_largest});
    if (has_avx2()) made.add({avx2::count, avx2::first_largest});
#endif
    made.add({portable::count, portable::first_largest});
    return made;
}

const Kernels &kernels(Planes planes) {
    static const BestFirst<Kernels> made = there();
    return made[planes.set];
}

int digits_of(uint64_t value) {
    int digits = 0;
    while (value >> digits) digits++;
    return digits;
}

// Numbers of 512 samples from planes of their digits: to[i * stride] for the first `rows`.
void unpack_numbers(const Word8 *digits, int count, uint32_t base, int64_t rows, int32_t *to, int64_t stride, int64_t set) {
    for (int64_t i = 0; i < rows; i++) to[i * stride] = static_cast<int32_t>(base);
    for (int at = 0; at < count; at += 8) {
        alignas(64) Word8 eight[8] = {};
        std::copy(digits + at, digits + std::min(at + 8, count), eight);
        alignas(64) uint8_t values[kBlock];
        unpack_digits({reinterpret_cast<uint8_t *>(eight), kPlaneBytes, set}, values);
        for (int64_t i = 0; i < rows; i++)
            to[i * stride] = static_cast<int32_t>(static_cast<uint32_t>(to[i * stride]) +
                                                  (static_cast<uint32_t>(values[i]) << at));
    }
}

uint64_t size_of(int32_t weight) { return static_cast<uint64_t>(weight < 0 ? -int64_t{weight} : weight); }

// -w * x is w * !x - w, so all votes are positive.
std::unique_ptr<netc_votes> prepare(const netc_layout &layout, int64_t classes, const int64_t *start, const uint32_t *bit,
                                    const int32_t *weight, const int32_t *offset) {
    auto votes = std::make_unique<netc_votes>();
    Array<int64_t> least(static_cast<size_t>(classes)), most(static_cast<size_t>(classes));
    for (int64_t c = 0; c < classes; c++) {
        votes->first_group.push(static_cast<uint32_t>(votes->groups.size()));
        least[c] = most[c] = offset[c];
        uint64_t used = 0;  // digits
        for (int64_t i = start[c]; i < start[c + 1]; i++) {
            (weight[i] < 0 ? least : most)[c] += weight[i];
            used |= size_of(weight[i]);
        }
        for (int digit = 0; used >> digit; digit++) {
            netc_votes::Group group{static_cast<uint32_t>(votes->planes.size()), 0, 0, digit};
            for (uint32_t complement = 0; complement < 2; complement++) {
                if (complement) group.plain_end = static_cast<uint32_t>(votes->planes.size());
                for (int64_t i = start[c]; i < start[c + 1]; i++) {
                    uint32_t plane = layout.places[bit[i]] ^ (weight[i] < 0);
                    if ((size_of(weight[i]) >> digit & 1) && (plane & 1) == complement) votes->planes.push(plane);
                }
            }
            group.end = static_cast<uint32_t>(votes->planes.size());
            if (group.end > group.begin) votes->groups.push(group);
        }
    }
    votes->first_group.push(static_cast<uint32_t>(votes->groups.size()));
    votes->lowest = *std::min_element(least.begin(), least.end());
    for (int64_t c = 0; c < classes; c++) {
        votes->bias.push(static_cast<uint32_t>(least[c] - votes->lowest));
        votes->digits = std::max(votes->digits, digits_of(static_cast<uint64_t>(most[c] - votes->lowest)));
    }
    votes->winner_digits = digits_of(static_cast<uint64_t>(classes - 1));
    return votes;
}

}  // namespace

void count_votes(const netc_votes &votes, Planes planes, int64_t rows, int32_t *scores, int32_t *classes, void *scratch) {
    int64_t num_classes = static_cast<int64_t>(votes.bias.size());
    Word8 *digits = static_cast<Word8 *>(scratch), *winner = digits + num_classes * votes.digits;
    for (int64_t first = 0; first < rows; first += kBlock) {
        int64_t here = std::min(kBlock, rows - first);
        kernels(planes).count(votes, planes, first / 8, digits);
        if (scores)
            for (int64_t c = 0; c < num_classes; c++)
                unpack_numbers(digits + c * votes.digits, votes.digits, static_cast<uint32_t>(votes.lowest), here,
                               scores + first * num_classes + c, num_classes, planes.set);
        if (classes) {
            kernels(planes).first_largest(num_classes, votes.digits, digits, winner, votes.winner_digits);
            unpack_numbers(winner, votes.winner_digits, 0, here, classes + first, 1, planes.set);
        }
    }
}

}  // namespace netc

using namespace netc;

extern "C" {

netc_votes *netc_votes_new(const netc_layout *layout, int64_t classes, const int64_t *start, const uint32_t *bit,
                           const int32_t *weight, const int32_t *offset) {
    netc_votes *made = nullptr;
    int64_t code = guard([&]() -> int64_t {
        made = prepare(*layout, classes, start, bit, weight, offset).release();
        return 0;
    });
    return code < 0 ? nullptr : made;
}

void netc_votes_free(netc_votes *votes) { delete votes; }
}
