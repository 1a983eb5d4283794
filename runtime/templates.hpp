// What the template kernel walks over.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "netc/core/array.hpp"
#include "runtime/program.hpp"

extern "C" {
#include "runtime/templates.h"
}

namespace netc {

// One signal at the positions of a strip: planes `place`, `place + step`, …
struct Row {
    uint32_t place;
    int32_t step;
};

// Where an operand is found: the kind above its index.
constexpr uint32_t kLocal = 0;             // a row of planes that is used again and again
constexpr uint32_t kTarget = 1u << 30;     // a row of outputs, at the first strip
constexpr uint32_t kInput = 2u << 30;      // a number among the rows that a strip reads
constexpr uint32_t kIndex = (1u << 30) - 1;

// A layer of one template, its positions in strips of `length`, which are evaluated side by side. Once the network is finished,
// all places are planes.
struct Strips {
    struct Record {
        uint32_t to, a, b, c;
        uint8_t table;  // the smallest among permutations of its operands
    };
    uint32_t length = 1, count = 0, channels = 0;
    uint32_t pad = 0;  // planes that are 0, before the first row of outputs and behind each
    bool by_channel = false;
    Array<Record> records;
    uint32_t num_rows = 0;
    Array<Row> rows;  // [count][num_rows]
    // Rows that lie nowhere as they are wanted are put together first: for strip s copies first_copy[s] .. first_copy[s + 1] - 1,
    // each of `length` planes, to rows of planes from `copied` on.
    Array<uint32_t> copies, first_copy;
    uint32_t copied = 0;
    uint32_t locals = 0;  // planes of values in between, and behind them of copies
    uint32_t target = 0;  // the first plane of outputs

    uint32_t pitch() const { return count * (length + pad); }  // from one channel's outputs to the next one's
    uint32_t place_of(uint32_t channel, uint32_t position) const {
        return pad + channel * pitch() + position / length * (length + pad) + position % length;
    }
    uint32_t planes() const { return pad + channels * pitch(); }
};

// Layers that an engine runs, on planes of its own.
struct Dense {
    const netc_kernel *wide = nullptr, *small = nullptr;
    uint32_t outputs = 0;
    uint32_t start = 0;      // its first plane
    Array<uint32_t> reads;   // the planes that become its first ones; none if they are there already
    Array<uint32_t> writes;  // 2 * plane + complement of outputs, for a layer of a template that follows, and
    uint32_t target = 0;     // the first of the planes that they become
};

struct Stage {
    std::unique_ptr<Strips> strips;  // or else
    std::unique_ptr<Dense> dense;
};

// Where the outputs of a layer lie, counted from the layer's first plane, or kNowhere, and which of its planes are 0.
struct Layer {
    static constexpr uint32_t kNowhere = 0xFFFFFFFF;
    Array<uint32_t> place;
    Array<uint8_t> zero;
};

// The program at all positions of a layer. `before` is the layer before as it lies with no plane that is 0 between its rows, with
// one, …; `chosen` becomes the index of the one that serves best. Nothing has its plane yet: a row's place counts from the first
// plane of the layer before, or from the copies (kCopied) or is any plane that is 0 (kZeroPlane); local operands count from 0, and
// kTarget is followed by the number of an output.
constexpr uint32_t kCopied = 1u << 31, kZeroPlane = 0xFFFFFFFF;
std::unique_ptr<Strips> plan_strips(netc_program &program, const int64_t *gather, int64_t positions,
                                    const std::vector<Layer> &before, size_t &chosen);

}  // namespace netc

struct netc_templates {
    uint32_t inputs = 0;
    std::vector<netc::Stage> stages;
    netc::Array<uint32_t> reads, places;  // see netc_layout
    uint32_t planes = 0;
};
