// The block loop. Everything a block touches (planes in, planes out, the program's slots) is allocated once a call and stays
// in cache between the steps.
#include "runtime/runner.hpp"

#include <algorithm>

#include "runtime/memory.hpp"
#include "runtime/votes.hpp"

namespace netc {
namespace {

[[noreturn]] void bad_value(const netc_batch &batch, int64_t columns, int64_t first, int64_t rows) {
    for (int64_t row = first; row < first + rows; row++)
        for (int64_t column = 0; column < columns; column++) {
            unsigned value = batch.x[row * batch.row_stride + column * batch.column_stride];
            if (value > 1)
                throw UserError{"", format("row %lld, column %lld holds %u; the network reads bits, 0 or 1",
                                           static_cast<long long>(row), static_cast<long long>(column), value)};
        }
    throw UserError{"", "the input changed while it was read"};
}

// The first class with the largest score, for each sample of a block.
NETC_CLONES
void first_largest(const int32_t *scores, int64_t classes, int32_t *winner) {
    int32_t best[kBlock];
    for (int64_t i = 0; i < kBlock; i++) {
        best[i] = scores[i];
        winner[i] = 0;
    }
    for (int64_t c = 1; c < classes; c++)
        for (int64_t i = 0; i < kBlock; i++) {
            int32_t score = scores[c * kBlock + i];
            bool higher = score > best[i];
            best[i] = higher ? score : best[i];
            winner[i] = higher ? static_cast<int32_t>(c) : winner[i];
        }
}

void run(const netc_runner &runner, const netc_batch &batch) {
    Memory inputs = aligned(runner.inputs * kPlaneBytes), outputs = aligned(runner.outputs * kPlaneBytes);
    Memory scratch = aligned(runner.scratch_bytes);
    bool wants_scores = batch.scores || batch.classes;
    Memory scores = aligned(wants_scores ? runner.classes * kBlock * 4 : 0);
    int64_t bits_stride = batch.bits_packed ? (runner.outputs + 7) / 8 : runner.outputs;
    int32_t winner[kBlock];
    for (int64_t first = 0; first < batch.samples; first += kBlock) {
        int64_t rows = std::min(kBlock, batch.samples - first);
        const uint8_t *x = batch.x + first * batch.row_stride;
        if (batch.packed) pack_bits(x, batch.row_stride, rows, runner.inputs, inputs.get());
        else if (!pack_bytes(x, batch.row_stride, batch.column_stride, rows, runner.inputs, inputs.get()))
            bad_value(batch, runner.inputs, first, rows);
        uint64_t *planes = reinterpret_cast<uint64_t *>(outputs.get());
        runner.eval(runner.program, reinterpret_cast<const uint64_t *>(inputs.get()), planes, scratch.get());
        if (batch.bits) {
            uint8_t *to = batch.bits + first * bits_stride;
            if (batch.bits_packed) unpack_bits(outputs.get(), rows, runner.outputs, to, bits_stride);
            else unpack_bytes(outputs.get(), rows, runner.outputs, to, bits_stride);
        }
        if (!wants_scores) continue;
        int32_t *counted = reinterpret_cast<int32_t *>(scores.get());
        count_votes(runner, planes, counted);
        if (batch.scores)
            for (int64_t i = 0; i < rows; i++)
                for (int64_t c = 0; c < runner.classes; c++)
                    batch.scores[(first + i) * runner.classes + c] = counted[c * kBlock + i];
        if (batch.classes) {
            first_largest(counted, runner.classes, winner);
            std::copy(winner, winner + rows, batch.classes + first);
        }
    }
}

void run_machine(const netc_runner &runner, int64_t free_inputs, int64_t latches, int64_t steps, int64_t sequences,
                 const uint8_t *x, uint8_t *y, uint8_t *state) {
    int64_t visible = runner.outputs - latches;
    Memory inputs = aligned(runner.inputs * kPlaneBytes), outputs = aligned(runner.outputs * kPlaneBytes);
    Memory scratch = aligned(runner.scratch_bytes);
    uint8_t *state_in = inputs.get() + free_inputs * kPlaneBytes;
    const uint8_t *state_out = outputs.get() + visible * kPlaneBytes;
    for (int64_t first = 0; first < sequences; first += kBlock) {
        int64_t rows = std::min(kBlock, sequences - first);
        if (!pack_bytes(state + first * latches, latches, 1, rows, latches, state_in))
            throw UserError{"", "a state holds a value that is neither 0 nor 1"};
        for (int64_t step = 0; step < steps; step++) {
            const uint8_t *now = x + (step * sequences + first) * free_inputs;
            if (!pack_bytes(now, free_inputs, 1, rows, free_inputs, inputs.get()))
                throw UserError{"", format("step %lld: an input is neither 0 nor 1", static_cast<long long>(step))};
            runner.eval(runner.program, reinterpret_cast<const uint64_t *>(inputs.get()),
                        reinterpret_cast<uint64_t *>(outputs.get()), scratch.get());
            unpack_bytes(outputs.get(), rows, visible, y + (step * sequences + first) * visible, visible);
            std::memcpy(state_in, state_out, static_cast<size_t>(latches * kPlaneBytes));
        }
        unpack_bytes(state_in, rows, latches, state + first * latches, latches);
    }
}

}  // namespace
}  // namespace netc

using namespace netc;

extern "C" {

int64_t netc_run(const netc_runner *runner, const netc_batch *batch) {
    return guard([&]() -> int64_t {
        run(*runner, *batch);
        return 0;
    });
}

int64_t netc_run_machine(const netc_runner *runner, int64_t free_inputs, int64_t latches, int64_t steps,
                         int64_t sequences, const uint8_t *x, uint8_t *y, uint8_t *state) {
    return guard([&]() -> int64_t {
        run_machine(*runner, free_inputs, latches, steps, sequences, x, y, state);
        return 0;
    });
}
}
