// The laws of a graph and the two linear scans that everyone asks for: levels and fan-out counts.
#include "netc/core/aig.hpp"

#include "netc/core/builder.hpp"

namespace netc {

namespace {
thread_local std::string error_what;
thread_local std::string error_place;
thread_local std::string error_hint;
}  // namespace

void set_error(const std::string &place, const std::string &what, const std::string &hint) noexcept {
    try {
        error_place = place;
        error_what = what;
        error_hint = hint;
    } catch (...) {  // no memory even for the message
        error_place.clear();
        error_what.clear();
        error_hint.clear();
    }
}

namespace {

void check(const netc_aig &aig) {
    if (aig.num_ands < 0 || aig.leaves < 0 || 1 + aig.leaves + aig.num_ands >= kMaxNodes)
        throw UserError{"", "a graph has at most 2147483647 nodes"};
    AigView view(aig);
    for (Node node = view.first_and(); node < view.num_nodes(); node++) {
        Lit a = view.fanin0(node), b = view.fanin1(node);
        if (node_of(a) >= node)
            throw UserError{"", format("node %u has fan-in literal %u, which is not of an earlier node", node, a)};
        if (a < b) throw UserError{"", format("node %u has fan-ins %u, %u: the larger literal comes first", node, a, b)};
    }
    for (size_t i = 0; i < view.num_roots; i++)
        if (node_of(view.roots[i]) >= view.num_nodes())
            throw UserError{"", format("root %zu is literal %u, but the graph has %u nodes", i, view.roots[i],
                                       view.num_nodes())};
}

bool is_hashed(const AigView &aig) {
    Builder builder(aig.leaves, aig.num_ands);
    for (Node node = aig.first_and(); node < aig.num_nodes(); node++)
        if (builder.and_(aig.fanin0(node), aig.fanin1(node)) != make_lit(node)) return false;
    return true;
}

}  // namespace
}  // namespace netc

using namespace netc;

extern "C" {

const char *netc_error(void) { return error_what.c_str(); }
const char *netc_error_place(void) { return error_place.c_str(); }
const char *netc_error_hint(void) { return error_hint.c_str(); }
void netc_free(void *memory) { std::free(memory); }

int64_t netc_aig_check(const netc_aig *aig) {
    return guard([&]() -> int64_t {
        check(*aig);
        return 0;
    });
}

int64_t netc_aig_is_hashed(const netc_aig *aig) {
    return guard([&]() -> int64_t { return is_hashed(AigView(*aig)); });
}

int64_t netc_aig_levels(const netc_aig *graph, uint32_t *levels) {
    return guard([&]() -> int64_t {
        AigView aig(*graph);
        for (Node node = 0; node <= aig.leaves; node++) levels[node] = 0;
        for (Node node = aig.first_and(); node < aig.num_nodes(); node++) {
            uint32_t a = levels[node_of(aig.fanin0(node))], b = levels[node_of(aig.fanin1(node))];
            levels[node] = 1 + (a > b ? a : b);
        }
        uint32_t depth = 0;
        for (size_t i = 0; i < aig.num_roots; i++)
            if (levels[node_of(aig.roots[i])] > depth) depth = levels[node_of(aig.roots[i])];
        return depth;
    });
}

int64_t netc_aig_fanouts(const netc_aig *graph, uint32_t *fanouts) {
    return guard([&]() -> int64_t {
        AigView aig(*graph);
        for (Node node = 0; node < aig.num_nodes(); node++) fanouts[node] = 0;
        for (size_t i = 0; i < 2 * static_cast<size_t>(aig.num_ands); i++) fanouts[node_of(aig.ands[i])]++;
        for (size_t i = 0; i < aig.num_roots; i++) fanouts[node_of(aig.roots[i])]++;
        return 0;
    });
}

int64_t netc_aig_live(const netc_aig *graph, uint8_t *live) {
    return guard([&]() -> int64_t {
        AigView aig(*graph);
        for (Node node = 0; node < aig.num_nodes(); node++) live[node] = 0;
        for (size_t i = 0; i < aig.num_roots; i++) live[node_of(aig.roots[i])] = 1;
        int64_t count = 0;
        for (Node node = aig.num_nodes(); node-- > aig.first_and();) {
            if (!live[node]) continue;
            live[node_of(aig.fanin0(node))] = live[node_of(aig.fanin1(node))] = 1;
            count++;
        }
        return count;
    });
}
}
