// Cube lists become factored forms: what all cubes share is taken out, then the literal that most cubes have, and what it
// was in is factored further on its own (literal factoring; Brayton and McMullen, 1982). Time is about the size of the list
// times its width over the length of a cube.
#include <algorithm>
#include <vector>

#include "netc/core/factor.hpp"

namespace netc {
namespace {

constexpr int kDeepest = 100;  // levels of factoring, since each is a call; below that cubes are added up as they are

Lit balanced(Builder &builder, std::vector<Lit> lits, bool is_or) {
    if (lits.empty()) return is_or ? kFalse : kTrue;
    for (; lits.size() > 1; lits.resize((lits.size() + 1) / 2))
        for (size_t i = 0; i < lits.size(); i += 2) {
            if (i + 1 == lits.size()) lits[i / 2] = lits[i];
            else lits[i / 2] = is_or ? builder.or_(lits[i], lits[i + 1]) : builder.and_(lits[i], lits[i + 1]);
        }
    return lits[0];
}

class Factoring {
public:
    Factoring(Builder &builder, const uint8_t *cubes, int64_t num_cubes, int64_t width, const Lit *literals)
        : builder_(builder), literals_(literals), count_(2 * static_cast<size_t>(width)) {
        for (int64_t i = 0; i < num_cubes; i++) {
            cubes_.push_back({columns_.size(), 0});
            for (int64_t j = 0; j < width; j++)
                if (cubes[i * width + j] != '-') columns_.push_back(2 * static_cast<size_t>(j) + (cubes[i * width + j] == '0'));
            cubes_.back().size = columns_.size() - cubes_.back().first;
        }
    }

    Lit run() { return sum(0, cubes_.size(), 0); }

private:
    // Columns of a cube: 2 * variable + complemented, ascending.
    struct Cube {
        size_t first, size;
    };
    struct Group {
        size_t column, begin, end;  // cubes that had this column
    };

    Lit literal(size_t column) const { return complement_if(literals_[column / 2], column & 1); }

    void tally(size_t begin, size_t end, int64_t step) {
        for (size_t i = begin; i < end; i++)
            for (size_t j = 0; j < cubes_[i].size; j++) count_[columns_[cubes_[i].first + j]] += step;
    }

    bool has(const Cube &cube, size_t column) const {
        const size_t *columns = columns_.data() + cube.first;
        return std::binary_search(columns, columns + cube.size, column);
    }

    void remove(Cube &cube, size_t column) {
        size_t *columns = columns_.data() + cube.first;
        size_t *at = std::lower_bound(columns, columns + cube.size, column);
        std::copy(at + 1, columns + cube.size, at);
        cube.size--;
    }

    bool has_empty(size_t begin, size_t end) const {
        return std::any_of(cubes_.begin() + begin, cubes_.begin() + end, [](const Cube &cube) { return cube.size == 0; });
    }

    Lit product(const Cube &cube) {
        std::vector<Lit> lits;
        for (size_t j = 0; j < cube.size; j++) lits.push_back(literal(columns_[cube.first + j]));
        return balanced(builder_, std::move(lits), false);
    }

    // The OR of cubes begin..end, which are used up.
    Lit sum(size_t begin, size_t end, int depth) {
        if (begin == end) return kFalse;
        std::vector<Lit> factors;
        tally(begin, end, 1);
        std::vector<size_t> common;
        for (size_t j = 0; j < cubes_[begin].size; j++) {
            size_t column = columns_[cubes_[begin].first + j];
            if (count_[column] == static_cast<int64_t>(end - begin)) common.push_back(column);
        }
        for (size_t column : common) {
            factors.push_back(literal(column));
            count_[column] = 0;
            for (size_t i = begin; i < end; i++) remove(cubes_[i], column);
        }
        if (has_empty(begin, end)) {  // it covers the others
            tally(begin, end, -1);
            return balanced(builder_, std::move(factors), false);
        }
        std::vector<Group> groups = divide(begin, end, depth);
        size_t rest = groups.empty() ? begin : groups.back().end;
        tally(rest, end, -1);

        std::vector<Lit> terms;
        for (const Group &group : groups) {
            Lit quotient = sum(group.begin, group.end, depth + 1);
            terms.push_back(builder_.and_(literal(group.column), quotient));
        }
        for (size_t i = rest; i < end; i++) terms.push_back(product(cubes_[i]));
        factors.push_back(balanced(builder_, std::move(terms), true));
        return balanced(builder_, std::move(factors), false);
    }

    // Puts the cubes of the most frequent column first, without that column, then those of the next, while two or more
    // cubes share one. The counts of what is put away are taken back.
    std::vector<Group> divide(size_t begin, size_t end, int depth) {
        std::vector<Group> groups;
        while (depth < kDeepest) {
            auto most = std::max_element(count_.begin(), count_.end());
            if (*most < 2) break;
            size_t column = static_cast<size_t>(most - count_.begin());
            auto middle = std::stable_partition(cubes_.begin() + begin, cubes_.begin() + end,
                                                [&](const Cube &cube) { return has(cube, column); });
            size_t stop = static_cast<size_t>(middle - cubes_.begin());
            tally(begin, stop, -1);
            for (size_t i = begin; i < stop; i++) remove(cubes_[i], column);
            groups.push_back({column, begin, stop});
            begin = stop;
        }
        return groups;
    }

    Builder &builder_;
    const Lit *literals_;
    std::vector<size_t> columns_;
    std::vector<Cube> cubes_;
    std::vector<int64_t> count_;  // of the cubes at hand, by column; zero between calls
};

}  // namespace

Lit factor_cubes(Builder &builder, const uint8_t *cubes, int64_t num_cubes, int64_t width, const Lit *literals) {
    return Factoring(builder, cubes, num_cubes, width, literals).run();
}

}  // namespace netc
