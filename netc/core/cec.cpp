// Combinational equivalence: both circuits in one hashed graph over shared leaves; sweep it; then each pair of roots is the
// same literal, or is refuted by a pattern, or is asked of the solver. Easy merges make hard ones easy, so the first round
// gives every question few conflicts, and each further round, on what the last one left, ten times as many, and asks two
// provers.
#include <algorithm>
#include <vector>

#include "netc/core/sweep.hpp"

extern "C" {
#include "netc/core/cec.h"
}

namespace netc {
namespace {

constexpr int64_t kFirstConflicts = 50;
constexpr int64_t kGrowth = 10;
constexpr size_t kRootsAtOnce = 16;
constexpr int64_t kRootShare = 10;  // a pair of roots may cost this many times what a pair inside may

class Check {
public:
    Check(const AigView &aig, netc_context *context, uint8_t *verdicts, uint8_t *pattern, int64_t *different,
          const Node *partners, Lit *image)
        : leaves_(aig.leaves),
          pairs_(aig.num_roots / 2),
          context_(context),
          verdicts_(verdicts),
          pattern_(pattern),
          different_(different),
          partners_(partners),
          image_(image),
          nodes_(aig.num_nodes()) {
        *different = -1;
        for (Node node = 0; image && node < nodes_; node++) image[node] = make_lit(node);
        roots_.assign(aig.roots, aig.roots + aig.num_roots);
        for (size_t i = 0; i < pairs_; i++) verdicts[i] = 2;
    }

    // Pairs that are one literal are equal; returns whether all are.
    bool settle() {
        bool all = true;
        for (size_t i = 0; i < pairs_; i++) {
            if (roots_[i] == roots_[pairs_ + i]) verdicts_[i] = 1;
            all &= verdicts_[i] == 1;
        }
        return all;
    }

    // One round over the graph: 0 a pair differs, 1 all are equal, 2 some are open; leaves the swept graph in `swept`.
    int64_t round(const AigView &aig, int64_t conflicts, bool first, Array<Lit> *swept) {
        SweepOptions options;
        options.conflicts = conflicts;
        Sweeper sweeper(aig, options, context_, std::move(patterns_), first ? partners_ : nullptr);
        for (size_t i = 0; i < pairs_ && first; i++) {
            if (verdicts_[i] != 2) continue;
            if (sweeper.find_difference(roots_[i], roots_[pairs_ + i])) return refute(i, sweeper.counterexample());
        }
        // Node by node, a counterexample to a deep node often refutes those below it too; once most are refuted, levels.
        if (first) sweeper.run();
        else sweeper.run_by_levels();
        for (Lit &root : roots_) root = mapped(sweeper.image(), root);
        for (Node node = 0; image_ && node < nodes_; node++) image_[node] = mapped(sweeper.image(), image_[node]);
        settle();
        for (size_t i = 0; i < pairs_ && first; i++) {
            if (verdicts_[i] == 1 || stop(context_, 1)) continue;
            Verdict verdict = sweeper.prove(roots_[i], roots_[pairs_ + i], kRootShare * conflicts);
            if (verdict == Verdict::different) return refute(i, sweeper.counterexample());
            if (verdict == Verdict::equal) verdicts_[i] = 1;
        }
        for (size_t next = 0; next < pairs_ && !first;) {
            std::vector<Question> questions;
            std::vector<size_t> asked;
            for (; next < pairs_ && questions.size() < kRootsAtOnce; next++) {
                if (verdicts_[next] == 1) continue;
                questions.push_back({roots_[next], roots_[pairs_ + next]});
                asked.push_back(next);
            }
            if (questions.empty() || !sweeper.answer(questions, kRootShare * conflicts)) break;
            for (size_t i = 0; i < questions.size(); i++) {
                if (questions[i].verdict == Verdict::different) return refute(asked[i], questions[i].pattern.data());
                if (questions[i].verdict == Verdict::equal) verdicts_[asked[i]] = 1;
            }
        }
        *swept = std::move(sweeper.made().ands());
        patterns_ = sweeper.take_patterns();
        return settle() ? 1 : 2;
    }

    const std::vector<Lit> &roots() const { return roots_; }

private:
    int64_t refute(size_t pair, const uint8_t *pattern) {
        verdicts_[pair] = 0;
        *different_ = static_cast<int64_t>(pair);
        for (uint32_t leaf = 0; leaf < leaves_; leaf++) pattern_[leaf] = pattern[leaf];
        return 0;
    }

    uint32_t leaves_;
    size_t pairs_;
    netc_context *context_;
    uint8_t *verdicts_;
    uint8_t *pattern_;
    int64_t *different_;
    const Node *partners_;
    Lit *image_;
    Node nodes_;
    std::vector<Lit> roots_;
    std::vector<uint64_t> patterns_;  // what earlier rounds found
};

}  // namespace
}  // namespace netc

using namespace netc;

extern "C" int64_t netc_cec(const netc_aig *graph, netc_context *context, int64_t most_conflicts, uint8_t *verdicts,
                            uint8_t *pattern, int64_t *different, const uint32_t *partners, uint32_t *image) {
    return guard([&]() -> int64_t {
        AigView aig(*graph);
        Check check(aig, context, verdicts, pattern, different, partners, image);
        if (check.settle()) return 1;  // equal by structure alone
        Array<Lit> ands;
        for (int64_t conflicts = std::min(kFirstConflicts, most_conflicts);; conflicts *= kGrowth) {
            conflicts = std::min(conflicts, most_conflicts);
            bool first = ands.empty();
            AigView now(first ? aig.ands : ands.data(), first ? aig.num_ands : static_cast<uint32_t>(ands.size() / 2),
                        aig.leaves);
            Array<Lit> swept;
            int64_t answer = check.round(now, conflicts, first, &swept);
            if (answer != 2 || conflicts == most_conflicts || context->stopped_at >= 0) return answer;
            ands = std::move(swept);
        }
    });
}
