// Building a graph. `append` writes an AND exactly as given; `and_` folds constants and equal or complementary fan-ins
// and hashes, so that no two ANDs have the same fan-ins. The table is open-addressed with linear probing over 4-byte
// slots that hold node indices (node 0 is no AND, so 0 marks a free slot): 4 to 8 bytes an AND, one cache miss to find
// that an AND is new. Callers that know what comes next hide that miss with prefetch_*.
#pragma once

#include <utility>

#include "netc/core/aig.hpp"

namespace netc {

class Builder {
public:
    explicit Builder(uint32_t leaves, size_t expected_ands = 0) : leaves_(leaves) {
        ands_.reserve(2 * expected_ands);
        size_t slots = 64;
        while (slots < expected_ands) slots *= 2;
        slots_ = Array<Node>::zeros(slots);
    }

    uint32_t leaves() const { return leaves_; }
    Node first_and() const { return leaves_ + 1; }
    Node num_nodes() const { return leaves_ + 1 + num_ands(); }
    uint32_t num_ands() const { return static_cast<uint32_t>(ands_.size() / 2); }
    bool is_and(Node node) const { return node > leaves_; }
    Lit fanin0(Node node) const { return ands_[2 * static_cast<size_t>(node - first_and())]; }
    Lit fanin1(Node node) const { return ands_[2 * static_cast<size_t>(node - first_and()) + 1]; }
    Array<Lit> &ands() { return ands_; }

    Lit append(Lit a, Lit b) {
        if (a < b) std::swap(a, b);
        if (num_nodes() >= kMaxNodes) throw UserError{"", "the graph would have more than 2147483647 nodes"};
        ands_.push(a);
        ands_.push(b);
        return make_lit(num_nodes() - 1);
    }

    // What a AND b is without a new node: a constant, an operand, or kNone.
    static Lit fold(Lit a, Lit b) {
        if (a < b) std::swap(a, b);
        if (b == kFalse) return kFalse;
        if (b == kTrue || a == b) return a;
        if (a == complement(b)) return kFalse;
        return kNone;
    }

    // The existing literal of a AND b, folded or hashed, or kNone.
    Lit find(Lit a, Lit b) const {
        Lit folded = fold(a, b);
        if (folded != kNone) return folded;
        if (a < b) std::swap(a, b);
        Node node = slots_[slot_of(a, b)];
        return node ? make_lit(node) : kNone;
    }

    Lit and_(Lit a, Lit b) {
        Lit folded = fold(a, b);
        if (folded != kNone) return folded;
        if (a < b) std::swap(a, b);
        size_t slot = slot_of(a, b);
        if (slots_[slot]) return make_lit(slots_[slot]);
        Lit lit = append(a, b);
        slots_[slot] = node_of(lit);
        if (++hashed_ > slots_.size() - slots_.size() / 3) grow();
        return lit;
    }
    Lit or_(Lit a, Lit b) { return complement(and_(complement(a), complement(b))); }

    // a XOR b as (a OR b) AND NOT (a AND b): three ANDs, of which a carry can share the inner two.
    Lit xor_(Lit a, Lit b) { return and_(or_(a, b), complement(and_(a, b))); }
    Lit mux(Lit select, Lit then_lit, Lit else_lit) {
        return or_(and_(select, then_lit), and_(complement(select), else_lit));
    }
    Lit majority(Lit a, Lit b, Lit c) { return or_(and_(a, b), and_(c, or_(a, b))); }

    struct Sum {
        Lit sum, carry;
    };
    Sum half_adder(Lit a, Lit b) { return {xor_(a, b), and_(a, b)}; }
    // Seven ANDs: both XORs in the form above, the carry from their inner ANDs.
    Sum full_adder(Lit a, Lit b, Lit c) {
        Lit x = xor_(a, b);
        return {xor_(x, c), or_(and_(a, b), and_(x, c))};
    }

    void prefetch_slot(Lit a, Lit b) const {
        if (a < b) std::swap(a, b);
        __builtin_prefetch(&slots_[hash(a, b)]);
    }
    void prefetch_occupant(Lit a, Lit b) const {
        if (a < b) std::swap(a, b);
        Node node = slots_[hash(a, b)];
        if (node) __builtin_prefetch(&ands_[2 * static_cast<size_t>(node - first_and())]);
    }

private:
    size_t hash(Lit a, Lit b) const {
        uint64_t key = (static_cast<uint64_t>(a) << 32 | b) * 0x9E3779B97F4A7C15u;  // 2^64 / golden ratio
        return (key ^ key >> 32) & (slots_.size() - 1);
    }
    // The slot that holds a AND b, or the free slot where it belongs. a > b.
    size_t slot_of(Lit a, Lit b) const {
        size_t slot = hash(a, b);
        while (Node node = slots_[slot]) {
            const Lit *fanins = &ands_[2 * static_cast<size_t>(node - first_and())];
            if (fanins[0] == a && fanins[1] == b) break;
            slot = (slot + 1) & (slots_.size() - 1);
        }
        return slot;
    }
    void grow() {
        Array<Node> old = std::move(slots_);
        slots_ = Array<Node>::zeros(2 * old.size());
        for (Node node : old)
            if (node) slots_[slot_of(fanin0(node), fanin1(node))] = node;
    }

    uint32_t leaves_;
    Array<Lit> ands_;
    Array<Node> slots_;
    size_t hashed_ = 0;
};

// Hands a graph over the border; `roots` and `image` belong to the same new graph.
inline void finish(netc_step *step, Array<Lit> ands, Array<Lit> roots, Array<uint32_t> image) {
    step->num_ands = static_cast<int64_t>(ands.size() / 2);
    step->ands = ands.release();
    step->roots = roots.release();
    step->image = image.release();
}

inline Array<Lit> mapped_roots(const AigView &aig, const uint32_t *image) {
    Array<Lit> roots(aig.num_roots);
    for (size_t i = 0; i < aig.num_roots; i++) roots[i] = mapped(image, aig.roots[i]);
    return roots;
}

// The identity on constant and leaves, kNone elsewhere.
inline Array<uint32_t> new_image(const AigView &aig) {
    Array<uint32_t> image(aig.num_nodes());
    for (Node node = 0; node <= aig.leaves; node++) image[node] = make_lit(node);
    for (Node node = aig.first_and(); node < aig.num_nodes(); node++) image[node] = kNone;
    return image;
}

}  // namespace netc
