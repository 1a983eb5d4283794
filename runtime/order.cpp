#include "runtime/order.hpp"

#include <algorithm>

namespace netc {
namespace {

constexpr uint32_t kEnd = 0xFFFFFFFF;

// Operations grouped at once: long runs of one function, whose planes still fit the second level of cache.
constexpr uint32_t kWindow = 2048;

// Operations of one level do not read each other, so they may come in any order. A walk from each to one that reads a signal
// just read touches a plane again while it is in the nearest cache: difflogic's wiring reads every signal twice, and the walk
// follows cycles in which every plane is loaded once.
class ByFunction {
public:
    explicit ByFunction(netc_program &program)
        : operations_(program.operations),
          head_(Array<uint32_t>::filled(program.signals, kEnd)),
          next_(3 * operations_.size()),
          done_(Array<uint8_t>::zeros(operations_.size())) {}

    void run() {
        sort_by_level();
        walked_.reserve(operations_.size());
        for (size_t level = 0; level + 1 < first_.size(); level++)
            walk(by_level_.data() + first_[level], by_level_.data() + first_[level + 1]);
        operations_ = std::move(walked_);
        for (size_t level = 0; level + 1 < first_.size(); level++)
            for (uint32_t begin = first_[level]; begin < first_[level + 1]; begin += kWindow)
                std::stable_sort(operations_.begin() + begin,
                                 operations_.begin() + std::min(begin + kWindow, first_[level + 1]),
                                 [](const Operation &x, const Operation &y) { return x.table < y.table; });
    }

private:
    void sort_by_level() {
        Array<uint32_t> level = Array<uint32_t>::zeros(head_.size());
        uint32_t levels = 0;
        for (const Operation &op : operations_) {
            level[op.to] = 1 + std::max({level[op.a], level[op.b], level[op.c]});
            levels = std::max(levels, level[op.to]);
        }
        first_ = Array<uint32_t>::zeros(levels + 1);
        for (const Operation &op : operations_) first_[level[op.to]]++;
        for (uint32_t l = 1; l <= levels; l++) first_[l] += first_[l - 1];
        Array<uint32_t> at(levels + 1);
        std::copy(first_.begin(), first_.end(), at.begin());
        by_level_.resize(operations_.size());
        for (uint32_t i = 0; i < operations_.size(); i++) by_level_[at[level[operations_[i].to] - 1]++] = i;
    }

    void walk(const uint32_t *begin, const uint32_t *end) {
        for (const uint32_t *at = end; at-- > begin;)
            for (unsigned j = 0; j < 3; j++) {
                uint32_t use = 3 * *at + j, &head = head_[operand(operations_[*at], j)];
                next_[use] = head;
                head = use;
            }
        for (const uint32_t *at = begin; at < end; at++)
            for (uint32_t i = *at; i != kEnd && !done_[i]; i = neighbour(operations_[i])) {
                done_[i] = 1;
                walked_.push(operations_[i]);
            }
        for (const uint32_t *at = begin; at < end; at++)
            for (unsigned j = 0; j < 3; j++) head_[operand(operations_[*at], j)] = kEnd;
    }

    // An operation of this level that is not done and shares an operand, the last one first; kEnd if there is none.
    uint32_t neighbour(const Operation &op) {
        for (unsigned j = 3; j-- > 0;) {
            uint32_t &head = head_[operand(op, j)];
            while (head != kEnd && done_[head / 3]) head = next_[head];
            if (head != kEnd) return head / 3;
        }
        return kEnd;
    }

    Array<Operation> &operations_, walked_;
    Array<uint32_t> by_level_, first_;  // of level l + 1: by_level_[first_[l]] .. by_level_[first_[l + 1] - 1]
    Array<uint32_t> head_, next_;       // the uses of a signal in this level as a list: use 3 * i + j is operand j of operation i
    Array<uint8_t> done_;
};

// A list scheduler: of the operations that read a recent value, the first that can be computed without computing more than a
// few others comes next, together with those. On two layers of difflogic's wiring it computes the first layer's values in pairs
// as the second reads them, so that they are never stored.
class ByUse {
public:
    explicit ByUse(netc_program &program)
        : operations_(program.operations),
          inputs_(program.inputs),
          readers_(Array<uint32_t>::zeros(program.signals + 1)),
          done_(Array<uint8_t>::zeros(program.signals)) {
        for (uint32_t signal = 0; signal < inputs_; signal++) done_[signal] = 1;
        producer_.resize(program.signals);
        for (uint32_t i = 0; i < operations_.size(); i++) {
            producer_[operations_[i].to] = i;
            for (unsigned j = 0; j < 3; j++)
                if (is_use(operations_[i], j)) readers_[operand(operations_[i], j) + 1]++;
        }
        for (size_t signal = 0; signal < program.signals; signal++) readers_[signal + 1] += readers_[signal];
        reads_.resize(readers_[program.signals]);
        next_.resize(program.signals);
        std::copy(readers_.begin(), readers_.end() - 1, next_.begin());
        for (uint32_t i = 0; i < operations_.size(); i++)
            for (unsigned j = 0; j < 3; j++)
                if (is_use(operations_[i], j)) reads_[next_[operand(operations_[i], j)]++] = i;
        std::copy(readers_.begin(), readers_.end() - 1, next_.begin());
    }

    void run() {
        made_.reserve(operations_.size());
        for (uint32_t i = 0; i < operations_.size(); i++) {
            if (done_[operations_[i].to]) continue;
            recent_ = 0;
            emit(i);
            while (step()) {}
        }
        operations_ = std::move(made_);
    }

private:
    static constexpr uint32_t kRecent = 16;   // values looked at, and
    static constexpr uint32_t kReaders = 4;   // of each so many readers
    static constexpr uint32_t kTogether = 4;  // operations computed for one of them, itself included

    bool step() {
        for (uint32_t most = 1; most <= kTogether; most++)
            for (uint32_t back = 1; back <= std::min(recent_, kRecent); back++) {
                uint32_t value = last_[(recent_ - back) % kRecent], &next = next_[value];
                while (next < readers_[value + 1] && done_[operations_[reads_[next]].to]) next++;
                for (uint32_t at = next; at < std::min(next + kReaders, readers_[value + 1]); at++) {
                    count_ = 0;
                    if (done_[operations_[reads_[at]].to] || !collect(reads_[at], most)) continue;
                    for (uint32_t i = 0; i < count_; i++) emit(together_[i]);
                    return true;
                }
            }
        return false;
    }

    // An operation after those of its operands that are missing; false if they are more than `most`.
    bool collect(uint32_t i, uint32_t most) {
        for (unsigned j = 0; j < 3; j++) {
            uint32_t signal = operand(operations_[i], j);
            if (done_[signal] || std::find(together_, together_ + count_, producer_[signal]) < together_ + count_) continue;
            if (most <= count_ + 1 || !collect(producer_[signal], most - 1)) return false;
        }
        if (count_ == most) return false;
        together_[count_++] = i;
        return true;
    }

    void emit(uint32_t i) {
        uint32_t to = operations_[i].to;
        done_[to] = 1;
        made_.push(operations_[i]);
        last_[recent_++ % kRecent] = to;
    }

    Array<Operation> &operations_, made_;
    uint32_t inputs_;
    Array<uint32_t> producer_;
    Array<uint32_t> readers_, reads_;  // of signal s: reads_[readers_[s]] .. reads_[readers_[s + 1] - 1]
    Array<uint32_t> next_;             // the first of them that may be left
    Array<uint8_t> done_;
    uint32_t last_[kRecent], recent_ = 0;
    uint32_t together_[kTogether], count_ = 0;
};

}  // namespace

void order_by_function(netc_program &program) { ByFunction(program).run(); }

void order_by_use(netc_program &program) { ByUse(program).run(); }

}  // namespace netc
