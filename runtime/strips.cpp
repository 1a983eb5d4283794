// How a template is executed: which positions side by side, where its operands lie, and in which order its operations come.
//
// A strip is some positions of a layer, one after the other; an operation runs along the strip, so that what it costs to decode is
// paid once for many gates, and planes are read in a row. That works where each input of the template moves on by the same distance
// from position to position, and by another from row to row, as it does in a piece of an image. Padding is no exception, if the
// layer before has left planes that are 0 around its rows. Inputs of which this is not true are copied. The shape of strips, and
// what the layer before leaves, are those that cost least.
#include <algorithm>
#include <limits>

#include "runtime/order.hpp"
#include "runtime/templates.hpp"

namespace netc {
namespace {

constexpr uint32_t kLongest = 32;      // positions of a strip
constexpr uint32_t kNearPlanes = 384;  // of values in between: they stay in the nearest cache
constexpr size_t kSampled = 64;        // inputs that a shape is tried with
constexpr int64_t kMostSteps = 4;      // from one position to the next, where only one of them is no padding

// What is paid beside the operations themselves, in operations: to decode one, to begin a row, to copy a plane, to clear one.
constexpr double kDecoding = 3, kBeginning = 0.5, kCopying = 3, kClearing = 0.5;

// A program each of whose outputs is an operation of its own, uncomplemented.
class Outputs {
public:
    explicit Outputs(netc_program &program) : program_(program), flipped_(Array<uint8_t>::zeros(program.signals)) {
        first_ = Array<uint32_t>::filled(program.signals, kNone);
        for (uint32_t c = 0; c < program.roots.size(); c++) {
            Lit root = program.roots[c];
            uint32_t signal = root > 1 ? (root >> 1) - 1 : kNone;
            if (signal == kNone || signal < program.inputs || first_[signal] != kNone) continue;
            first_[signal] = c;
            flipped_[signal] = root & 1;
        }
        for (Operation &op : program.operations) {
            uint8_t columns[3];
            for (unsigned j = 0; j < 3; j++) columns[j] = flipped_[operand(op, j)] ? static_cast<uint8_t>(~kColumn[j]) : kColumn[j];
            op.table = composed(op.table, columns);
            if (flipped_[op.to]) op.table = static_cast<uint8_t>(~op.table);
            op = canonical(op);
        }
    }
    // The output that a signal is, or kNone.
    uint32_t of(uint32_t signal) const { return first_[signal]; }

    // Operations for the outputs that are none yet: constants, inputs, and what is an output already. Such an operation goes to
    // signal `signals` + c for output c; kNone in place of operands is constant 0.
    void add_copies() {
        for (uint32_t c = 0; c < program_.roots.size(); c++) {
            Lit root = program_.roots[c];
            uint32_t signal = root > 1 ? (root >> 1) - 1 : kNone;
            if (signal != kNone && first_[signal] == c) continue;
            bool inverted = (root & 1) ^ (signal != kNone && flipped_[signal]);
            Operation op{program_.signals + c, signal, signal, signal, static_cast<uint8_t>(inverted ? ~kColumn[0] : kColumn[0])};
            program_.operations.push(canonical(op));
        }
    }

private:
    netc_program &program_;
    Array<uint32_t> first_;
    Array<uint8_t> flipped_;
};

// The rows that strips read.
class Reads {
public:
    Reads(const netc_program &program, const int64_t *gather, int64_t positions)
        : gather_(gather), positions_(positions), width_(program.inputs) {
        Array<uint8_t> read = Array<uint8_t>::zeros(program.signals);
        for (const Operation &op : program.operations)
            for (unsigned j = 0; j < 3; j++)
                if (operand(op, j) != kNone) read[operand(op, j)] = 1;
        number_ = Array<uint32_t>::filled(program.inputs, kNone);
        for (uint32_t input = 0; input < program.inputs; input++)
            if (read[input]) {
                number_[input] = static_cast<uint32_t>(inputs_.size());
                inputs_.push(input);
            }
    }
    uint32_t size() const { return static_cast<uint32_t>(inputs_.size()); }
    uint32_t number_of(uint32_t input) const { return number_[input]; }

    // The row of an input along a strip of rows of `width`; false if it is none.
    bool fits(const Layer &layer, uint32_t number, int64_t begin, uint32_t width, uint32_t height, Row &row) const {
        // Two positions in one row say what the step is, and two in different rows what the jump is.
        int64_t first = kUnknown, step = kUnknown, jump = kUnknown, first_x = 0, first_y = 0;
        for (uint32_t y = 0; y < height && jump == kUnknown; y++) {
            int64_t in_row = kUnknown;
            for (uint32_t x = 0; x < width; x++) {
                int64_t at = place(layer, number, begin + y * width + x);
                if (at == kUnknown) continue;
                if (first == kUnknown) first = at, first_x = x, first_y = y;
                if (in_row == kUnknown) {
                    in_row = x;
                } else if (step == kUnknown) {
                    int64_t distance = at - place(layer, number, begin + y * width + in_row), places = x - in_row;
                    if (distance % places) return false;
                    step = distance / places;
                }
            }
            if (in_row == kUnknown || y == first_y || (step == kUnknown && in_row != first_x)) continue;
            int64_t along = step == kUnknown ? 0 : step * (in_row - first_x);
            int64_t distance = place(layer, number, begin + y * width + in_row) - along - first, places = y - first_y;
            if (distance % places) return false;
            jump = distance / places;
        }
        if (first == kUnknown) {
            row = {kZeroPlane, 0, 0};
            return true;
        }
        bool any_step = step == kUnknown && width > 1, any_jump = jump == kUnknown && height > 1;
        for (int64_t i = 1; i <= (any_step ? kMostSteps : 1); i++)
            for (int64_t j = 1; j <= (any_jump ? kMostSteps : 1); j++) {
                Shape shape{width, height, any_step ? i : step == kUnknown ? 0 : step,
                            any_jump ? j * layer.layout.row() : jump == kUnknown ? 0 : jump};
                if (lies(layer, number, begin, shape, first - first_x * shape.step - first_y * shape.jump, row)) return true;
            }
        return false;
    }
    // The planes of a row one by one.
    void copy(const Layer &layer, uint32_t number, int64_t begin, uint32_t length, Array<uint32_t> &to) const {
        for (uint32_t i = 0; i < length; i++) {
            int64_t at = place(layer, number, begin + i);
            to.push(at == kUnknown ? kZeroPlane : static_cast<uint32_t>(at));
        }
    }
    // Planes that are copied, of all strips of a shape: an estimate.
    double copied(const Layer &layer, uint32_t width, uint32_t height) const {
        size_t stride = std::max<size_t>(1, inputs_.size() / kSampled), tried = 0, misfits = 0;
        for (size_t i = 0; i < inputs_.size(); i += stride)
            for (int64_t begin = 0; begin < positions_; begin += width * height) {
                Row row;
                tried++;
                misfits += !fits(layer, static_cast<uint32_t>(i), begin, width, height, row);
            }
        double planes = static_cast<double>(inputs_.size()) * static_cast<double>(positions_);
        return tried ? planes * static_cast<double>(misfits) / static_cast<double>(tried) : 0;
    }

private:
    static constexpr int64_t kUnknown = -1;

    struct Shape {
        uint32_t width, height;
        int64_t step, jump;
    };

    // The plane of an input at a position, kUnknown for padding.
    int64_t place(const Layer &layer, uint32_t number, int64_t position) const {
        int64_t source = gather_[position * width_ + inputs_[number]];
        return source < 0 ? kUnknown : layer.place[static_cast<size_t>(source)];
    }
    bool lies(const Layer &layer, uint32_t number, int64_t begin, const Shape &shape, int64_t base, Row &row) const {
        int64_t planes = static_cast<int64_t>(layer.zero.size());
        for (uint32_t y = 0; y < shape.height; y++)
            for (uint32_t x = 0; x < shape.width; x++) {
                int64_t wanted = base + y * shape.jump + x * shape.step;
                int64_t at = place(layer, number, begin + y * shape.width + x);
                if (at != kUnknown && at != wanted) return false;
                if (at == kUnknown && (wanted < 0 || wanted >= planes || !layer.zero[static_cast<size_t>(wanted)])) return false;
            }
        if (base < 0) return false;
        row = {static_cast<uint32_t>(base), static_cast<int32_t>(shape.step), static_cast<int32_t>(shape.jump)};
        return true;
    }

    const int64_t *gather_;
    int64_t positions_, width_;
    Array<uint32_t> inputs_, number_;
};

// Operations in parts whose values stay near; within a part those of one function together, as far as they read no other.
void group(Array<Operation> &operations, uint32_t signals, uint32_t length) {
    size_t part = std::max<uint32_t>(1, kNearPlanes / length);
    if (part == 1) return;
    Array<uint32_t> level = Array<uint32_t>::zeros(signals);
    for (size_t begin = 0; begin < operations.size(); begin += part) {
        Operation *first = operations.begin() + begin, *end = operations.begin() + std::min(begin + part, operations.size());
        for (Operation *op = first; op < end; op++) {
            level[op->to] = 1;
            for (unsigned j = 0; j < 3; j++)
                if (operand(*op, j) != kNone) level[op->to] = std::max(level[op->to], 1 + level[operand(*op, j)]);
        }
        std::stable_sort(first, end, [&](const Operation &x, const Operation &y) {
            return level[x.to] != level[y.to] ? level[x.to] < level[y.to] : x.table < y.table;
        });
        for (Operation *op = first; op < end; op++) level[op->to] = 0;
    }
}

void record(Strips &strips, const netc_program &program, const Reads &reads, const Outputs &outputs, uint32_t signals) {
    const Array<Operation> &operations = program.operations;
    Array<uint32_t> last = Array<uint32_t>::filled(signals, kNone), place = Array<uint32_t>::filled(signals, kNone), free;
    for (uint32_t i = 0; i < operations.size(); i++)
        for (unsigned j = 0; j < 3; j++)
            if (operand(operations[i], j) != kNone) last[operand(operations[i], j)] = i;
    uint32_t zero = kInput | reads.size();  // the last of the rows
    for (uint32_t i = 0; i < operations.size(); i++) {
        const Operation &op = operations[i];
        uint32_t from[3];
        for (unsigned j = 0; j < 3; j++) {
            uint32_t signal = operand(op, j);
            from[j] = signal == kNone ? zero : signal < program.inputs ? kInput | reads.number_of(signal) : place[signal];
        }
        for (unsigned j = 0; j < 3; j++) {
            uint32_t signal = operand(op, j);
            if (signal != kNone && is_use(op, j) && last[signal] == i && signal >= program.inputs && !(place[signal] & kTarget))
                free.push(place[signal]);
        }
        uint32_t channel = op.to >= program.signals ? op.to - program.signals : outputs.of(op.to);
        uint32_t &to = place[op.to];
        if (channel != kNone) {
            to = kTarget | channel;
        } else if (!free.empty()) {
            to = free.pop();
        } else {
            to = kLocal | strips.locals;
            strips.locals += strips.length();
        }
        strips.records.push({to, from[0], from[1], from[2], op.table});
    }
}

void lay_rows(Strips &strips, const Reads &reads, const Layer &layer) {
    uint32_t most = 0;
    strips.num_rows = reads.size() + 1;
    strips.copied = strips.locals;
    strips.rows.reserve(static_cast<size_t>(strips.count()) * strips.num_rows);
    for (uint32_t strip = 0; strip < strips.count(); strip++) {
        int64_t begin = static_cast<int64_t>(strip) * strips.length();
        size_t first = strips.copies.size();
        strips.first_copy.push(static_cast<uint32_t>(first));
        for (uint32_t number = 0; number < reads.size(); number++) {
            Row row;
            if (!reads.fits(layer, number, begin, strips.width, strips.height, row)) {
                row = {kCopied | static_cast<uint32_t>(strips.copies.size() - first), 1, static_cast<int32_t>(strips.width)};
                reads.copy(layer, number, begin, strips.length(), strips.copies);
            }
            strips.rows.push(row);
        }
        strips.rows.push({kZeroPlane, 0, 0});
        most = std::max(most, static_cast<uint32_t>(strips.copies.size() - first));
    }
    strips.first_copy.push(static_cast<uint32_t>(strips.copies.size()));
    strips.locals += most;
}

}  // namespace

std::unique_ptr<Strips> plan_strips(netc_program &program, const int64_t *gather, int64_t positions,
                                    const std::vector<Layer> &before, size_t &chosen) {
    auto strips = std::make_unique<Strips>();
    Outputs outputs(program);
    order_by_use(program);
    outputs.add_copies();
    Reads reads(program, gather, positions);
    double least = std::numeric_limits<double>::infinity(), each = 1 / static_cast<double>(std::max<int64_t>(1, positions));
    double operations = static_cast<double>(program.operations.size());
    for (size_t i = 0; i < before.size(); i++)
        for (uint32_t width = 1; width <= std::min<int64_t>(kLongest, positions); width++)
            for (uint32_t height = 1; positions % width == 0 && height <= std::min<int64_t>(kLongest, positions) / width; height++) {
                if (positions / width % height) continue;
                double cost = operations * (1 + (kDecoding / height + kBeginning) / width);
                cost += kClearing * each * static_cast<double>(before[i].zero.size() - before[i].place.size());
                if (cost < least) cost += kCopying * each * reads.copied(before[i], width, height);
                if (cost >= least) continue;
                least = cost;
                chosen = i;
                strips->width = width;
                strips->height = height;
            }
    uint32_t channels = static_cast<uint32_t>(program.roots.size());
    strips->outputs = {channels, static_cast<uint32_t>(positions) / strips->width, strips->width, 0, 0};
    uint32_t signals = program.signals + channels;
    group(program.operations, signals, strips->length());
    record(*strips, program, reads, outputs, signals);
    lay_rows(*strips, reads, before[chosen]);
    return strips;
}

}  // namespace netc
