#include "netc/core/weighing.hpp"

#include <algorithm>
#include <numeric>

#include "netc/core/columns.hpp"
#include "netc/core/random.hpp"

namespace netc {
namespace {

constexpr size_t kFunctions = 4;         // read together at most
constexpr size_t kFewest = 5;            // variables; fewer are left to other decompositions
constexpr int64_t kStep = 1 << 24;       // the width of a step while weights are looked for
constexpr int64_t kMargin = kStep >> 11; // what a row should keep from the border of its step
constexpr int64_t kRowVisits = 1 << 22;  // of the correction
constexpr int kOrderings = 6;            // rounds of ordering the steps
constexpr int kLeastBits = 3, kMostBits = 14;  // of the width of a step in the end
constexpr int kRoundings = 30;           // of the weights to a width

struct Digit {
    int place;
    bool negative;
};

// The fewest digits -1, 0, 1 (canonical signed digits).
std::vector<Digit> digits_of(int64_t value) {
    std::vector<Digit> digits;
    bool negative = value < 0;
    uint64_t rest = static_cast<uint64_t>(negative ? -value : value);
    for (int place = 0; rest; rest >>= 1, place++) {
        if (!(rest & 1)) continue;
        bool minus = (rest & 3) == 3;
        rest = minus ? rest + 1 : rest - 1;
        digits.push_back({place, minus != negative});
    }
    return digits;
}

class Scales {
public:
    Scales(const std::vector<Table> &functions, uint64_t seed, int64_t &work)
        : functions_(functions),
          random_{seed},
          work_(work),
          n_(static_cast<size_t>(functions[0].num_vars())),
          sums_(size_t{1} << n_),
          step_of_(size_t{1} << n_) {}

    bool find() {
        std::vector<int64_t> correlations;
        for (const Table &function : functions_)
            if (correlations.empty() && is_unate(function)) correlations = correlations_of(function);
        if (correlations.empty() || !order(correlations) || !correct()) return false;
        return round();
    }

    std::vector<Lit> build(Builder &builder, const Lit *variables, Synthesis &synthesis) const {
        int64_t least = -offset_, most = -offset_;
        for (int64_t weight : rounded_) (weight < 0 ? least : most) += weight;
        size_t width = 1;
        while (-(int64_t{1} << (width - 1)) > least || (int64_t{1} << (width - 1)) <= most) width++;
        std::vector<Lit> sum = add(builder, variables, width);
        // The functions of the step's number, of whether the sum is beyond the last, and of whether it is negative.
        size_t number = 1;
        while (size_t{1} << number < codes_.size()) number++;
        size_t shift = static_cast<size_t>(bits_);
        std::vector<Lit> inputs;
        for (size_t i = shift; i < shift + number; i++) inputs.push_back(i + 1 < width ? sum[i] : kFalse);
        Lit beyond = kFalse;
        for (size_t i = shift + number; i + 1 < width; i++) beyond = builder.or_(beyond, sum[i]);
        inputs.push_back(beyond);
        inputs.push_back(sum[width - 1]);
        std::vector<Lit> lits;
        for (size_t f = 0; f < functions_.size(); f++) {
            Table table(static_cast<int>(inputs.size()));
            for (size_t row = 0; row < size_t{1} << inputs.size(); row++) {
                bool is_negative = row >> (number + 1), is_beyond = row >> number & 1;
                size_t step = row & ((size_t{1} << number) - 1);
                step = is_negative ? 0 : is_beyond ? codes_.size() - 1 : std::min(step, codes_.size() - 1);
                if (codes_[step] >> f & 1) table.set(row);
            }
            table = Table::of(table.data(), table.num_vars());
            lits.push_back(synthesis.circuit(table).build(inputs.data(), builder));
        }
        return lits;
    }

private:
    size_t num_rows() const { return sums_.size(); }

    bool is_unate(const Table &function) {
        size_t read = 0;
        work_ += static_cast<int64_t>(function.size() * n_);
        for (int v = 0; v < function.num_vars(); v++) {
            Table low = function.cofactor(v, false), high = function.cofactor(v, true);
            if (low == high) continue;
            if (!low.implies(high) && !high.implies(low)) return false;
            read++;
        }
        return read >= kFewest;
    }

    // Of each variable: the rows where it and the function are true less those where only the function is.
    std::vector<int64_t> correlations_of(const Table &function) {
        std::vector<int64_t> correlations;
        auto ones = static_cast<int64_t>(function.count());
        for (int v = 0; v < function.num_vars(); v++)
            correlations.push_back(
                2 * static_cast<int64_t>((function & Table::variable(v, function.num_vars())).count()) - ones);
        return correlations;
    }

    void add_up(const std::vector<int64_t> &weights) {
        sums_[0] = 0;
        for (size_t v = 0; v < n_; v++)
            for (size_t row = 0; row < size_t{1} << v; row++) sums_[row | size_t{1} << v] = sums_[row] + weights[v];
        work_ += static_cast<int64_t>(num_rows() / 8);
    }

    // The steps are the values of all functions that occur, in the order of their mean sums; weights follow.
    bool order(const std::vector<int64_t> &correlations) {
        weights_ = correlations;
        std::vector<uint32_t> code_of(num_rows());
        for (size_t f = 0; f < functions_.size(); f++)
            for (size_t row = 0; row < num_rows(); row++)
                code_of[row] |= static_cast<uint32_t>(functions_[f].value(row)) << f;
        size_t most_codes = size_t{1} << functions_.size();
        for (int round = 0; round < kOrderings; round++) {
            add_up(weights_);
            std::vector<int64_t> total(most_codes), count(most_codes), place(most_codes);
            for (size_t row = 0; row < num_rows(); row++) {
                total[code_of[row]] += sums_[row];
                count[code_of[row]]++;
            }
            std::vector<uint32_t> codes;
            for (uint32_t code = 0; code < most_codes; code++)
                if (count[code]) codes.push_back(code);
            std::stable_sort(codes.begin(), codes.end(), [&](uint32_t a, uint32_t b) {
                return total[a] / count[a] < total[b] / count[b];
            });
            for (size_t i = 0; i < codes.size(); i++) place[codes[i]] = static_cast<int64_t>(i);
            for (size_t row = 0; row < num_rows(); row++) step_of_[row] = place[code_of[row]];
            // Least squares: all rows are there, so variables are independent.
            for (size_t v = 0; v < n_; v++) {
                weights_[v] = 0;
                for (size_t row = 0; row < num_rows(); row++)
                    weights_[v] += row >> v & 1 ? step_of_[row] : -step_of_[row];
            }
            work_ += static_cast<int64_t>(num_rows() * n_ / 8);
            if (codes == codes_) break;
            codes_ = codes;
        }
        for (int64_t &weight : weights_) weight = weight * 2 * (kStep / static_cast<int64_t>(num_rows()));
        return codes_.size() > 1;
    }

    // Moves the weights and the border of the first step until every row is in its own.
    bool correct() {
        auto last = static_cast<int64_t>(codes_.size()) - 1;
        add_up(weights_);
        int64_t mean = 0;
        for (size_t row = 0; row < num_rows(); row++) mean += (sums_[row] - step_of_[row] * kStep) / 256;
        int64_t start = mean / static_cast<int64_t>(num_rows()) * 256 - kStep / 2;
        bool fits = false;
        for (int64_t visits = 0; visits < kRowVisits; visits += static_cast<int64_t>(num_rows())) {
            bool wrong = false, near = false;
            for (size_t row = 0; row < num_rows(); row++) {
                int64_t sum = -start - step_of_[row] * kStep;  // beyond the lower border of its step
                for (size_t v = 0; v < n_; v++) sum += row >> v & 1 ? weights_[v] : 0;
                int64_t lack = 0;
                if (step_of_[row] > 0 && sum < kMargin) lack = kMargin - sum;
                if (step_of_[row] < last && sum > kStep - kMargin) lack = kStep - kMargin - sum;
                if (lack == 0) continue;
                near = true;
                wrong |= (lack > 0 ? lack : -lack) > kMargin;
                int64_t change = lack * 3 / (2 * __builtin_popcountll(row) + 2) + (lack > 0 ? 1 : -1);
                for (size_t v = 0; v < n_; v++)
                    if (row >> v & 1) weights_[v] += change;
                start -= change;
            }
            work_ += static_cast<int64_t>(num_rows() * n_ / 2);
            fits = !wrong;
            if (!near) break;
        }
        return fits;
    }

    // Whether these weights serve with steps 2^bits wide; offset_ is then where the first step ends less one width.
    bool serve(const std::vector<int64_t> &weights, int bits) {
        auto last = static_cast<int64_t>(codes_.size()) - 1;
        add_up(weights);
        int64_t least = INT64_MIN, most = INT64_MAX;
        for (size_t row = 0; row < num_rows(); row++) {
            int64_t below = sums_[row] - (step_of_[row] << bits);
            if (step_of_[row] < last) least = std::max(least, below - (int64_t{1} << bits) + 1);
            if (step_of_[row] > 0) most = std::min(most, below);
        }
        if (least > most) return false;
        offset_ = least;
        return true;
    }

    static size_t num_digits(const std::vector<int64_t> &weights) {
        size_t digits = 0;
        for (int64_t weight : weights) digits += digits_of(weight).size();
        return digits;
    }

    // The narrowest steps that integer weights allow, and the next wider ones, as few digits as can be found.
    bool round() {
        size_t best = SIZE_MAX;
        int64_t best_offset = 0;
        int last = kMostBits;
        std::vector<int64_t> weights(n_);
        for (int bits = kLeastBits; bits <= last; bits++) {
            int64_t unit = kStep >> bits;
            bool served = false;
            for (int attempt = 0; attempt < kRoundings; attempt++) {
                for (size_t v = 0; v < n_; v++) {
                    int64_t jitter = attempt ? static_cast<int64_t>(random_.next() % static_cast<uint64_t>(unit)) - unit / 2 : 0;
                    int64_t scaled = weights_[v] + jitter + unit / 2;
                    weights[v] = scaled >= 0 ? scaled / unit : -((unit - 1 - scaled) / unit);
                }
                if (num_digits(weights) >= best || !serve(weights, bits)) continue;
                served = true;
                simplify(weights, bits);
                best = num_digits(weights);
                best_offset = offset_;
                rounded_ = weights;
                bits_ = bits;
            }
            if (served && last == kMostBits) last = std::min(kMostBits, bits + 1);
        }
        offset_ = best_offset;
        return best != SIZE_MAX;
    }

    // Moves single weights to neighbours of fewer digits, as long as the whole still serves; leaves offset_ right.
    void simplify(std::vector<int64_t> &weights, int bits) {
        bool better = true;
        while (better) {
            better = false;
            for (int64_t &weight : weights) {
                int64_t was = weight;
                size_t digits = digits_of(was).size();
                for (int64_t change = -8; change <= 8 && digits > 1; change++) {
                    if (digits_of(was + change).size() >= digits) continue;
                    weight = was + change;
                    if (serve(weights, bits)) {
                        better = true;
                        break;
                    }
                    weight = was;
                }
            }
        }
        serve(weights, bits);
    }

    // The sum of the rounded weights less the offset, in two's complement, columns of full adders.
    std::vector<Lit> add(Builder &builder, const Lit *variables, size_t width) const {
        std::vector<std::vector<Lit>> columns(width);
        int64_t constant = -offset_;
        for (size_t v = 0; v < n_; v++)
            for (Digit digit : digits_of(rounded_[v])) {
                auto place = static_cast<size_t>(digit.place);
                if (place >= width) continue;  // a multiple of the modulus
                columns[place].push_back(complement_if(variables[v], digit.negative));
                if (digit.negative) constant -= int64_t{1} << place;  // -x = (1 - x) - 1
            }
        return add_columns(builder, std::move(columns), width, constant);
    }

    const std::vector<Table> &functions_;
    Random random_;
    int64_t &work_;
    size_t n_;
    std::vector<int64_t> sums_, step_of_;  // by row
    std::vector<uint32_t> codes_;          // by step: the values of the functions, a bit each
    std::vector<int64_t> weights_, rounded_;
    int bits_ = 0;
    int64_t offset_ = 0;
};

}  // namespace

std::vector<Lit> build_by_weighing(Builder &builder, const std::vector<Table> &functions, const Lit *variables,
                                   Synthesis &synthesis, uint64_t seed, int64_t &work) {
    if (functions.empty() || functions.size() > kFunctions) return {};
    Scales scales(functions, seed, work);
    return scales.find() ? scales.build(builder, variables, synthesis) : std::vector<Lit>{};
}

}  // namespace netc
