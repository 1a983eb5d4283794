// Limits of this machine, by kernels that do nothing but what every evaluation of a network has to: combine registers, and
// read and write planes of 512 samples that lie in a cache, in an order that no prefetcher knows. The best of many short
// runs counts, since whatever disturbs a run makes it slower.
extern "C" {
#include "runtime/rates.h"
}

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <numeric>
#include <vector>

#include "netc/core/abi.hpp"
#include "netc/core/random.hpp"
#include "runtime/memory.hpp"
#include "runtime/targets.hpp"

namespace netc {
namespace {

constexpr int64_t kPlane = 64;  // bytes: 512 samples, one cache line on most machines
constexpr double kBitsOfPlane = 8 * kPlane;
constexpr double kShortest = 20e-6;  // seconds of one run, far above the clock's resolution
constexpr int kRounds = 3;           // through all kernels, so that what disturbs the machine meets no single one

#define NETC_KERNEL "runtime/rates_kernel.inc"
#include "runtime/each_target.inc"
#undef NETC_KERNEL

struct Kernels {
    uint64_t (*combine)(int64_t rounds);
    uint64_t (*chain)(void *memory, const uint32_t *order, int64_t planes);
    double bits_of_round;
};

Kernels widest() {
#if defined(__x86_64__)
    if (has_avx512()) return {avx512::combine, avx512::chain, 8 * 512};
    if (has_avx2()) return {avx2::combine, avx2::chain, 8 * 256};
#endif
    return {portable::combine, portable::chain, 8 * 128};
}

volatile uint64_t consumed;  // so that no compiler leaves out what is measured

// Seconds of the fastest run, of those that fit into `budget`; `work` does one run of `times` repetitions.
template <typename Work>
double seconds_each(double budget, Work work) {
    using Clock = std::chrono::steady_clock;
    auto run = [&](int64_t times) {
        auto start = Clock::now();
        work(times);
        return std::chrono::duration<double>(Clock::now() - start).count();
    };
    int64_t times = 1;
    double best = run(times), spent = best;
    while (best < kShortest) {
        times *= 2;
        best = run(times);
        spent += best;
    }
    while (spent < budget) {
        double now = run(times);
        best = std::min(best, now);
        spent += now;
    }
    return best / static_cast<double>(times);
}

double registers(const Kernels &kernels, double budget) {
    constexpr int64_t kOnce = 1000;
    double seconds = seconds_each(budget, [&](int64_t times) { consumed = kernels.combine(times * kOnce); });
    return kOnce * kernels.bits_of_round / seconds;
}

double cache(const Kernels &kernels, int64_t bytes, double budget) {
    int64_t planes = std::max<int64_t>(2, bytes / kPlane / 2 * 2);
    Memory memory = aligned(planes * kPlane);
    std::fill_n(memory.get(), planes * kPlane, static_cast<uint8_t>(0x5A));
    std::vector<uint32_t> order(static_cast<size_t>(planes));
    std::iota(order.begin(), order.end(), 0);
    Random random{1};
    for (size_t i = order.size(); i > 1; i--) std::swap(order[i - 1], order[random.next() % i]);
    double seconds = seconds_each(budget, [&](int64_t times) {
        while (times-- > 0) consumed = kernels.chain(memory.get(), order.data(), planes);
    });
    return static_cast<double>(planes) * kBitsOfPlane / seconds;
}

#if defined(_SC_LEVEL1_DCACHE_SIZE)
constexpr int kL1 = _SC_LEVEL1_DCACHE_SIZE, kL2 = _SC_LEVEL2_CACHE_SIZE;
#else
constexpr int kL1 = -1, kL2 = -1;  // no system knows these
#endif

int64_t cache_bytes(int name, int64_t otherwise) {
    long found = sysconf(name);
    return found > 0 ? found : otherwise;
}

}  // namespace
}  // namespace netc

using namespace netc;

extern "C" int64_t netc_measure_rates(double seconds, netc_rates *rates) {
    return guard([&]() -> int64_t {
        rates->l1_bytes = cache_bytes(kL1, 32 << 10);
        rates->l2_bytes = cache_bytes(kL2, 512 << 10);
        Kernels kernels = widest();
        double share = seconds / (4 * kRounds);
        rates->registers = rates->l1 = rates->l2 = rates->l3 = 0;
        for (int round = 0; round < kRounds; round++) {
            rates->registers = std::max(rates->registers, registers(kernels, share));
            rates->l1 = std::max(rates->l1, cache(kernels, rates->l1_bytes / 2, share));
            rates->l2 = std::max(rates->l2, cache(kernels, rates->l2_bytes / 2, share));
            rates->l3 = std::max(rates->l3, cache(kernels, rates->l2_bytes * 2, share));
        }
        return 0;
    });
}
