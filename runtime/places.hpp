// Which plane holds what, for an engine that keeps every value in one.
#pragma once

#include "runtime/program.hpp"

namespace netc {

// Planes are reused last-in first-out, so that those in use stay in the nearest cache.
class Places {
public:
    static constexpr uint32_t kNowhere = 0xFFFFFFFF;

    // Planes for the inputs that the program reads.
    explicit Places(const netc_program &program) : plane_(Array<uint32_t>::filled(program.signals, kNowhere)) {
        Array<uint8_t> read = outputs_of(program);
        for (const Operation &op : program.operations)
            for (unsigned j = 0; j < 3; j++) read[operand(op, j)] = 1;
        for (uint32_t input = 0; input < program.inputs; input++) {
            if (!read[input]) continue;
            plane_[input] = planes_++;
            reads_.push(input);
        }
    }

    uint32_t of(uint32_t signal) const { return plane_[signal]; }
    uint32_t take(uint32_t signal) { return plane_[signal] = free_.empty() ? planes_++ : free_.pop(); }
    void release(uint32_t signal) {
        if (plane_[signal] != kNowhere) free_.push(plane_[signal]);
    }

    // Call when everything has its plane.
    void finish(const netc_program &program) {
        for (Lit root : program.roots)
            outputs_.push(root > 1 ? 2 * plane_[(root >> 1) - 1] + (root & 1) : 2 * planes_ + root);
        plane_ = Array<uint32_t>();
        free_ = Array<uint32_t>();
    }
    // Points into this.
    netc_layout layout() const {
        return {planes_, static_cast<int64_t>(reads_.size()), reads_.data(), outputs_.data()};
    }

private:
    Array<uint32_t> plane_, free_;
    Array<uint32_t> reads_, outputs_;
    uint32_t planes_ = 0;
};

// No further operation reads the signal: because it is an output, or at all.
constexpr uint32_t kOutput = 0xFFFFFFFE, kUnread = 0xFFFFFFFF;

// The operation that next reads a signal: at 3 * i + j after operation i has read it as operand j, and at 3 * count + s from
// the beginning.
inline Array<uint32_t> next_uses(const netc_program &program) {
    size_t count = program.operations.size();
    Array<uint32_t> next(3 * count + program.signals);
    uint32_t *first = next.data() + 3 * count;
    Array<uint8_t> is_output = outputs_of(program);
    for (uint32_t signal = 0; signal < program.signals; signal++) first[signal] = is_output[signal] ? kOutput : kUnread;
    for (size_t i = count; i-- > 0;) {
        const Operation &op = program.operations[i];
        for (unsigned j = 0; j < 3; j++) next[3 * i + j] = first[operand(op, j)];
        for (unsigned j = 0; j < 3; j++) first[operand(op, j)] = static_cast<uint32_t>(i);
    }
    return next;
}

}  // namespace netc
