// LUTs made of ANDs: of several circuits for a function the one that adds the fewest to what is there.
#pragma once

#include <algorithm>
#include <cstdint>

#include "netc/core/builder.hpp"
#include "netc/core/four.hpp"
#include "netc/core/random.hpp"
#include "netc/core/synthesis.hpp"

namespace netc {

class LutMaker {
public:
    LutMaker(Synthesis &synthesis, Random &random) : synthesis_(synthesis), random_(random) {}

    // A function between the two over these literals; `others(offer)` may offer(circuit) further ones. Of equals one is
    // drawn.
    template <class Others>
    Lit make(Builder &builder, const Lit *leaves, int size, uint64_t lower, uint64_t upper, Others &&others);
    Lit make(Builder &builder, const Lit *leaves, int size, uint64_t table) {
        return make(builder, leaves, size, table, table, [](auto &&) {});
    }

private:
    static constexpr size_t kOffered = 8;  // structures of a class, the smallest

    template <class Offer>
    static void offer_library(uint16_t table, int size, Offer &&offer);

    Synthesis &synthesis_;
    Random &random_;
};

template <class Others>
Lit LutMaker::make(Builder &builder, const Lit *leaves, int size, uint64_t lower, uint64_t upper, Others &&others) {
    Circuit best;
    size_t least = SIZE_MAX;
    uint64_t ties = 0;
    auto offer = [&](Circuit circuit) {
        size_t added = 0;
        circuit.build(leaves, [&](Lit a, Lit b) {
            Lit lit = a >= kNone - 1 || b >= kNone - 1 ? kNone : builder.find(a, b);
            added += lit == kNone;
            return lit;
        });
        if (added > least) return;
        ties = added < least ? 1 : ties + 1;
        if (random_.next() % ties) return;
        least = added;
        best = std::move(circuit);
    };
    offer(synthesis_.circuit(Table::of(&lower, size), Table::of(&upper, size)));
    if (size <= 4 && lower == upper) offer_library(static_cast<uint16_t>(lower), size, offer);
    others(offer);
    return best.build(leaves, builder);
}

template <class Offer>
void LutMaker::offer_library(uint16_t table, int size, Offer &&offer) {
    const FourInput &library = FourInput::instance();
    Lit inputs[4] = {kFalse, kFalse, kFalse, kFalse};
    for (int i = 0; i < size; i++) inputs[i] = make_lit(static_cast<Node>(1 + i));
    const std::vector<Structure> &structures = library.structures[library.class_of[table]].list;
    for (size_t i = 0; i < std::min(structures.size(), kOffered); i++) {
        const Structure &structure = structures[i];
        if (structure.output == Structure::kFalseOutput) continue;
        Builder builder(static_cast<uint32_t>(size));
        offer(Circuit::of(builder, FourInput::build(builder, structure, library.transform_of[table], inputs)));
    }
}

}  // namespace netc
