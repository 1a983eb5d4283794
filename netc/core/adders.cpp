// Random patterns give every node a row of bits. A node is taken for the XOR of two signals a few levels below it where
// its row is, which keys that are linear over GF(2) tell quickly; the XOR of three comes of two such pairs. For each, the
// row of the carry is computed, in all phases of the operands, and looked up among all nodes. So an adder is found whatever
// other passes have made of it. What the rows suggest is then proved.
#include "netc/core/adders.hpp"

#include <algorithm>
#include <utility>

#include "netc/core/prover.hpp"
#include "netc/core/random.hpp"
#include "netc/core/truth.hpp"

namespace netc {
namespace {

constexpr size_t kWords = 8;        // of a row: even, so that a key does not tell a row from its complement
constexpr int kDepth = 4;           // of what is looked at below a node: two XORs of two levels each
constexpr size_t kNearby = 40;      // nodes below a node, at most
constexpr size_t kPairs = 12;       // kept for a node
constexpr int64_t kConflicts = 10;  // of a proof: most need none
constexpr int kFailures = 20;       // of proofs by SAT
constexpr int64_t kNodesPerUnit = 8;

struct Row {
    uint64_t words[kWords];

    uint64_t key() const {
        uint64_t key = 0;
        for (size_t w = 0; w < kWords; w++) key ^= words[w] << (7 * w) | words[w] >> ((64 - 7 * w) & 63);
        return key;
    }
    bool is_zero() const {
        uint64_t any = 0;
        for (uint64_t word : words) any |= word;
        return any == 0;
    }
};

template <class Op>
Row combined(const Row &a, const Row &b, Op op) {
    Row row;
    for (size_t w = 0; w < kWords; w++) row.words[w] = op(a.words[w], b.words[w]);
    return row;
}

class Finder {
public:
    Finder(Graph &graph, netc_context *context)
        : graph_(graph),
          context_(context),
          made_(graph.leaves(), graph.num_ands()),
          prover_(made_, &random_, context),
          lit_of_(graph.num_nodes(), kNone),
          rows_(graph.num_nodes()),
          keys_(graph.num_nodes()),
          pairs_(graph.num_nodes()),
          used_(graph.num_nodes(), 0) {
        order_.renew(graph_);
        for (Node leaf = 0; leaf <= graph_.leaves(); leaf++) {
            lit_of_[leaf] = make_lit(leaf);
            for (size_t w = 0; w < kWords; w++) rows_[leaf].words[w] = leaf == 0 ? 0 : w % 2 ? random_.next() : graded();
            note(leaf);
        }
        for (Node node : order_.nodes()) {
            Lit a = graph_.fanin0(node), b = graph_.fanin1(node);
            lit_of_[node] = made_.and_(literal(a), literal(b));
            uint64_t flip_a = -uint64_t{a & 1}, flip_b = -uint64_t{b & 1};
            rows_[node] = combined(rows_[node_of(a)], rows_[node_of(b)],
                                   [=](uint64_t x, uint64_t y) { return (x ^ flip_a) & (y ^ flip_b); });
            note(node);
        }
        std::sort(by_key_.begin(), by_key_.end());
    }

    std::vector<Adder> run() {
        for (Node node : order_.nodes()) {
            find_pairs(node);
            if (stop(context_, kUnits)) return {};
        }
        for (Node node : order_.nodes()) find_full(node);
        for (Node node : order_.nodes()) find_half(node);
        for (Node node : order_.nodes()) find_sum(node);
        std::sort(found_.begin(), found_.end(), [&](const Adder &a, const Adder &b) { return place(a) < place(b); });
        return std::move(found_);
    }

private:
    static constexpr int64_t kUnits = static_cast<int64_t>(kNearby) / kNodesPerUnit;
    enum Use : uint8_t { kSum = 1, kCarry = 2, kWithin = 4, kOperand = 8 };
    struct Pair {
        Node a, b;
        bool is_free;  // neither says anything of the other
    };

    // A word of which bit i is 1 with probability i / 64, so that sums of many inputs are now small, now large.
    uint64_t graded() {
        uint64_t less = 0;  // whether a random number of six bits is less than i, from the last bit on
        for (int bit = 0; bit < 6; bit++) {
            uint64_t random = random_.next(), differs = random ^ kVariable[bit];
            less = (less & ~differs) | (kVariable[bit] & differs);
        }
        return less;
    }

    Lit literal(Lit lit) const { return mapped(lit_of_.data(), lit); }
    void note(Node node) {
        keys_[node] = rows_[node].key();
        if (keys_[node]) by_key_.push_back({keys_[node], order_[node], node});
    }
    uint32_t place(const Adder &adder) const {
        return std::max(order_[node_of(adder.sum)], adder.has_carry() ? order_[node_of(adder.carry)] : 0);
    }
    bool is_made(Node node) const { return used_[node] & (kSum | kCarry); }

    // ---- sums ----

    // The nodes a few levels below one, the nearest first.
    void look_below(Node node) {
        nearby_.assign(1, node);
        near_.clear(graph_.num_nodes());
        near_.add(node);
        size_t begin = 0;
        for (int depth = 0; depth < kDepth; depth++) {
            size_t end = nearby_.size();
            for (size_t i = begin; i < end; i++) {
                if (!graph_.is_and(nearby_[i])) continue;
                for (Lit fanin : {graph_.fanin0(nearby_[i]), graph_.fanin1(nearby_[i])}) {
                    if (near_.has(node_of(fanin)) || nearby_.size() > kNearby) continue;
                    near_.add(node_of(fanin));
                    nearby_.push_back(node_of(fanin));
                }
            }
            begin = end;
        }
    }

    // Pairs of signals below a node of which it is the XOR; of those of which one says something of the other, only
    // those that it has for an XOR or an OR.
    void find_pairs(Node node) {
        look_below(node);
        std::vector<Pair> &pairs = pairs_[node];
        for (size_t i = 1; i < nearby_.size(); i++) {
            uint64_t wanted = keys_[node] ^ keys_[nearby_[i]];
            for (size_t j = i + 1; j < nearby_.size() && pairs.size() < kPairs; j++) {
                Node a = std::min(nearby_[i], nearby_[j]), b = std::max(nearby_[i], nearby_[j]);
                if (keys_[nearby_[j]] != wanted || !is_sum(node, a, b)) continue;
                bool is_free = disjoint(a, b) == kFree;
                if (is_free || is_over(node, a, b)) pairs.push_back({a, b, is_free});
            }
        }
    }
    bool is_over(Node node, Node a, Node b) const {
        auto has = [&](Node now) {
            if (!graph_.is_and(now)) return false;
            Node x = node_of(graph_.fanin0(now)), y = node_of(graph_.fanin1(now));
            return std::min(x, y) == a && std::max(x, y) == b;
        };
        return has(node) || (has(node_of(graph_.fanin0(node))) && has(node_of(graph_.fanin1(node))));
    }
    bool is_sum(Node node, Node a, Node b) const {
        Row sum = combined(rows_[a], rows_[b], [](uint64_t x, uint64_t y) { return x ^ y; });
        return agrees(sum, node) != kNone;
    }
    // The phase in which two signals are never both true, or kFree.
    static constexpr int kFree = -1;
    int disjoint(Node a, Node b) const {
        for (int phase = 0; phase < 4; phase++)
            if (both(a, b, phase).is_zero()) return phase;
        return kFree;
    }
    // The literal of the node that has this row, or kNone.
    Lit agrees(const Row &row, Node node) const {
        uint64_t flip = (row.words[0] ^ rows_[node].words[0]) & 1 ? ~uint64_t{0} : 0;
        for (size_t w = 0; w < kWords; w++)
            if ((row.words[w] ^ flip) != rows_[node].words[w]) return kNone;
        return make_lit(node, flip != 0);
    }
    Row both(Node a, Node b, int phase) const {
        uint64_t flip_a = phase & 1 ? ~uint64_t{0} : 0, flip_b = phase & 2 ? ~uint64_t{0} : 0;
        return combined(rows_[a], rows_[b], [=](uint64_t x, uint64_t y) { return (x ^ flip_a) & (y ^ flip_b); });
    }

    // ---- carries ----

    // Calls take(literal) for nodes that have this row and are no sum or carry yet, until it is true.
    template <class Take>
    bool lookup(const Row &row, Take &&take) {
        uint64_t key = row.key();
        if (key == 0) return false;
        for (auto at = std::lower_bound(by_key_.begin(), by_key_.end(), Entry{key, 0, 0});
             at != by_key_.end() && at->key == key; ++at) {
            if (!graph_.is_and(at->node) || is_made(at->node)) continue;
            Lit lit = agrees(row, at->node);
            if (lit != kNone && take(lit)) return true;
        }
        return false;
    }

    void find_full(Node node) {
        for (Pair outer : pairs_[node])
            for (auto [within, c] : {std::make_pair(outer.a, outer.b), std::make_pair(outer.b, outer.a)})
                for (Pair inner : pairs_[within]) {
                    if (inner.a == c || inner.b == c || !inner.is_free || is_made(node)) continue;
                    Node operands[3] = {inner.a, inner.b, c};
                    for (int phase : {0, 1, 2, 4})
                        if (find_majority(node, within, operands, phase)) return;
                }
    }
    bool find_majority(Node node, Node within, const Node *operands, int phase) {
        Lit lits[3];
        for (int i = 0; i < 3; i++) lits[i] = make_lit(operands[i], phase >> i & 1);
        Row row = combined(both(operands[0], operands[1], phase), combined(either(lits[0], lits[1]), of(lits[2]), kAnd), kOr);
        context_->work += 1;
        return lookup(row, [&](Lit carry) {
            Node made = node_of(carry);
            if (made == node || made == within || made == operands[0] || made == operands[1] || made == operands[2])
                return false;
            if (!accept(lits, node, carry)) return false;
            used_[within] |= kWithin;
            return true;
        });
    }

    void find_half(Node node) {
        if (used_[node] & (kSum | kCarry | kWithin)) return;
        for (Pair pair : pairs_[node])
            for (int phase = 0; phase < 4 && pair.is_free; phase++) {
                Lit lits[3] = {make_lit(pair.a, phase & 1), make_lit(pair.b, phase >> 1 & 1), kFalse};
                context_->work += 1;
                bool is_found = lookup(both(pair.a, pair.b, phase), [&](Lit carry) {
                    Node made = node_of(carry);
                    if (made == node || made == pair.a || made == pair.b || goes_with(made, node, pair)) return false;
                    return accept(lits, node, carry);
                });
                if (is_found) return;
            }
    }
    // Whether a node is there only for the sum of a pair.
    bool goes_with(Node made, Node node, Pair pair) {
        for (Node operand : {pair.a, pair.b}) graph_.hold(make_lit(operand));
        bool goes = false;
        graph_.dereference(node, [&](Node now) { goes |= now == made; });
        graph_.reference(node);
        for (Node operand : {pair.a, pair.b}) graph_.release(make_lit(operand));
        return goes;
    }

    // Sums of two signals that no other adder reads, but some make: one of which nobody wants the carry, as at the top, or
    // an OR of two of which at most one is true.
    void find_sum(Node node) {
        if (used_[node] & (kSum | kCarry | kWithin)) return;
        Pair fanins{node_of(graph_.fanin0(node)), node_of(graph_.fanin1(node)), false};
        if (try_sum(node, fanins)) return;
        for (Pair pair : pairs_[node])
            if (try_sum(node, pair)) return;
    }
    bool try_sum(Node node, Pair pair) {
        if (!is_made(pair.a) || !is_made(pair.b) || ((used_[pair.a] | used_[pair.b]) & kOperand)) return false;
        if (!is_sum(node, pair.a, pair.b)) return false;
        int phase = disjoint(pair.a, pair.b);
        Lit lits[3] = {make_lit(pair.a), make_lit(pair.b), kFalse};
        if (phase == kFree) return accept(lits, node, kNone);
        for (int i = 0; i < 2; i++) lits[i] = complement_if(lits[i], phase >> i & 1);
        return accept(lits, node, kFalse);
    }

    static constexpr auto kAnd = [](uint64_t x, uint64_t y) { return x & y; };
    static constexpr auto kOr = [](uint64_t x, uint64_t y) { return x | y; };
    static constexpr auto kXor = [](uint64_t x, uint64_t y) { return x ^ y; };
    Row of(Lit lit) const {
        Row row = rows_[node_of(lit)];
        for (uint64_t &word : row.words) word ^= -uint64_t{lit & 1};
        return row;
    }
    Row either(Lit a, Lit b) const { return combined(of(a), of(b), kOr); }

    // Keeps an adder if both of its outputs are proved.
    bool accept(const Lit *lits, Node sum, Lit carry) {
        Row row = combined(combined(of(lits[0]), of(lits[1]), kXor), of(lits[2]), kXor);
        Adder adder{{lits[0], lits[1], lits[2]}, agrees(row, sum), carry};
        Builder::Sum made = made_.full_adder(literal(lits[0]), literal(lits[1]), literal(lits[2]));
        if (!prove(literal(adder.sum), made.sum) || (carry != kNone && !prove(literal(carry), made.carry))) return false;
        found_.push_back(adder);
        used_[sum] |= kSum;
        if (adder.has_carry()) used_[node_of(carry)] |= kCarry;
        for (Lit lit : adder.operands) used_[node_of(lit)] |= kOperand;
        return true;
    }

    // SAT is asked until it has failed a few times: where cones are deep that takes long.
    bool prove(Lit a, Lit b) {
        bool by_sat = failures_ < kFailures;
        Verdict verdict = a == b ? Verdict::equal : by_sat ? prover_.prove(a, b, kConflicts) : prover_.prove_by_window(a, b);
        failures_ += by_sat && verdict != Verdict::equal;
        return verdict == Verdict::equal;
    }

    struct Entry {
        uint64_t key;
        uint32_t place;
        Node node;
        bool operator<(const Entry &other) const { return key != other.key ? key < other.key : place < other.place; }
    };

    Graph &graph_;
    netc_context *context_;
    Random random_{1};
    Builder made_;  // the graph, and the adders that are asked for
    Prover prover_;
    int failures_ = 0;
    TopologicalOrder order_;
    std::vector<Lit> lit_of_;  // by node: what it is in made_
    std::vector<Row> rows_;
    std::vector<uint64_t> keys_;
    std::vector<Entry> by_key_;
    std::vector<std::vector<Pair>> pairs_;
    std::vector<uint8_t> used_;
    std::vector<Node> nearby_;
    Marks near_;
    std::vector<Adder> found_;
};

}  // namespace

std::vector<Adder> find_adders(Graph &graph, netc_context *context) { return Finder(graph, context).run(); }

}  // namespace netc
