#include "netc/core/spectrum.hpp"

#include <cstdlib>

#include "netc/core/random.hpp"

namespace netc {
namespace {

constexpr int kMostTries = 256;   // variables taken for another, in all
constexpr int kMostChoices = 64;  // of outputs that look alike
constexpr int kSigned = 63;       // the bit of an equation that holds what its unknowns sum up to
constexpr uint64_t kChosen = 1;   // what sets a variable that is tried apart from those that look alike

// Some functions' spectra side by side, as a hypergraph: each mask joins its variables.
class Side {
public:
    Side(int num_vars, std::vector<const Spectrum *> spectra) : n_(num_vars), spectra_(std::move(spectra)) {
        keys_.assign(size_t{1} << n_, 0);
        for (const Spectrum *spectrum : spectra_)
            for (size_t m = 0; m < keys_.size(); m++)
                keys_[m] = mix(keys_[m] + static_cast<uint64_t>(std::abs(spectrum->coefficients[m])));
        sums_.resize(keys_.size());
    }

    size_t size() const { return keys_.size(); }
    size_t functions() const { return spectra_.size(); }
    uint64_t key(size_t m) const { return keys_[m]; }
    int32_t coefficient(size_t function, size_t m) const { return spectra_[function]->coefficients[m]; }

    // Each variable's colour from those of what it is joined with.
    void refine(std::vector<uint64_t> &colours) {
        std::vector<uint64_t> total(colours.size());
        sums_[0] = 0;
        for (size_t m = 1; m < sums_.size(); m++) {
            sums_[m] = sums_[m & (m - 1)] + mix(colours[static_cast<size_t>(__builtin_ctzll(m))]);
            const uint64_t edge = mix(keys_[m] ^ sums_[m]);
            for (size_t rest = m; rest; rest &= rest - 1) total[static_cast<size_t>(__builtin_ctzll(rest))] += edge;
        }
        for (size_t v = 0; v < colours.size(); v++) colours[v] = mix(colours[v] + total[v]);
    }

private:
    int n_;
    std::vector<const Spectrum *> spectra_;
    std::vector<uint64_t> keys_;  // by mask: of the magnitudes of all functions' coefficients
    std::vector<uint64_t> sums_;  // by mask: of its variables' colours
};

std::vector<uint64_t> sorted(std::vector<uint64_t> values) {
    std::sort(values.begin(), values.end());
    return values;
}

size_t num_distinct(const std::vector<uint64_t> &ordered) {
    size_t count = 0;
    for (size_t i = 0; i < ordered.size(); i++) count += i == 0 || ordered[i] != ordered[i - 1];
    return count;
}

class Search {
public:
    Search(Side &ours, Side &theirs, size_t num_vars, Matching &found)
        : ours_(ours), theirs_(theirs), n_(num_vars), found_(found) {}

    int tries() const { return tries_; }

    // At most as deep as there are variables.
    bool run(std::vector<uint64_t> mine, std::vector<uint64_t> yours) {
        for (size_t classes = 0;;) {
            ours_.refine(mine);
            theirs_.refine(yours);
            tries_++;
            const std::vector<uint64_t> ordered = sorted(mine);
            if (ordered != sorted(yours)) return false;
            const size_t now = num_distinct(ordered);
            if (now == n_) return assign(mine, yours);
            if (now == classes) break;
            classes = now;
        }
        size_t v = 0;
        while (std::count(mine.begin(), mine.end(), mine[v]) == 1) v++;
        const uint64_t colour = mine[v];
        mine[v] = mix(colour + kChosen);
        for (size_t u = 0; u < n_ && tries_ < kMostTries; u++) {
            if (yours[u] != colour) continue;
            yours[u] = mine[v];
            if (run(mine, yours)) return true;
            yours[u] = colour;
        }
        return false;
    }

private:
    bool assign(const std::vector<uint64_t> &mine, const std::vector<uint64_t> &yours) {
        found_.variable.clear();
        for (uint64_t colour : yours)
            found_.variable.push_back(static_cast<int>(std::find(mine.begin(), mine.end(), colour) - mine.begin()));
        return solve();
    }

    // Whether magnitudes agree under this permutation, and signs under some complements: unknown v is whether variable v is
    // complemented, n_ + i whether function i is.
    bool solve() {
        std::vector<size_t> image(ours_.size());
        std::vector<uint64_t> equations(n_ + ours_.functions());  // by their highest unknown
        for (size_t m = 0; m < image.size(); m++) {
            if (m) image[m] = image[m & (m - 1)] | size_t{1} << found_.variable[static_cast<size_t>(__builtin_ctzll(m))];
            if (ours_.key(image[m]) != theirs_.key(m)) return false;
            for (size_t i = 0; i < ours_.functions(); i++) {
                const int32_t a = ours_.coefficient(i, image[m]), b = theirs_.coefficient(i, m);
                if (std::abs(a) != std::abs(b)) return false;
                if (a == 0) continue;
                uint64_t equation = m | uint64_t{1} << (n_ + i) | static_cast<uint64_t>(a != b) << kSigned;
                while (equation << 1) {
                    const auto top = static_cast<size_t>(62 - __builtin_clzll(equation << 1));
                    if (!equations[top]) {
                        equations[top] = equation;
                        break;
                    }
                    equation ^= equations[top];
                }
                if (equation == uint64_t{1} << kSigned) return false;
            }
        }
        uint64_t solution = 0;  // what no equation determines stays 0
        for (size_t unknown = 0; unknown < equations.size(); unknown++) {
            const uint64_t equation = equations[unknown];
            const bool value = (equation >> kSigned) ^ (__builtin_popcountll(equation & solution) & 1);
            solution |= static_cast<uint64_t>(value) << unknown;
        }
        found_.complemented = static_cast<uint32_t>(solution & ((uint64_t{1} << n_) - 1));
        found_.negated.clear();
        for (size_t i = 0; i < ours_.functions(); i++) found_.negated.push_back(solution >> (n_ + i) & 1);
        return true;
    }

    Side &ours_, &theirs_;
    size_t n_;
    Matching &found_;
    int tries_ = 0;
};

}  // namespace

Spectrum::Spectrum(const Table &table) : coefficients(size_t{1} << table.num_vars()), signature(0) {
    const size_t rows = coefficients.size();
    for (size_t row = 0; row < rows; row++) coefficients[row] = table.value(row) ? -1 : 1;
    for (size_t stride = 1; stride < rows; stride *= 2)
        for (size_t row = 0; row < rows; row += 2 * stride)
            for (size_t i = row; i < row + stride; i++) {
                const int32_t low = coefficients[i], high = coefficients[i + stride];
                coefficients[i] = low + high;
                coefficients[i + stride] = low - high;
            }
    for (size_t m = 0; m < rows; m++)
        signature += mix(static_cast<uint64_t>(std::abs(coefficients[m])) << 8 | static_cast<uint64_t>(__builtin_popcountll(m)));
}

Shape::Shape(const Table &table) : support(__builtin_popcount(table.support())) {
    const size_t rows = 64 * table.size(), ones = table.count();
    excess = ones > rows - ones ? 2 * ones - rows : rows - 2 * ones;
}

Matcher::Matcher(std::vector<Table> functions) : functions_(std::move(functions)) {
    assert(!functions_.empty() && functions_.size() <= kMostFunctions);
    for (const Table &function : functions_) shapes_.emplace_back(function);
}

bool Matcher::suits(const std::vector<Shape> &others) const {
    return std::all_of(shapes_.begin(), shapes_.end(), [&](const Shape &shape) {
        return std::find(others.begin(), others.end(), shape) != others.end();
    });
}

std::optional<Matching> Matcher::match(const std::vector<Table> &others, int64_t &work) {
    const int n = functions_[0].num_vars();
    const auto words = static_cast<int64_t>(functions_[0].size());
    const std::vector<Shape> shapes(others.begin(), others.end());
    work += words * (n + 1) * static_cast<int64_t>(others.size());
    const int64_t transform = 8 * words * n;  // 64 coefficients to a word, each a step of a sum
    if (spectra_.empty()) {
        for (const Table &function : functions_) spectra_.emplace_back(function);
        work += transform * static_cast<int64_t>(spectra_.size());
    }
    std::vector<std::optional<Spectrum>> known(others.size());
    std::vector<std::vector<size_t>> candidates(functions_.size());
    std::vector<const Spectrum *> ours;
    for (size_t i = 0; i < functions_.size(); i++) {
        ours.push_back(&spectra_[i]);
        for (size_t o = 0; o < others.size(); o++) {
            if (!(shapes[o] == shapes_[i])) continue;
            if (!known[o]) {
                known[o].emplace(others[o]);
                work += transform;
            }
            if (known[o]->signature == spectra_[i].signature) candidates[i].push_back(o);
        }
        if (candidates[i].empty()) return {};
    }
    // Nearly always there is one candidate for each; otherwise every choice is tried in turn, as the digits of a number.
    Side mine(n, std::move(ours));
    const std::vector<uint64_t> same(static_cast<size_t>(n));
    std::vector<size_t> chosen(candidates.size());
    for (int choice = 0; choice < kMostChoices; choice++) {
        Matching found;
        std::vector<const Spectrum *> theirs;
        for (size_t i = 0; i < candidates.size(); i++) {
            found.output.push_back(candidates[i][chosen[i]]);
            theirs.push_back(&*known[found.output[i]]);
        }
        Side yours(n, std::move(theirs));
        Search search(mine, yours, static_cast<size_t>(n), found);
        const bool matched = search.run(same, same);
        work += 2 * transform * search.tries();
        if (matched) return found;
        size_t next = 0;
        while (next < chosen.size() && ++chosen[next] == candidates[next].size()) chosen[next++] = 0;
        if (next == chosen.size()) break;
    }
    return {};
}

}  // namespace netc
