#include "netc/core/diagram.hpp"

#include <algorithm>
#include <unordered_map>

#include "netc/core/random.hpp"

namespace netc {
namespace {

// A function of the first `k` variables: words of a table, all complemented where `flip` is ~0.
struct Part {
    const uint64_t *words;
    int k;
    uint64_t flip;

    uint64_t word(size_t w) const { return words[w] ^ flip; }
    size_t size() const { return table_words(k); }
    bool operator==(const Part &other) const {
        if (k != other.k) return false;
        for (size_t w = 0; w < size(); w++)
            if (word(w) != other.word(w)) return false;
        return true;
    }
};

struct PartHash {
    size_t operator()(const Part &part) const {
        uint64_t key = static_cast<uint64_t>(part.k);
        for (size_t w = 0; w < part.size(); w++) {
            key = (key ^ part.word(w)) * 0x9E3779B97F4A7C15u;  // 2^64 / golden ratio
            key ^= key >> 29;
        }
        return key;
    }
};

// What a node of a diagram is.
enum class Kind { and_, unate, mux, parity };

// Walks the shared diagram of some functions; Made gives a value for each function from its variable and branches.
template <class Value, class Make>
class Diagram {
public:
    explicit Diagram(Make make) : make_(make) {}

    // Depth is the number of variables. A function is followed with its value in row 0 made 0.
    Value of(const uint64_t *words, int k) {
        while (k > 6) {
            size_t half = table_words(k) / 2;
            if (!std::equal(words, words + half, words + half)) break;
            k--;
        }
        if (k <= 6) return of_word(*words);
        Part part{words, k, words[0] & 1 ? ~uint64_t{0} : 0};
        auto found = parts_.find(part);
        if (found == parts_.end()) {
            size_t half = table_words(k) / 2;
            Value low = of(words, k - 1), high = of(words + half, k - 1);
            bool low_in_high = true, high_in_low = true, opposite = true;
            for (size_t w = 0; w < half; w++) {
                uint64_t l = words[w] ^ part.flip, h = words[half + w] ^ part.flip;
                low_in_high &= (l & ~h) == 0;
                high_in_low &= (h & ~l) == 0;
                opposite &= l == ~h;
            }
            if (part.flip) low = make_.negated(low), high = make_.negated(high);
            found = parts_.emplace(part, make_(k - 1, low, high, low_in_high, high_in_low, opposite)).first;
        }
        return part.flip ? make_.negated(found->second) : found->second;
    }

private:
    Value of_word(uint64_t word) {
        if (word == 0) return make_.constant();
        if (word & 1) return make_.negated(of_word(~word));
        auto found = words_.find(word);
        if (found != words_.end()) return found->second;
        int v = 5;
        while (!depends_on(word, v)) v--;
        uint64_t l = cofactor0(word, v), h = cofactor1(word, v);
        Value low = of_word(l), high = of_word(h);
        Value made = make_(v, low, high, (l & ~h) == 0, (h & ~l) == 0, l == ~h);
        words_.emplace(word, made);
        return made;
    }

    Make make_;
    std::unordered_map<Part, Value, PartHash> parts_;
    std::unordered_map<uint64_t, Value> words_;
};

// Counts; a value is only whether the function is constant.
struct Count {
    size_t *cost;
    enum Value : uint8_t { zero, one, other };

    Value constant() const { return zero; }
    static Value negated(Value value) { return value == zero ? one : value == one ? zero : other; }
    Value operator()(int, Value low, Value high, bool low_in_high, bool high_in_low, bool opposite) const {
        if (low != other && high != other) return other;  // a variable
        *cost += low != other || high != other ? 1 : opposite ? 3 : low_in_high || high_in_low ? 2 : 3;
        return other;
    }
};

struct Build {
    Builder *builder;
    const Lit *variables;

    Lit constant() const { return kFalse; }
    static Lit negated(Lit lit) { return complement(lit); }
    Lit operator()(int v, Lit low, Lit high, bool low_in_high, bool high_in_low, bool opposite) const {
        Lit x = variables[v];
        if (opposite) return builder->xor_(x, low);
        if (low == kFalse) return builder->and_(x, high);
        if (high == kFalse) return builder->and_(complement(x), low);
        if (low_in_high) return builder->or_(low, builder->and_(x, high));
        if (high_in_low) return builder->or_(high, builder->and_(complement(x), low));
        return builder->mux(x, high, low);
    }
};

}  // namespace

size_t diagram_cost(const std::vector<Table> &functions, size_t limit) {
    size_t cost = 0;
    Diagram<Count::Value, Count> diagram(Count{&cost});
    for (const Table &function : functions) {
        diagram.of(function.data(), function.num_vars());
        if (cost > limit) break;
    }
    return cost;
}

std::vector<Lit> build_diagram(Builder &builder, const std::vector<Table> &functions, const Lit *variables) {
    Diagram<Lit, Build> diagram(Build{&builder, variables});
    std::vector<Lit> lits;
    for (const Table &function : functions) lits.push_back(diagram.of(function.data(), function.num_vars()));
    return lits;
}

size_t sift(std::vector<Table> &functions, std::vector<int> &variables, int rounds, int64_t &work) {
    int n = static_cast<int>(variables.size());
    size_t best = diagram_cost(functions);
    auto swap = [&](int a, int b) {
        for (Table &function : functions) function.swap(a, b);
        std::swap(variables[static_cast<size_t>(a)], variables[static_cast<size_t>(b)]);
    };
    auto count = [&](size_t limit) {
        for (const Table &function : functions) work += static_cast<int64_t>(function.size());
        return diagram_cost(functions, limit);
    };
    for (int round = 0; round < rounds; round++) {
        size_t before = best;
        for (int name = 0; name < n; name++) {
            int at = static_cast<int>(std::find(variables.begin(), variables.end(), name) - variables.begin());
            int place = at;
            for (; at + 1 < n; at++) {  // to the end, then through all places to the beginning, then to the best
                swap(at, at + 1);
                size_t cost = count(best + best / 2);
                if (cost < best) best = cost, place = at + 1;
            }
            for (; at > 0; at--) {
                swap(at - 1, at);
                size_t cost = count(best + best / 2);
                if (cost < best) best = cost, place = at - 1;
            }
            for (; at < place; at++) swap(at, at + 1);
        }
        if (best == before) break;
    }
    return best;
}

}  // namespace netc
