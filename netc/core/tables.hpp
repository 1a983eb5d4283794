// Truth tables of up to sixteen variables: bit e of the words is the value where variable j is bit j of e. As in
// truth.hpp, a table of fewer than six variables is repeated to fill its one word.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "netc/core/truth.hpp"

namespace netc {

constexpr int kMaxTableVars = 16;

inline size_t table_words(int k) { return k <= 6 ? 1 : size_t{1} << (k - 6); }

// The words of a table. Those of up to ten variables lie in place: optimisers make millions of such tables.
class TableWords {
public:
    TableWords(size_t size, uint64_t word) : size_(size) {
        if (size > kInPlace) large_ = std::make_unique<uint64_t[]>(size);
        std::fill(begin(), end(), word);
    }
    TableWords(const TableWords &other) : size_(other.size_) {
        if (size_ > kInPlace) large_ = std::make_unique<uint64_t[]>(size_);
        std::copy(other.begin(), other.end(), begin());
    }
    TableWords(TableWords &&other) noexcept : size_(other.size_), large_(std::move(other.large_)) {
        if (size_ <= kInPlace) std::copy(other.begin(), other.end(), begin());
        else other.size_ = 0;
    }
    TableWords &operator=(TableWords other) noexcept {
        size_ = other.size_;
        large_ = std::move(other.large_);
        if (size_ <= kInPlace) std::copy(other.begin(), other.end(), begin());
        else other.size_ = 0;
        return *this;
    }
    ~TableWords() = default;

    size_t size() const { return size_; }
    uint64_t *data() { return size_ <= kInPlace ? small_ : large_.get(); }
    const uint64_t *data() const { return size_ <= kInPlace ? small_ : large_.get(); }
    uint64_t *begin() { return data(); }
    uint64_t *end() { return data() + size_; }
    const uint64_t *begin() const { return data(); }
    const uint64_t *end() const { return data() + size_; }
    uint64_t &operator[](size_t w) { return data()[w]; }
    uint64_t operator[](size_t w) const { return data()[w]; }
    bool operator==(const TableWords &other) const { return std::equal(begin(), end(), other.begin(), other.end()); }
    bool operator<(const TableWords &other) const {
        return std::lexicographical_compare(begin(), end(), other.begin(), other.end());
    }

private:
    static constexpr size_t kInPlace = 16;

    size_t size_;
    uint64_t small_[kInPlace];
    std::unique_ptr<uint64_t[]> large_;
};

class Table {
public:
    Table() : Table(0) {}
    explicit Table(int num_vars, bool value = false)
        : num_vars_(num_vars), words_(table_words(num_vars), value ? ~uint64_t{0} : 0) {
        assert(num_vars >= 0 && num_vars <= kMaxTableVars);
    }
    static Table of(const uint64_t *words, int num_vars) {
        Table table(num_vars);
        for (size_t w = 0; w < table.words_.size(); w++) table.words_[w] = words[w];
        if (num_vars < 6) table.words_[0] = replicate(table.words_[0], num_vars);
        return table;
    }
    static Table variable(int v, int num_vars) {
        Table table(num_vars);
        for (size_t w = 0; w < table.words_.size(); w++)
            table.words_[w] = v < 6 ? kVariable[v] : (w >> (v - 6) & 1 ? ~uint64_t{0} : 0);
        return table;
    }

    int num_vars() const { return num_vars_; }
    size_t size() const { return words_.size(); }
    uint64_t *data() { return words_.data(); }
    const uint64_t *data() const { return words_.data(); }
    uint64_t &operator[](size_t w) { return words_[w]; }
    uint64_t operator[](size_t w) const { return words_[w]; }
    bool value(size_t row) const { return words_[row >> 6] >> (row & 63) & 1; }
    void set(size_t row) { words_[row >> 6] |= uint64_t{1} << (row & 63); }

    bool operator==(const Table &other) const { return num_vars_ == other.num_vars_ && words_ == other.words_; }
    bool operator!=(const Table &other) const { return !(*this == other); }
    bool operator<(const Table &other) const { return words_ < other.words_; }

    bool is_false() const {
        for (uint64_t word : words_)
            if (word) return false;
        return true;
    }
    bool is_true() const {
        for (uint64_t word : words_)
            if (~word) return false;
        return true;
    }
    // True rows; a table of fewer than six variables counts its repetitions.
    size_t count() const {
        size_t ones = 0;
        for (uint64_t word : words_) ones += static_cast<size_t>(__builtin_popcountll(word));
        return ones;
    }
    bool implies(const Table &other) const {
        for (size_t w = 0; w < size(); w++)
            if (words_[w] & ~other.words_[w]) return false;
        return true;
    }
    bool disjoint(const Table &other) const {
        for (size_t w = 0; w < size(); w++)
            if (words_[w] & other.words_[w]) return false;
        return true;
    }

    Table &operator&=(const Table &other) { return combine(other, [](uint64_t a, uint64_t b) { return a & b; }); }
    Table &operator|=(const Table &other) { return combine(other, [](uint64_t a, uint64_t b) { return a | b; }); }
    Table &operator^=(const Table &other) { return combine(other, [](uint64_t a, uint64_t b) { return a ^ b; }); }
    friend Table operator&(Table a, const Table &b) { return a &= b; }
    friend Table operator|(Table a, const Table &b) { return a |= b; }
    friend Table operator^(Table a, const Table &b) { return a ^= b; }
    Table operator~() const {
        Table table(*this);
        for (uint64_t &word : table.words_) word = ~word;
        return table;
    }

    bool depends_on(int v) const {
        if (v < 6) {
            for (uint64_t word : words_)
                if (netc::depends_on(word, v)) return true;
            return false;
        }
        size_t stride = size_t{1} << (v - 6);
        for (size_t w = 0; w < size(); w += 2 * stride)
            for (size_t i = w; i < w + stride; i++)
                if (words_[i] != words_[i + stride]) return true;
        return false;
    }
    // Bit v: whether the function depends on variable v.
    uint32_t support() const {
        uint32_t mask = 0;
        for (int v = 0; v < num_vars_; v++) mask |= static_cast<uint32_t>(depends_on(v)) << v;
        return mask;
    }

    // The function where variable v has this value; it ignores v.
    Table cofactor(int v, bool value) const {
        Table table(*this);
        if (v < 6) {
            for (uint64_t &word : table.words_) word = value ? cofactor1(word, v) : cofactor0(word, v);
            return table;
        }
        size_t stride = size_t{1} << (v - 6);
        for (size_t w = 0; w < size(); w++) table.words_[w] = words_[value ? w | stride : w & ~stride];
        return table;
    }
    Table exists(int v) const { return cofactor(v, false) | cofactor(v, true); }
    Table forall(int v) const { return cofactor(v, false) & cofactor(v, true); }
    // The function with variable v complemented.
    Table flip(int v) const {
        Table table(*this);
        if (v < 6) {
            for (uint64_t &word : table.words_) word = flip_variable(word, v);
            return table;
        }
        size_t stride = size_t{1} << (v - 6);
        for (size_t w = 0; w < size(); w++) table.words_[w] = words_[w ^ stride];
        return table;
    }

    // Exchanges two variables.
    void swap(int a, int b) {
        if (a == b) return;
        if (a > b) std::swap(a, b);
        if (b < 6) {
            for (uint64_t &word : words_) word = swap_variables(word, a, b);
        } else if (a < 6) {
            size_t stride = size_t{1} << (b - 6);
            int shift = 1 << a;
            for (size_t w = 0; w < size(); w += 2 * stride)
                for (size_t i = w; i < w + stride; i++) {
                    uint64_t low = words_[i], high = words_[i + stride];
                    words_[i] = (low & ~kVariable[a]) | (high & ~kVariable[a]) << shift;
                    words_[i + stride] = (high & kVariable[a]) | (low & kVariable[a]) >> shift;
                }
        } else {
            size_t x = size_t{1} << (a - 6), y = size_t{1} << (b - 6);
            for (size_t w = 0; w < size(); w++)
                if ((w & x) && !(w & y)) std::swap(words_[w], words_[w ^ x ^ y]);
        }
    }

    // The same function over its first k variables, which are all that it depends on; or over more.
    Table resized(int k) const {
        Table table(k);
        for (size_t w = 0; w < table.size(); w++) table.words_[w] = words_[w & (size() - 1)];
        return table;
    }
    // Moves the variables of `mask` to the front, in order, and drops the others, which it must not depend on.
    Table compacted(uint32_t mask) const {
        Table table(*this);
        int k = 0;
        for (int v = 0; v < num_vars_; v++)
            if (mask >> v & 1) table.swap(k++, v);
        return table.resized(k);
    }
    // The other way: variable i of this table becomes variable position[i], ascending, of num_vars.
    Table spread(const int *position, int num_vars) const {
        Table table = resized(num_vars);
        for (int i = num_vars_ - 1; i >= 0; i--) table.swap(i, position[i]);
        return table;
    }

    size_t hash() const {
        uint64_t key = static_cast<uint64_t>(num_vars_);
        for (uint64_t word : words_) {
            key = (key ^ word) * 0x9E3779B97F4A7C15u;  // 2^64 / golden ratio
            key ^= key >> 29;
        }
        return key;
    }

private:
    template <class Op>
    Table &combine(const Table &other, Op op) {
        assert(num_vars_ == other.num_vars_);
        for (size_t w = 0; w < words_.size(); w++) words_[w] = op(words_[w], other.words_[w]);
        return *this;
    }

    int num_vars_;
    TableWords words_;
};

struct TableHash {
    size_t operator()(const Table &table) const { return table.hash(); }
};

}  // namespace netc
