// DAG-aware rewriting with cuts of up to four or five leaves.
//
// The graph changes in place, node by node from the leaves on. For each node, each of its cuts, and each structure that there
// is for the cut's function, the gain is the number of ANDs that only this node needs (its cone above the cut that nothing
// else uses) less the number of ANDs the structure would add, where ANDs that exist already, anywhere, are free. The best
// structure with a gain replaces the node.
//
// Cuts are kept with a node until something in the cone between them changes, so that leaves are always below their node.
// After Mishchenko, Chatterjee, Brayton: DAG-aware AIG rewriting, DAC 2006.
#include <algorithm>
#include <type_traits>
#include <vector>

#include "netc/core/cuts.hpp"
#include "netc/core/five.hpp"
#include "netc/core/four.hpp"
#include "netc/core/graph.hpp"
#include "netc/core/truth.hpp"

extern "C" {
#include "passes/rewrite.h"
}

using namespace netc;

namespace {

constexpr int kMaxCuts = 32;
constexpr size_t kExpectedCuts = 8;  // a node

template <int K>
class Rewriter {
    using Word = std::conditional_t<K == 4, uint16_t, uint32_t>;
    struct Cut {
        Node leaves[K];
        Word table;  // repeated to fill the word
        uint8_t size;
        uint32_t signature;
    };

public:
    Rewriter(const AigView &aig, netc_context *context, int cuts, bool zero_gain)
        : context_(context),
          max_cuts_(std::min(std::max(cuts, 1), kMaxCuts)),
          zero_gain_(zero_gain),
          library_(FourInput::instance()),
          graph_(aig, context) {
        cuts_.reserve(kExpectedCuts * aig.num_ands);
    }

    void run(netc_step *step) {
        Node nodes = graph_.num_nodes();  // those that are made on the way are not improved again
        for (Node node = graph_.first_and(); node < nodes; node++) {
            if ((node & 1023) == 0) progress(context_, node, nodes);
            if (!graph_.is_alive(node)) continue;
            if (stop(context_, 1)) break;
            improve(node);
        }
        graph_.finish(step);
    }

private:
    // ---- cuts ----

    static Cut trivial(Node node) { return {{node}, static_cast<Word>(kVariable[0]), 1, leaf_signature(node)}; }

    static Word stretched(const Cut &from, const Cut &to) {
        uint8_t position[K] = {};
        leaf_positions(from, to, position);
        uint64_t table = from.table;
        if (K == 4) table |= table << 16;
        return static_cast<Word>(expand(table | table << 32, position, from.size));
    }

    // Takes out the leaves that the function does not depend on.
    static bool drop_leaves(Cut &cut) {
        uint64_t table = cut.table;
        if (K == 4) table |= table << 16;
        table |= table << 32;
        int kept = 0;
        for (int i = 0; i < cut.size; i++) {
            if (!depends_on(table, i)) continue;
            if (kept != i) table = swap_variables(table, kept, i);
            cut.leaves[kept++] = cut.leaves[i];
        }
        if (kept == cut.size) return false;
        cut.size = static_cast<uint8_t>(kept);
        cut.table = static_cast<Word>(table);
        cut.signature = 0;
        for (int i = 0; i < kept; i++) cut.signature |= leaf_signature(cut.leaves[i]);
        return true;
    }

    // Makes the cuts of a node that has none yet. Nodes of structures are asked in order, so fan-ins come first.
    void need_cuts(Node node) {
        while (num_cuts_.size() < graph_.num_nodes()) num_cuts_.push(0), first_cut_.push(0);
        need_.assign(1, node);
        while (!need_.empty()) {
            Node now = need_.back();
            if (num_cuts_[now] > 0) {
                need_.pop_back();
                continue;
            }
            if (!graph_.is_and(now)) {
                Cut cut = trivial(now);
                if (now == 0) cut = {{}, 0, 0, 0};
                keep_cuts(now, &cut, 1);
                need_.pop_back();
                continue;
            }
            Node x = node_of(graph_.fanin0(now)), y = node_of(graph_.fanin1(now));
            if (num_cuts_[x] == 0) need_.push_back(x);
            if (num_cuts_[y] == 0) need_.push_back(y);
            if (need_.back() != now) continue;
            enumerate(now);
            need_.pop_back();
        }
    }

    void keep_cuts(Node node, const Cut *cuts, int count) {
        first_cut_[node] = cuts_.size();
        num_cuts_[node] = static_cast<uint8_t>(count);
        for (int i = 0; i < count; i++) cuts_.push(cuts[i]);
    }

    void enumerate(Node node) {
        Lit a = graph_.fanin0(node), b = graph_.fanin1(node);
        const Cut *left = &cuts_[first_cut_[node_of(a)]], *right = &cuts_[first_cut_[node_of(b)]];
        const Cut *left_end = left + num_cuts_[node_of(a)], *right_end = right + num_cuts_[node_of(b)];
        Cut found[kMaxCuts + 1];
        int count = 0;
        // Whether the cut is not dominated; if so, those that it dominates go.
        auto admits = [&](const Cut &cut) {
            for (int i = 0; i < count; i++)
                if (dominates(found[i], cut)) return false;
            int kept = 0;
            for (int i = 0; i < count; i++)
                if (!dominates(cut, found[i])) found[kept++] = found[i];
            count = kept;
            return true;
        };
        for (const Cut *x = left; x < left_end; x++)
            for (const Cut *y = right; y < right_end; y++) {
                Cut cut;
                if (!merge_leaves<K>(*x, *y, cut) || !admits(cut) || count == max_cuts_) continue;
                Word tx = stretched(*x, cut), ty = stretched(*y, cut);
                if (is_complemented(a)) tx = static_cast<Word>(~tx);
                if (is_complemented(b)) ty = static_cast<Word>(~ty);
                cut.table = tx & ty;
                if (!drop_leaves(cut) || admits(cut)) found[count++] = cut;
            }
        context_->work += count / 4;
        found[count++] = trivial(node);
        keep_cuts(node, found, count);
    }

    // ---- structures ----

    // The structures of a function, and what its inputs and output are in them; the gates of one follow its inputs.
    struct Frame {
        const Structures *structures;
        const uint8_t *permutation;
        uint8_t inputs, phase;
        bool negate;
    };
    struct Choice {
        int gain = 0;
        const Structure *structure = nullptr;
        Frame frame{};
        Cut cut{};
    };

    Frame frame_of(const Cut &cut) {
        if (cut.size == 5) {
            const FiveInput::Found &found = five_.find(cut.table);
            return {found.structures, found.permutation, 5, found.phase, found.negate};
        }
        uint16_t table = static_cast<uint16_t>(cut.table);
        const Transform &t = library_.transform_of[table];
        return {&library_.structures[library_.class_of[table]], t.permutation, 4, t.phase, t.negate};
    }

    void bind(const Cut &cut, const Frame &frame) {
        inputs_ = frame.inputs;
        for (int i = 0; i < frame.inputs; i++) {
            uint8_t from = frame.permutation[i];
            values_[i] = complement_if(from < cut.size ? make_lit(cut.leaves[from]) : kFalse, frame.phase >> i & 1);
        }
    }

    // Takes the structures that beat the best choice so far: those that would add fewer ANDs. ANDs that only the root uses,
    // and which a structure would use again, count with what only they use.
    void weigh(const Cut &cut, Node root, int saved, Choice &best) {
        const Frame frame = frame_of(cut);
        auto take = [&](const Structure &structure, int cost) {
            if (saved - cost > best.gain) best = {saved - cost, &structure, frame, cut};
        };
        if (const Structure &first = frame.structures->list[0]; first.num_gates() == 0) return take(first, 0);
        bind(cut, frame);
        stamp_++;
        if (known_.size() < frame.structures->num_numbers) known_.resize(frame.structures->num_numbers);
        revived_.clear();
        const std::vector<Step> &steps = frame.structures->steps;
        for (size_t i = 0; i < steps.size();) {
            const Step &step = steps[i];
            const Count before = counts_[step.gate];
            for (; revived_.size() > before.revived; revived_.pop_back()) dying_.add(revived_.back());
            const Lit lit = existing(step);
            const int cost = before.added + (lit == kNone ? 1 : revive(node_of(lit)));
            if (saved - cost <= best.gain || (lit != kNone && node_of(lit) == root)) {  // the root: nothing would change
                i = step.otherwise;
                continue;
            }
            values_[inputs_ + step.gate] = lit;
            counts_[step.gate + 1] = {cost, revived_.size()};
            if (step.is_last) take(frame.structures->list[step.structure], cost);
            i++;
        }
    }
    // What a gate of a structure is in the graph, or kNone; looked up once for all structures of a cut.
    Lit existing(const Step &step) {
        Known &known = known_[step.number];
        if (known.stamp == stamp_) return known.lit;
        Lit a = value(step.a), b = value(step.b);
        known = {a == kNone || b == kNone ? kNone : graph_.find(a, b), stamp_};
        return known.lit;
    }
    int revive(Node node) {
        int count = 0;
        stack_.assign(1, node);
        while (!stack_.empty()) {
            Node now = stack_.back();
            stack_.pop_back();
            if (!dying_.has(now)) continue;
            dying_.remove(now);
            revived_.push_back(now);
            count++;
            stack_.push_back(node_of(graph_.fanin0(now)));
            stack_.push_back(node_of(graph_.fanin1(now)));
        }
        return count;
    }
    Lit value(uint8_t lit) const { return values_[lit >> 1] == kNone ? kNone : complement_if(values_[lit >> 1], lit & 1); }

    // Replaces a node where a structure gains.
    void improve(Node root) {
        Choice best;
        best.gain = zero_gain_ ? -1 : 0;
        need_cuts(root);
        five_.trim();
        int64_t known = five_.work();
        for (size_t i = first_cut_[root], end = i + num_cuts_[root]; i < end; i++) {
            const Cut &cut = cuts_[i];
            if (cut.size == 1 && cut.leaves[0] == root) continue;
            for (int i = 0; i < cut.size; i++) graph_.hold(make_lit(cut.leaves[i]));  // so that the cone ends at the cut
            dying_.clear(graph_.num_nodes());
            int saved = static_cast<int>(graph_.dereference(root, [&](Node node) { dying_.add(node); }));
            graph_.reference(root);
            for (int i = 0; i < cut.size; i++) graph_.release(make_lit(cut.leaves[i]));
            weigh(cut, root, saved, best);
            context_->work += 1;
        }
        context_->work += five_.work() - known;
        if (best.structure) replace(root, best);
    }

    void replace(Node root, const Choice &choice) {
        bind(choice.cut, choice.frame);
        Lit made = kFalse;
        Node before = graph_.num_nodes();
        if (choice.structure->output != Structure::kFalseOutput) {
            for (size_t i = 0; i < choice.structure->num_gates(); i++) {
                Lit a = value(choice.structure->gates[2 * i]), b = value(choice.structure->gates[2 * i + 1]);
                values_[inputs_ + i] = graph_.and_(a, b);
            }
            made = value(choice.structure->output);
        }
        graph_.replace(root, complement_if(made, choice.frame.negate));
        for (Node node = graph_.num_nodes(); node-- > before;)  // what the structure does not need after all
            if (graph_.is_alive(node) && graph_.references(node) == 0) graph_.drop(make_lit(node));
        for (Node node : graph_.rewired()) forget(node);
    }

    // The cuts of a node whose cone has changed, and of those above it.
    void forget(Node node) {
        stack_.assign(1, node);
        while (!stack_.empty()) {
            Node now = stack_.back();
            stack_.pop_back();
            if (now >= num_cuts_.size() || num_cuts_[now] == 0 || !graph_.is_alive(now)) continue;
            num_cuts_[now] = 0;
            graph_.for_each_fanout(now, [&](Node user) { stack_.push_back(user); });
        }
    }

    netc_context *context_;
    int max_cuts_;
    bool zero_gain_;
    const FourInput &library_;
    Graph graph_;
    Marks dying_;                  // ANDs that go with the node
    Array<Cut> cuts_;              // those of one node together
    Array<size_t> first_cut_;      // by node
    Array<uint8_t> num_cuts_;      // 0 where they have not been asked for
    std::vector<Node> stack_, need_, revived_;
    FiveInput five_;
    struct Known {
        Lit lit = kNone;
        uint32_t stamp = 0;
    };
    std::vector<Known> known_;  // by the number of a step
    uint32_t stamp_ = 0;
    struct Count {
        int added = 0;       // ANDs
        size_t revived = 0;  // so many of revived_
    };
    Count counts_[124];  // before each gate of a structure
    size_t inputs_ = 4;
    Lit values_[128] = {};  // of a structure: its inputs, then its gates
};

}  // namespace

extern "C" int64_t netc_pass_rewrite(const netc_aig *graph, netc_context *context, int64_t inputs, int64_t cuts,
                                     int64_t zero_gain, netc_step *step) {
    return guard([&]() -> int64_t {
        AigView aig(*graph);
        if (inputs == 4) Rewriter<4>(aig, context, static_cast<int>(cuts), zero_gain != 0).run(step);
        else Rewriter<5>(aig, context, static_cast<int>(cuts), zero_gain != 0).run(step);
        return 0;
    });
}
