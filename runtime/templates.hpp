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

// One signal at the positions of a strip, row by row: planes `place`, `place + step`, …, the next row `jump` planes on.
struct Row {
    uint32_t place;
    int32_t step, jump;
};

// Where an operand is found: the kind above its index.
constexpr uint32_t kLocal = 0;          // planes that are used again and again
constexpr uint32_t kTarget = 1u << 30;  // outputs, at the first strip
constexpr uint32_t kInput = 2u << 30;   // a number among the rows that a strip reads
constexpr uint32_t kIndex = (1u << 30) - 1;

// How the outputs of a layer lie: channel by channel, each `rows` rows of `width`. Planes that are 0 are the padding of what the
// next layer reads: `pad` behind each row, `gap` rows behind each channel, and as many before the first one.
struct Layout {
    uint32_t channels = 0, rows = 0, width = 1, pad = 0, gap = 0;

    uint32_t row() const { return width + pad; }
    uint32_t channel() const { return (rows + gap) * row(); }
    uint32_t lead() const { return gap * row() + pad; }
    uint32_t planes() const { return lead() + channels * channel(); }
    uint32_t place_of(uint32_t channel_number, uint32_t position) const {
        return lead() + channel_number * channel() + position / width * row() + position % width;
    }
};

// A layer of one template. Strips of `height` rows of `width` positions are evaluated side by side; rows of the layout are as wide,
// or several times as wide where the height is 1. Once the network is finished, all places are planes.
struct Strips {
    struct Record {
        uint32_t to, a, b, c;
        uint8_t table;  // the smallest among permutations of its operands
    };
    Layout outputs;
    uint32_t width = 1, height = 1;
    bool by_channel = false;
    Array<Record> records;
    uint32_t num_rows = 0;
    Array<Row> rows;  // [count()][num_rows]
    // What lies nowhere as it is wanted is put together first: for strip s copies first_copy[s] .. first_copy[s + 1] - 1, each
    // `length()` planes, to planes from `copied` on.
    Array<uint32_t> copies, first_copy;
    uint32_t copied = 0;
    uint32_t locals = 0;  // planes of values in between, and behind them of copies
    uint32_t target = 0;  // the first plane of outputs

    uint32_t length() const { return width * height; }
    uint32_t count() const { return outputs.rows * outputs.width / length(); }
    // From the outputs at the first strip to those at another.
    uint32_t shift(uint32_t strip) const { return outputs.place_of(0, strip * length()) - outputs.place_of(0, 0); }
};

// Layers that an engine runs, on planes of its own; or no layer, and planes only lie elsewhere afterwards.
struct Dense {
    const netc_kernel *wide = nullptr, *small = nullptr;  // null: no layer
    uint32_t num_outputs = 0;
    uint32_t start = 0;      // its first plane
    Array<uint32_t> reads;   // the planes that become its first ones; none if they are there already
    Array<uint32_t> writes;  // 2 * plane + complement of outputs, for a layer of a template that follows, kNone for none, and
    Layout outputs;          // where
    uint32_t target = 0;     // they go

    uint32_t own() const { return wide ? static_cast<uint32_t>(wide->layout.planes) + 1 : 0; }
};

struct Stage {
    std::unique_ptr<Strips> strips;  // or else
    std::unique_ptr<Dense> dense;
};

// Where the outputs of a layer lie, counted from the layer's first plane, or kNone, and which of its planes are 0.
struct Layer {
    Layout layout;
    Array<uint32_t> place;
    Array<uint8_t> zero;
};

// The program at all positions of a layer, behind one of the layers `before`, which are the same in different layouts; `chosen`
// becomes the index of the one that serves best. Nothing has its plane yet: a row's place counts from the first plane of the layer
// before, or from the copies (kCopied), or is any plane that is 0 (kZeroPlane); local operands count from 0, and kTarget is
// followed by the number of an output.
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
