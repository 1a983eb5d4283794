// Operations of one level do not read each other, so they may come in any order. A walk from each to one that reads a signal
// just read touches a plane again while it is in the nearest cache: difflogic's wiring reads every signal twice, and the walk
// follows cycles in which every plane is loaded once.
#include "runtime/order.hpp"

#include <algorithm>

namespace netc {
namespace {

using Operation = netc_program::Operation;

constexpr uint32_t kEnd = 0xFFFFFFFF;

// Operations grouped at once: long runs of one function, whose planes still fit the second level of cache.
constexpr uint32_t kWindow = 2048;

class Order {
public:
    Order(Array<Operation> &operations, uint32_t signals)
        : operations_(operations),
          head_(Array<uint32_t>::filled(signals, kEnd)),
          next_(3 * operations.size()),
          done_(Array<uint8_t>::zeros(operations.size())) {}

    void run(bool grouped) {
        sort_by_level();
        walked_.reserve(operations_.size());
        for (size_t level = 0; level + 1 < first_.size(); level++)
            walk(by_level_.data() + first_[level], by_level_.data() + first_[level + 1]);
        operations_ = std::move(walked_);
        if (!grouped) return;
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

    static uint32_t operand(const Operation &op, unsigned j) { return j == 0 ? op.a : j == 1 ? op.b : op.c; }

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

}  // namespace

void order(Array<Operation> &operations, uint32_t signals, bool grouped) { Order(operations, signals).run(grouped); }

}  // namespace netc
