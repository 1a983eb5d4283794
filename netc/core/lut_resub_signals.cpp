// Simulation: when a LUT is observable, which rows of its table matter then, and which signals tell them apart.
#include <algorithm>

#include "netc/core/lut_resub.hpp"
#include "netc/core/truth.hpp"

namespace netc {
namespace {

constexpr size_t kTelling = 6;           // words of patterns by which signals are refused first
constexpr size_t kMostCandidates = 64;   // signals that do so far

}  // namespace

// The LUT's values where its inputs have these; `out` may be among them.
void LutResub::simulate(const LutNetwork::Lut &lut, const uint64_t *const *inputs, uint64_t *out) {
    const Circuit &circuit = *lut.circuit;
    size_t gates = circuit.num_gates(), first = 1 + lut.size;
    if (gates == 0) {  // a constant or a wire
        uint64_t complement = -static_cast<uint64_t>(circuit.output & 1);
        const uint64_t *from = node_of(circuit.output) == 0 ? nullptr : inputs[node_of(circuit.output) - 1];
        for (size_t w = 0; w < words_; w++) out[w] = (from ? from[w] : 0) ^ complement;
        return;
    }
    if (gates_.size() < gates * words_) gates_.resize(gates * words_);
    auto of = [&](Lit lit) -> const uint64_t * {
        size_t node = node_of(lit);
        return node < first ? inputs[node - 1] : &gates_[(node - first) * words_];
    };
    for (size_t i = 0; i < gates; i++) {
        Lit a = circuit.gates[2 * i], b = circuit.gates[2 * i + 1];
        const uint64_t *va = of(a), *vb = of(b);
        uint64_t ca = -static_cast<uint64_t>(a & 1), cb = -static_cast<uint64_t>(b & 1), *to = &gates_[i * words_];
        for (size_t w = 0; w < words_; w++) to[w] = (va[w] ^ ca) & (vb[w] ^ cb);
    }
    const uint64_t *last = of(circuit.output);
    uint64_t complement = -static_cast<uint64_t>(circuit.output & 1);
    for (size_t w = 0; w < words_; w++) out[w] = last[w] ^ complement;
}

void LutResub::simulate_all() {
    for (size_t word = 0; word < words_; word++) {
        for (Node leaf = 1; leaf <= network_.leaves(); leaf++)
            values(leaf)[word] = row(word)[leaf] = random_word(random_, word);
        simulate_word(word);
    }
}

void LutResub::simulate_word(size_t word) {
    if (!order_valid_) {
        order_ = network_.order();
        position_.assign(network_.num_nodes(), 0);
        for (size_t i = 0; i < order_.size(); i++) position_[order_[i]] = static_cast<uint32_t>(i + 1);
        order_valid_ = true;
    }
    uint64_t *now = row(word);
    for (Node node : order_) {
        if (!network_.is_alive(node)) continue;
        const LutNetwork::Lut &lut = network_.lut(node);
        uint64_t inputs[6];
        for (int i = 0; i < lut.size; i++) inputs[i] = now[lut.inputs[i]];
        now[node] = values(node)[word] = lut.circuit->word(inputs, scratch_);
    }
    context_->work += network_.num_nodes() / 2;
}

// After a change inside the window.
void LutResub::resimulate_window() {
    for (Node node : window_) {
        if (!network_.is_alive(node)) continue;
        const LutNetwork::Lut &lut = network_.lut(node);
        const uint64_t *inputs[6];
        for (int i = 0; i < lut.size; i++) inputs[i] = values(lut.inputs[i]);
        simulate(lut, inputs, values(node));
        for (size_t w = 0; w < words_; w++) row(w)[node] = values(node)[w];
    }
}

// Keeps the counterexample, and simulates those that have waited where they are enough.
void LutResub::learn_counterexample() {
    if (!pending_.add(pattern_, random_)) return;
    size_t word = next_word_;
    if (++next_word_ == words_) next_word_ = random_words_;
    for (Node leaf = 1; leaf <= network_.leaves(); leaf++) values(leaf)[word] = row(word)[leaf] = pending_.of(leaf);
    simulate_word(word);
    stale_ = true;
}

// In which patterns the LUT is observable, and which of those give which row of its table.
void LutResub::observe(Node node) {
    stale_ = false;
    flipped_.resize(window_.size() * words_);
    std::fill(observable_.begin(), observable_.end(), window_.is_exit(0) ? ~uint64_t{0} : 0);
    for (size_t w = 0; w < words_; w++) flipped_[w] = ~values(node)[w];
    for (size_t i = 1; i < window_.size(); i++) {
        const LutNetwork::Lut &lut = network_.lut(window_[i]);
        const uint64_t *inputs[6];
        for (int k = 0; k < lut.size; k++) {
            uint32_t place = window_.place(lut.inputs[k]);
            inputs[k] = place == kNone ? values(lut.inputs[k]) : &flipped_[place * words_];
        }
        uint64_t *v = &flipped_[i * words_];
        simulate(lut, inputs, v);
        if (!window_.is_exit(i)) continue;
        const uint64_t *before = values(window_[i]);
        for (size_t w = 0; w < words_; w++) observable_[w] |= v[w] ^ before[w];
    }
    const LutNetwork::Lut &lut = network_.lut(node);
    std::copy(observable_.begin(), observable_.end(), seen_.begin());
    for (int i = 0; i < lut.size; i++) {
        const uint64_t *v = values(lut.inputs[i]);
        for (size_t r = size_t{1} << i; r-- > 0;) {
            uint64_t *low = &seen_[r * words_], *high = &seen_[(r | size_t{1} << i) * words_];
            for (size_t w = 0; w < words_; w++) high[w] = low[w] & v[w], low[w] &= ~v[w];
        }
    }
    context_->work += static_cast<int64_t>(window_.size() * words_) / 32;
}

bool LutResub::is_seen(uint32_t row) const {
    const uint64_t *patterns = &seen_[row * words_];
    for (size_t w = 0; w < words_; w++)
        if (patterns[w]) return true;
    return false;
}

// Whether the signal tells apart all patterns that matter, have another value of the LUT, and differ in this input alone.
bool LutResub::tells_apart(Node signal, Node node, int input) {
    uint64_t table = network_.lut(node).table;
    const uint64_t *v = values(signal);
    for (uint32_t r = 0; r < 1u << network_.lut(node).size; r++) {
        uint32_t other = r | 1u << input;
        if (other == r || (table >> r & 1) == (table >> other & 1)) continue;
        const uint64_t *a = &seen_[r * words_], *b = &seen_[other * words_];
        uint64_t same = 0, opposite = 0;  // patterns that do not let the signal be 0 where the input is, or 1 there
        for (size_t w = 0; w < words_; w++) {
            same |= (a[w] & v[w]) | (b[w] & ~v[w]);
            opposite |= (a[w] & ~v[w]) | (b[w] & v[w]);
            if (same && opposite) return false;
        }
    }
    return true;
}

// Collects signals that may take the place of an input, best first.
void LutResub::propose(Node node, int input) {
    struct Telling {
        uint32_t row;
        size_t word;
        int count;
    };
    const LutNetwork::Lut &lut = network_.lut(node);
    std::vector<Telling> telling;
    for (uint32_t r = 0; r < 1u << lut.size; r++) {
        uint32_t other = r | 1u << input;
        if (other == r || (lut.table >> r & 1) == (lut.table >> other & 1)) continue;
        for (size_t w = 0; w < words_; w++) {
            uint64_t a = seen_[r * words_ + w], b = seen_[other * words_ + w];
            if (!a || !b) continue;
            telling.push_back({r, w, std::min(__builtin_popcountll(a), __builtin_popcountll(b))});
        }
    }
    candidates_.clear();
    if (telling.empty()) return;
    std::stable_sort(telling.begin(), telling.end(), [](const auto &a, const auto &b) { return a.count > b.count; });
    if (telling.size() > kTelling) telling.resize(kTelling);
    matches_.clear();
    for (size_t k = 0; k < telling.size(); k++) {
        const uint64_t *now = row(telling[k].word);
        uint64_t target = seen_[(telling[k].row | size_t{1} << input) * words_ + telling[k].word];
        uint64_t care = target | seen_[telling[k].row * words_ + telling[k].word];
        auto fits = [&](Node other) {
            uint64_t difference = (now[other] ^ target) & care;
            return difference == 0 || difference == care;
        };
        if (k == 0) {
            for (Node other = 1; other < network_.num_nodes(); other++)
                if (fits(other)) matches_.push_back(other);
            continue;
        }
        matches_.erase(std::remove_if(matches_.begin(), matches_.end(), [&](Node other) { return !fits(other); }),
                       matches_.end());
    }
    context_->work += 1 + network_.num_nodes() / 64;
    for (Node other : matches_) {
        if (other == node || !network_.is_alive(other) || window_.place(other) != kNone) continue;
        if (std::find(lut.inputs, lut.inputs + lut.size, other) != lut.inputs + lut.size) continue;
        if (!tells_apart(other, node, input)) continue;
        uint32_t freed = network_.freed(lut.inputs[input], other);
        if (freed > 0) candidates_.push_back({other, freed});
        if (candidates_.size() == kMostCandidates) break;
    }
    std::stable_sort(candidates_.begin(), candidates_.end(), [&](const Candidate &a, const Candidate &b) {
        return a.freed != b.freed ? a.freed > b.freed : network_.level(a.node) < network_.level(b.node);
    });
}

}  // namespace netc
