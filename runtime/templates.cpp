// Layers one behind the other. Each reads only the one before, so two regions of planes do, which layers fill in turn; a third
// holds what is used within a layer.
#include "runtime/templates.hpp"

#include <algorithm>

namespace netc {
namespace {

// Planes that are 0 between rows and rows that are 0 between channels: for windows of up to 7 x 7.
struct Padding {
    uint32_t pad, gap;
};
constexpr Padding kPaddings[] = {{0, 0}, {1, 0}, {1, 1}, {2, 0}, {2, 2}, {3, 0}, {3, 3}};

constexpr uint32_t kMostStripsOfRow = 8;

// Outputs in a layout, `by_channel` or position by position.
Layer laid(const Layout &layout, bool by_channel) {
    uint32_t positions = layout.rows * layout.width;
    Layer layer{layout, Array<uint32_t>(static_cast<size_t>(positions) * layout.channels),
                Array<uint8_t>::filled(layout.planes(), 1)};
    for (uint32_t channel = 0; channel < layout.channels; channel++)
        for (uint32_t position = 0; position < positions; position++) {
            uint32_t place = layout.place_of(channel, position);
            layer.zero[place] = 0;
            layer.place[by_channel ? channel * positions + position : position * layout.channels + channel] = place;
        }
    return layer;
}

// How wide the rows of the layer before are, so that padding is needed at their ends: along an input of a template, a row ends
// where padding begins, or begins where padding ends. One of the two is true at each row (the other is where the input comes back
// from the next row's other end), so half of the places must agree.
uint32_t width_before(const int64_t *gather, int64_t positions, int64_t inputs, uint32_t outputs) {
    constexpr int64_t kSampled = 64;
    Array<uint32_t> ends;
    for (int64_t input = 0; input < inputs; input += std::max<int64_t>(1, inputs / kSampled))
        for (int64_t position = 1; position < positions; position++) {
            int64_t last = gather[(position - 1) * inputs + input], here = gather[position * inputs + input];
            if ((last < 0) != (here < 0)) ends.push(static_cast<uint32_t>(last < 0 ? here : last + 1));
        }
    for (uint32_t width = outputs; width > 1; width--) {
        if (outputs % width) continue;
        auto agreeing = std::count_if(ends.begin(), ends.end(), [&](uint32_t end) { return end % width == 0; });
        if (static_cast<size_t>(5 * agreeing) >= 2 * ends.size() && !ends.empty()) return width;
    }
    return std::max(1u, outputs);
}

Layout in_rows(uint32_t width, uint32_t count, uint32_t pad) { return {1, count / width, width, pad, 0}; }

// How the last layer may lie for a layer of a template behind it.
std::vector<Layer> choices(const netc_templates &network, const int64_t *gather, int64_t positions, int64_t inputs) {
    std::vector<Layer> layers;
    bool padded = std::any_of(gather, gather + positions * inputs, [](int64_t source) { return source < 0; });
    const Strips *strips = network.stages.empty() ? nullptr : network.stages.back().strips.get();
    uint32_t count = network.stages.empty() ? network.inputs : strips ? 0 : network.stages.back().dense->num_outputs;
    uint32_t width = strips ? 0 : padded ? width_before(gather, positions, inputs, count) : std::max(1u, count);
    for (Padding padding : kPaddings) {
        if (!padded && padding.pad) break;
        if (strips) {
            // Long rows of an image are several strips.
            for (uint32_t times = 1; times <= (padding.pad && strips->height == 1 ? kMostStripsOfRow : 1); times++) {
                Layout layout = strips->outputs;
                if (layout.rows % times) continue;
                layout.rows /= times, layout.width *= times;
                layout.pad = padding.pad, layout.gap = padding.gap;
                layers.push_back(laid(layout, strips->by_channel));
            }
        } else if (!padding.gap) {
            layers.push_back(laid(in_rows(width, count, padding.pad), true));
        }
    }
    if (network.stages.empty()) {  // only what is read is there
        Array<uint32_t> place = Array<uint32_t>::filled(network.inputs, kNone);
        for (uint32_t i = 0; i < network.reads.size(); i++) place[network.reads[i]] = i;
        layers[0].place = std::move(place);
    }
    return layers;
}

// The planes of a stage: for its outputs, and what it needs within.
struct Sizes {
    uint32_t outputs, local;
};
Sizes sizes(const Stage &stage) {
    if (stage.strips) return {stage.strips->outputs.planes(), stage.strips->locals};
    const Dense &dense = *stage.dense;
    return {dense.own() + (dense.writes.empty() ? 0 : dense.outputs.planes()), 0};
}

void place(Strips &strips, uint32_t source, uint32_t target, uint32_t local, uint32_t zero) {
    strips.target = target;
    strips.copied += local;
    for (Strips::Record &record : strips.records)
        for (uint32_t *operand : {&record.to, &record.a, &record.b, &record.c}) {
            uint32_t index = *operand & kIndex;
            if (*operand & kTarget) *operand = kTarget | (target + strips.outputs.place_of(index, 0));
            else if (!(*operand & kInput)) *operand = local + index;
        }
    for (Row &row : strips.rows) {
        if (row.place == kZeroPlane) row.place = zero;
        else row.place = row.place & kCopied ? strips.copied + (row.place & ~kCopied) : source + row.place;
    }
    for (uint32_t &plane : strips.copies) plane = plane == kZeroPlane ? zero : source + plane;
}

// Where the outputs of the last stage are, as 2 * plane + complement.
void place_outputs(netc_templates &network, uint32_t start) {
    const Stage &last = network.stages.back();
    if (last.strips) {
        for (uint32_t place : laid(last.strips->outputs, last.strips->by_channel).place) network.places.push(2 * (start + place));
        return;
    }
    const netc_layout &layout = last.dense->wide->layout;
    for (uint32_t i = 0; i < last.dense->num_outputs; i++) {
        bool constant = layout.places[i] >> 1 == layout.planes;
        network.places.push(constant ? 2 * network.planes + (layout.places[i] & 1) : 2 * start + layout.places[i]);
    }
}

void finish(netc_templates &network) {
    uint32_t region[2] = {static_cast<uint32_t>(network.reads.size()), 0}, local = 0;
    bool holds_inputs = network.stages[0].dense && network.stages[0].dense->wide;  // a first stage of an engine does
    auto side_of = [&](size_t i) { return (i + !holds_inputs) % 2; };
    for (size_t i = 0; i < network.stages.size(); i++) {
        Sizes needed = sizes(network.stages[i]);
        uint32_t &own = region[side_of(i)];
        own = std::max(own, needed.outputs);
        local = std::max(local, needed.local);
    }
    uint64_t planes = uint64_t{region[0]} + region[1] + local;
    if (planes > kIndex) throw UserError{"", "the network needs more planes than a template's operands reach"};
    network.planes = static_cast<uint32_t>(planes);
    uint32_t start[2] = {0, region[0]}, outputs = 0;  // where the outputs of the layer before begin
    for (size_t i = 0; i < network.stages.size(); i++) {
        uint32_t own = start[side_of(i)];
        if (network.stages[i].strips) {
            place(*network.stages[i].strips, outputs, own, region[0] + region[1], network.planes);
            outputs = own;
            continue;
        }
        Dense &dense = *network.stages[i].dense;
        dense.start = own;
        for (uint32_t &plane : dense.reads) plane += outputs;
        for (uint32_t &plane : dense.writes) {
            if (plane == kNone) continue;
            bool constant = dense.wide && plane >> 1 == dense.wide->layout.planes;
            plane = constant ? 2 * network.planes + (plane & 1) : plane + 2 * (dense.wide ? own : outputs);
        }
        dense.target = own + dense.own();
        outputs = dense.writes.empty() ? own : dense.target;
    }
    place_outputs(network, outputs);
}

// Has the outputs of an engine's layers put together for a layer of a template.
void write(Dense &dense, const Layout &layout) {
    dense.outputs = layout;
    for (uint32_t i = 0; i < dense.num_outputs; i++) dense.writes.push(dense.wide->layout.places[i]);
}

// Has inputs put where a layer of a template wants them.
void write_inputs(netc_templates &network, const Layout &layout) {
    auto made = std::make_unique<Dense>();
    made->num_outputs = network.inputs;
    made->outputs = layout;
    made->writes = Array<uint32_t>::filled(network.inputs, kNone);
    for (uint32_t i = 0; i < network.reads.size(); i++) made->writes[network.reads[i]] = 2 * i;
    network.stages.push_back({nullptr, std::move(made)});
}

void tile(netc_templates &network, netc_program &program, const int64_t *gather, int64_t positions, bool by_channel) {
    int64_t inputs = program.inputs;
    bool is_first = network.stages.empty();
    if (is_first) {
        Array<uint8_t> read = Array<uint8_t>::zeros(network.inputs);
        for (int64_t i = 0; i < positions * inputs; i++)
            if (gather[i] >= 0) read[static_cast<size_t>(gather[i])] = 1;
        for (uint32_t i = 0; i < network.inputs; i++)
            if (read[i]) network.reads.push(i);
    }
    std::vector<Layer> before = choices(network, gather, positions, inputs);
    size_t chosen = 0;
    std::unique_ptr<Strips> strips = plan_strips(program, gather, positions, before, chosen);
    strips->by_channel = by_channel;
    if (is_first) {
        if (chosen) write_inputs(network, before[chosen].layout);
    } else if (Strips *last = network.stages.back().strips.get()) {
        last->outputs = before[chosen].layout;
    } else {
        write(*network.stages.back().dense, before[chosen].layout);
    }
    network.stages.push_back({std::move(strips), nullptr});
}

void dense(netc_templates &network, const netc_kernel *wide, const netc_kernel *small, int64_t outputs) {
    auto made = std::make_unique<Dense>();
    made->wide = wide, made->small = small, made->num_outputs = static_cast<uint32_t>(outputs);
    const netc_layout &layout = wide->layout;
    if (network.stages.empty()) {
        for (int64_t i = 0; i < layout.num_reads; i++) network.reads.push(layout.reads[i]);
    } else {
        Stage &last = network.stages.back();
        if (last.dense) write(*last.dense, in_rows(std::max(1u, last.dense->num_outputs), last.dense->num_outputs, 0));
        Layer before = last.strips ? laid(last.strips->outputs, last.strips->by_channel) : laid(last.dense->outputs, true);
        for (int64_t i = 0; i < layout.num_reads; i++) made->reads.push(before.place[layout.reads[i]]);
    }
    network.stages.push_back({nullptr, std::move(made)});
}

}  // namespace
}  // namespace netc

using namespace netc;

extern "C" {

netc_templates *netc_templates_new(int64_t inputs) {
    auto *network = new (std::nothrow) netc_templates;
    if (network) network->inputs = static_cast<uint32_t>(inputs);
    return network;
}

void netc_templates_free(netc_templates *network) { delete network; }

int64_t netc_templates_tile(netc_templates *network, netc_program *program, const int64_t *gather, int64_t positions,
                            int64_t by_channel) {
    return guard([&]() -> int64_t {
        tile(*network, *program, gather, positions, by_channel);
        return 0;
    });
}

int64_t netc_templates_dense(netc_templates *network, const netc_kernel *wide, const netc_kernel *small, int64_t outputs) {
    return guard([&]() -> int64_t {
        dense(*network, wide, small, outputs);
        return 0;
    });
}

int64_t netc_templates_finish(netc_templates *network) {
    return guard([&]() -> int64_t {
        finish(*network);
        return 0;
    });
}

void netc_templates_layout(const netc_templates *network, netc_layout *layout) {
    *layout = {network->planes, static_cast<int64_t>(network->reads.size()), network->reads.data(), network->places.data()};
}

int64_t netc_templates_operations(const netc_templates *network) {
    int64_t operations = 0;
    for (const Stage &stage : network->stages)
        if (stage.strips) operations += static_cast<int64_t>(stage.strips->records.size()) * stage.strips->length() * stage.strips->count();
    return operations;
}

int64_t netc_templates_strip(const netc_templates *network, int64_t layer) {
    for (const Stage &stage : network->stages) {
        if (stage.dense && !stage.dense->wide) continue;  // no layer
        if (layer-- == 0) return stage.strips ? stage.strips->length() : 0;
    }
    return 0;
}
}
