// Resynthesis: a function from divisors, with as few gates as possible.
//
// The target is given by the patterns where it must be 1 and those where it must be 0; the rest are don't-cares. A pattern
// is a bit: of a truth table over a window, or of a simulation. A divisor is a row of such bits, with the price of keeping
// it. The search asks in order of gates: a constant; one divisor; the OR or AND of two; the XOR of two; the OR (AND) of
// three, or of one and the AND (OR) of two others; of two such pairs; and beyond that greedily, taking the literal or the
// pair that covers most and going on with what is left.
//
// A literal that is 1 on no pattern of the off-set is *unate*: it may be a term of an OR, and only those may. Literals are
// sorted by how much of the on-set they cover, so most pairs are refused by two counts. The search for an AND is the one
// for an OR with on-set and off-set exchanged.
// After Mishchenko and Brayton, 2006 (resubstitution), and the greedy engine of Lee, Riener et al., TCAD 2022.
#pragma once

#include <algorithm>
#include <vector>

#include "netc/core/aig.hpp"

namespace netc {

// Gates over divisors. Literals are 2 * index + complement, where the divisors come first and the gates follow.
struct Expression {
    struct Gate {
        uint32_t a, b;
        bool is_xor;
    };
    static constexpr uint32_t kFalseOutput = 0xFFFFFFFE, kTrueOutput = 0xFFFFFFFF;

    std::vector<Gate> gates;
    uint32_t output = kFalseOutput;

    bool is_constant() const { return output >= kFalseOutput; }
};

class Resynthesis {
public:
    // Starts over, with rows of this many words.
    void begin(size_t words);
    size_t words() const { return words_; }
    // A new divisor's row, to be filled. Rows move when more are added.
    uint64_t *add(uint32_t price);
    uint64_t *row(size_t divisor) { return rows_.data() + divisor * words_; }
    size_t size() const { return price_.size(); }
    void set_price(size_t divisor, uint32_t price) { price_[divisor] = price; }
    uint64_t *on() { return on_.data(); }
    uint64_t *off() { return off_.data(); }

    // Offers expressions whose gates, with the price of the dearest divisor, come to at most `limit` ANDs, and of at most
    // `gates` gates, until accept(expression) is true.
    template <class Accept>
    bool search(int limit, int gates, Accept &&accept);

    uint64_t work = 0;  // words looked at

private:
    static constexpr size_t kPairs = 400;  // pairs kept, and
    static constexpr size_t kTried = 4;    // expressions refused before a step of the search gives up

    struct Term {  // a literal, or the AND of two
        uint32_t a, b;
        uint32_t covers;  // patterns of the on-set
        uint32_t misses;  // patterns of the off-set that it covers too
    };

    bool covers(const uint64_t *set, uint32_t a, uint32_t b);              // set within a OR b
    bool disjoint(const uint64_t *set, uint32_t a) const;                  // set outside a
    uint32_t covered(const uint64_t *set, uint32_t a, uint32_t b);         // patterns of set in a AND b
    uint64_t word(uint32_t lit, size_t w) const { return rows_[(lit >> 1) * words_ + w] ^ -uint64_t{lit & 1}; }

    void classify();
    void find_terms(bool swapped, int allowed);
    void sort_terms(std::vector<Term> &terms) const;
    void find_pairs(bool swapped, int gates);
    void subtract(std::vector<uint64_t> &rest, const Term &term) const;
    template <class Accept>
    bool search_xor(int limit, Accept &&accept);
    bool greedy(bool swapped, int gates, Expression &expression);
    static uint32_t add_or(Expression &expression, size_t divisors, const std::vector<Term> &terms);

    size_t words_ = 1;
    std::vector<uint64_t> rows_, on_, off_, rest_, samples_;
    std::vector<uint32_t> price_, on_count_, off_count_;
    uint32_t on_size_ = 0, off_size_ = 0;
    std::vector<Term> unate_, binate_, pairs_;
    std::vector<Term> chosen_;
    std::vector<std::pair<uint64_t, uint32_t>> keys_;
    Expression found_;
};

template <class Accept>
bool Resynthesis::search(int limit, int gates, Accept &&accept) {
    if (limit < 0) return false;
    classify();
    found_.gates.clear();
    if (on_size_ == 0 || off_size_ == 0) {
        found_.output = on_size_ == 0 ? Expression::kFalseOutput : Expression::kTrueOutput;
        if (accept(found_)) return true;
    }
    std::vector<std::pair<uint32_t, uint32_t>> same;  // price, literal
    for (uint32_t i = 0; i < size(); i++) {
        if (static_cast<int>(price_[i]) > limit) continue;
        if (off_count_[i] == 0 && on_count_[i] == on_size_) same.push_back({price_[i], 2 * i});
        else if (on_count_[i] == 0 && off_count_[i] == off_size_) same.push_back({price_[i], 2 * i + 1});
    }
    std::sort(same.begin(), same.end());
    for (size_t i = 0; i < std::min(same.size(), kTried); i++) {
        found_.output = same[i].second;
        if (accept(found_)) return true;
    }

    auto offer = [&](bool swapped) {
        found_.gates.clear();
        found_.output = add_or(found_, size(), chosen_) ^ static_cast<uint32_t>(swapped);
        return accept(found_);
    };
    if (gates < 1 || limit < 1) return false;
    for (bool swapped : {false, true}) {
        find_terms(swapped, limit - 1);
        const uint64_t *on = swapped ? off() : this->on();
        uint32_t on_size = swapped ? off_size_ : on_size_;
        size_t tried = 0;
        for (size_t i = 0; i < unate_.size() && tried < kTried; i++) {
            if (2 * unate_[i].covers < on_size) break;
            for (size_t j = i + 1; j < unate_.size() && tried < kTried; j++) {
                if (unate_[i].covers + unate_[j].covers < on_size) break;
                if (!covers(on, unate_[i].a, unate_[j].a)) continue;
                chosen_ = {unate_[i], unate_[j]};
                if (offer(swapped)) return true;
                tried++;
            }
        }
    }
    if (limit >= 3 && gates >= 2 && search_xor(limit, accept)) return true;
    if (gates < 2 || limit < 2) return false;
    for (bool swapped : {false, true}) {
        find_terms(swapped, limit - 2);
        const uint64_t *on = swapped ? off() : this->on();
        uint32_t on_size = swapped ? off_size_ : on_size_;
        size_t tried = 0;
        for (size_t i = 0; i < unate_.size() && tried < kTried; i++) {  // three literals
            if (3 * unate_[i].covers < on_size) break;
            for (size_t j = i + 1; j < unate_.size() && tried < kTried; j++) {
                if (unate_[i].covers + 2 * unate_[j].covers < on_size) break;
                rest_.assign(on, on + words_);
                subtract(rest_, unate_[i]);
                subtract(rest_, unate_[j]);
                for (size_t k = j + 1; k < unate_.size() && tried < kTried; k++) {
                    if (unate_[i].covers + unate_[j].covers + unate_[k].covers < on_size) break;
                    if (!covers(rest_.data(), unate_[k].a, unate_[k].a)) continue;
                    chosen_ = {unate_[i], unate_[j], unate_[k]};
                    if (offer(swapped)) return true;
                    tried++;
                }
            }
        }
        find_pairs(swapped, std::min(limit, gates));
        for (size_t i = 0; i < unate_.size() && tried < kTried; i++) {  // a literal and a pair
            rest_.clear();
            for (size_t j = 0; j < pairs_.size() && tried < kTried; j++) {
                if (unate_[i].covers + pairs_[j].covers < on_size) break;
                if (rest_.empty()) {
                    rest_.assign(on, on + words_);
                    subtract(rest_, unate_[i]);
                }
                if (!covers(rest_.data(), pairs_[j].a, pairs_[j].a) || !covers(rest_.data(), pairs_[j].b, pairs_[j].b))
                    continue;
                chosen_ = {unate_[i], pairs_[j]};
                if (offer(swapped)) return true;
                tried++;
            }
        }
        if (gates < 3 || limit < 3) continue;
        for (size_t i = 0; i < pairs_.size() && tried < kTried; i++) {  // two pairs
            if (2 * pairs_[i].covers < on_size) break;
            rest_.assign(on, on + words_);
            subtract(rest_, pairs_[i]);
            for (size_t j = i + 1; j < pairs_.size() && tried < kTried; j++) {
                if (pairs_[i].covers + pairs_[j].covers < on_size) break;
                if (!covers(rest_.data(), pairs_[j].a, pairs_[j].a) || !covers(rest_.data(), pairs_[j].b, pairs_[j].b))
                    continue;
                chosen_ = {pairs_[i], pairs_[j]};
                if (offer(swapped)) return true;
                tried++;
            }
        }
        if (greedy(swapped, std::min(limit, gates), found_) && accept(found_)) return true;
    }
    return false;
}

// d1 XOR d2: the target XOR d1 must be a divisor where anybody cares. An XOR counts as three ANDs.
template <class Accept>
bool Resynthesis::search_xor(int limit, Accept &&accept) {
    auto key_of = [&](uint32_t divisor, bool with_target) {
        uint64_t key = 0, flip = 0;
        bool first = true;
        for (size_t w = 0; w < words_; w++) {
            uint64_t care = on_[w] | off_[w], value = rows_[divisor * words_ + w] ^ (with_target ? on_[w] : 0);
            if (first && care) {  // normal: 0 in the first pattern that matters
                flip = -((value & care & -care) != 0 ? uint64_t{1} : 0);
                first = false;
            }
            key = (key ^ ((value ^ flip) & care)) * 0x9E3779B97F4A7C15u;
            key ^= key >> 29;
        }
        return key;
    };
    keys_.clear();
    for (uint32_t i = 0; i < size(); i++)
        if (static_cast<int>(price_[i]) <= limit - 3) keys_.push_back({key_of(i, false), i});
    std::sort(keys_.begin(), keys_.end());
    work += 2 * keys_.size() * words_;
    size_t tried = 0;
    for (auto [own, i] : keys_) {
        (void)own;
        uint64_t wanted = key_of(i, true);
        for (auto at = std::lower_bound(keys_.begin(), keys_.end(), std::make_pair(wanted, i + 1));
             at != keys_.end() && at->first == wanted; ++at) {
            uint32_t j = at->second;
            bool equal = true, opposite = true;
            for (size_t w = 0; w < words_; w++) {
                uint64_t care = on_[w] | off_[w], value = rows_[i * words_ + w] ^ rows_[j * words_ + w] ^ on_[w];
                equal &= (value & care) == 0;
                opposite &= (~value & care) == 0;
            }
            if (!equal && !opposite) continue;
            found_.gates.assign(1, {2 * i, 2 * j, true});
            found_.output = 2 * static_cast<uint32_t>(size()) + opposite;
            if (accept(found_)) return true;
            if (++tried == kTried) return false;
        }
    }
    return false;
}

}  // namespace netc
