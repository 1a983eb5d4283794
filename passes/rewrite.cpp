// DAG-aware rewriting with cuts of up to four or five leaves.
//
// The graph is rebuilt in topological order through a hash table. For each node, each of its cuts,
// and each structure that there is for the cut's function, the gain is the number of ANDs that only this node
// needs (its cone above the cut that nothing else uses) less the number of ANDs the structure would add, where ANDs that
// exist already are free. The best structure with a gain replaces the node.
//
// Reference counts decide what is free. While the graph is rebuilt, the count of a new node includes the fan-outs that
// its old node still waits for, so a node is known to be used before its users are built.
// After Mishchenko, Chatterjee, Brayton: DAG-aware AIG rewriting, DAC 2006.
#include <algorithm>
#include <type_traits>
#include <vector>

#include "netc/core/builder.hpp"
#include "netc/core/cuts.hpp"
#include "netc/core/five.hpp"
#include "netc/core/four.hpp"
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
        : aig_(aig),
          context_(context),
          max_cuts_(std::min(std::max(cuts, 1), kMaxCuts)),
          zero_gain_(zero_gain),
          library_(FourInput::instance()),
          made_(aig.leaves, 2 * aig.num_ands) {  // room, because most questions to the table are about what is not there
        cuts_.reserve(kExpectedCuts * aig.num_ands);
        pending_ = Array<uint32_t>::zeros(aig.num_nodes());
        for (size_t i = 0; i < 2 * static_cast<size_t>(aig.num_ands); i++) pending_[node_of(aig.ands[i])]++;
        for (size_t i = 0; i < aig.num_roots; i++) pending_[node_of(aig.roots[i])]++;
    }

    void run(netc_step *step) {
        Array<uint32_t> image = new_image(aig_);
        for (Node node = 0; node <= aig_.leaves; node++) add_node(pending_[node] + 1);  // leaves never die
        bool stopped = false;
        for (Node node = aig_.first_and(); node < aig_.num_nodes(); node++) {
            if ((node & 1023) == 0) progress(context_, node, aig_.num_nodes());
            Lit a = mapped(image.data(), aig_.fanin0(node)), b = mapped(image.data(), aig_.fanin1(node));
            if (pending_[node] == 0) {  // dead: its fan-ins lose a use
                release(a);
                release(b);
                continue;
            }
            Lit lit = use_and(a, b);  // takes over the uses that this node made of a and b
            if (!stopped && made_.is_and(node_of(lit))) {
                stopped = stop(context_, 1);
                if (!stopped) lit = improve(lit);
            }
            image[node] = lit;
            references_[node_of(lit)] += pending_[node] - 1;  // one use was counted when the literal was made
        }
        compact(step, std::move(image));
    }

private:
    // Book-keeping for the node that was made last.
    void add_node(uint32_t references) {
        references_.push(references);
        first_cut_.push(0);
        num_cuts_.push(0);
    }

    // The AND of two literals, with one use; the uses that the caller holds of a and b move into it.
    Lit use_and(Lit a, Lit b) {
        Lit lit = made_.find(a, b);
        if (lit == kNone) {
            lit = made_.and_(a, b);
            add_node(1);
            return lit;
        }
        take(lit);
        release(a);
        release(b);
        return lit;
    }

    // One more use of a literal; a node that was dead takes its fan-ins back into use.
    void take(Lit lit) {
        stack_.assign(1, node_of(lit));
        while (!stack_.empty()) {
            Node node = stack_.back();
            stack_.pop_back();
            if (references_[node]++ > 0 || !made_.is_and(node)) continue;
            stack_.push_back(node_of(made_.fanin0(node)));
            stack_.push_back(node_of(made_.fanin1(node)));
        }
    }
    // One use less; returns the number of ANDs that died.
    uint32_t release(Lit lit) {
        uint32_t died = 0;
        stack_.assign(1, node_of(lit));
        while (!stack_.empty()) {
            Node node = stack_.back();
            stack_.pop_back();
            if (--references_[node] > 0 || !made_.is_and(node)) continue;
            died++;
            stack_.push_back(node_of(made_.fanin0(node)));
            stack_.push_back(node_of(made_.fanin1(node)));
        }
        return died;
    }

    // ---- cuts ----

    static Cut trivial(Node node) { return {{node}, static_cast<Word>(kVariable[0]), 1, leaf_signature(node)}; }

    static Word stretched(const Cut &from, const Cut &to) {
        uint8_t position[K] = {};
        leaf_positions(from, to, position);
        uint64_t table = from.table;
        if (K == 4) table |= table << 16;
        return static_cast<Word>(expand(table | table << 32, position, from.size));
    }

    // Makes the cuts of a node that has none yet. Nodes of structures are asked in order, so fan-ins come first.
    void need_cuts(Node node) {
        need_.assign(1, node);
        while (!need_.empty()) {
            Node now = need_.back();
            if (num_cuts_[now] > 0) {
                need_.pop_back();
                continue;
            }
            if (!made_.is_and(now)) {
                Cut cut = trivial(now);
                if (now == 0) cut = {{}, 0, 0, 0};
                keep_cuts(now, &cut, 1);
                need_.pop_back();
                continue;
            }
            Node x = node_of(made_.fanin0(now)), y = node_of(made_.fanin1(now));
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
        Lit a = made_.fanin0(node), b = made_.fanin1(node);
        const Cut *left = &cuts_[first_cut_[node_of(a)]], *right = &cuts_[first_cut_[node_of(b)]];
        const Cut *left_end = left + num_cuts_[node_of(a)], *right_end = right + num_cuts_[node_of(b)];
        Cut found[kMaxCuts + 1];
        int count = 0;
        for (const Cut *x = left; x < left_end; x++)
            for (const Cut *y = right; y < right_end; y++) {
                Cut cut;
                if (!merge_leaves<K>(*x, *y, cut)) continue;
                bool dominated = false;
                for (int i = 0; i < count && !dominated; i++) dominated = dominates(found[i], cut);
                if (dominated) continue;
                int kept = 0;
                for (int i = 0; i < count; i++)
                    if (!dominates(cut, found[i])) found[kept++] = found[i];
                count = kept;
                if (count == max_cuts_) continue;
                Word tx = stretched(*x, cut), ty = stretched(*y, cut);
                if (is_complemented(a)) tx = static_cast<Word>(~tx);
                if (is_complemented(b)) ty = static_cast<Word>(~ty);
                cut.table = tx & ty;
                found[count++] = cut;
            }
        context_->work += count / 4;
        found[count++] = trivial(node);
        keep_cuts(node, found, count);
    }

    // ---- structures ----

    // The structures of a function, and what its inputs and output are in them; the gates of one follow its inputs.
    struct Frame {
        const std::vector<Structure> *structures;
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

    // ANDs that a structure would add, or -1 when they exceed `limit` or the structure is the node itself. Dead nodes
    // that it would use again count, with their dead fan-ins; `root` is not counted on as existing.
    int added(const Structure &structure, Node root, int limit) {
        if (limit < 0) return -1;
        int count = 0;
        revived_.clear();
        for (size_t i = 0; i < structure.num_gates() && count >= 0; i++) {
            Lit a = value(structure.gates[2 * i]), b = value(structure.gates[2 * i + 1]);
            Lit lit = a == kNone || b == kNone ? kNone : made_.find(a, b);
            if (lit != kNone && node_of(lit) == root) count = -limit - 2;  // nothing would change
            else if (lit == kNone) count++;
            else count += revive(node_of(lit));
            values_[inputs_ + i] = lit;
            if (count > limit) count = -limit - 2;
        }
        for (Node node : revived_) references_[node] = 0;
        return count < 0 ? -1 : count;
    }
    // Counts a dead node that is used again, and its dead fan-ins; they are marked so as to count once.
    int revive(Node node) {
        int count = 0;
        stack_.assign(1, node);
        while (!stack_.empty()) {
            Node now = stack_.back();
            stack_.pop_back();
            if (references_[now] > 0 || !made_.is_and(now)) continue;
            references_[now] = 1;
            revived_.push_back(now);
            count++;
            stack_.push_back(node_of(made_.fanin0(now)));
            stack_.push_back(node_of(made_.fanin1(now)));
        }
        return count;
    }
    Lit value(uint8_t lit) const { return values_[lit >> 1] == kNone ? kNone : complement_if(values_[lit >> 1], lit & 1); }

    // Replaces a node, whose one use the caller holds, where a structure gains; returns the literal that holds the use.
    Lit improve(Lit lit) {
        Node root = node_of(lit);
        if (references_[root] != 1) return lit;  // shared already: its other users decided
        Choice best;
        best.gain = zero_gain_ ? -1 : 0;
        need_cuts(root);
        five_.trim();
        int64_t known = five_.work();
        for (size_t i = first_cut_[root], end = i + num_cuts_[root]; i < end; i++) {
            const Cut &cut = cuts_[i];
            if (cut.size == 1 && cut.leaves[0] == root) continue;
            bool dead_leaf = false;
            for (int i = 0; i < cut.size; i++) dead_leaf |= references_[cut.leaves[i]] == 0;
            if (dead_leaf) continue;
            for (int i = 0; i < cut.size; i++) references_[cut.leaves[i]]++;  // so that the cone ends at the cut
            int saved = static_cast<int>(release(make_lit(root)));
            Frame frame = frame_of(cut);
            bind(cut, frame);
            for (const Structure &structure : *frame.structures) {
                int cost = added(structure, root, saved - best.gain - 1);
                if (cost < 0) continue;
                best.gain = saved - cost;
                best.structure = &structure;
                best.frame = frame;
                best.cut = cut;
            }
            take(make_lit(root));
            for (int i = 0; i < cut.size; i++) references_[cut.leaves[i]]--;
            context_->work += 1;
        }
        context_->work += five_.work() - known;
        if (!best.structure) return lit;
        return replace(lit, best);
    }

    Lit replace(Lit lit, const Choice &choice) {
        bind(choice.cut, choice.frame);
        Lit made = kFalse;
        if (choice.structure->output != Structure::kFalseOutput) {
            for (size_t i = 0; i < choice.structure->num_gates(); i++) {
                Lit a = value(choice.structure->gates[2 * i]), b = value(choice.structure->gates[2 * i + 1]);
                Node before = made_.num_nodes();
                values_[inputs_ + i] = made_.and_(a, b);
                if (made_.num_nodes() > before) add_node(0);  // dead until the output is taken into use
            }
            made = value(choice.structure->output);
        }
        made = complement_if(made, choice.frame.negate);
        take(made);
        release(lit);
        return complement_if(made, is_complemented(lit));
    }

    // ---- the result ----

    void compact(netc_step *step, Array<uint32_t> image) {
        AigView built(made_.ands().data(), made_.num_ands(), aig_.leaves);
        Array<uint32_t> place = new_image(built);
        Array<Lit> ands;
        for (Node node = built.first_and(); node < built.num_nodes(); node++) {
            if (references_[node] == 0) continue;
            place[node] = make_lit(built.first_and() + static_cast<Node>(ands.size() / 2));
            Lit a = mapped(place.data(), built.fanin0(node)), b = mapped(place.data(), built.fanin1(node));
            ands.push(std::max(a, b));
            ands.push(std::min(a, b));
        }
        for (Node node = 0; node < aig_.num_nodes(); node++) {
            if (image[node] == kNone) continue;
            Lit to = place[node_of(image[node])];
            image[node] = to == kNone ? kNone : complement_if(to, is_complemented(image[node]));
        }
        Array<Lit> roots = mapped_roots(aig_, image.data());
        finish(step, std::move(ands), std::move(roots), std::move(image));
    }

    AigView aig_;
    netc_context *context_;
    int max_cuts_;
    bool zero_gain_;
    const FourInput &library_;
    Builder made_;
    Array<uint32_t> pending_;      // by old node: its uses
    Array<uint32_t> references_;   // by new node: uses, including those that still wait in old nodes
    Array<Cut> cuts_;              // those of one node together
    Array<size_t> first_cut_;      // by new node
    Array<uint8_t> num_cuts_;      // 0 where they have not been asked for
    std::vector<Node> stack_, need_, revived_;
    FiveInput five_;
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
