// An operation goes if every reader of it can take its operands instead. Those with one reader go first, as they cost nothing;
// then those with two, which are computed twice but stored and loaded less often.
#include "runtime/cover.hpp"

namespace netc {
namespace {

constexpr uint32_t kEnd = 0xFFFFFFFF;

class Cover {
public:
    Cover(netc_program &program, int operands)
        : operations_(program.operations),
          inputs_(program.inputs),
          operands_(operands),
          kept_(outputs_of(program)),
          gone_(Array<uint8_t>::zeros(operations_.size())) {
        head_ = Array<uint32_t>::filled(program.signals, kEnd);
        next_.resize(3 * operations_.size());
        previous_.resize(3 * operations_.size());
        for (uint32_t i = static_cast<uint32_t>(operations_.size()); i-- > 0;) link(i);
    }

    void run() {
        for (int most = 1; most <= 2; most++)
            for (uint32_t i = 0; i < operations_.size(); i++)
                if (!gone_[i] && !kept_[inputs_ + i]) try_merge(i, most);
        size_t left = 0;
        for (size_t i = 0; i < operations_.size(); i++)
            if (!gone_[i]) operations_[left++] = operations_[i];
        operations_.resize(left);
    }

private:
    void link(uint32_t i) {
        const Operation &op = operations_[i];
        for (unsigned j = 0; j < 3; j++) {
            if (!is_use(op, j)) continue;
            uint32_t use = 3 * i + j, &head = head_[operand(op, j)];
            next_[use] = head;
            previous_[use] = kEnd;
            if (head != kEnd) previous_[head] = use;
            head = use;
        }
    }
    void unlink(uint32_t i) {
        const Operation &op = operations_[i];
        for (unsigned j = 0; j < 3; j++) {
            if (!is_use(op, j)) continue;
            uint32_t use = 3 * i + j, before = previous_[use], after = next_[use];
            (before == kEnd ? head_[operand(op, j)] : next_[before]) = after;
            if (after != kEnd) previous_[after] = before;
        }
    }

    // The reader with `inner` in place of the signal that it computes; false if that needs too many operands.
    bool merged(const Operation &outer, const Operation &inner, Operation &made) const {
        uint32_t operands[3];
        int count = 0;
        bool fits = true;
        auto index_of = [&](uint32_t signal) {
            for (int i = 0; i < count; i++)
                if (operands[i] == signal) return i;
            if (count == operands_) {
                fits = false;
                return 0;
            }
            operands[count] = signal;
            return count++;
        };
        for (unsigned j = 0; j < 3; j++)
            if (operand(outer, j) != inner.to) index_of(operand(outer, j));
        for (unsigned j = 0; j < 3; j++) index_of(operand(inner, j));
        if (!fits) return false;
        uint8_t columns[3];
        for (unsigned j = 0; j < 3; j++) columns[j] = kColumn[index_of(operand(inner, j))];
        uint8_t value = composed(inner.table, columns);
        for (unsigned j = 0; j < 3; j++)
            columns[j] = operand(outer, j) == inner.to ? value : kColumn[index_of(operand(outer, j))];
        while (count < 3) operands[count++] = operands[0];
        made = {outer.to, operands[0], operands[1], operands[2], composed(outer.table, columns)};
        return true;
    }

    void try_merge(uint32_t i, int most) {
        const Operation inner = operations_[i];
        Operation made[2];
        uint32_t readers[2];
        int count = 0;
        for (uint32_t use = head_[inner.to]; use != kEnd; use = next_[use]) {
            if (count == most) return;
            readers[count] = use / 3;
            if (!merged(operations_[readers[count]], inner, made[count])) return;
            count++;
        }
        for (int r = 0; r < count; r++) {
            unlink(readers[r]);
            operations_[readers[r]] = made[r];
            link(readers[r]);
        }
        unlink(i);
        gone_[i] = 1;
    }

    Array<Operation> &operations_;
    uint32_t inputs_;
    int operands_;
    Array<uint8_t> kept_, gone_;
    // The uses of a signal as a list: use 3 * i + j is operand j of operation i.
    Array<uint32_t> head_, next_, previous_;
};

}  // namespace

void cover(netc_program &program, int operands) { Cover(program, operands).run(); }

}  // namespace netc
