// The head as logic: class scores as trees of full adders, the class by elimination from the most significant bit.
//
// Votes are normalised first: constants go into the offset, equal and complementary votes merge. Signals that several
// classes use, all in the same way, are counted once, and their count is added to each of those classes. Then each class is
// a set of columns: literals that each stand for a power of two. A column of three or more gives up its three earliest to
// a full adder, two to a half adder, until every column holds one literal: 7 ANDs for each vote but a few, and a depth that
// grows with the logarithm of the votes.
#include <algorithm>
#include <map>
#include <queue>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "netc/core/builder.hpp"

extern "C" {
#include "passes/lower_head.h"
}

using namespace netc;

namespace {

class Lowering {
public:
    explicit Lowering(const AigView &aig) : made_(aig.leaves, aig.num_ands), image_(new_image(aig)) {
        levels_.resize(aig.leaves + 1, 0);
        for (Node node = aig.first_and(); node < aig.num_nodes(); node++)
            image_[node] = made_.and_(mapped(image_.data(), aig.fanin0(node)), mapped(image_.data(), aig.fanin1(node)));
    }

    // The votes of a class: signed weights of positive literals, each node once. What is constant is in `offset`.
    struct Ballot {
        std::vector<std::pair<Lit, int64_t>> votes;
        int64_t offset = 0;
        int64_t least = 0, most = 0;  // of the score

        void bound() {
            least = most = offset;
            for (auto [lit, weight] : votes) (weight < 0 ? least : most) += weight;
        }
    };
    Ballot ballot(const Lit *votes, const int32_t *weights, int64_t count, int64_t offset) {
        Ballot made;
        made.offset = offset;
        std::unordered_map<Node, size_t> place;
        for (int64_t i = 0; i < count; i++) {
            Lit lit = mapped(image_.data(), votes[i]);
            int64_t weight = weights[i];
            if (is_complemented(lit)) {  // w * !x = w - w * x
                made.offset += weight;
                weight = -weight;
                lit = complement(lit);
            }
            if (lit == kFalse) continue;
            auto found = place.emplace(node_of(lit), made.votes.size());
            if (found.second) made.votes.push_back({lit, 0});
            made.votes[found.first->second].second += weight;
        }
        made.votes.erase(std::remove_if(made.votes.begin(), made.votes.end(), [](const auto &vote) { return !vote.second; }),
                         made.votes.end());
        made.bound();
        return made;
    }

    // Replaces signals that several classes weigh alike by the binary digits of their count.
    void share(std::vector<Ballot> &ballots) {
        using Use = std::pair<size_t, int64_t>;  // class and weight
        std::map<Lit, std::vector<Use>> uses;
        for (size_t c = 0; c < ballots.size(); c++)
            for (auto [lit, weight] : ballots[c].votes) uses[lit].push_back({c, weight});
        std::map<std::vector<Use>, std::vector<Lit>> groups;
        for (const auto &[lit, list] : uses)
            if (list.size() > 1) groups[list].push_back(lit);
        std::unordered_set<Lit> counted;
        std::vector<std::pair<std::vector<Use>, std::vector<Lit>>> digits;
        for (const auto &[list, lits] : groups) {
            if (lits.size() < kWorthSharing) continue;
            Ballot group;
            for (Lit lit : lits) {
                group.votes.push_back({lit, 1});
                counted.insert(lit);
            }
            group.bound();
            digits.push_back({list, count(group, width_of(0, group.most))});
        }
        for (Ballot &ballot : ballots)
            ballot.votes.erase(std::remove_if(ballot.votes.begin(), ballot.votes.end(),
                                              [&](const auto &vote) { return counted.count(vote.first); }),
                               ballot.votes.end());
        for (const auto &[list, lits] : digits)
            for (auto [c, weight] : list)
                for (size_t b = 0; b < lits.size(); b++) {
                    int64_t scaled = weight * (int64_t{1} << b);
                    if (is_complemented(lits[b])) ballots[c].offset += scaled;
                    ballots[c].votes.push_back({lits[b] & ~Lit{1}, is_complemented(lits[b]) ? -scaled : scaled});
                }
    }

    // The binary digits of a ballot's score modulo 2^width, from the least significant.
    std::vector<Lit> count(const Ballot &ballot, int width) {
        std::vector<Column> columns(static_cast<size_t>(width));
        int64_t offset = ballot.offset;
        for (auto [lit, weight] : ballot.votes) {
            if (weight < 0) offset += weight;  // -w * x = -w + w * !x
            Lit vote = complement_if(lit, weight < 0);
            for (int b = 0; b < width; b++)
                if ((weight < 0 ? -weight : weight) >> b & 1) columns[static_cast<size_t>(b)].push(entry(vote));
        }
        for (int b = 0; b < width; b++)
            if (offset >> b & 1) columns[static_cast<size_t>(b)].push(entry(kTrue));
        std::vector<Lit> digits;
        for (size_t b = 0; b < columns.size(); b++) {
            Column &column = columns[b];
            while (column.size() > 1) {
                Lit x = take(column), y = take(column), z = column.empty() ? kFalse : take(column);
                Builder::Sum sum = add(x, y, z);
                if (sum.sum != kFalse || column.empty()) column.push(entry(sum.sum));
                if (b + 1 < columns.size() && sum.carry != kFalse) columns[b + 1].push(entry(sum.carry));
            }
            digits.push_back(column.empty() ? kFalse : take(column));
        }
        return digits;
    }

    // Digits of the numbers least..most, with a sign where least is negative.
    static int width_of(int64_t least, int64_t most) {
        int width = 1;
        if (least >= 0) {
            while (most >> width) width++;
            return width;
        }
        while (least < -(int64_t{1} << (width - 1)) || most >= int64_t{1} << (width - 1)) width++;
        return width;
    }

    // The number of the first class with the largest score: classes that lack a digit which some remaining class has
    // are out, digit by digit from the most significant.
    std::vector<Lit> first_largest(const std::vector<std::vector<Lit>> &scores) {
        size_t classes = scores.size(), width = 0;
        for (const auto &score : scores) width = std::max(width, score.size());
        std::vector<Lit> remaining(classes, kTrue);
        for (size_t b = width; b-- > 0;) {
            std::vector<Lit> has(classes);
            for (size_t c = 0; c < classes; c++)
                has[c] = b < scores[c].size() ? made_.and_(remaining[c], scores[c][b]) : kFalse;
            Lit any = any_of(has);
            for (size_t c = 0; c < classes; c++)
                remaining[c] = made_.or_(has[c], made_.and_(remaining[c], complement(any)));
        }
        size_t bits = 1;
        while ((size_t{1} << bits) < classes) bits++;
        std::vector<std::vector<Lit>> ones(bits);
        Lit earlier = kFalse;
        for (size_t c = 0; c < classes; c++) {
            Lit wins = made_.and_(remaining[c], complement(earlier));
            earlier = made_.or_(earlier, remaining[c]);
            for (size_t b = 0; b < bits; b++)
                if (c >> b & 1) ones[b].push_back(wins);
        }
        std::vector<Lit> number;
        for (const auto &terms : ones) number.push_back(any_of(terms));
        return number;
    }

    Builder &made() { return made_; }
    Array<uint32_t> &image() { return image_; }

private:
    static constexpr size_t kWorthSharing = 3;  // two signals counted take as many digits as they are

    using Entry = std::pair<uint32_t, Lit>;  // level first: the earliest literal leaves a column first
    using Column = std::priority_queue<Entry, std::vector<Entry>, std::greater<Entry>>;

    Entry entry(Lit lit) { return {level(node_of(lit)), lit}; }
    static Lit take(Column &column) {
        Lit lit = column.top().second;
        column.pop();
        return lit;
    }

    // The level of a node; levels of nodes made since the last question are filled in first.
    uint32_t level(Node node) {
        for (Node next = static_cast<Node>(levels_.size()); next <= node; next++)
            levels_.push_back(1 + std::max(levels_[node_of(made_.fanin0(next))], levels_[node_of(made_.fanin1(next))]));
        return levels_[node];
    }

    // A full adder that knows constants: with a constant the carry is an inner AND of the XOR.
    Builder::Sum add(Lit x, Lit y, Lit z) {
        Lit in[3] = {x, y, z};
        std::sort(in, in + 3);
        if (in[0] == kFalse) return made_.half_adder(in[1], in[2]);
        if (in[0] == kTrue) return {complement(made_.xor_(in[1], in[2])), made_.or_(in[1], in[2])};
        return made_.full_adder(in[0], in[1], in[2]);
    }

    Lit any_of(std::vector<Lit> lits) {
        if (lits.empty()) return kFalse;
        while (lits.size() > 1) {
            for (size_t i = 0; i < lits.size(); i += 2)
                lits[i / 2] = i + 1 < lits.size() ? made_.or_(lits[i], lits[i + 1]) : lits[i];
            lits.resize((lits.size() + 1) / 2);
        }
        return lits[0];
    }

    Builder made_;
    Array<uint32_t> image_;
    std::vector<uint32_t> levels_;
};

}  // namespace

extern "C" int64_t netc_pass_lower_head(const netc_aig *graph, netc_context *context, const int64_t *start,
                                        const uint32_t *votes, const int32_t *weights, const int64_t *offsets,
                                        int64_t classes, int64_t argmax, int64_t *widths, uint8_t *is_signed,
                                        netc_step *step) {
    return guard([&]() -> int64_t {
        AigView aig(*graph);
        Lowering lowering(aig);
        std::vector<Lowering::Ballot> ballots;
        int64_t least = INT64_MAX;
        for (int64_t c = 0; c < classes; c++) {
            ballots.push_back(lowering.ballot(votes + start[c], weights + start[c], start[c + 1] - start[c], offsets[c]));
            least = std::min(least, ballots.back().least);
        }
        if (argmax)  // the same for all classes, so that none is negative and none changes rank
            for (Lowering::Ballot &ballot : ballots) {
                ballot.offset -= least;
                ballot.bound();
            }
        Array<Lit> roots = mapped_roots(aig, lowering.image().data());
        lowering.share(ballots);
        std::vector<std::vector<Lit>> scores;
        for (int64_t c = 0; c < classes; c++) {
            const Lowering::Ballot &ballot = ballots[static_cast<size_t>(c)];
            int width = Lowering::width_of(ballot.least, ballot.most);
            widths[c] = width;
            is_signed[c] = ballot.least < 0;
            scores.push_back(lowering.count(ballot, width));
        }
        if (argmax) scores = {lowering.first_largest(scores)};
        for (const auto &score : scores)
            for (Lit lit : score) roots.push(lit);
        context->work += 1 + lowering.made().num_ands();
        int64_t count = static_cast<int64_t>(roots.size());
        finish(step, std::move(lowering.made().ands()), std::move(roots), std::move(lowering.image()));
        return count;
    });
}
