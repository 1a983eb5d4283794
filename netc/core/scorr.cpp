#include "netc/core/scorr.hpp"

#include <algorithm>
#include <cstring>

#include "netc/core/simulate.hpp"

namespace netc {
namespace {

constexpr size_t kWords = 8;    // 512 runs side by side
constexpr size_t kFrames = 64;  // of random simulation from reset

}  // namespace

Correspondence::Correspondence(const MachineView &machine, const CorrespondenceOptions &options, netc_context *context)
    : machine_(machine),
      aig_(machine_.aig),
      options_(options),
      context_(context),
      random_{options.seed},
      signature_(Array<uint64_t>::zeros(aig_.num_nodes())),
      phase_(Array<uint8_t>::zeros(aig_.num_nodes())),
      candidate_(aig_.num_nodes()),
      assumed_(aig_.num_nodes()) {
    simulate_from_reset();
    group();
}

// ---- simulation ---------------------------------------------------------------------------------------------------

// Takes in what values_ shows in the lanes that are valid; the first always is.
void Correspondence::refine(size_t words, uint64_t valid) {
    for (Node node = 0; node < aig_.num_nodes(); node++) {
        const uint64_t *row = &values_[node * words];
        if (!phases_known_) phase_[node] = row[0] & 1;
        uint64_t flip = -static_cast<uint64_t>(phase_[node]), signature = signature_[node];
        for (size_t w = 0; w < words; w++) {
            uint64_t value = (row[w] & valid) | (-(row[w] & 1) & ~valid);
            signature = mix(signature ^ value ^ flip);
        }
        signature_[node] = signature;
    }
    phases_known_ = true;
    context_->work += static_cast<int64_t>(words) * aig_.num_nodes() / 8;
}

// The latches take the next states of the frame in values_.
void Correspondence::next_frame(size_t words) {
    state_.resize(machine_.latches() * words);
    for (uint32_t latch = 0; latch < machine_.latches(); latch++) {
        Lit next = machine_.next(latch);
        uint64_t flip = -static_cast<uint64_t>(next & 1);
        for (size_t w = 0; w < words; w++) state_[latch * words + w] = values_[node_of(next) * words + w] ^ flip;
    }
    std::memcpy(&values_[(1 + machine_.inputs) * words], state_.data(), state_.size() * sizeof(uint64_t));
}

// Free values are rows of `free`, [free][words].
void Correspondence::start_frame(uint64_t *free, size_t words) {
    for (uint32_t latch = 0; latch < machine_.latches(); latch++) {
        uint32_t initial = machine_.initial[latch];
        for (size_t w = 0; w < words; w++)
            values_[machine_.latch(latch) * words + w] =
                initial >= 2 ? free[(initial - 2) * words + w] : -static_cast<uint64_t>(initial);
    }
}

void Correspondence::simulate_from_reset() {
    values_ = Array<uint64_t>(kWords * aig_.num_nodes());
    Array<uint64_t> free(kWords * machine_.free);
    for (uint64_t &word : free) word = random_.next();
    start_frame(free.data(), kWords);
    for (size_t frame = 0; frame < kFrames; frame++) {
        if (frame) next_frame(kWords);
        for (size_t i = 0; i < kWords * machine_.inputs; i++) values_[kWords + i] = random_.next();
        simulate(aig_, values_.data(), kWords);
        refine(kWords, ~0ull);
    }
}

// A counterexample's value in the first lane, and in the others flipped with probability 1/16.
uint64_t Correspondence::near(uint8_t value) {
    uint64_t flips = random_.sparse() & ~uint64_t{1};
    return -static_cast<uint64_t>(value) ^ flips;
}

// candidate_[node] = the first node with its signature. Open addressing over node indices.
void Correspondence::group() {
    size_t slots = 64;
    while (slots < 2 * static_cast<size_t>(aig_.num_nodes())) slots *= 2;
    Array<Node> table = Array<Node>::filled(slots, kNone);
    for (Node node = 0; node < aig_.num_nodes(); node++) {
        size_t slot = signature_[node] & (slots - 1);
        while (table[slot] != kNone && signature_[table[slot]] != signature_[node]) slot = (slot + 1) & (slots - 1);
        if (table[slot] == kNone) table[slot] = node;
        candidate_[node] = table[slot];
    }
}

// ---- proof --------------------------------------------------------------------------------------------------------

// One graph of several frames, and what its nodes stand for.
struct Correspondence::Round {
    Builder made;
    Prover prover;
    std::vector<Array<Lit>> image, state;  // by frame: the literal of each node, and what each latch is by its next state
    bool from_reset, split = false;

    Round(size_t leaves, size_t ands, Random *random, netc_context *context, bool from_reset)
        : made(static_cast<uint32_t>(leaves), ands), prover(made, random, context), from_reset(from_reset) {}
};

Lit Correspondence::build(Node node, const Array<Lit> &image, const Array<Lit> &state, size_t frame, Builder *made) {
    if (aig_.is_and(node)) return made->and_(mapped(image.data(), aig_.fanin0(node)), mapped(image.data(), aig_.fanin1(node)));
    if (node > machine_.inputs) return state[node - 1 - machine_.inputs];
    return node ? make_lit(static_cast<Node>(frame * machine_.inputs) + node) : kFalse;
}

// Merges the node's literal with its representative's where they are proved equal, else splits the class. False when the
// context says stop.
bool Correspondence::settle(Node node, Lit lit, Round *round) {
    Array<Lit> &image = round->image.back();
    image[node] = lit;
    while (candidate_[node] != node) {
        Node first = candidate_[node];
        Lit target = complement_if(image[first], phase_[node] != phase_[first]);
        if (lit == target) break;
        if (stop(context_, 1)) return false;
        Verdict verdict = round->prover.prove(lit, target, options_.conflicts);
        if (verdict == Verdict::equal) {
            image[node] = target;
            break;
        }
        if (verdict == Verdict::unknown) {
            candidate_[node] = node;
            signature_[node] = random_.next();  // alone from now on
        } else if (!(round->from_reset ? learn_first_steps(round) : learn_step(round))) {
            continue;
        }
        round->split = true;
        assert(candidate_[node] != first);
    }
    return !stop(context_, 1);
}

// All classes hold in the first steps from reset: frame by frame, so that a pattern's later frames do not matter.
bool Correspondence::prove_first_steps() {
    size_t inputs = machine_.inputs, steps = static_cast<size_t>(options_.steps);
    Round round(steps * inputs + machine_.free, 0, &random_, context_, true);
    Array<Lit> state(machine_.latches());
    for (uint32_t latch = 0; latch < machine_.latches(); latch++) {
        uint32_t initial = machine_.initial[latch];
        state[latch] = initial < 2 ? initial : make_lit(static_cast<Node>(1 + steps * inputs) + initial - 2);
    }
    for (size_t frame = 0; frame < steps; frame++) {
        round.image.emplace_back(aig_.num_nodes());
        for (Node node = 0; node < aig_.num_nodes(); node++)
            if (!settle(node, build(node, round.image.back(), state, frame, &round.made), &round)) return false;
        for (uint32_t latch = 0; latch < machine_.latches(); latch++)
            state[latch] = mapped(round.image.back().data(), machine_.next(latch));
    }
    return true;
}

// The pattern of the first steps: the inputs of each frame, then the free values at reset.
bool Correspondence::learn_first_steps(Round *round) {
    const Array<uint8_t> &pattern = round->prover.pattern();
    size_t inputs = machine_.inputs, steps = static_cast<size_t>(options_.steps);
    values_ = Array<uint64_t>(aig_.num_nodes());
    Array<uint64_t> free(machine_.free);
    for (size_t i = 0; i < machine_.free; i++) free[i] = near(pattern[steps * inputs + i]);
    start_frame(free.data(), 1);
    for (size_t frame = 0; frame < steps; frame++) {
        if (frame) next_frame(1);
        for (size_t i = 0; i < inputs; i++) values_[1 + i] = near(pattern[frame * inputs + i]);
        simulate(aig_, values_.data(), 1);
        refine(1, ~0ull);
    }
    group();
    return true;
}

// One round: the classes that held in the steps before hold in the next one.
bool Correspondence::prove_step(bool *split) {
    size_t inputs = machine_.inputs, steps = static_cast<size_t>(options_.steps);
    Round round((steps + 1) * inputs + machine_.latches(), aig_.num_ands, &random_, context_, false);
    std::copy(candidate_.begin(), candidate_.end(), assumed_.begin());
    round.state.emplace_back(machine_.latches());
    for (uint32_t latch = 0; latch < machine_.latches(); latch++)
        round.state[0][latch] = make_lit(static_cast<Node>(1 + (steps + 1) * inputs) + latch);
    for (size_t frame = 0; frame <= steps; frame++) {
        round.image.emplace_back(aig_.num_nodes());
        Array<Lit> &image = round.image.back();
        for (Node node = 0; node < aig_.num_nodes(); node++) {
            Node first = assumed_[node];
            if (frame < steps && first != node) {
                image[node] = complement_if(image[first], phase_[node] != phase_[first]);
                continue;
            }
            Lit lit = build(node, image, round.state[frame], frame, &round.made);
            if (frame < steps) image[node] = lit;
            else if (!settle(node, lit, &round)) return false;
        }
        round.state.emplace_back(machine_.latches());
        for (uint32_t latch = 0; latch < machine_.latches(); latch++)
            round.state.back()[latch] = mapped(image.data(), machine_.next(latch));
    }
    *split = round.split;
    return true;
}

// A frame in which the classes are assumed to hold: a member has its representative's value. Returns the lanes in which
// all members' own functions agree; those that disagree in the first lane are required to agree from now on.
uint64_t Correspondence::simulate_assumed(size_t frame, Round *round) {
    uint64_t valid = ~0ull;
    values_[0] = 0;
    for (Node node = 1; node < aig_.num_nodes(); node++) {
        uint64_t own = values_[node];
        if (aig_.is_and(node)) {
            Lit a = aig_.fanin0(node), b = aig_.fanin1(node);
            own = (values_[node_of(a)] ^ -static_cast<uint64_t>(a & 1)) & (values_[node_of(b)] ^ -static_cast<uint64_t>(b & 1));
        }
        Node first = assumed_[node];
        values_[node] = first == node ? own : values_[first] ^ -static_cast<uint64_t>(phase_[first] != phase_[node]);
        // the first frame's latches are free, so that replacing them loses nothing
        if (first == node || (frame == 0 && !aig_.is_and(node))) continue;
        uint64_t wrong = own ^ values_[node];
        valid &= ~wrong;
        if (!(wrong & 1)) continue;
        Lit lit = build(node, round->image[frame], round->state[frame], frame, &round->made);
        round->prover.require(complement(round->made.xor_(lit, round->image[frame][node])));
    }
    return valid;
}

// The pattern of a step: the inputs of all frames, then the latches of the first. False if it was none, because classes
// that are assumed to hold do not hold under it.
bool Correspondence::learn_step(Round *round) {
    const Array<uint8_t> &pattern = round->prover.pattern();
    size_t inputs = machine_.inputs, steps = static_cast<size_t>(options_.steps);
    values_ = Array<uint64_t>(aig_.num_nodes());
    for (size_t latch = 0; latch < machine_.latches(); latch++)
        values_[1 + inputs + latch] = near(pattern[(steps + 1) * inputs + latch]);
    uint64_t valid = ~0ull;
    for (size_t frame = 0; frame < steps; frame++) {
        if (frame) next_frame(1);
        for (size_t i = 0; i < inputs; i++) values_[1 + i] = near(pattern[frame * inputs + i]);
        valid &= simulate_assumed(frame, round);
        if (!(valid & 1)) return false;
    }
    next_frame(1);
    for (size_t i = 0; i < inputs; i++) values_[1 + i] = near(pattern[steps * inputs + i]);
    simulate(aig_, values_.data(), 1);
    refine(1, valid);
    group();
    return true;
}

bool Correspondence::run() {
    if (!prove_first_steps()) return false;
    for (bool split = true; split;) {
        rounds_++;
        if (!prove_step(&split)) return false;
    }
    return true;
}

}  // namespace netc

using namespace netc;

extern "C" int64_t netc_scorr(const netc_machine *machine, netc_context *context, int64_t steps, int64_t conflicts,
                              int64_t seed, uint32_t *representatives) {
    return guard([&]() -> int64_t {
        CorrespondenceOptions options;
        options.steps = steps;
        options.conflicts = conflicts;
        options.seed = static_cast<uint64_t>(seed);
        MachineView view = machine_view(*machine);
        Correspondence correspondence(view, options, context);
        if (!correspondence.run()) return 0;
        for (Node node = 0; node < view.aig.num_nodes(); node++)
            representatives[node] = correspondence.representative(node);
        return correspondence.rounds();
    });
}
