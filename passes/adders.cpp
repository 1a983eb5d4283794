// Sums of many bits, written anew. Adders that are found in the graph (adders.hpp) are joined where one reads what another
// makes and nothing else does. Such a *group* is an equation over integers: bits of many weights, added up, are bits of other
// weights. Where those that come out have different weights, they are the digits of the sum and follow from what goes in,
// whatever adders are between. So the bits that go in are sorted into columns by weight, and each column is
// reduced from the least on, three bits to a sum and a carry (seven ANDs), the last two by a half adder (three). That needs
// as few half adders as can be; in sums of sums there are many.
//
// Signs: a bit that is subtracted is its complement added, less one; a group as a whole may be turned around.
// Columns after Dadda, Some schemes for parallel multipliers, 1965; adders first found and then written anew, after Yu,
// Ciesielski and Mishchenko, Fast algebraic rewriting based on and-inverter graphs, TCAD 2017.
#include <algorithm>
#include <queue>
#include <tuple>
#include <vector>

#include "netc/core/abi.hpp"
#include "netc/core/adders.hpp"
#include "netc/core/exchange.hpp"

extern "C" {
#include "passes/adders.h"
}

using namespace netc;

namespace {

constexpr size_t kTriesPerAdder = 40;  // adders looked at in parts of a group, for each that it has
constexpr int64_t kNodesPerUnit = 8;

// A circuit that adds bits up, column by column.
class Columns {
public:
    Columns(uint32_t leaves, size_t columns) : builder_(leaves), columns_(columns), constant_(columns, 0) {}

    void add(Lit lit, size_t column, uint32_t level) {
        columns_[column].push({level, next_++, lit});
    }
    void add_constant(size_t column, int64_t count) { constant_[column] += count; }

    // The digits of the sum, without what overflows.
    std::vector<Lit> digits() {
        std::vector<Lit> digits;
        int64_t above = 0;  // what constants carry
        for (size_t column = 0; column < columns_.size(); column++) {
            int64_t constant = constant_[column] + above;
            bool is_one = constant & 1;
            above = (constant - is_one) / 2;
            auto &bits = columns_[column];
            if (is_one && !bits.empty()) {  // with a constant, a sum is complemented and a carry is an OR
                Bit a = take(bits), b = bits.empty() ? Bit{0, 0, kFalse} : take(bits);
                put(column, complement(builder_.xor_(a.lit, b.lit)), a, b);
                put(column + 1, builder_.or_(a.lit, b.lit), a, b);
                is_one = false;
            }
            while (bits.size() > 1) {
                Bit a = take(bits), b = take(bits), c = bits.empty() ? Bit{0, 0, kFalse} : take(bits);
                Builder::Sum made = builder_.full_adder(a.lit, b.lit, c.lit);
                put(column, made.sum, std::max(a, b), c);
                put(column + 1, made.carry, std::max(a, b), c);
            }
            digits.push_back(bits.empty() ? is_one : bits.top().lit);
        }
        return digits;
    }
    Builder &builder() { return builder_; }

private:
    struct Bit {
        uint32_t level, order;
        Lit lit;
        bool operator<(const Bit &other) const { return std::tie(level, order) < std::tie(other.level, other.order); }
        bool operator>(const Bit &other) const { return other < *this; }
    };
    using Bits = std::priority_queue<Bit, std::vector<Bit>, std::greater<Bit>>;  // those that are there first first

    static Bit take(Bits &bits) {
        Bit bit = bits.top();
        bits.pop();
        return bit;
    }
    // What an adder of bits makes, the last of which is b.
    void put(size_t column, Lit lit, const Bit &a, const Bit &b) {
        if (column < columns_.size() && lit != kFalse) add(lit, column, std::max(a.level + 2, b.level) + 2);
    }

    Builder builder_;
    std::vector<Bits> columns_;
    std::vector<int64_t> constant_;
    uint32_t next_ = 0;
};

class Adders {
public:
    Adders(const AigView &aig, netc_context *context) : graph_(aig, context), context_(context) {}

    void run(netc_step *step) {
        adders_ = find_adders(graph_, context_);
        for (bool strict : {false, true}) {
            join(strict);
            for (size_t i = 0; i < adders_.size() && !stopped(); i++) {
                progress(context_, static_cast<int64_t>(i), static_cast<int64_t>(adders_.size()));
                if (groups_[i].size() > 1 && !rewrite(groups_[i]) && strict) rewrite_parts(groups_[i]);
            }
        }
        graph_.finish(step);
    }

private:
    bool stopped() { return stop(context_, 1); }

    // Parts of a group: an adder with all that goes into it, from the last on.
    void rewrite_parts(const std::vector<uint32_t> &members) {
        taken_.clear(static_cast<Node>(adders_.size()));
        size_t left = kTriesPerAdder * members.size();
        for (size_t i = members.size(); i-- > 0 && !stopped();) {
            if (taken_.has(members[i])) continue;
            std::vector<uint32_t> part = with_all_below(members[i]);
            if (part.size() > left) break;
            left -= part.size();
            if (part.size() > 1 && part.size() < members.size() && rewrite(part))
                for (uint32_t adder : part) taken_.add(adder);
        }
    }

    // ---- groups ----

    // Lets adders that read each other be of one group, with weights and signs in which what is between cancels out. A
    // signal with other uses than in the two stays; only where that is too much are groups made without it.
    void join(bool strict) {
        size_t count = adders_.size();
        maker_.assign(graph_.num_nodes(), kNone);
        std::vector<uint32_t> within(graph_.num_nodes(), kNone);
        std::vector<uint8_t> readers(graph_.num_nodes(), 0);
        for (uint32_t i = 0; i < count; i++) {
            if (has_changed(adders_[i])) continue;
            maker_[node_of(adders_[i].sum)] = i;
            if (adders_[i].has_carry()) maker_[node_of(adders_[i].carry)] = i;
            for (Lit lit : adders_[i].operands)
                if (readers[node_of(lit)] < 2) readers[node_of(lit)]++;
            mark_within(i, within);
        }
        group_.resize(count);
        weight_.assign(count, 0);
        sign_.assign(count, 1);
        groups_.resize(count);
        for (uint32_t i = 0; i < count; i++) groups_[i].assign(1, group_[i] = i);
        joined_.assign(graph_.num_nodes(), 0);
        for (uint32_t i = 0; i < count; i++)
            for (Lit lit : adders_[i].operands) {
                if (has_changed(adders_[i])) break;
                Node node = node_of(lit);
                if (maker_[node] == kNone || readers[node] != 1 || graph_.drives_a_root(node)) continue;
                bool is_between = true;
                graph_.for_each_fanout(node, [&](Node user) {
                    is_between &= within[user] == i || within[user] == maker_[node];
                });
                if (is_between || !strict) joined_[node] = join(maker_[node], node, i, lit);
            }
        for (auto &members : groups_) std::sort(members.begin(), members.end());
    }
    bool has_changed(const Adder &adder) {
        for (Lit lit : {adder.operands[0], adder.operands[1], adder.operands[2], adder.sum, adder.carry})
            if (lit != kNone && (graph_.resolve(lit) != lit || !graph_.is_alive(node_of(lit)))) return true;
        return false;
    }
    // Which adder a node is there for.
    void mark_within(uint32_t adder, std::vector<uint32_t> &within) {
        const Adder &now = adders_[adder];
        for (Lit lit : now.operands) graph_.hold(lit);
        Node roots[2] = {node_of(now.sum), node_of(now.has_carry() ? now.carry : now.sum)};
        size_t count = roots[0] == roots[1] ? 1 : 2;
        for (size_t k = 0; k < count; k++) graph_.dereference(roots[k], [&](Node node) { within[node] = adder; });
        for (size_t k = count; k-- > 0;) graph_.reference(roots[k]);
        for (Lit lit : now.operands) graph_.release(lit);
    }
    bool join(uint32_t maker, Node node, uint32_t user, Lit operand) {
        bool is_carry = adders_[maker].sum >> 1 != node;
        Lit output = is_carry ? adders_[maker].carry : adders_[maker].sum;
        int32_t weight = weight_[maker] + is_carry;
        int8_t sign = static_cast<int8_t>(output == operand ? sign_[maker] : -sign_[maker]);
        uint32_t to = group_[maker], from = group_[user];
        if (to == from) return weight_[user] == weight && sign_[user] == sign;
        int32_t by = weight - weight_[user];
        bool turn = sign != sign_[user];
        if (groups_[from].size() > groups_[to].size()) {
            std::swap(to, from);
            by = -by;
        }
        for (uint32_t member : groups_[from]) {
            weight_[member] += by;
            if (turn) sign_[member] = static_cast<int8_t>(-sign_[member]);
            group_[member] = to;
        }
        groups_[to].insert(groups_[to].end(), groups_[from].begin(), groups_[from].end());
        groups_[from].clear();
        return true;
    }
    std::vector<uint32_t> with_all_below(uint32_t adder) {
        std::vector<uint32_t> part{adder};
        seen_.clear(static_cast<Node>(std::max<size_t>(graph_.num_nodes(), adders_.size())));
        seen_.add(adder);
        for (size_t i = 0; i < part.size(); i++)
            for (Lit lit : adders_[part[i]].operands) {
                if (!joined_[node_of(lit)]) continue;
                uint32_t below = maker_[node_of(lit)];
                if (seen_.has(below) || taken_.has(below) || group_[below] != group_[adder]) continue;
                seen_.add(below);
                part.push_back(below);
            }
        context_->work += static_cast<int64_t>(part.size()) / kNodesPerUnit;
        return part;
    }

    // ---- the equation of a group ----

    struct Term {
        Node node;
        int32_t weight;
        int32_t sign;
        bool is_made;  // by an adder of the group
        bool operator<(const Term &other) const { return std::tie(node, weight) < std::tie(other.node, other.weight); }
    };

    // Terms of the same node, added up: none, or powers of two with signs.
    void add_up() {
        std::sort(terms_.begin(), terms_.end());
        size_t kept = 0;
        for (size_t i = 0; i < terms_.size();) {
            Node node = terms_[i].node;
            bool is_made = false;
            size_t end = i;
            for (; end < terms_.size() && terms_[end].node == node; end++) is_made |= terms_[end].is_made;
            int32_t count = 0;
            for (int32_t weight = terms_[i].weight; i < end || count != 0; weight++) {
                if (count == 0) weight = terms_[i].weight;
                for (; i < end && terms_[i].weight == weight; i++) count += terms_[i].sign;
                if (count % 2) terms_[kept++] = {node, weight, count % 2, is_made};
                count /= 2;
            }
        }
        terms_.resize(kept);
    }

    bool rewrite(const std::vector<uint32_t> &members) {
        terms_.clear();
        constants_.clear();
        unbuilt_.clear();
        auto add = [&](Lit lit, int32_t weight, int32_t sign, bool is_made) {
            if (is_complemented(lit)) constants_.push_back({weight, sign});
            if (node_of(lit)) terms_.push_back({node_of(lit), weight, is_complemented(lit) ? -sign : sign, is_made});
        };
        context_->work += static_cast<int64_t>(members.size());
        for (uint32_t member : members) {
            const Adder &adder = adders_[member];
            int32_t weight = weight_[member], sign = sign_[member];
            if (has_changed(adder)) return false;
            for (Lit lit : adder.operands) add(lit, weight, sign, false);
            add(adder.sum, weight, -sign, true);
            if (adder.carry != kNone) add(adder.carry, weight + 1, -sign, true);
            else unbuilt_.push_back(weight + 1);
        }
        add_up();
        return read_equation() && put_in();
    }

    // Splits the terms into what goes in and the digits that come out; false where those do not follow.
    bool read_equation() {
        leaves_.clear();
        outputs_.clear();
        inputs_.clear();
        for (const Term &term : terms_) {
            if (term.is_made) {
                if (!outputs_.empty() && node_of(outputs_.back().lit) == term.node) return false;
                outputs_.push_back({make_lit(term.node, term.sign > 0), term.weight});
                if (term.sign > 0) constants_.push_back({term.weight, 1});
            } else {
                if (leaves_.empty() || leaves_.back() != term.node) leaves_.push_back(term.node);
                inputs_.push_back({make_lit(static_cast<Node>(leaves_.size()), term.sign < 0), term.weight});
                if (term.sign < 0) constants_.push_back({term.weight, -1});
            }
        }
        if (outputs_.empty() || inputs_.empty()) return false;
        std::vector<int32_t> weights = unbuilt_;
        top_ = INT32_MIN;
        for (const Digit &digit : outputs_) {
            weights.push_back(digit.weight);
            top_ = std::max(top_, digit.weight);
        }
        std::sort(weights.begin(), weights.end());
        for (size_t i = 1; i < weights.size(); i++)
            if (weights[i] == weights[i - 1] && weights[i] <= top_) return false;
        base_ = top_;
        for (const Digit &digit : inputs_) base_ = std::min(base_, digit.weight);
        for (const Digit &digit : outputs_) base_ = std::min(base_, digit.weight);
        for (auto [weight, sign] : constants_) base_ = std::min(base_, weight);
        return true;
    }

    // Builds the sum, and exchanges it for what is there if it is smaller.
    bool put_in() {
        Columns columns(static_cast<uint32_t>(leaves_.size()), static_cast<size_t>(top_ - base_) + 1);
        for (const Digit &digit : inputs_)
            if (digit.weight <= top_) columns.add(digit.lit, static_cast<size_t>(digit.weight - base_), 0);
        for (auto [weight, sign] : constants_)
            if (weight <= top_) columns.add_constant(static_cast<size_t>(weight - base_), sign);
        std::vector<Lit> digits = columns.digits(), roots;
        std::vector<Node> nodes;
        for (const Digit &output : outputs_) {
            nodes.push_back(node_of(output.lit));
            roots.push_back(complement_if(digits[static_cast<size_t>(output.weight - base_)], is_complemented(output.lit)));
        }
        Part part = part_of(columns.builder(), roots);
        context_->work += static_cast<int64_t>(part.num_ands()) / kNodesPerUnit;
        return part.num_ands() < ands_of(nodes) && !depend_on(nodes) && exchange(graph_, leaves_, part, nodes);
    }
    static Part part_of(Builder &builder, std::vector<Lit> roots) {
        std::vector<Lit> place(builder.num_nodes(), kNone);
        for (Lit root : roots) place[node_of(root)] = kFalse;
        for (Node node = builder.num_nodes(); node-- > builder.first_and();)
            if (place[node] != kNone) place[node_of(builder.fanin0(node))] = place[node_of(builder.fanin1(node))] = kFalse;
        Part part{builder.leaves(), {}, std::move(roots)};
        for (Node node = 0; node <= builder.leaves(); node++) place[node] = make_lit(node);
        for (Node node = builder.first_and(); node < builder.num_nodes(); node++) {
            if (place[node] == kNone) continue;
            place[node] = make_lit(builder.first_and() + part.num_ands());
            Lit a = mapped(place.data(), builder.fanin0(node)), b = mapped(place.data(), builder.fanin1(node));
            part.ands.push_back(std::max(a, b));
            part.ands.push_back(std::min(a, b));
        }
        for (Lit &root : part.roots) root = mapped(place.data(), root);
        return part;
    }
    // The ANDs that are there for these nodes, above the leaves.
    uint32_t ands_of(const std::vector<Node> &nodes) {
        uint32_t count = 0;
        for (Node leaf : leaves_) graph_.hold(make_lit(leaf));
        std::vector<Node> roots;
        for (Node node : nodes) {
            if (graph_.references(node) == 0) continue;  // it has gone with another
            count += graph_.dereference(node);
            roots.push_back(node);
        }
        for (size_t i = roots.size(); i-- > 0;) graph_.reference(roots[i]);
        for (Node leaf : leaves_) graph_.release(make_lit(leaf));
        return count;
    }
    // Whether a leaf depends on one of these nodes.
    bool depend_on(const std::vector<Node> &nodes) {
        order_.renew(graph_);
        uint32_t first = UINT32_MAX;
        for (Node node : nodes) first = std::min(first, order_[node]);
        Marks targets;
        targets.clear(graph_.num_nodes());
        for (Node node : nodes) targets.add(node);
        seen_.clear(graph_.num_nodes());
        std::vector<Node> stack = leaves_;
        int64_t visits = graph_.num_ands();
        bool found = false;
        while (!stack.empty() && !found) {
            Node node = stack.back();
            stack.pop_back();
            if (!graph_.is_and(node) || order_[node] < first || seen_.has(node)) continue;
            seen_.add(node);
            visits++;
            found = targets.has(node);
            stack.push_back(node_of(graph_.fanin0(node)));
            stack.push_back(node_of(graph_.fanin1(node)));
        }
        context_->work += visits / kNodesPerUnit;
        return found;
    }

    struct Digit {
        Lit lit;
        int32_t weight;
    };

    Graph graph_;
    netc_context *context_;
    std::vector<Adder> adders_;
    std::vector<uint32_t> maker_;    // by node: the adder of which it is a sum or a carry
    std::vector<uint8_t> joined_;    // by node: its maker and its only reader are of one group
    std::vector<uint32_t> group_;    // by adder
    std::vector<int32_t> weight_;    // by adder: of its operands, as a power of two
    std::vector<int8_t> sign_;       // by adder
    std::vector<std::vector<uint32_t>> groups_;
    std::vector<Term> terms_;
    std::vector<std::pair<int32_t, int32_t>> constants_;  // weight, sign
    std::vector<int32_t> unbuilt_;                        // weights of carries that are not there
    std::vector<Node> leaves_;
    std::vector<Digit> inputs_, outputs_;  // those over the leaves of a part
    int32_t base_ = 0, top_ = 0;
    TopologicalOrder order_;
    Marks seen_, taken_;  // nodes, adders
};

}  // namespace

extern "C" int64_t netc_pass_adders(const netc_aig *graph, netc_context *context, netc_step *step) {
    return guard([&]() -> int64_t {
        Adders(AigView(*graph), context).run(step);
        return 0;
    });
}
