// The block loop. Everything a block touches (its planes, which are inputs, values and outputs in one) stays in cache between
// the steps, and is kept by the runner from call to call.
#include "runtime/runner.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include "runtime/memory.hpp"
#include "runtime/team.hpp"
#include "runtime/thresholds.hpp"
#include "runtime/votes.hpp"

namespace netc {
namespace {

struct Batch {
    const uint8_t *x;
    int64_t row_stride, column_stride, form, samples, threads, wanted;
    void *to;
};

// The planes of one thread in one call.
class Workspace {
public:
    Workspace(const netc_kernel &kernel, Planes planes, int64_t votes_at)
        : kernel_(kernel), planes_(planes), votes_at_(votes_at) {}

    Planes planes() const { return planes_; }
    void evaluate() const { kernel_.eval(kernel_.code, planes_.base); }
    void count(int64_t rows, int32_t *scores, int32_t *classes) const {
        count_votes(*kernel_.votes, planes_, rows, scores, classes, planes_.base + votes_at_);
    }

private:
    const netc_kernel &kernel_;
    Planes planes_;
    int64_t votes_at_;
};

// Those of all threads, made before they start: threads throw nothing.
class Workspaces {
public:
    Workspaces(const netc_runner &runner, const netc_kernel &kernel, int64_t threads)
        : kernel_(kernel), pool_(*runner.pool), set_(runner.set) {
        votes_at_ = ((kernel.layout.planes + 1) * kernel.plane_bytes + 63) / 64 * 64;
        memory_ = pool_.take(threads, votes_at_ + (kernel.votes ? kernel.votes->scratch_bytes() : 0));
        for (int64_t i = 0; i < threads; i++)
            std::memset((*this)[i].planes()[kernel.layout.planes], 0, static_cast<size_t>(kernel.plane_bytes));
    }
    Workspaces(const Workspaces &) = delete;
    ~Workspaces() { pool_.give(std::move(memory_)); }

    Workspace operator[](int64_t member) const {
        uint8_t *base = (*memory_)[static_cast<size_t>(member)].memory.get();
        return {kernel_, {base, kernel_.plane_bytes, set_}, votes_at_};
    }

private:
    const netc_kernel &kernel_;
    netc_pool &pool_;
    int64_t set_;
    netc_pool::Set memory_;
    int64_t votes_at_ = 0;
};

int64_t block_of(const netc_kernel &kernel) { return 8 * kernel.plane_bytes; }

const netc_kernel &kernel_for(const netc_runner &runner, int64_t samples) {
    return runner.small.eval && samples <= block_of(runner.small) ? runner.small : runner.wide;
}

bool is_nan(const uint8_t *number, int64_t form) {
    float single;
    double twice;
    if (form == NETC_FLOAT32) std::memcpy(&single, number, sizeof single);
    else std::memcpy(&twice, number, sizeof twice);
    return form == NETC_FLOAT32 ? std::isnan(single) : std::isnan(twice);
}

// Where the first number lies that is wrong, of some rows and columns.
struct Place {
    int64_t row, column;
    const uint8_t *at;
};
template <class Wrong>
Place first_wrong(const uint8_t *x, int64_t row_stride, int64_t column_stride, int64_t first, int64_t rows,
                  const uint32_t *columns, int64_t num_columns, const Wrong &wrong) {
    for (int64_t row = first; row < first + rows; row++)
        for (int64_t i = 0; i < num_columns; i++) {
            const uint8_t *at = x + row * row_stride + columns[i] * column_stride;
            if (wrong(at)) return {row, columns[i], at};
        }
    throw UserError{"", "the input changed while it was read"};
}
bool is_no_bit(const uint8_t *byte) { return *byte > 1; }

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
    Planes planes = workspace.planes();
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
        case NETC_SCORES: workspace.count(rows, at(numbers, runner.classes), nullptr); break;
        default: workspace.count(rows, nullptr, at(numbers, 1));
    }
    return true;
}

void run(const netc_runner &runner, const Batch &batch) {
    const netc_kernel &kernel = kernel_for(runner, batch.samples);
    int64_t block = block_of(kernel), blocks = (batch.samples + block - 1) / block;
    std::atomic<int64_t> next{0}, bad{blocks};
    int64_t threads = std::min(batch.threads, blocks);
    Workspaces workspaces(runner, kernel, threads);
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

// Planes of a width that is known where this is compiled, a register at a time: a call for each, or a plane in an array,
// costs more than the copies.
template <size_t bytes>
void copy_planes(uint8_t *to, const uint32_t *to_plane, const uint8_t *from, const uint32_t *from_place, int64_t count) {
    typedef uint64_t Register __attribute__((vector_size(16)));
    for (int64_t i = 0; i < count; i++) {
        const uint8_t *source = from + (from_place[i] >> 1) * bytes;
        uint8_t *target = to + to_plane[i] * bytes;
        uint64_t flip = -static_cast<uint64_t>(from_place[i] & 1);
        for (size_t at = 0; at < bytes; at += sizeof(Register)) {
            Register part;
            std::memcpy(&part, source + at, sizeof part);
            part ^= flip;
            std::memcpy(target + at, &part, sizeof part);
        }
    }
}

// Plane to_plane[i] of `to` becomes place from_place[i] of `from`: twice its plane, and 1 more for its complement.
void copy_planes(Planes to, const uint32_t *to_plane, const uint8_t *from, const uint32_t *from_place, int64_t count) {
    switch (to.bytes) {
        case 16: return copy_planes<16>(to.base, to_plane, from, from_place, count);
        case 32: return copy_planes<32>(to.base, to_plane, from, from_place, count);
        case 64: return copy_planes<64>(to.base, to_plane, from, from_place, count);
        default: return copy_planes<128>(to.base, to_plane, from, from_place, count);
    }
}

// A machine's blocks, each through all its steps: the state stays in planes.
class MachineBlocks {
public:
    MachineBlocks(const netc_runner &runner, const netc_machine_run &given)
        : kernel_(kernel_for(runner, given.sequences)),
          layout_(kernel_.layout),
          given_(given),
          inputs_(runner.inputs - given.latches),
          outputs_(runner.outputs - given.latches),
          free_reads_(std::lower_bound(layout_.reads, layout_.reads + layout_.num_reads, inputs_) - layout_.reads),
          every_(static_cast<size_t>(given.latches)),
          own_(static_cast<size_t>(given.latches)) {
        for (int64_t i = 0; i < given.latches; i++) {
            every_[i] = static_cast<uint32_t>(i);
            own_[i] = static_cast<uint32_t>(2 * i);
        }
        for (int64_t i = free_reads_; i < layout_.num_reads; i++)
            first_.add(static_cast<uint32_t>(i), static_cast<uint32_t>(2 * (layout_.reads[i] - inputs_)));
        if (given.steps > 1) order_moves();
    }

    const netc_kernel &kernel() const { return kernel_; }
    int64_t block() const { return block_of(kernel_); }
    // The state by itself: inputs that no gate reads are part of it, and planes of inputs may be used again.
    int64_t state_bytes() const { return given_.latches * kernel_.plane_bytes; }

    // The step whose input is not bits, -1 if it is the state, or given.steps if all is well. `spare` has state_bytes().
    int64_t run(int64_t first, const Workspace &workspace, uint8_t *spare) const {
        int64_t rows = std::min(block(), given_.sequences - first), latches = given_.latches;
        int64_t in_planes = first / block() * state_bytes();
        Planes planes = workspace.planes();
        Planes now{given_.after_form == NETC_PLANES ? given_.after + in_planes : spare, planes.bytes, planes.set};
        const uint8_t *from = given_.before_form == NETC_PLANES ? given_.before + in_planes : now.base;
        if (!load(first, rows, now)) return -1;
        for (int64_t step = 0; step < given_.steps; step++) {
            if (step == 0) first_.copy(planes, from);
            else next_.copy(planes, planes.base);
            if (uses_zeros_) std::memset(planes[layout_.planes], 0, static_cast<size_t>(planes.bytes));
            if (!pack_inputs(step, first, rows, planes)) return step;
            workspace.evaluate();
            unpack(planes, layout_.places, outputs_, given_.y, given_.y_form, step * given_.sequences + first, rows);
        }
        if (given_.steps > 0) copy_planes(now, every_.data(), planes.base, layout_.places + outputs_, latches);
        else if (from != now.base) std::memcpy(now.base, from, static_cast<size_t>(state_bytes()));
        if (given_.after_form != NETC_PLANES) unpack(now, own_.data(), latches, given_.after, given_.after_form, first, rows);
        return given_.steps;
    }

    // What is wrong with a step, or with the state (-1).
    [[noreturn]] void bad_value(int64_t step) const {
        bool is_state = step < 0;
        const uint8_t *from = is_state ? given_.before : given_.x + step * given_.step_stride;
        int64_t row_stride = is_state ? given_.before_stride : given_.row_stride, column_stride = is_state ? 1 : given_.column_stride;
        Place wrong = first_wrong(from, row_stride, column_stride, 0, given_.sequences, is_state ? every_.data() : layout_.reads,
                                  is_state ? given_.latches : free_reads_, is_no_bit);
        std::string place = is_state ? "the state's" : format("step %lld,", static_cast<long long>(step));
        throw UserError{"", format("%s row %lld, column %lld holds %u; this machine reads bits, 0 or 1", place.c_str(),
                                   static_cast<long long>(wrong.row), static_cast<long long>(wrong.column), *wrong.at)};
    }

private:
    struct Moves {
        std::vector<uint32_t> to, from;

        void add(uint32_t plane, uint32_t place) {
            to.push_back(plane);
            from.push_back(place);
        }
        void copy(Planes planes, const uint8_t *source) const {
            copy_planes(planes, to.data(), source, from.data(), static_cast<int64_t>(to.size()));
        }
    };

    // From the places of one step's next states straight to the planes that the next step reads, each before it is
    // overwritten. Those that are left after that go round in circles: the plane of zeros holds one of each circle.
    void order_moves() {
        constexpr uint32_t kDone = 0xFFFFFFFF;
        uint32_t begin = static_cast<uint32_t>(free_reads_), end = static_cast<uint32_t>(layout_.num_reads);
        uint32_t zeros = static_cast<uint32_t>(layout_.planes);
        std::vector<uint32_t> place(end), readers(zeros + 1), ready;
        for (uint32_t i = begin; i < end; i++) {
            place[i] = layout_.places[outputs_ + layout_.reads[i] - inputs_];
            if (place[i] == 2 * i) place[i] = kDone;
            else if (place[i] >> 1 != i) readers[place[i] >> 1]++;
        }
        auto move = [&](uint32_t to, uint32_t from) {
            next_.add(to, from);
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
            uses_zeros_ = true;
            next_.add(zeros, 2 * i);
            for (uint32_t at = i, from; place[at] != kDone; at = from >> 1) {
                from = place[at];
                move(at, from >> 1 == i ? 2 * zeros | (from & 1) : from);
            }
        }
    }

    bool load(int64_t first, int64_t rows, Planes now) const {
        int64_t latches = given_.latches;
        const uint8_t *from = given_.before + first * given_.before_stride;
        if (given_.before_form == NETC_BYTES)
            return pack_bytes(from, given_.before_stride, 1, rows, every_.data(), latches, now);
        if (given_.before_form == NETC_PACKED) pack_bits(from, given_.before_stride, rows, every_.data(), latches, now);
        return true;
    }
    bool pack_inputs(int64_t step, int64_t first, int64_t rows, Planes planes) const {
        const uint8_t *x = given_.x + step * given_.step_stride + first * given_.row_stride;
        if (given_.x_form == NETC_BYTES)
            return pack_bytes(x, given_.row_stride, given_.column_stride, rows, layout_.reads, free_reads_, planes);
        pack_bits(x, given_.row_stride, rows, layout_.reads, free_reads_, planes);
        return true;
    }
    // To row `row` and those that follow it.
    static void unpack(Planes planes, const uint32_t *places, int64_t columns, uint8_t *to, int64_t form, int64_t row,
                       int64_t rows) {
        int64_t width = form == NETC_BYTES ? columns : (columns + 7) / 8;
        (form == NETC_BYTES ? unpack_bytes : unpack_bits)(planes, rows, places, columns, to + row * width, width);
    }

    const netc_kernel &kernel_;
    const netc_layout &layout_;
    const netc_machine_run &given_;
    int64_t inputs_, outputs_, free_reads_;
    Array<uint32_t> every_, own_;
    Moves first_, next_;  // to the planes of latches that are read: from the state, and from the step before
    bool uses_zeros_ = false;
};

void run_machine(const netc_runner &runner, const netc_machine_run &given) {
    MachineBlocks machine(runner, given);
    int64_t block = machine.block(), blocks = (given.sequences + block - 1) / block;
    int64_t threads = std::min(given.threads, blocks);
    Workspaces workspaces(runner, machine.kernel(), threads);
    std::vector<Memory> states;
    for (int64_t i = 0; i < threads; i++) states.push_back(aligned(given.after_form == NETC_PLANES ? 0 : machine.state_bytes()));
    std::atomic<int64_t> next{0}, bad{given.steps};  // the earliest step that goes wrong, of any block
    Team().share(threads, [&](int64_t member, int64_t) {
        for (int64_t at; (at = next++) < blocks;) {
            int64_t step = machine.run(at * block, workspaces[member], states[static_cast<size_t>(member)].get());
            for (int64_t least = bad; step < least && !bad.compare_exchange_weak(least, step);) {
            }
        }
    });
    if (bad < given.steps) machine.bad_value(bad);
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
        Workspaces workspaces(*runner, kernel, threads);
        auto begin = std::chrono::steady_clock::now();
        Team().run(threads, [&](int64_t member, int64_t members) {
            for (int64_t at = member; at < blocks; at += members) workspaces[member].evaluate();
        });
        return (std::chrono::steady_clock::now() - begin) / std::chrono::nanoseconds(1);
    });
}

int64_t netc_machine_plane_bytes(const netc_runner *runner, int64_t sequences) {
    return kernel_for(*runner, sequences).plane_bytes;
}

int64_t netc_run_machine(const netc_runner *runner, const netc_machine_run *given) {
    return guard([&]() -> int64_t {
        run_machine(*runner, *given);
        return 0;
    });
}
}
