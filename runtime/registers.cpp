#include "runtime/registers.hpp"

#include <algorithm>
#include <utility>

namespace netc {
namespace {

constexpr uint8_t kNone = 0xFF;
constexpr uint32_t kEmpty = 0xFFFFFFFF;
constexpr uint64_t kFree = uint64_t{1} << 33;  // later than any
constexpr uint8_t kMost = 32;                  // registers

// An operation's operands that differ, and its table over them.
struct Distinct {
    unsigned count = 0;
    unsigned at[3];      // which of the operation's operands
    uint32_t signal[3];
    uint8_t table;

    explicit Distinct(const Operation &op) {
        uint8_t columns[3];
        for (unsigned j = 0; j < 3; j++) {
            unsigned same = 0;
            while (same < count && signal[same] != operand(op, j)) same++;
            if (same == count) {
                at[count] = j;
                signal[count++] = operand(op, j);
            }
            columns[j] = kColumn[same];
        }
        table = composed(op.table, columns);
    }
};

class Allocator {
public:
    Allocator(const netc_program &program, const RegisterFile &file, Places &places)
        : program_(program),
          file_(file),
          places_(places),
          next_(next_uses(program)),
          upcoming_(next_.data() + 3 * program.operations.size()),
          register_(Array<uint8_t>::filled(program.signals, kNone)),
          stored_(Array<uint8_t>::zeros(program.signals)) {
        for (uint32_t &signal : held_) signal = kEmpty;
        for (uint8_t r = 0; r < file.registers; r++) look_again(r);
        for (uint32_t input = 0; input < program.inputs; input++) stored_[input] = 1;
    }

    Array<Instruction> run() {
        made_.reserve(2 * program_.operations.size());
        for (uint32_t i = 0; i < program_.operations.size(); i++) operate(i);
        for (uint8_t r = 0; r < file_.registers; r++) vacate(r);
        places_.finish(program_);
        return std::move(made_);
    }

private:
    void operate(uint32_t i) {
        const Operation &op = program_.operations[i];
        Distinct given(op);
        for (uint8_t r = 0; locked_; r++, locked_ >>= 1)
            if (locked_ & 1) look_again(r);
        for (unsigned j = 0; j < given.count; j++) {
            upcoming_[given.signal[j]] = next_[3 * i + given.at[j]];
            if (register_[given.signal[j]] == kNone) continue;
            lock(register_[given.signal[j]]);
        }
        int in_memory = given.count > 1 ? choose_in_memory(given) : -1;
        for (unsigned j = 0; j < given.count; j++)
            if (register_[given.signal[j]] == kNone && static_cast<int>(j) != in_memory) load(given.signal[j]);

        // Which is a, b and c: a may be in memory, and c is overwritten.
        unsigned order[3] = {0, 1, 2};
        if (in_memory > 0) std::swap(order[0], order[in_memory]);
        uint8_t overwritten = kNone;
        if (given.count == 3) {
            if (!dies(given.signal[order[2]]) && dies(given.signal[order[1]])) std::swap(order[1], order[2]);
            if (!dies(given.signal[order[2]]) && in_memory < 0 && dies(given.signal[order[0]])) std::swap(order[0], order[2]);
            overwritten = register_[given.signal[order[2]]];
            if (!dies(given.signal[order[2]])) overwritten = copy(given.signal[order[2]]);
        }
        uint8_t columns[3], at[3] = {kNone, kNone, kNone};
        for (unsigned j = 0; j < 3; j++) columns[order[j]] = kColumn[j];
        for (unsigned j = 0; j < given.count; j++) at[j] = register_[given.signal[order[j]]];
        uint32_t plane = in_memory >= 0 ? places_.of(given.signal[in_memory]) : 0;
        for (unsigned j = 0; j < given.count; j++)
            if (dies(given.signal[j])) leave(given.signal[j]);
        uint8_t to = given.count == 3 ? overwritten : vacant();
        if (in_memory >= 0) at[0] = Instruction::kPlane;
        if (given.count < 2) at[1] = at[0];
        made_.push({Instruction::kOperate, composed(given.table, columns), static_cast<uint8_t>(given.count == 3 ? 3 : 2), to,
                    at[0], at[1], given.count == 3 ? to : at[1], plane});
        for (unsigned j = 0; j < given.count; j++)
            if (dies(given.signal[j])) places_.release(given.signal[j]);
        hold(to, op.to);
        if (upcoming_[op.to] == kOutput) vacate(to);
    }

    bool dies(uint32_t signal) const { return upcoming_[signal] == kUnread; }

    // The operand that need not be in a register: of those that are not, the one that is read again last, unless that is
    // sooner than what would make room for it.
    int choose_in_memory(const Distinct &given) {
        int chosen = -1;
        for (unsigned j = 0; j < given.count; j++)
            if (register_[given.signal[j]] == kNone && may_be_in_memory(given, j) &&
                (chosen < 0 || upcoming_[given.signal[j]] > upcoming_[given.signal[chosen]]))
                chosen = static_cast<int>(j);
        if (chosen < 0) return chosen;
        uint32_t again = upcoming_[given.signal[chosen]];
        if (again >= kOutput) return chosen;
        uint32_t held = held_[victim()];
        return held == kEmpty || upcoming_[held] > again ? -1 : chosen;
    }
    // Of two operands a & ~b has to have b in a register.
    bool may_be_in_memory(const Distinct &given, unsigned j) const {
        constexpr uint8_t kAndNot[2] = {kColumn[1] & 0xFF & ~kColumn[0], kColumn[0] & 0xFF & ~kColumn[1]};
        return file_.ternary || given.table != kAndNot[j];
    }

    void lock(uint8_t r) {
        locked_ |= 1u << r;
        cost_[r] = 0;
    }

    // A register that is free, or else the one whose value is read again last; of equals one that need not be stored.
    uint8_t victim() const {
        uint64_t best[4] = {};
        for (unsigned r = 0; r < kMost; r += 4)
            for (unsigned i = 0; i < 4; i++) best[i] = std::max(best[i], cost_[r + i]);
        return kMost - 1 - std::max({best[0], best[1], best[2], best[3]}) % kMost;
    }
    void look_again(uint8_t r) {
        uint64_t again = held_[r] == kEmpty ? kFree : uint64_t{upcoming_[held_[r]]} << 1 | stored_[held_[r]];
        cost_[r] = again * kMost + kMost - 1 - r;
    }
    uint8_t vacant() {
        uint8_t r = victim();
        vacate(r);
        return r;
    }
    void vacate(uint8_t r) {
        uint32_t signal = held_[r];
        if (signal == kEmpty) return;
        if (upcoming_[signal] != kUnread && !stored_[signal]) {
            stored_[signal] = 1;
            made_.push({Instruction::kStore, 0, 1, 0, r, 0, 0, places_.take(signal)});
        }
        register_[signal] = kNone;
        empty(r);
    }
    void empty(uint8_t r) {
        held_[r] = kEmpty;
        look_again(r);
    }
    void hold(uint8_t r, uint32_t signal) {
        held_[r] = signal;
        register_[signal] = r;
        lock(r);
    }
    void load(uint32_t signal) {
        uint8_t r = vacant();
        made_.push({Instruction::kLoad, 0, 1, r, 0, 0, 0, places_.of(signal)});
        hold(r, signal);
    }
    // A register with the same value that may be overwritten: the same one if the plane is read again later than others are.
    uint8_t copy(uint32_t signal) {
        uint8_t from = register_[signal], r = victim();
        if (stored_[signal] && held_[r] != kEmpty && upcoming_[signal] > upcoming_[held_[r]]) {
            register_[signal] = kNone;
            empty(from);
            return from;
        }
        vacate(r);
        made_.push({Instruction::kMove, 0, 1, r, from, 0, 0, 0});
        lock(r);
        return r;
    }
    void leave(uint32_t signal) {
        uint8_t &r = register_[signal];
        if (r == kNone) return;
        empty(r);
        locked_ &= ~(1u << r);
        r = kNone;
    }

    const netc_program &program_;
    RegisterFile file_;
    Places &places_;
    Array<uint32_t> next_;
    uint32_t *upcoming_;       // of a signal: the operation that reads it next
    Array<uint8_t> register_;  // of a signal, or kNone
    Array<uint8_t> stored_;
    uint32_t held_[kMost];        // by a register: a signal, or kEmpty
    // When that is read again, then whether it is stored, then the register: the largest makes room. 0 if it must not now.
    uint64_t cost_[kMost] = {};
    uint32_t locked_ = 0;      // registers that are not to make room now
    Array<Instruction> made_;
};

}  // namespace

Array<Instruction> allocate(const netc_program &program, const RegisterFile &file, Places &places) {
    return Allocator(program, file, places).run();
}

}  // namespace netc
