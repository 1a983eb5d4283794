// Machines: blocks of sequences, each through all its steps. Its planes are in a near cache all the time, and what a step leaves of
// the state goes straight to the planes where the next step reads it; which does, is known before the first call.
#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "runtime/team.hpp"
#include "runtime/workspaces.hpp"

extern "C" {
#include "runtime/steps.h"
}

namespace netc {
namespace {

// How the state of a kernel goes into its planes and out of them. By itself a state has a plane for each latch, in order: inputs
// that no gate reads are part of it, and planes of inputs may be used again.
struct StateMoves {
    using Moves = std::vector<PlaneMove>;

    const netc_kernel &kernel;
    int64_t inputs, outputs, latches;
    int64_t free_reads;       // planes of inputs that are read, which come first
    Moves first, next, last;  // from the state, from the step before, and to the state
    std::vector<uint32_t> every, own;  // latches, and their places in a state
    bool uses_zeros = false;

    StateMoves(const netc_runner &runner, const netc_kernel &given, int64_t num_latches)
        : kernel(given), inputs(runner.inputs - num_latches), outputs(runner.outputs - num_latches), latches(num_latches) {
        const netc_layout &layout = kernel.layout;
        const uint32_t *end = layout.reads + layout.num_reads;
        free_reads = std::lower_bound(layout.reads, end, inputs) - layout.reads;
        for (uint32_t i = 0; i < latches; i++) {
            every.push_back(i);
            own.push_back(2 * i);
            last.push_back({i, layout.places[outputs + i]});
        }
        for (int64_t i = free_reads; i < layout.num_reads; i++)
            first.push_back({static_cast<uint32_t>(i), static_cast<uint32_t>(2 * (layout.reads[i] - inputs))});
        order_next();
    }

    int64_t state_bytes() const { return latches * kernel.plane_bytes; }

private:
    // From the places of one step's next states straight to the planes that the next step reads, each before it is
    // overwritten. Those that are left after that go round in circles: the plane of zeros holds one of each circle.
    void order_next() {
        constexpr uint32_t kDone = 0xFFFFFFFF;
        const netc_layout &layout = kernel.layout;
        uint32_t begin = static_cast<uint32_t>(free_reads), end = static_cast<uint32_t>(layout.num_reads);
        uint32_t zeros = static_cast<uint32_t>(layout.planes);
        std::vector<uint32_t> place(end), readers(zeros + 1), ready;
        for (uint32_t i = begin; i < end; i++) {
            place[i] = layout.places[outputs + layout.reads[i] - inputs];
            if (place[i] == 2 * i) place[i] = kDone;
            else if (place[i] >> 1 != i) readers[place[i] >> 1]++;
        }
        auto move = [&](uint32_t to, uint32_t from) {
            next.push_back({to, from});
            place[to] = kDone;
        };
        for (uint32_t i = begin; i < end; i++)
            if (place[i] != kDone && !readers[i]) ready.push_back(i);
        while (!ready.empty()) {
            uint32_t i = ready.back(), from = place[i], plane = from >> 1;
            ready.pop_back();
            move(i, from);
            if (plane != i && !--readers[plane] && plane >= begin && plane < end && place[plane] != kDone) ready.push_back(plane);
        }
        for (uint32_t i = begin; i < end; i++) {
            if (place[i] == kDone) continue;
            uses_zeros = true;
            next.push_back({zeros, 2 * i});
            for (uint32_t at = i, from; place[at] != kDone; at = from >> 1) {
                from = place[at];
                move(at, from >> 1 == i ? 2 * zeros | (from & 1) : from);
            }
        }
    }
};

void move_planes(Planes to, const uint8_t *from, const std::vector<PlaneMove> &moves) {
    netc::move_planes(to, from, moves.data(), static_cast<int64_t>(moves.size()));
}

// Asks for lines that are used soon: where sequences are many, those of the next step lie far from those of this one.
template <int for_writing>
void prefetch(const uint8_t *from, int64_t bytes) {
    constexpr int64_t kLine = 64;
    for (int64_t at = 0; at < bytes; at += kLine) __builtin_prefetch(from + at, for_writing, 2);
}

class MachineRun {
public:
    MachineRun(const StateMoves &moves, const netc_machine_run &given) : moves_(moves), layout_(moves.kernel.layout), given_(given) {}

    // The step whose input is not bits, -1 if it is the state, or given.steps if all is well.
    int64_t run_block(int64_t first, const Workspace &workspace) const {
        int64_t block = block_of(moves_.kernel), rows = std::min(block, given_.sequences - first), latches = moves_.latches;
        int64_t in_planes = first / block * moves_.state_bytes();
        Planes planes = workspace.planes;
        Planes state{given_.after_form == NETC_PLANES ? given_.after + in_planes : workspace.scratch, planes.bytes, planes.set};
        const uint8_t *from = given_.before_form == NETC_PLANES ? given_.before + in_planes : state.base;
        if (!load(first, rows, state)) return -1;
        for (int64_t step = 0; step < given_.steps; step++) {
            if (step == 0) move_planes(planes, from, moves_.first);
            else move_planes(planes, planes.base, moves_.next);
            if (moves_.uses_zeros) std::memset(planes[layout_.planes], 0, static_cast<size_t>(planes.bytes));
            if (!pack_inputs(step, first, rows, planes)) return step;
            prefetch_rows(step, first, rows);
            workspace.evaluate();
            unpack(planes, layout_.places, moves_.outputs, given_.y, given_.y_form, step * given_.sequences + first, rows);
        }
        if (given_.steps > 0) move_planes(state, planes.base, moves_.last);
        else if (from != state.base) std::memcpy(state.base, from, static_cast<size_t>(moves_.state_bytes()));
        if (given_.after_form != NETC_PLANES)
            unpack(state, moves_.own.data(), latches, given_.after, given_.after_form, first, rows);
        return given_.steps;
    }

    // What is wrong with a step, or with the state (-1).
    [[noreturn]] void bad_value(int64_t step) const {
        bool is_state = step < 0;
        const uint8_t *from = is_state ? given_.before : given_.x + step * given_.step_stride;
        int64_t row_stride = is_state ? given_.before_stride : given_.row_stride, column_stride = is_state ? 1 : given_.column_stride;
        Place wrong = first_wrong(from, row_stride, column_stride, 0, given_.sequences,
                                  is_state ? moves_.every.data() : layout_.reads, is_state ? moves_.latches : moves_.free_reads,
                                  is_no_bit);
        std::string place = is_state ? "the state's" : format("step %lld,", static_cast<long long>(step));
        throw UserError{"", format("%s row %lld, column %lld holds %u; this machine reads bits, 0 or 1", place.c_str(),
                                   static_cast<long long>(wrong.row), static_cast<long long>(wrong.column), *wrong.at)};
    }

private:
    bool load(int64_t first, int64_t rows, Planes state) const {
        const uint8_t *from = given_.before + first * given_.before_stride;
        const uint32_t *every = moves_.every.data();
        if (given_.before_form == NETC_BYTES) return pack_bytes(from, given_.before_stride, 1, rows, every, moves_.latches, state);
        if (given_.before_form == NETC_PACKED) pack_bits(from, given_.before_stride, rows, every, moves_.latches, state);
        return true;
    }
    const uint8_t *rows_at(int64_t step, int64_t first) const {
        return given_.x + step * given_.step_stride + first * given_.row_stride;
    }
    bool pack_inputs(int64_t step, int64_t first, int64_t rows, Planes planes) const {
        const uint8_t *x = rows_at(step, first);
        if (given_.x_form == NETC_BYTES)
            return pack_bytes(x, given_.row_stride, given_.column_stride, rows, layout_.reads, moves_.free_reads, planes);
        pack_bits(x, given_.row_stride, rows, layout_.reads, moves_.free_reads, planes);
        return true;
    }
    // The outputs of this step, and the inputs of the next if they are rows one after another.
    void prefetch_rows(int64_t step, int64_t first, int64_t rows) const {
        int64_t out = row_bytes(moves_.outputs, given_.y_form), in = row_bytes(moves_.inputs, given_.x_form);
        prefetch<1>(given_.y + (step * given_.sequences + first) * out, rows * out);
        if (step + 1 < given_.steps && given_.row_stride == in) prefetch<0>(rows_at(step + 1, first), rows * in);
    }
    static int64_t row_bytes(int64_t columns, int64_t form) { return form == NETC_BYTES ? columns : (columns + 7) / 8; }
    // To row `row` and those that follow it.
    static void unpack(Planes planes, const uint32_t *places, int64_t columns, uint8_t *to, int64_t form, int64_t row,
                       int64_t rows) {
        int64_t width = row_bytes(columns, form);
        (form == NETC_BYTES ? unpack_bytes : unpack_bits)(planes, rows, places, columns, to + row * width, width);
    }

    const StateMoves &moves_;
    const netc_layout &layout_;
    const netc_machine_run &given_;
};

}  // namespace
}  // namespace netc

using namespace netc;

struct netc_machine_plan {
    netc_machine_plan(const netc_runner &given, int64_t latches) : runner(given), wide(given, given.wide, latches) {
        if (given.small.eval) small = std::make_unique<StateMoves>(given, given.small, latches);
    }
    const StateMoves &moves_for(int64_t sequences) const {
        return &kernel_for(runner, sequences) == &runner.wide ? wide : *small;
    }

    const netc_runner &runner;
    StateMoves wide;
    std::unique_ptr<StateMoves> small;
};

extern "C" {

netc_machine_plan *netc_machine_plan_new(const netc_runner *runner, int64_t latches) {
    netc_machine_plan *made = nullptr;
    int64_t code = guard([&]() -> int64_t {
        made = new netc_machine_plan(*runner, latches);
        return 0;
    });
    return code < 0 ? nullptr : made;
}

void netc_machine_plan_free(netc_machine_plan *plan) { delete plan; }

int64_t netc_run_machine(const netc_machine_plan *plan, const netc_machine_run *given) {
    return guard([&]() -> int64_t {
        const StateMoves &moves = plan->moves_for(given->sequences);
        MachineRun machine(moves, *given);
        int64_t block = block_of(moves.kernel), blocks = (given->sequences + block - 1) / block;
        int64_t threads = std::min(given->threads, blocks);
        Workspaces workspaces(plan->runner, moves.kernel, threads, given->after_form == NETC_PLANES ? 0 : moves.state_bytes());
        std::atomic<int64_t> next{0}, bad{given->steps};  // the earliest step that goes wrong, of any block
        Team().share(threads, [&](int64_t member, int64_t) {
            for (int64_t at; (at = next++) < blocks;) {
                int64_t step = machine.run_block(at * block, workspaces[member]);
                for (int64_t least = bad; step < least && !bad.compare_exchange_weak(least, step);) {
                }
            }
        });
        if (bad < given->steps) machine.bad_value(bad);
        return 0;
    });
}

int64_t netc_machine_plane_bytes(const netc_machine_plan *plan, int64_t sequences) {
    return kernel_for(plan->runner, sequences).plane_bytes;
}
}
