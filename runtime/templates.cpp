// Layers one behind the other. Each reads only the one before, so two regions of planes do, which layers fill in turn; a third
// holds what is used within a layer.
#include "runtime/templates.hpp"

#include <algorithm>

namespace netc {
namespace {

constexpr uint32_t kMostPad = 3;  // planes that are 0 between rows: the padding of a window of 7 x 7

// The outputs of a template's layer with so many planes that are 0 between rows.
Layer laid(const Strips &given, uint32_t pad) {
    Strips strips;
    strips.length = given.length, strips.count = given.count, strips.channels = given.channels, strips.pad = pad;
    uint32_t positions = strips.length * strips.count;
    Layer layer{Array<uint32_t>(static_cast<size_t>(positions) * strips.channels), Array<uint8_t>::filled(strips.planes(), 1)};
    for (uint32_t channel = 0; channel < strips.channels; channel++)
        for (uint32_t position = 0; position < positions; position++) {
            uint32_t place = strips.place_of(channel, position);
            layer.zero[place] = 0;
            layer.place[given.by_channel ? channel * positions + position : position * strips.channels + channel] = place;
        }
    return layer;
}

Layer in_a_row(uint32_t count) {
    Layer layer{Array<uint32_t>(count), Array<uint8_t>::zeros(count)};
    for (uint32_t i = 0; i < count; i++) layer.place[i] = i;
    return layer;
}

// How the last layer may lie for a layer of a template behind it.
std::vector<Layer> choices(const netc_templates &network, const int64_t *gather, size_t size) {
    std::vector<Layer> layers;
    if (network.stages.empty()) {
        layers.push_back(in_a_row(static_cast<uint32_t>(network.reads.size())));
        Array<uint32_t> place = Array<uint32_t>::filled(network.inputs, kNone);
        for (uint32_t i = 0; i < network.reads.size(); i++) place[network.reads[i]] = i;
        layers.back().place = std::move(place);
    } else if (const Strips *strips = network.stages.back().strips.get()) {
        bool padded = std::any_of(gather, gather + size, [](int64_t source) { return source < 0; });
        for (uint32_t pad = 0; pad <= (padded ? kMostPad : 0); pad++) layers.push_back(laid(*strips, pad));
    } else {
        layers.push_back(in_a_row(network.stages.back().dense->outputs));
    }
    return layers;
}

// The planes of a stage: where its outputs begin, how many there are, and what it needs for itself.
struct Sizes {
    uint32_t outputs, local;
};
Sizes sizes(const Stage &stage) {
    if (stage.strips) return {stage.strips->planes(), stage.strips->locals};
    uint32_t own = static_cast<uint32_t>(stage.dense->wide->layout.planes) + 1;
    return {own + static_cast<uint32_t>(stage.dense->writes.size()), 0};
}

void place(Strips &strips, uint32_t source, uint32_t target, uint32_t local, uint32_t zero) {
    strips.target = target;
    strips.copied += local;
    for (Strips::Record &record : strips.records)
        for (uint32_t *operand : {&record.to, &record.a, &record.b, &record.c}) {
            uint32_t index = *operand & kIndex;
            if (*operand & kTarget) *operand = kTarget | (target + strips.place_of(index, 0));
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
        for (uint32_t place : laid(*last.strips, last.strips->pad).place) network.places.push(2 * (start + place));
        return;
    }
    const netc_layout &layout = last.dense->wide->layout;
    for (uint32_t i = 0; i < last.dense->outputs; i++) {
        bool constant = layout.places[i] >> 1 == layout.planes;
        network.places.push(constant ? 2 * network.planes + (layout.places[i] & 1) : 2 * start + layout.places[i]);
    }
}

void finish(netc_templates &network) {
    uint32_t region[2] = {static_cast<uint32_t>(network.reads.size()), 0}, local = 0;
    auto side_of = [&](size_t i) { return (i + !network.stages[0].dense) % 2; };  // a first stage of an engine holds the inputs
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
        for (uint32_t &plane : dense.writes)
            plane = plane >> 1 == dense.wide->layout.planes ? 2 * network.planes + (plane & 1) : plane + 2 * own;
        dense.target = own + static_cast<uint32_t>(dense.wide->layout.planes) + 1;
        outputs = dense.writes.empty() ? own : dense.target;
    }
    place_outputs(network, outputs);
}

void write_in_a_row(Dense &dense) {
    for (uint32_t i = 0; i < dense.outputs; i++) dense.writes.push(dense.wide->layout.places[i]);
}

void tile(netc_templates &network, netc_program &program, const int64_t *gather, int64_t positions, bool by_channel) {
    size_t size = static_cast<size_t>(positions) * program.inputs;
    if (network.stages.empty()) {
        Array<uint8_t> read = Array<uint8_t>::zeros(network.inputs);
        for (size_t i = 0; i < size; i++)
            if (gather[i] >= 0) read[static_cast<size_t>(gather[i])] = 1;
        for (uint32_t i = 0; i < network.inputs; i++)
            if (read[i]) network.reads.push(i);
    }
    std::vector<Layer> before = choices(network, gather, size);
    size_t pad = 0;
    std::unique_ptr<Strips> strips = plan_strips(program, gather, positions, before, pad);
    strips->by_channel = by_channel;
    if (!network.stages.empty()) {
        Stage &last = network.stages.back();
        if (last.strips) last.strips->pad = static_cast<uint32_t>(pad);
        else write_in_a_row(*last.dense);
    }
    network.stages.push_back({std::move(strips), nullptr});
}

void dense(netc_templates &network, const netc_kernel *wide, const netc_kernel *small, int64_t outputs) {
    auto made = std::make_unique<Dense>();
    made->wide = wide, made->small = small, made->outputs = static_cast<uint32_t>(outputs);
    const netc_layout &layout = wide->layout;
    if (network.stages.empty()) {
        for (int64_t i = 0; i < layout.num_reads; i++) network.reads.push(layout.reads[i]);
    } else {
        const Stage &last = network.stages.back();
        if (last.dense) write_in_a_row(*last.dense);
        Layer before = last.strips ? laid(*last.strips, last.strips->pad) : in_a_row(last.dense->outputs);
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
        if (stage.strips) operations += static_cast<int64_t>(stage.strips->records.size()) * stage.strips->length * stage.strips->count;
    return operations;
}

int64_t netc_templates_strip(const netc_templates *network, int64_t layer) {
    const Stage &stage = network->stages[static_cast<size_t>(layer)];
    return stage.strips ? stage.strips->length : 0;
}
}
