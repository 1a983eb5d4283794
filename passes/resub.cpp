// Windowed Boolean resubstitution.
//
// For each node: a cut of up to K leaves that grows where paths reconverge; the window is the cone above it and every AND
// beside the cone whose fan-ins are in the window. Truth tables over the leaves say whether the node can be made from other
// nodes of the window, its divisors, with fewer ANDs than its cone has for itself (its MFFC). Nodes of the MFFC are divisors
// too, at the price of the part of it that they keep alive: so a redundant fan-in somewhere in the cone is found as well.
// The graph changes at once, and the next node sees the new one.
#include <algorithm>
#include <vector>

#include "netc/core/graph.hpp"
#include "netc/core/resynthesis.hpp"
#include "netc/core/truth.hpp"

extern "C" {
#include "passes/resub.h"
}

using namespace netc;

namespace {

constexpr size_t kConeNodes = 300;      // of a window, below the root
constexpr uint32_t kManyFanouts = 100;  // uses of a node that are looked through for divisors beside the cone
constexpr uint64_t kWorkUnit = 256;     // words for one unit of work

class Resubstitution {
public:
    Resubstitution(const AigView &aig, netc_context *context, int leaves, int gates, int divisors, bool zero_gain)
        : context_(context),
          graph_(aig, context),
          max_leaves_(static_cast<size_t>(leaves)),
          max_divisors_(static_cast<size_t>(divisors)),
          gates_(gates),
          zero_gain_(zero_gain) {
        level_ = graph_.levels();
        place_ = Array<uint32_t>::zeros(graph_.num_nodes());
    }

    void run(netc_step *step) {
        Node end = graph_.num_nodes();
        for (Node node = graph_.first_and(); node < end; node++) {
            if (!graph_.is_alive(node)) continue;
            if ((node & 255) == 0) progress(context_, node, end);
            uint64_t words = resynthesis_.work;
            improve(node);
            if (stop(context_, 1 + static_cast<int64_t>((resynthesis_.work - words) / kWorkUnit))) break;
        }
        graph_.finish(step);
    }

private:
    void improve(Node node) {
        find_cut(node);
        order_cone(node);
        uint32_t mffc = find_mffc(node);
        find_divisors(node);
        simulate(node);
        for (int needed = 1; needed >= (zero_gain_ ? 0 : 1); needed--) {  // what gains nothing only where nothing gains
            auto accept = [&](const Expression &expression) { return substitute(node, expression, needed); };
            if (resynthesis_.search(static_cast<int>(mffc) - needed, gates_, accept)) return;
        }
    }

    // ---- the window ----

    // Grows a cut from the fan-ins: always the leaf that adds the fewest leaves, the highest of those.
    void find_cut(Node node) {
        inside_.clear(graph_.num_nodes());
        leaves_.clear();
        inside_.add(node);
        size_t cone = 1;
        for (Lit fanin : {graph_.fanin0(node), graph_.fanin1(node)}) add_leaf(node_of(fanin));
        while (cone < kConeNodes) {
            size_t best = leaves_.size();
            int fewest = 3;
            for (size_t i = 0; i < leaves_.size(); i++) {
                Node leaf = leaves_[i];
                if (!graph_.is_and(leaf)) continue;
                int more = !inside_.has(node_of(graph_.fanin0(leaf))) + !inside_.has(node_of(graph_.fanin1(leaf)));
                if (more < fewest || (more == fewest && level_[leaf] > level_[leaves_[best]])) {
                    best = i;
                    fewest = more;
                }
            }
            if (best == leaves_.size() || leaves_.size() - 1 + static_cast<size_t>(fewest) > max_leaves_) break;
            Node opened = leaves_[best];
            leaves_.erase(leaves_.begin() + static_cast<std::ptrdiff_t>(best));
            cone++;
            for (Lit fanin : {graph_.fanin0(opened), graph_.fanin1(opened)}) add_leaf(node_of(fanin));
        }
    }
    void add_leaf(Node node) {
        if (inside_.has(node)) return;
        inside_.add(node);
        leaves_.push_back(node);
    }

    // window_ = the leaves, then the cone in topological order without the root.
    void order_cone(Node root) {
        placed_.clear(graph_.num_nodes());
        window_ = leaves_;
        for (size_t i = 0; i < leaves_.size(); i++) {
            placed_.add(leaves_[i]);
            place_[leaves_[i]] = static_cast<uint32_t>(i);
        }
        stack_.assign(1, root);
        while (!stack_.empty()) {
            Node now = stack_.back();
            bool ready = true;
            for (Lit fanin : {graph_.fanin0(now), graph_.fanin1(now)})
                if (!placed_.has(node_of(fanin))) {
                    stack_.push_back(node_of(fanin));
                    ready = false;
                }
            if (!ready) continue;
            stack_.pop_back();
            if (now != root && !placed_.has(now)) place(now);
        }
    }
    void place(Node node) {
        placed_.add(node);
        place_[node] = static_cast<uint32_t>(window_.size());
        window_.push_back(node);
    }

    // The MFFC above the leaves; marks it.
    uint32_t find_mffc(Node node) {
        own_.clear(graph_.num_nodes());
        for (Node leaf : leaves_) graph_.hold(make_lit(leaf));
        uint32_t count = graph_.dereference(node, [&](Node member) { own_.add(member); });
        graph_.reference(node);
        for (Node leaf : leaves_) graph_.release(make_lit(leaf));
        return count;
    }

    // ANDs beside the cone with both fan-ins in the window; they join it. Such a node never depends on the root, since
    // nothing in the window but the root itself does, and that is no divisor.
    void find_divisors(Node root) {
        for (size_t i = 0; i < window_.size() && window_.size() < max_divisors_; i++) {
            Node node = window_[i];
            if (graph_.references(node) > kManyFanouts) continue;
            graph_.for_each_fanout(node, [&](Node user) {
                if (user == root || placed_.has(user) || window_.size() >= max_divisors_) return;
                if (!placed_.has(node_of(graph_.fanin0(user))) || !placed_.has(node_of(graph_.fanin1(user)))) return;
                place(user);
            });
        }
    }

    void simulate(Node root) {
        size_t words = leaves_.size() <= 6 ? 1 : size_t{1} << (leaves_.size() - 6);
        resynthesis_.begin(words);
        for (size_t i = 0; i < window_.size(); i++) {
            uint64_t *row = resynthesis_.add(0);
            if (i < leaves_.size()) {
                for (size_t w = 0; w < words; w++) row[w] = i < 6 ? kVariable[i] : -static_cast<uint64_t>(w >> (i - 6) & 1);
            } else {
                conjunction(window_[i], row);
                if (own_.has(window_[i])) resynthesis_.set_price(i, kept(window_[i]));
            }
        }
        resynthesis_.work += window_.size() * words;
        uint64_t *on = resynthesis_.on(), *off = resynthesis_.off();
        conjunction(root, on);
        for (size_t w = 0; w < words; w++) off[w] = ~on[w];
    }
    void conjunction(Node node, uint64_t *row) {
        Lit a = graph_.fanin0(node), b = graph_.fanin1(node);
        const uint64_t *x = resynthesis_.row(place_[node_of(a)]), *y = resynthesis_.row(place_[node_of(b)]);
        uint64_t flip_x = -static_cast<uint64_t>(a & 1), flip_y = -static_cast<uint64_t>(b & 1);
        for (size_t w = 0; w < resynthesis_.words(); w++) row[w] = (x[w] ^ flip_x) & (y[w] ^ flip_y);
    }

    // The ANDs of the MFFC that a member keeps alive, itself included.
    uint32_t kept(Node member) {
        uint32_t count = 0;
        kept_.clear(graph_.num_nodes());
        kept_.add(member);
        stack_.assign(1, member);
        while (!stack_.empty()) {
            Node now = stack_.back();
            stack_.pop_back();
            count++;
            for (Lit fanin : {graph_.fanin0(now), graph_.fanin1(now)}) {
                Node below = node_of(fanin);
                if (!own_.has(below) || kept_.has(below)) continue;
                kept_.add(below);
                stack_.push_back(below);
            }
        }
        return count;
    }

    // ---- replacing ----

    // The literals of divisors and gates so far, kNone where a gate is not there yet.
    Lit value(uint32_t lit) const {
        Lit made = lit >> 1 < window_.size() ? make_lit(window_[lit >> 1]) : values_[(lit >> 1) - window_.size()];
        return made == kNone ? kNone : complement_if(made, lit & 1);
    }

    struct XorForm {
        bool by_minterms;  // (a AND NOT b) OR (NOT a AND b), else (a OR b) AND NOT (a AND b)
        uint32_t missing;
    };
    XorForm xor_form(Lit a, Lit b) const {
        if (a == kNone || b == kNone) return {false, 3};
        auto missing = [&](Lit x, Lit y) {
            return 1u + (graph_.find(x, y) == kNone) + (graph_.find(complement(x), complement(y)) == kNone);
        };
        uint32_t sums = missing(a, b), minterms = missing(a, complement(b));
        return {minterms < sums, std::min(sums, minterms)};
    }

    // Takes an expression if that gains: existing ANDs are free unless only the root's cone uses them.
    bool substitute(Node root, const Expression &expression, int needed) {
        values_.clear();
        held_.clear();
        auto use = [&](Lit lit) {
            graph_.hold(lit);
            held_.push_back(lit);
        };
        for (Node leaf : leaves_) use(make_lit(leaf));
        uint32_t added = 0;
        bool itself = false;
        if (!expression.is_constant() && expression.output >> 1 < window_.size()) use(value(expression.output));
        for (const Expression::Gate &gate : expression.gates) {
            for (uint32_t lit : {gate.a, gate.b})
                if (lit >> 1 < window_.size()) use(value(lit));
            Lit a = value(gate.a), b = value(gate.b), found = kNone;
            if (gate.is_xor) {
                added += xor_form(a, b).missing;
            } else {
                if (a != kNone && b != kNone) found = graph_.find(a, b);
                if (found == kNone) added++;
                else if (node_of(found) == root) itself = true;
                else use(found);
            }
            values_.push_back(found);
        }
        int gain = -1;
        if (!itself) {
            gain = static_cast<int>(graph_.dereference(root)) - static_cast<int>(added);
            graph_.reference(root);
        }
        bool taken = gain >= needed;
        Lit lit = taken ? build(expression) : kNone;
        if (taken && node_of(lit) == root) taken = false;
        if (taken) graph_.hold(lit);
        for (Lit other : held_) graph_.release(other);
        if (!taken) return false;
        graph_.replace(root, lit);
        graph_.release(lit);
        return true;
    }

    Lit build(const Expression &expression) {
        if (expression.is_constant()) return expression.output == Expression::kTrueOutput ? kTrue : kFalse;
        for (size_t i = 0; i < expression.gates.size(); i++) {
            const Expression::Gate &gate = expression.gates[i];
            Lit a = value(gate.a), b = value(gate.b);
            if (!gate.is_xor) values_[i] = graph_.and_(a, b);
            else if (xor_form(a, b).by_minterms) values_[i] = complement(graph_.xor_(a, complement(b)));
            else values_[i] = graph_.xor_(a, b);
            while (level_.size() < graph_.num_nodes()) {
                Node made = static_cast<Node>(level_.size());
                level_.push(1 + std::max(level_[node_of(graph_.fanin0(made))], level_[node_of(graph_.fanin1(made))]));
                place_.push(0);
            }
        }
        return value(expression.output);
    }

    netc_context *context_;
    Graph graph_;
    size_t max_leaves_, max_divisors_;
    int gates_;
    bool zero_gain_;
    Resynthesis resynthesis_;
    Array<uint32_t> level_;  // as first made; only to choose among leaves
    Array<uint32_t> place_;  // by node in the window: its place there
    Marks inside_, placed_, own_, kept_;
    std::vector<Node> leaves_, window_, stack_;
    std::vector<Lit> values_, held_;
};

}  // namespace

extern "C" int64_t netc_pass_resub(const netc_aig *graph, netc_context *context, int64_t leaves, int64_t gates,
                                   int64_t divisors, int64_t zero_gain, netc_step *step) {
    return guard([&]() -> int64_t {
        Resubstitution(AigView(*graph), context, static_cast<int>(leaves), static_cast<int>(gates),
                       static_cast<int>(divisors), zero_gain != 0)
            .run(step);
        return 0;
    });
}
