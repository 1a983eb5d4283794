// Don't-care-based resubstitution of LUTs: the graph is covered, the network of LUTs made smaller (lut_resub.hpp), and its
// LUTs are made of ANDs again.
#include <vector>

#include "netc/core/graph.hpp"
#include "netc/core/lut_maker.hpp"
#include "netc/core/lut_resub.hpp"
#include "netc/core/mapper.hpp"

extern "C" {
#include "passes/mfs.h"
}

using namespace netc;

namespace {

constexpr int kMapWork = 8;  // units of work a node in covering

struct Options {
    int k;
    LutResubOptions resub;
    int64_t rounds, grow;
};

void run(const AigView &aig, netc_context *context, const Options &options, netc_step *step) {
    Graph graph(aig, context);
    int64_t most = graph.num_ands() + graph.num_ands() * options.grow / 100;
    Synthesis synthesis;
    Random random{options.resub.seed};
    MapOptions map;
    map.seed = random.next() | 1;
    Cover cover = cover_by_luts(aig, context, options.k, map);
    context->work += int64_t{kMapWork} * aig.num_ands;
    LutNetwork network(aig, cover, synthesis);
    LutResub resub(network, options.resub, context);
    for (int64_t round = 0; round < options.rounds; round++)
        if (resub.run() == 0) break;

    Builder made(aig.leaves, aig.num_ands);
    LutMaker maker(synthesis, random);
    std::vector<Lit> place(network.num_nodes(), kNone);
    for (Node node = 0; node <= aig.leaves; node++) place[node] = make_lit(node);
    for (Node node : network.order()) {
        const LutNetwork::Lut &lut = network.lut(node);
        Lit inputs[6] = {};
        for (int i = 0; i < lut.size; i++) inputs[i] = place[lut.inputs[i]];
        place[node] = maker.make(made, inputs, lut.size, lut.table);
    }
    if (made.num_ands() > most) {
        graph.finish(step);
        return;
    }
    Array<Lit> roots(aig.num_roots);
    for (size_t i = 0; i < aig.num_roots; i++) roots[i] = mapped(place.data(), network.roots()[i]);
    Array<uint32_t> image = new_image(aig);
    for (size_t i = 0; i < cover.luts.size(); i++) {
        Node node = aig.first_and() + static_cast<Node>(i);
        if (resub.is_same(node)) image[cover.luts[i].node] = place[node];
    }
    // ANDs that were made for LUTs of which a later one needed less than all.
    AigView view(made.ands().data(), made.num_ands(), aig.leaves, roots.data(), roots.size());
    Graph left(view, context);
    netc_step last;
    left.finish(&last);
    for (Node node = 0; node < aig.num_nodes(); node++)
        if (image[node] != kNone) {
            Lit to = last.image[node_of(image[node])];
            image[node] = to == kNone ? kNone : complement_if(to, is_complemented(image[node]));
        }
    netc_free(last.image);
    step->num_ands = last.num_ands;
    step->ands = last.ands;
    step->roots = last.roots;
    step->image = image.release();
}

}  // namespace

extern "C" int64_t netc_pass_mfs(const netc_aig *graph, netc_context *context, int64_t k, int64_t window, int64_t cone,
                                 int64_t conflicts, int64_t tries, int64_t rounds, int64_t work, int64_t grow,
                                 int64_t seed, netc_step *step) {
    return guard([&]() -> int64_t {
        LutResubOptions resub;
        resub.window = static_cast<uint32_t>(window);
        resub.cone = static_cast<uint32_t>(cone);
        resub.conflicts = conflicts;
        resub.tries = tries;
        resub.work = work;
        resub.seed = static_cast<uint64_t>(seed);
        run(AigView(*graph), context, {static_cast<int>(k), resub, rounds, grow}, step);
        return 0;
    });
}
