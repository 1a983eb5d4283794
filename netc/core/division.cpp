// Algebraic factoring of covers over few variables (Brayton and McMullen 1982; "quick factor" of Rudell 1989): a cover is
// divided by one of its kernels of level 0, or by the literal that most of its cubes have, and quotient, divisor and
// remainder are factored in turn. A cube is a mask with a bit a literal, so a division costs a few operations a cube.
#include <algorithm>

#include "netc/core/factor.hpp"

namespace netc {
namespace {

using Mask = uint32_t;  // bit 2 * variable + complemented
using Cover = std::vector<Mask>;  // ascending, without repetitions

struct Division {
    Cover quotient, remainder;
};

Division divide(const Cover &cover, const Cover &divisor) {
    Division result;
    Cover parts;
    for (size_t i = 0; i < divisor.size(); i++) {
        parts.clear();
        for (Mask cube : cover)
            if ((cube & divisor[i]) == divisor[i]) parts.push_back(cube & ~divisor[i]);
        std::sort(parts.begin(), parts.end());
        if (i == 0) {
            result.quotient = parts;
            continue;
        }
        Cover both;
        std::set_intersection(parts.begin(), parts.end(), result.quotient.begin(), result.quotient.end(),
                              std::back_inserter(both));
        result.quotient = std::move(both);
    }
    Cover product;
    for (Mask a : result.quotient)
        for (Mask b : divisor) product.push_back(a | b);
    std::sort(product.begin(), product.end());
    std::set_difference(cover.begin(), cover.end(), product.begin(), product.end(), std::back_inserter(result.remainder));
    return result;
}

Division divide(const Cover &cover, int literal) {
    Division result;
    for (Mask cube : cover) {
        if (cube >> literal & 1) result.quotient.push_back(cube & ~(Mask{1} << literal));
        else result.remainder.push_back(cube);
    }
    return result;  // both still ascend
}

Mask common(const Cover &cover) {
    Mask all = ~Mask{0};
    for (Mask cube : cover) all &= cube;
    return all;
}

// The literal among `among` that most cubes have; -1 when no two cubes share one.
int most_frequent(const Cover &cover, Mask among = ~Mask{0}) {
    uint32_t counts[2 * kMaxTableVars] = {};
    for (Mask cube : cover)
        for (Mask rest = cube & among; rest; rest &= rest - 1) counts[__builtin_ctz(rest)]++;
    const uint32_t *most = std::max_element(counts, counts + 2 * kMaxTableVars);
    return *most > 1 ? static_cast<int>(most - counts) : -1;
}

void make_cube_free(Cover &cover) {
    Mask shared = common(cover);
    for (Mask &cube : cover) cube &= ~shared;
}

// A kernel none of whose literals is in two cubes.
Cover kernel(Cover cover) {
    for (;;) {
        int literal = most_frequent(cover);
        if (literal < 0) return cover;
        cover = divide(cover, literal).quotient;
        make_cube_free(cover);
    }
}

class Factoring {
public:
    Factoring(Builder &builder, const Lit *literals, Divisors divisors)
        : builder_(builder), literals_(literals), divisors_(divisors) {}

    // Each call has fewer literals than its caller, and covers are of at most sixteen variables.
    Lit sum(Cover cover) {
        if (cover.empty()) return kFalse;
        if (cover[0] == 0) return kTrue;
        if (Mask shared = common(cover)) {
            for (Mask &cube : cover) cube &= ~shared;
            std::sort(cover.begin(), cover.end());
            return builder_.and_(product(shared), sum(std::move(cover)));
        }
        int literal = most_frequent(cover);
        if (literal < 0) {
            std::vector<Lit> terms;
            for (Mask cube : cover) terms.push_back(complement(product(cube)));
            return complement(conjunction(std::move(terms)));
        }
        if (divisors_ == Divisors::literals) return by_literal(cover, literal);
        Cover quotient = divide(cover, kernel(cover)).quotient;
        if (quotient.size() == 1) return by_literal(cover, most_frequent(cover, quotient[0]));
        make_cube_free(quotient);
        std::sort(quotient.begin(), quotient.end());
        Division back = divide(cover, quotient);
        if (Mask shared = common(back.quotient)) return by_literal(cover, most_frequent(cover, shared));
        Lit left = sum(std::move(quotient)), right = sum(std::move(back.quotient));
        return builder_.or_(builder_.and_(left, right), sum(std::move(back.remainder)));
    }

private:
    Lit by_literal(const Cover &cover, int literal) {
        Division parts = divide(cover, literal);
        Lit quotient = sum(std::move(parts.quotient));
        return builder_.or_(builder_.and_(of(literal), quotient), sum(std::move(parts.remainder)));
    }
    Lit of(int literal) const { return complement_if(literals_[literal / 2], literal & 1); }
    Lit product(Mask cube) {
        std::vector<Lit> lits;
        for (int literal = 0; literal < 2 * kMaxTableVars; literal++)
            if (cube >> literal & 1) lits.push_back(of(literal));
        return conjunction(std::move(lits));
    }
    Lit conjunction(std::vector<Lit> lits) {
        for (; lits.size() > 1; lits.resize((lits.size() + 1) / 2))
            for (size_t i = 0; i < lits.size(); i += 2)
                lits[i / 2] = i + 1 == lits.size() ? lits[i] : builder_.and_(lits[i], lits[i + 1]);
        return lits.empty() ? kTrue : lits[0];
    }

    Builder &builder_;
    const Lit *literals_;
    Divisors divisors_;
};

}  // namespace

Lit factor_cover(Builder &builder, const std::vector<Cube> &cubes, const Lit *literals, Divisors divisors) {
    Cover cover;
    for (const Cube &cube : cubes) {
        Mask mask = 0;
        for (int v = 0; v < kMaxTableVars; v++)
            if (cube.care >> v & 1) mask |= Mask{1} << (2 * v + !(cube.value >> v & 1));
        cover.push_back(mask);
    }
    std::sort(cover.begin(), cover.end());
    cover.erase(std::unique(cover.begin(), cover.end()), cover.end());
    return Factoring(builder, literals, divisors).sum(std::move(cover));
}

}  // namespace netc
