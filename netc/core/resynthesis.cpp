#include "netc/core/resynthesis.hpp"

#include "netc/core/simd.hpp"

namespace netc {
namespace {

uint32_t size_of(const std::vector<uint64_t> &set) {
    uint32_t count = 0;
    for (uint64_t word : set) count += static_cast<uint32_t>(__builtin_popcountll(word));
    return count;
}

// How many patterns of the on-set and of the off-set each row has.
NETC_CLONES void count_rows(const uint64_t *rows, size_t count, size_t words, const uint64_t *on, const uint64_t *off,
                            uint32_t *on_count, uint32_t *off_count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t ones = 0, zeros = 0;
        for (size_t w = 0; w < words; w++) {
            ones += static_cast<uint32_t>(__builtin_popcountll(rows[i * words + w] & on[w]));
            zeros += static_cast<uint32_t>(__builtin_popcountll(rows[i * words + w] & off[w]));
        }
        on_count[i] = ones;
        off_count[i] = zeros;
    }
}

NETC_CLONES uint32_t count_and(const uint64_t *set, const uint64_t *a, uint64_t flip_a, const uint64_t *b, uint64_t flip_b,
                               size_t words) {
    uint32_t count = 0;
    for (size_t w = 0; w < words; w++)
        count += static_cast<uint32_t>(__builtin_popcountll(set[w] & (a[w] ^ flip_a) & (b[w] ^ flip_b)));
    return count;
}

}  // namespace

void Resynthesis::begin(size_t words) {
    words_ = words;
    rows_.clear();
    price_.clear();
    on_.assign(words, 0);
    off_.assign(words, 0);
}

uint64_t *Resynthesis::add(uint32_t price) {
    price_.push_back(price);
    rows_.resize(rows_.size() + words_);
    return rows_.data() + rows_.size() - words_;
}

bool Resynthesis::covers(const uint64_t *set, uint32_t a, uint32_t b) {
    work += words_;
    for (size_t w = 0; w < words_; w++)
        if (set[w] & ~(word(a, w) | word(b, w))) return false;
    return true;
}

bool Resynthesis::disjoint(const uint64_t *set, uint32_t a) const {
    const uint64_t *values = rows_.data() + (a >> 1) * words_;
    uint64_t flip = -uint64_t{a & 1};
    for (size_t w = 0; w < words_; w++)
        if (set[w] & (values[w] ^ flip)) return false;
    return true;
}

uint32_t Resynthesis::covered(const uint64_t *set, uint32_t a, uint32_t b) {
    return count_and(set, row(a >> 1), -uint64_t{a & 1}, row(b >> 1), -uint64_t{b & 1}, words_);
}

void Resynthesis::subtract(std::vector<uint64_t> &rest, const Term &term) const {
    for (size_t w = 0; w < words_; w++) rest[w] &= ~(word(term.a, w) & word(term.b, w));
}

void Resynthesis::classify() {
    on_size_ = size_of(on_);
    off_size_ = size_of(off_);
    on_count_.resize(size());
    off_count_.resize(size());
    count_rows(rows_.data(), size(), words_, on(), off(), on_count_.data(), off_count_.data());
    work += 2 * size() * words_;
}

// Fills unate_ and binate_ with the literals that cost at most `allowed`.
void Resynthesis::find_terms(bool swapped, int allowed) {
    unate_.clear();
    binate_.clear();
    uint32_t on_size = swapped ? off_size_ : on_size_, off_size = swapped ? on_size_ : off_size_;
    const std::vector<uint32_t> &in_on = swapped ? off_count_ : on_count_, &in_off = swapped ? on_count_ : off_count_;
    for (uint32_t i = 0; i < size(); i++) {
        if (static_cast<int>(price_[i]) > allowed) continue;
        for (uint32_t odd : {0u, 1u}) {
            uint32_t ones = odd ? on_size - in_on[i] : in_on[i], zeros = odd ? off_size - in_off[i] : in_off[i];
            if (ones == 0) continue;
            (zeros == 0 ? unate_ : binate_).push_back({2 * i + odd, 2 * i + odd, ones, zeros});
        }
    }
    sort_terms(unate_);
}

// Those that cover most first.
void Resynthesis::sort_terms(std::vector<Term> &terms) const {
    std::sort(terms.begin(), terms.end(), [&](const Term &x, const Term &y) {
        if (x.covers != y.covers) return x.covers > y.covers;
        return price_[x.a >> 1] != price_[y.a >> 1] ? price_[x.a >> 1] < price_[y.a >> 1] : x.a < y.a;
    });
}

// Fills pairs_ with ANDs of two binate literals that miss the off-set, those that cover most first, where `gates` gates
// may do something with them.
void Resynthesis::find_pairs(bool swapped, int gates) {
    pairs_.clear();
    if (gates < 3 && unate_.empty()) return;  // a pair is the literal that the other polarity has tried
    const uint64_t *on = swapped ? this->off() : this->on(), *off = swapped ? this->on() : this->off();
    uint32_t on_size = swapped ? off_size_ : on_size_, off_size = swapped ? on_size_ : off_size_;
    // With a literal that covers most of the on-set, or with another pair.
    uint32_t least = unate_.empty() ? 0 : on_size - std::min(on_size, unate_[0].covers);
    if (gates >= 3) least = std::min(least, (on_size + 1) / 2);
    binate_.erase(std::remove_if(binate_.begin(), binate_.end(), [&](const Term &term) { return term.covers < least; }),
                  binate_.end());
    sort_terms(binate_);
    // Most pairs meet in the word that has most of the off-set, so that word is asked first.
    size_t fullest = 0;
    for (size_t w = 1; w < words_; w++)
        if (__builtin_popcountll(off[w]) > __builtin_popcountll(off[fullest])) fullest = w;
    samples_.clear();
    for (const Term &term : binate_) samples_.push_back(off[fullest] & word(term.a, fullest));
    for (size_t i = 0; i < binate_.size(); i++) {
        rest_.assign(off, off + words_);  // where only the other can be 0
        for (size_t w = 0; w < words_; w++) rest_[w] &= word(binate_[i].a, w);
        work += binate_.size() - i - 1;
        for (size_t j = i + 1; j < binate_.size(); j++) {
            if (samples_[i] & samples_[j]) continue;
            // Two that have more of the off-set than there is of it have some of it in common.
            if (binate_[i].misses + binate_[j].misses > off_size || !disjoint(rest_.data(), binate_[j].a)) continue;
            uint32_t count = covered(on, binate_[i].a, binate_[j].a);
            if (count == 0 || count < least) continue;
            pairs_.push_back({binate_[i].a, binate_[j].a, count, 0});
        }
        if (pairs_.size() >= kPairs) break;
    }
    std::stable_sort(pairs_.begin(), pairs_.end(), [](const Term &x, const Term &y) { return x.covers > y.covers; });
}

// Covers the on-set term by term, each time with the one that covers most of what is left.
bool Resynthesis::greedy(bool swapped, int gates, Expression &expression) {
    rest_ = swapped ? off_ : on_;
    chosen_.clear();
    int used = 0;
    while (size_of(rest_) > 0) {
        const Term *best = nullptr;
        uint32_t most = 0;
        for (const std::vector<Term> *terms : {&unate_, &pairs_})
            for (const Term &term : *terms) {
                if (term.covers <= most) break;  // sorted: none of the rest covers more
                uint32_t count = covered(rest_.data(), term.a, term.b);
                work += words_;
                if (count > most) {
                    most = count;
                    best = &term;
                }
            }
        if (!best) return false;
        used += (chosen_.empty() ? 0 : 1) + (best->a != best->b ? 1 : 0);
        if (used > gates) return false;
        chosen_.push_back(*best);
        subtract(rest_, *best);
    }
    expression.gates.clear();
    expression.output = add_or(expression, size(), chosen_) ^ static_cast<uint32_t>(swapped);
    return true;
}

uint32_t Resynthesis::add_or(Expression &expression, size_t divisors, const std::vector<Term> &terms) {
    auto add_and = [&](uint32_t a, uint32_t b) {
        expression.gates.push_back({a, b, false});
        return 2 * static_cast<uint32_t>(divisors + expression.gates.size() - 1);
    };
    uint32_t sum = Expression::kFalseOutput;
    for (size_t i = terms.size(); i-- > 0;) {
        uint32_t lit = terms[i].a == terms[i].b ? terms[i].a : add_and(terms[i].a, terms[i].b);
        sum = sum == Expression::kFalseOutput ? lit : add_and(lit ^ 1, sum ^ 1) ^ 1;
    }
    return sum;
}

}  // namespace netc
