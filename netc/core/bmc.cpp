// Bounded model checking: whether pairs of literals can differ in the first steps from reset. Random runs first, then the
// steps one after another in one hashed graph with one solver. Classes of corresponding nodes, where they are known, make
// the steps smaller: a member is replaced by its representative.
#include <algorithm>
#include <vector>

#include "netc/core/scorr.hpp"
#include "netc/core/simulate.hpp"

namespace netc {
namespace {

constexpr size_t kWords = 8;  // 512 random runs side by side

class Bounded {
public:
    Bounded(const MachineView &machine, size_t depth, uint64_t seed, netc_context *context, uint8_t *pattern)
        : machine_(machine),
          aig_(machine_.aig),
          depth_(depth),
          pairs_((aig_.num_roots - machine.latches()) / 2),
          seed_(seed),
          context_(context),
          pattern_(pattern) {}

    Lit first(size_t pair) const { return aig_.roots[machine_.latches() + pair]; }
    Lit second(size_t pair) const { return aig_.roots[machine_.latches() + pairs_ + pair]; }

    // 1 + the step in which a random run shows a difference, or 0.
    size_t simulate_runs(int64_t *different) {
        Random random{seed_};
        Array<uint64_t> values(kWords * aig_.num_nodes()), state(kWords * machine_.latches());
        // the words drawn, so that the lane that shows a difference can be written down
        std::vector<uint64_t> free(kWords * machine_.free), inputs;
        for (uint64_t &word : free) word = random.next();
        for (uint32_t latch = 0; latch < machine_.latches(); latch++) {
            uint32_t initial = machine_.initial[latch];
            for (size_t w = 0; w < kWords; w++)
                state[latch * kWords + w] =
                    initial >= 2 ? free[(initial - 2) * kWords + w] : -static_cast<uint64_t>(initial);
        }
        for (size_t step = 0; step < depth_; step++) {
            if (stop(context_, 1 + static_cast<int64_t>(kWords) * aig_.num_nodes() / 8)) return 0;
            for (size_t i = 0; i < kWords * machine_.inputs; i++) inputs.push_back(values[kWords + i] = random.next());
            std::copy(state.begin(), state.end(), &values[kWords * (1 + machine_.inputs)]);
            simulate(aig_, values.data(), kWords);
            for (size_t pair = 0; pair < pairs_; pair++)
                for (size_t w = 0; w < kWords; w++) {
                    uint64_t difference = value(values, first(pair), w) ^ value(values, second(pair), w);
                    if (!difference) continue;
                    int lane = __builtin_ctzll(difference);
                    for (size_t i = 0; i < (step + 1) * machine_.inputs; i++)
                        pattern_[i] = inputs[i * kWords + w] >> lane & 1;
                    for (size_t i = 0; i < machine_.free; i++)
                        pattern_[depth_ * machine_.inputs + i] = free[i * kWords + w] >> lane & 1;
                    *different = static_cast<int64_t>(pair);
                    return step + 1;
                }
            for (uint32_t latch = 0; latch < machine_.latches(); latch++)
                for (size_t w = 0; w < kWords; w++) state[latch * kWords + w] = value(values, machine_.next(latch), w);
        }
        return 0;
    }

    // 1 + the step in which a pair differs, or 0; *proved counts the steps before in which none can.
    size_t unroll(const uint32_t *representatives, int64_t conflicts, int64_t *different, int64_t *proved) {
        uint32_t inputs = machine_.inputs, depth = static_cast<uint32_t>(depth_);
        Builder made(depth * inputs + machine_.free);
        Random random{seed_};
        Prover prover(made, &random, context_);
        Array<Lit> image(aig_.num_nodes()), state(machine_.latches());
        for (uint32_t latch = 0; latch < machine_.latches(); latch++) {
            uint32_t initial = machine_.initial[latch];
            state[latch] = initial < 2 ? initial : make_lit(1 + depth * inputs + initial - 2);
        }
        bool all = true;
        for (uint32_t step = 0; step < depth; step++) {
            for (Node node = 0; node < aig_.num_nodes(); node++) {
                Lit same = representatives ? representatives[node] : make_lit(node);
                if (node_of(same) != node) image[node] = mapped(image.data(), same);
                else if (aig_.is_and(node))
                    image[node] = made.and_(mapped(image.data(), aig_.fanin0(node)), mapped(image.data(), aig_.fanin1(node)));
                else if (node > inputs) image[node] = state[node - 1 - inputs];
                else image[node] = node ? make_lit(step * inputs + node) : kFalse;
            }
            if (stop(context_, aig_.num_nodes())) return 0;
            for (size_t pair = 0; pair < pairs_; pair++) {
                Lit a = mapped(image.data(), first(pair)), b = mapped(image.data(), second(pair));
                if (a == b) continue;
                if (stop(context_, 1)) return 0;
                Verdict verdict = prover.prove(a, b, conflicts);
                all &= verdict == Verdict::equal;
                if (verdict != Verdict::different) continue;
                std::copy(prover.pattern().begin(), prover.pattern().end(), pattern_);
                *different = static_cast<int64_t>(pair);
                return step + 1;
            }
            if (all) *proved = step + 1;
            for (uint32_t latch = 0; latch < machine_.latches(); latch++)
                state[latch] = mapped(image.data(), machine_.next(latch));
        }
        return 0;
    }

private:
    static uint64_t value(const Array<uint64_t> &values, Lit lit, size_t word) {
        return values[node_of(lit) * kWords + word] ^ -static_cast<uint64_t>(lit & 1);
    }

    MachineView machine_;
    const AigView &aig_;
    size_t depth_, pairs_;
    uint64_t seed_;
    netc_context *context_;
    uint8_t *pattern_;
};

}  // namespace
}  // namespace netc

using namespace netc;

extern "C" {

int64_t netc_runs(const netc_machine *machine, netc_context *context, int64_t depth, int64_t seed, uint8_t *pattern,
                  int64_t *different) {
    return guard([&]() -> int64_t {
        Bounded bounded(machine_view(*machine), static_cast<size_t>(depth), static_cast<uint64_t>(seed), context, pattern);
        return static_cast<int64_t>(bounded.simulate_runs(different));
    });
}

int64_t netc_bmc(const netc_machine *machine, netc_context *context, int64_t depth, int64_t conflicts, int64_t seed,
                 const uint32_t *representatives, uint8_t *pattern, int64_t *different, int64_t *proved) {
    return guard([&]() -> int64_t {
        *proved = 0;
        Bounded bounded(machine_view(*machine), static_cast<size_t>(depth), static_cast<uint64_t>(seed), context, pattern);
        return static_cast<int64_t>(bounded.unroll(representatives, conflicts, different, proved));
    });
}
}
