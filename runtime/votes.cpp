#include "runtime/votes.hpp"

#include <algorithm>
#include <iterator>
#include <memory>

#include "runtime/targets.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace netc {
namespace {

// Words of so many bytes.
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

// Where count and first_largest find what: see netc_votes::scratch_bytes.
struct Scratch {
    Word8 *sums, *waiting, *digits, *winner;
    uint8_t *count;

    Scratch(const netc_votes &votes, void *memory)
        : sums(static_cast<Word8 *>(memory)),
          waiting(sums + votes.sums()),
          digits(waiting + 2 * votes.class_digits()),
          winner(digits + votes.class_digits()),
          count(reinterpret_cast<uint8_t *>(winner + votes.winner_digits)) {}
};

#define NETC_KERNEL "runtime/votes_kernel.inc"
#include "runtime/each_target.inc"
#undef NETC_KERNEL

struct Kernels {
    void (*count)(const netc_votes &, Planes, int64_t, const Scratch &);
    void (*first_largest)(const netc_votes &, Planes, const Scratch &);
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

// -w * x is w * !x - w, so all votes are positive.
struct Vote {
    uint32_t place, of_class, size;  // 2 * plane + complement
};

// Which counter a class has at a digit.
class Counters {
public:
    Counters(netc_votes &votes, const Array<Vote> &all)
        : used_(Array<uint32_t>::zeros(votes.bias.size())), first_(votes.bias.size()) {
        for (const Vote &vote : all) used_[vote.of_class] |= vote.size;
        for (uint32_t c = 0; c < used_.size(); c++) {
            first_[c] = static_cast<uint32_t>(votes.counters.size());
            for (int digit = 0; used_[c] >> digit; digit++)
                if (used_[c] >> digit & 1) votes.counters.push({c, digit});
        }
    }
    uint32_t at(uint32_t c, int digit) const {
        return first_[c] + static_cast<uint32_t>(__builtin_popcount(used_[c] & ((1u << digit) - 1)));
    }

private:
    Array<uint32_t> used_, first_;  // digits of a class as bits, and its first counter
};

// As their planes lie in memory, which is then read from end to end.
Array<Vote> in_order(const Array<Vote> &all, int64_t planes) {
    Array<uint32_t> at = Array<uint32_t>::zeros(static_cast<size_t>(planes) + 2);
    for (const Vote &vote : all) at[vote.place / 2 + 1]++;
    for (size_t plane = 1; plane < at.size(); plane++) at[plane] += at[plane - 1];
    Array<Vote> ordered(all.size());
    for (const Vote &vote : all) ordered[at[vote.place / 2]++] = vote;
    return ordered;
}

// Constants go to the bias. The last block of a counter is filled up with the plane of zeros: where its complement is counted,
// the bias makes up for it.
void make_blocks(netc_votes &votes, const Array<Vote> &all, uint32_t zeros) {
    Counters counters(votes, all);
    Array<netc_votes::Block> open(2 * votes.counters.size());
    Array<uint32_t> filled = Array<uint32_t>::zeros(open.size());
    auto add = [&](size_t at, uint32_t plane) {
        open[at].planes[filled[at]++] = plane;
        if (filled[at] < std::size(open[at].planes)) return;
        votes.blocks.push(open[at]);
        filled[at] = 0;
    };
    for (uint32_t at = 0; at < open.size(); at++) open[at] = {at / 2, at % 2, {}};
    for (const Vote &vote : all) {
        if (vote.place / 2 == zeros) {
            if (vote.place % 2) votes.bias[vote.of_class] += vote.size;
            continue;
        }
        for (int digit = 0; vote.size >> digit; digit++)
            if (vote.size >> digit & 1) add(2 * counters.at(vote.of_class, digit) + vote.place % 2, vote.place / 2);
    }
    for (size_t at = 0; at < open.size(); at++) {
        const netc_votes::Counter &counter = votes.counters[at / 2];
        while (filled[at]) {
            if (open[at].complement) votes.bias[counter.of_class] -= 1u << counter.digit;
            add(at, zeros);
        }
    }
}

std::unique_ptr<netc_votes> prepare(const netc_layout &layout, int64_t classes, const int64_t *start, const uint32_t *bit,
                                    const int32_t *weight, const int32_t *offset) {
    auto votes = std::make_unique<netc_votes>();
    Array<int64_t> least(static_cast<size_t>(classes)), most(static_cast<size_t>(classes));
    Array<Vote> all;
    for (int64_t c = 0; c < classes; c++) {
        least[c] = most[c] = offset[c];
        for (int64_t i = start[c]; i < start[c + 1]; i++) {
            (weight[i] < 0 ? least : most)[c] += weight[i];
            uint32_t size = static_cast<uint32_t>(weight[i] < 0 ? -int64_t{weight[i]} : weight[i]);
            if (size) all.push({layout.places[bit[i]] ^ (weight[i] < 0), static_cast<uint32_t>(c), size});
        }
    }
    votes->lowest = *std::min_element(least.begin(), least.end());
    for (int64_t c = 0; c < classes; c++) {
        votes->bias.push(static_cast<uint32_t>(least[c] - votes->lowest));
        votes->digits = std::max(votes->digits, digits_of(static_cast<uint64_t>(most[c] - votes->lowest)));
    }
    votes->winner_digits = digits_of(static_cast<uint64_t>(classes - 1));
    make_blocks(*votes, in_order(all, layout.planes), static_cast<uint32_t>(layout.planes));
    return votes;
}

}  // namespace

void count_votes(const netc_votes &votes, Planes planes, int64_t rows, int32_t *scores, int32_t *classes, void *memory) {
    int64_t num_classes = static_cast<int64_t>(votes.bias.size());
    Scratch scratch(votes, memory);
    for (int64_t first = 0; first < rows; first += kBlock) {
        int64_t here = std::min(kBlock, rows - first);
        kernels(planes).count(votes, planes, first / 8, scratch);
        if (scores)
            for (int64_t c = 0; c < num_classes; c++)
                unpack_numbers(scratch.digits + c * votes.digits, votes.digits, static_cast<uint32_t>(votes.lowest), here,
                               scores + first * num_classes + c, num_classes, planes.set);
        if (classes) {
            kernels(planes).first_largest(votes, planes, scratch);
            unpack_numbers(scratch.winner, votes.winner_digits, 0, here, classes + first, 1, planes.set);
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
