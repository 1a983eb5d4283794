"""Formulas of cones too wide for a truth table: the ANDs themselves, if they are few, and a proof by SAT."""

from __future__ import annotations

from netc.aig import Builder
from netc.cec import prove
from netc.explanation.cone import Cone
from netc.explanation.formula import FALSE, Formula, conjunction, literal

__all__ = ["MOST_LITERALS", "is_proved", "structural"]

MOST_LITERALS = 64  # of a formula that is read off a graph, where shared nodes are written out each time


def structural(cone: Cone) -> Formula | None:
    """The cone as it stands, ANDs of ORs and ORs of ANDs; variable i is the cone's input i. None if it is too long."""
    if cone.aig is None:
        return None
    sizes = [0] + [1] * len(cone.leaves)
    made = [FALSE, *(literal(j) for j in range(len(cone.leaves)))]
    for pair in cone.aig.ands.tolist():
        sizes.append(sum(sizes[lit >> 1] for lit in pair))
        if sizes[-1] > MOST_LITERALS:
            return None
        made.append(conjunction([~made[lit >> 1] if lit & 1 else made[lit >> 1] for lit in pair]))
    root = int(cone.aig.roots[0])
    return (~made[root >> 1] if root & 1 else made[root >> 1]).pushed()


def is_proved(cone: Cone, formula: Formula) -> bool:
    """Whether SAT shows that a formula over the cone's inputs is what the cone computes."""
    if cone.aig is None:
        return False
    build = Builder(len(cone.leaves))

    def lit_of(part: Formula) -> int:
        if part.op == "v":
            lit = build.input(part.variable)
        elif part.op == "&":
            lit = 1
            for inner in part.parts:
                lit = build.and_(lit, lit_of(inner))
        elif part.op == "|":
            lit = 0
            for inner in part.parts:
                lit = build.or_(lit, lit_of(inner))
        else:
            lit = 0
            for inner in part.parts:
                lit = build.xor(lit, lit_of(inner))
        return lit ^ part.complemented

    return bool(prove(cone.aig, build.finish([lit_of(formula)])))
