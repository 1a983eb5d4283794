#include "netc/core/walker.hpp"

#include <algorithm>
#include <unordered_map>

#include "netc/core/abi.hpp"
#include "netc/core/simd.hpp"

namespace netc {
namespace {

constexpr size_t kDivisors = 300;  // nodes tried as replacements of one, half of them near it, half drawn
constexpr size_t kPairs = 160;      // literals whose pairs are tried
constexpr size_t kFirst = 12;       // literals that are tried with an OR of two others
constexpr size_t kSecond = 60;      // literals whose pairs are tried as that OR
constexpr size_t kTriples = 24;     // literals whose triples are tried
constexpr uint32_t kOffers = 64;    // replacements whose gain is computed
constexpr uint64_t kRarely = 5;     // one visit of so many tries the forms that take longest to find
constexpr size_t kHashed = 12;      // words of a function that its hash reads
constexpr size_t kWorkUnit = 64;    // words looked at for one unit of work

uint64_t mask_of(Lit lit) { return is_complemented(lit) ? ~uint64_t{0} : 0; }

// out = (a ^ ma) & (b ^ mb); the same as `known`?
NETC_CLONES bool conjunction(const uint64_t *a, uint64_t ma, const uint64_t *b, uint64_t mb, const uint64_t *known,
                             uint64_t *out, size_t words) {
    uint64_t change = 0;
    for (size_t w = 0; w < words; w++) {
        uint64_t value = (a[w] ^ ma) & (b[w] ^ mb);
        change |= value ^ known[w];
        out[w] = value;
    }
    return change == 0;
}

NETC_CLONES void add_difference(const uint64_t *a, const uint64_t *b, uint64_t *sum, size_t words) {
    for (size_t w = 0; w < words; w++) sum[w] |= a[w] ^ b[w];
}

// Ones of mask & (values ^ flip), where values are those of the rows.
NETC_CLONES uint32_t count(const uint64_t *mask, const uint64_t *values, const uint32_t *rows, uint64_t flip, size_t words) {
    int64_t ones = 0;
    for (size_t i = 0; i < words; i++) ones += __builtin_popcountll(mask[i] & (values[rows[i]] ^ flip));
    return static_cast<uint32_t>(ones);
}

bool disjoint(const uint64_t *a, const uint64_t *b, size_t words) {
    for (size_t w = 0; w < words; w++)
        if (a[w] & b[w]) return false;
    return true;
}

bool disjoint(const uint64_t *a, const uint64_t *b, const uint64_t *c, size_t words) {
    for (size_t w = 0; w < words; w++)
        if (a[w] & b[w] & c[w]) return false;
    return true;
}

}  // namespace

Walker::Walker(const AigView &aig, netc_context *context, uint64_t seed)
    : graph_(aig, context),
      roots_(aig.roots, aig.roots + aig.num_roots),
      context_(context),
      random_{seed} {
    for (Node leaf = 1; leaf <= graph_.leaves(); leaf++) {
        bool is_read = false;
        graph_.for_each_fanout(leaf, [&](Node) { is_read = true; });
        if (is_read) read_leaves_.push_back(leaf);
    }
    int variables = static_cast<int>(read_leaves_.size());
    assert(variables <= kMaxTableVars);
    words_ = table_words(variables);
    care_.resize(words_);
    tables_ = Array<uint64_t>::zeros(size_t{graph_.num_nodes()} * words_);
    slot_.resize(graph_.num_nodes());
    for (Node node = 0; node < graph_.num_nodes(); node++) slot_[node] = node;
    for (int v = 0; v < variables; v++) {
        Table variable = Table::variable(v, variables);
        std::copy(variable.data(), variable.data() + words_, table(read_leaves_[static_cast<size_t>(v)]));
    }
    order_.renew(graph_);
    for (Node node : order_.nodes()) evaluate(node);
    context_->work += static_cast<int64_t>(order_.size() * words_ / kWorkUnit);
}

Part Walker::part() {
    Part part{graph_.leaves(), {}, {}};
    std::vector<Lit> place(graph_.num_nodes(), kNone);
    for (Node node = 0; node <= graph_.leaves(); node++) place[node] = make_lit(node);
    for (Node node : order_.nodes()) {
        Lit a = mapped(place.data(), graph_.fanin0(node)), b = mapped(place.data(), graph_.fanin1(node));
        place[node] = make_lit(graph_.first_and() + part.num_ands());
        part.ands.push_back(std::max(a, b));
        part.ands.push_back(std::min(a, b));
    }
    for (Lit root : roots_) part.roots.push_back(mapped(place.data(), graph_.resolve(root)));
    return part;
}

bool Walker::evaluate(Node node) {
    Lit a = graph_.fanin0(node), b = graph_.fanin1(node);
    return conjunction(table(node_of(a)), mask_of(a), table(node_of(b)), mask_of(b), table(node), table(node), words_);
}

void Walker::give_table(Node node) {
    while (slot_.size() <= node) slot_.push(0);
    if (free_slots_.empty()) {
        free_slots_.push_back(static_cast<uint32_t>(tables_.size() / words_));
        for (size_t w = 0; w < words_; w++) tables_.push(0);
    }
    slot_[node] = free_slots_.back();
    free_slots_.pop_back();
}

uint32_t Walker::run(int64_t rounds, int64_t patience, bool zero_gain) {
    uint32_t start = num_ands();
    std::vector<Node> nodes;
    int64_t waited = 0;
    for (int64_t round = 0; round < rounds && waited < patience; round++) {
        uint32_t before = num_ands();
        nodes.assign(order_.nodes().begin(), order_.nodes().end());
        for (size_t i = nodes.size(); i > 1; i--) std::swap(nodes[i - 1], nodes[random_.next() % i]);
        for (Node node : nodes) {
            if (!graph_.is_alive(node)) continue;
            if (stop(context_, 1)) return start - num_ands();
            visit(node, zero_gain);
        }
        waited = num_ands() < before ? 0 : waited + 1;
    }
    return start - num_ands();
}

// The care set: the rows in which some root changes when the node does.
void Walker::find_care(Node node) {
    above_.clear(graph_.num_nodes());
    above_.add(node);
    const Array<Node> &order = order_.nodes();
    size_t first = order.size(), size = 0;
    graph_.for_each_fanout(node, [&](Node user) { first = std::min(first, size_t{order_[user] - 1}); });
    cone_.resize(order.size());
    for (size_t i = first; i < order.size(); i++) {  // cheaper than a search, as cones are large; and without a branch
        Node user = order[i];
        bool depends = above_.has(node_of(graph_.fanin0(user))) | above_.has(node_of(graph_.fanin1(user)));
        above_.set(user, depends);
        cone_[size] = user;
        size += depends;
    }
    cone_.resize(size);
    std::fill(care_.begin(), care_.end(), graph_.drives_a_root(node) ? ~uint64_t{0} : 0);
    if (graph_.drives_a_root(node)) return;
    // Nodes whose table does not change are as good as outside the cone: they have no place in flipped_.
    flipped_.resize((cone_.size() + 1) * words_);
    while (flipped_place_.size() < graph_.num_nodes()) flipped_place_.push(0);
    flipped_place_[node] = 1;
    for (size_t w = 0; w < words_; w++) flipped_[w] = ~table(node)[w];
    uint32_t used = 1;
    auto values = [&](Lit lit) {
        uint32_t place = flipped_place_[node_of(lit)];
        return place ? &flipped_[(place - 1) * words_] : table(node_of(lit));
    };
    for (Node user : cone_) {
        Lit a = graph_.fanin0(user), b = graph_.fanin1(user);
        if (!(flipped_place_[node_of(a)] | flipped_place_[node_of(b)])) continue;
        uint64_t *out = &flipped_[used * words_];
        if (conjunction(values(a), mask_of(a), values(b), mask_of(b), table(user), out, words_)) continue;
        flipped_place_[user] = ++used;
        if (graph_.drives_a_root(user)) add_difference(table(user), out, care_.data(), words_);
    }
    for (Node user : cone_) flipped_place_[user] = 0;
    flipped_place_[node] = 0;
    context_->work += static_cast<int64_t>(used * words_ / kWorkUnit);
}

// What the node has to be where it matters, packed; and the literals that are true wherever it is, or wherever it is not.
void Walker::collect(Node node) {
    rows_.clear();
    on_.clear();
    off_.clear();
    for (size_t w = 0; w < words_; w++) {
        if (!care_[w]) continue;
        rows_.push_back(static_cast<uint32_t>(w));
        on_.push_back(care_[w] & table(node)[w]);
        off_.push_back(care_[w] & ~table(node)[w]);
    }
    divisors_ = read_leaves_;
    const Array<Node> &order = order_.nodes();
    size_t begin = 0, end = order.size();
    if (end > kDivisors) {
        size_t at = order_[node] - 1, half = kDivisors / 2;
        begin = std::min(at > half / 2 ? at - half / 2 : 0, end - half);
        end = begin + half;
        size_t step = (order.size() - half) / (kDivisors - half) + 1;
        for (size_t i = random_.next() % step; i < order.size(); i += step)
            if ((i < begin || i >= end) && !above_.has(order[i])) divisors_.push_back(order[i]);
    }
    for (size_t i = begin; i < end; i++)
        if (!above_.has(order[i])) divisors_.push_back(order[i]);
}

void Walker::offer(const Move &move, uint32_t added) {
    if (offers_ >= kOffers) return;
    if (static_cast<int>(size_) - static_cast<int>(added) < best_gain_) return;
    if (move.form == Form::conjunction && node_of(graph_.find(move.lits[0], move.lits[1])) == node_) return;
    offers_++;
    int gain = static_cast<int>(freed(move)) - static_cast<int>(added);
    if (gain < best_gain_ || (gain == 0 && !zero_gain_)) return;
    if (gain > best_gain_ || !found_) ties_ = 0;
    best_gain_ = gain;
    found_ = true;
    if (random_.next() % ++ties_ == 0) best_ = move;
}

// ANDs that go when the node does and the move's literals stay.
uint32_t Walker::freed(const Move &move) {
    for (Lit lit : move.lits) graph_.hold(lit);
    uint32_t count = graph_.dereference(node_);
    graph_.reference(node_);
    for (Lit lit : move.lits) graph_.release(lit);
    return count;
}

// Classifies the divisors; true when one of them alone replaces the node.
bool Walker::substitute_one() {
    over_on_.clear();
    over_off_.clear();
    size_t words = rows_.size();
    size_t seen = 0;
    for (Node divisor : divisors_) {
        const uint64_t *values = table(divisor);
        uint64_t misses_on = 0, hits_on = 0, hits_off = 0, misses_off = 0;
        size_t i = 0;
        for (; i < words; i++) {
            uint64_t value = values[rows_[i]];
            misses_on |= on_[i] & ~value;
            hits_on |= on_[i] & value;
            hits_off |= off_[i] & value;
            misses_off |= off_[i] & ~value;
            if (misses_on && hits_on && hits_off && misses_off) break;
        }
        seen += i;
        Lit lit = make_lit(divisor);
        if (!misses_on && !hits_off) offer({Form::literal, false, {lit, kFalse, kFalse}}, 0);
        if (!hits_on && !misses_off) offer({Form::literal, false, {complement(lit), kFalse, kFalse}}, 0);
        if (!misses_on) over_on_.push_back(lit);
        if (!hits_on) over_on_.push_back(complement(lit));
        if (!misses_off) over_off_.push_back(lit);
        if (!hits_off) over_off_.push_back(complement(lit));
    }
    context_->work += static_cast<int64_t>((divisors_.size() + seen) / kWorkUnit);
    return found_;
}

// Node = AND of two or three literals, or (negated) its complement is. Literals are ranked by the rows they leave wrong.
void Walker::conjunctions(bool negated) {
    const std::vector<Lit> &lits = negated ? over_off_ : over_on_;
    const std::vector<uint64_t> &wrong = negated ? on_ : off_;
    size_t words = rows_.size();
    ranked_.clear();
    for (Lit lit : lits) {
        uint64_t flip = is_complemented(lit) ? ~uint64_t{0} : 0;
        ranked_.push_back({lit, count(wrong.data(), table(node_of(lit)), rows_.data(), flip, words)});
    }
    std::sort(ranked_.begin(), ranked_.end(),
              [](const Literal &a, const Literal &b) { return a.ones != b.ones ? a.ones < b.ones : a.lit < b.lit; });
    if (ranked_.size() > kPairs) ranked_.resize(kPairs);
    size_t count = ranked_.size();
    rest_.resize(count * words);
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i < words; i++) rest_[k * words + i] = wrong[i] & word(ranked_[k].lit, rows_[i]);
    for (size_t a = 0; a < count; a++)
        for (size_t b = a + 1; b < count; b++)
            if (disjoint(&rest_[a * words], &rest_[b * words], words))
                offer({Form::conjunction, negated, {ranked_[a].lit, ranked_[b].lit, kFalse}}, 1);
    context_->work += static_cast<int64_t>((lits.size() * words + count * count / 2) / kWorkUnit);
    if (size_ < 2 || found_) return;
    count = std::min(count, kTriples);
    for (size_t a = 0; a < count; a++)
        for (size_t b = a + 1; b < count; b++)
            for (size_t c = b + 1; c < count; c++)
                if (disjoint(&rest_[a * words], &rest_[b * words], &rest_[c * words], words))
                    offer({Form::and_of_three, negated, {ranked_[a].lit, ranked_[b].lit, ranked_[c].lit}}, 2);
    context_->work += static_cast<int64_t>(count * count * count / 4 / kWorkUnit);
}

// Node = a AND (b OR c), or (negated) its complement is; after conjunctions(), whose ranking it uses.
void Walker::conjunctions_of_or(bool negated) {
    const std::vector<uint64_t> &right = negated ? off_ : on_;
    size_t words = rows_.size(), first = std::min(ranked_.size(), kFirst);
    std::vector<Literal> inner;
    uint32_t all = 0;
    for (uint64_t word : right) all += static_cast<uint32_t>(__builtin_popcountll(word));
    for (size_t a = 0; a < first; a++) {
        // The rows that the OR must not be true in.
        wrong_rows_.clear();
        wrong_.clear();
        for (size_t i = 0; i < words; i++) {
            if (!rest_[a * words + i]) continue;
            wrong_rows_.push_back(rows_[i]);
            wrong_.push_back(rest_[a * words + i]);
        }
        inner.clear();
        for (Node divisor : divisors_) {
            const uint64_t *values = table(divisor);
            uint64_t hits = 0, misses = 0;
            for (size_t i = 0; i < wrong_.size() && !(hits && misses); i++) {
                uint64_t value = values[wrong_rows_[i]];
                hits |= wrong_[i] & value;
                misses |= wrong_[i] & ~value;
            }
            for (bool flip : {false, true}) {
                if ((flip ? misses : hits) || divisor == node_of(ranked_[a].lit)) continue;
                uint32_t missed = count(right.data(), values, rows_.data(), flip ? 0 : ~uint64_t{0}, words);
                if (missed < all) inner.push_back({make_lit(divisor, flip), missed});
            }
        }
        std::sort(inner.begin(), inner.end(),
                  [](const Literal &x, const Literal &y) { return x.ones != y.ones ? x.ones < y.ones : x.lit < y.lit; });
        if (inner.size() > kSecond) inner.resize(kSecond);
        other_.resize(inner.size() * words);
        for (size_t k = 0; k < inner.size(); k++)
            for (size_t i = 0; i < words; i++) other_[k * words + i] = right[i] & ~word(inner[k].lit, rows_[i]);
        for (size_t b = 0; b < inner.size(); b++)
            for (size_t c = b + 1; c < inner.size(); c++)
                if (disjoint(&other_[b * words], &other_[c * words], words))
                    offer({Form::and_of_or, negated, {ranked_[a].lit, inner[b].lit, inner[c].lit}}, 2);
        context_->work += static_cast<int64_t>((divisors_.size() + inner.size() * (words + inner.size()) / 2) / kWorkUnit);
    }
}

// Node = a XOR b: partners are found by the hash of what they must be.
void Walker::parities() {
    size_t words = rows_.size();
    size_t step = words / kHashed + 1;
    auto key = [&](Node divisor, bool with_node) {
        uint64_t hash = 0, flip = 0;
        for (size_t i = 0; i < words; i += step) {
            uint64_t care = on_[i] | off_[i], value = table(divisor)[rows_[i]] & care;
            if (with_node) value ^= on_[i];
            if (i == 0) flip = value & (care & -care) ? ~uint64_t{0} : 0;  // so that a function and its complement agree
            hash = mix(hash ^ ((value ^ flip) & care)) + i;
        }
        return hash;
    };
    std::unordered_map<uint64_t, Node> by_key;
    for (Node divisor : divisors_) by_key.emplace(key(divisor, false), divisor);
    for (Node divisor : divisors_) {
        auto at = by_key.find(key(divisor, true));
        if (at == by_key.end() || at->second >= divisor) continue;
        Lit a = make_lit(divisor), b = make_lit(at->second);
        uint64_t same = 0, differ = 0;
        for (size_t i = 0; i < words && !(same && differ); i++) {
            uint64_t value = word(a, rows_[i]) ^ word(b, rows_[i]);
            same |= (on_[i] & ~value) | (off_[i] & value);
            differ |= (on_[i] & value) | (off_[i] & ~value);
        }
        if (same && differ) continue;  // two functions with one hash
        offer({Form::parity, same != 0, {a, b, kFalse}}, 3);
    }
    context_->work += static_cast<int64_t>(divisors_.size() * std::min(words, kHashed) * 2 / kWorkUnit);
}

bool Walker::visit(Node node, bool zero_gain) {
    node_ = node;
    zero_gain_ = zero_gain;
    found_ = false;
    best_gain_ = zero_gain ? 0 : 1;
    ties_ = offers_ = 0;
    find_care(node);
    collect(node);
    size_ = graph_.dereference(node);
    graph_.reference(node);
    auto none = [](const std::vector<uint64_t> &rows) {
        return std::all_of(rows.begin(), rows.end(), [](uint64_t word) { return word == 0; });
    };
    if (none(on_) || none(off_)) {
        apply({Form::literal, none(off_), {kFalse, kFalse, kFalse}});
        return true;
    }
    bool all_forms = random_.next() % kRarely == 0;
    if (!substitute_one()) {
        for (bool negated : {false, true}) {
            offers_ = 0;
            conjunctions(negated);
            if (all_forms && size_ >= (zero_gain ? 2 : 3)) conjunctions_of_or(negated);
        }
        offers_ = 0;
        if (all_forms && size_ >= (zero_gain ? 3 : 4)) parities();
    }
    if (!found_) return false;
    apply(best_);
    return true;
}

void Walker::apply(const Move &move) {
    Node before = graph_.num_nodes();
    Lit a = move.lits[0], b = move.lits[1], c = move.lits[2], lit = a;
    switch (move.form) {
        case Form::literal: break;
        case Form::conjunction: lit = graph_.and_(a, b); break;
        case Form::parity: lit = graph_.xor_(a, b); break;
        case Form::and_of_three: lit = graph_.and_(graph_.and_(a, b), c); break;
        case Form::and_of_or: lit = graph_.and_(a, graph_.or_(b, c)); break;
    }
    if (node_of(lit) == node_) return;  // the node as it was, drawn otherwise
    graph_.replace(node_, complement_if(lit, move.negated));
    if (!order_.follow(graph_, node_, above_, before))
        std::sort(cone_.begin(), cone_.end(), [&](Node x, Node y) { return order_[x] < order_[y]; });
    size_t evaluated = 0;
    rewired_.clear(graph_.num_nodes());
    changed_.clear(graph_.num_nodes());
    for (Node user : graph_.rewired()) rewired_.add(user);
    for (Node made = before; made < graph_.num_nodes(); made++) {
        if (!graph_.is_alive(made)) continue;
        give_table(made);
        evaluate(made);
        evaluated++;
    }
    for (Node user : cone_) {
        if (!graph_.is_alive(user)) continue;
        if (!rewired_.has(user) && !changed_.has(node_of(graph_.fanin0(user))) && !changed_.has(node_of(graph_.fanin1(user))))
            continue;
        evaluated++;
        if (evaluate(user)) continue;
        changed_.add(user);
        graph_.taint(user);
    }
    cone_.push_back(node_);
    for (Node node : cone_) {
        if (graph_.is_alive(node)) continue;
        Lit now = graph_.resolve(make_lit(node));
        bool same = graph_.is_alive(node_of(now));
        for (size_t w = 0; w < words_ && same; w++) same = table(node)[w] == word(now, w);
        if (!same) graph_.taint(node);
    }
    for (Node node : order_.gone()) free_slots_.push_back(slot_[node]);
    context_->work += static_cast<int64_t>((evaluated * words_ + order_.size()) / kWorkUnit);
}

}  // namespace netc
