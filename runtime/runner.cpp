// The block loop. Everything a block touches (its planes, which are inputs, values and outputs in one) stays in cache between
// the steps, and is kept by the runner from call to call.
#include "runtime/runner.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include "runtime/team.hpp"
#include "runtime/thresholds.hpp"
#include "runtime/votes.hpp"
#include "runtime/workspaces.hpp"

namespace netc {
namespace {

struct Batch {
    const uint8_t *x;
    int64_t row_stride, column_stride, form, samples, threads, wanted;
    void *to;
};

bool is_nan(const uint8_t *number, int64_t form) {
    float single;
    double twice;
    if (form == NETC_FLOAT32) std::memcpy(&single, number, sizeof single);
    else std::memcpy(&twice, number, sizeof twice);
    return form == NETC_FLOAT32 ? std::isnan(single) : std::isnan(twice);
}

[[noreturn]] void bad_value(const netc_kernel &kernel, const Batch &batch, int64_t first, int64_t rows) {
    auto find = [&](const uint32_t *columns, int64_t count, const auto &wrong) {
        return first_wrong(batch.x, batch.row_stride, batch.column_stride, first, rows, columns, count, wrong);
    };
    if (batch.form == NETC_BYTES) {
        Place place = find(kernel.layout.reads, kernel.layout.num_reads, is_no_bit);
        throw UserError{"", format("row %lld, column %lld holds %u; the network reads bits, 0 or 1",
                                   static_cast<long long>(place.row), static_cast<long long>(place.column), *place.at)};
    }
    const Array<uint32_t> &features = kernel.thresholds->feature;
    Place place = find(features.data(), static_cast<int64_t>(features.size()),
                       [&](const uint8_t *number) { return is_nan(number, batch.form); });
    throw UserError{"", format("row %lld, feature %lld is NaN", static_cast<long long>(place.row),
                               static_cast<long long>(place.column))};
}

// False if it is not what it should be.
bool pack(const netc_runner &runner, const netc_kernel &kernel, const Batch &batch, int64_t first, int64_t rows,
          Planes planes) {
    const uint8_t *x = batch.x + first * batch.row_stride;
    const netc_layout &layout = kernel.layout;
    switch (batch.form) {
        case NETC_BYTES:
            return pack_bytes(x, batch.row_stride, batch.column_stride, rows, layout.reads, layout.num_reads, planes);
        case NETC_PACKED: pack_bits(x, batch.row_stride, rows, layout.reads, layout.num_reads, planes); return true;
        default:
            return pack_features(*kernel.thresholds, batch.form, x, batch.row_stride, batch.column_stride, rows, planes) ||
                   runner.ignore_nan;
    }
}

// False if the block's input is not what it should be.
bool run_block(const netc_runner &runner, const netc_kernel &kernel, const Batch &batch, int64_t first,
               const Workspace &workspace) {
    int64_t rows = std::min(block_of(kernel), batch.samples - first);
    const netc_layout &layout = kernel.layout;
    Planes planes = workspace.planes;
    if (!pack(runner, kernel, batch, first, rows, planes)) return false;
    workspace.evaluate();
    auto at = [&](auto *to, int64_t width) { return to + first * width; };
    auto *bytes = static_cast<uint8_t *>(batch.to);
    auto *numbers = static_cast<int32_t *>(batch.to);
    int64_t packed_bytes = (runner.outputs + 7) / 8;
    switch (batch.wanted) {
        case NETC_BITS:
            unpack_bytes(planes, rows, layout.places, runner.outputs, at(bytes, runner.outputs), runner.outputs);
            break;
        case NETC_PACKED_BITS:
            unpack_bits(planes, rows, layout.places, runner.outputs, at(bytes, packed_bytes), packed_bytes);
            break;
        case NETC_SCORES:
            count_votes(*kernel.votes, planes, rows, at(numbers, runner.classes), nullptr, workspace.scratch);
            break;
        default: count_votes(*kernel.votes, planes, rows, nullptr, at(numbers, 1), workspace.scratch);
    }
    return true;
}

void run(const netc_runner &runner, const Batch &batch) {
    const netc_kernel &kernel = kernel_for(runner, batch.samples);
    int64_t block = block_of(kernel), blocks = (batch.samples + block - 1) / block;
    std::atomic<int64_t> next{0}, bad{blocks};
    int64_t threads = std::min(batch.threads, blocks);
    Workspaces workspaces(runner, kernel, threads, kernel.votes ? kernel.votes->scratch_bytes() : 0);
    auto work = [&](int64_t member, int64_t) {
        for (int64_t at; (at = next++) < bad.load();)
            if (!run_block(runner, kernel, batch, at * block, workspaces[member])) {
                for (int64_t least = bad; at < least && !bad.compare_exchange_weak(least, at);) {
                }
            }
    };
    Team().share(threads, work);
    if (bad < blocks) bad_value(kernel, batch, bad * block, std::min(block, batch.samples - bad * block));
}

}  // namespace
}  // namespace netc

using namespace netc;

extern "C" {

netc_pool *netc_pool_new(void) { return new (std::nothrow) netc_pool; }

void netc_pool_free(netc_pool *pool) { delete pool; }

int64_t netc_run(const netc_runner *runner, const uint8_t *x, int64_t row_stride, int64_t column_stride, int64_t form,
                 int64_t samples, int64_t threads, int64_t wanted, void *to) {
    return guard([&]() -> int64_t {
        run(*runner, {x, row_stride, column_stride, form, samples, threads, wanted, to});
        return 0;
    });
}

int64_t netc_time_gates(const netc_runner *runner, int64_t samples, int64_t blocks, int64_t threads) {
    return guard([&]() -> int64_t {
        const netc_kernel &kernel = kernel_for(*runner, samples);
        Workspaces workspaces(*runner, kernel, threads, 0);
        auto begin = std::chrono::steady_clock::now();
        Team().run(threads, [&](int64_t member, int64_t members) {
            for (int64_t at = member; at < blocks; at += members) workspaces[member].evaluate();
        });
        return (std::chrono::steady_clock::now() - begin) / std::chrono::nanoseconds(1);
    });
}
}
