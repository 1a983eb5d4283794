"""Formulas: trees of AND, OR and XOR over literals, their tables and their text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

__all__ = ["FALSE", "TRUE", "Cube", "Formula", "conjunction", "disjunction", "factored", "literal", "parity"]

Cube = frozenset[tuple[int, bool]]  # literals: a variable, and whether it is complemented


@dataclass(frozen=True)
class Formula:
    """`op` is ``"v"``, a variable, or ``"&"``, ``"|"``, ``"^"`` over `parts`; `complemented` stands before it all.

    Constant false is an OR of nothing.
    """

    op: str
    parts: tuple[Formula, ...] = ()
    variable: int = -1
    complemented: bool = False

    def __invert__(self) -> Formula:
        return replace(self, complemented=not self.complemented)

    @property
    def is_constant(self) -> bool:
        return self.op != "v" and not self.parts

    def walk(self) -> Iterator[Formula]:
        """The formula and all that is in it."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def literals(self) -> list[Formula]:
        """Every literal, as often as it stands there."""
        return [part for part in self.walk() if part.op == "v"]

    def variables(self) -> list[int]:
        """The variables in it, ascending."""
        return sorted({part.variable for part in self.literals()})

    def table(self, of_variable: Callable[[int], int], ones: int) -> int:
        """Its truth table, given those of the variables and constant true."""
        if self.op == "v":
            value = of_variable(self.variable)
        else:
            value = ones if self.op == "&" else 0
            for part in self.parts:
                of_part = part.table(of_variable, ones)
                value = value & of_part if self.op == "&" else value | of_part if self.op == "|" else value ^ of_part
        return value ^ ones if self.complemented else value

    def text(self, show: Callable[[int, bool], str]) -> str:
        """In the operators ``~ & ^ |``, parentheses wherever two of them meet; `show` gives the literals."""
        if self.op == "v":
            return show(self.variable, self.complemented)
        if not self.parts:
            return "1" if self.complemented else "0"
        sides = []
        for part in self.parts:
            side = part.text(show)
            bare = part.op == "v" or not part.parts or part.complemented
            sides.append(side if bare else f"({side})")
        text = f" {self.op} ".join(sides)
        return f"~({text})" if self.complemented else text

    def pushed(self) -> Formula:
        """The same with complements before literals only."""
        if not self.parts:
            return self
        if self.op == "^":
            first = ~self.parts[0] if self.complemented else self.parts[0]
            return Formula("^", (first.pushed(), *(part.pushed() for part in self.parts[1:])))
        op = ("|" if self.op == "&" else "&") if self.complemented else self.op
        parts = [(~part if self.complemented else part).pushed() for part in self.parts]
        return conjunction(parts) if op == "&" else disjunction(parts)

    def with_variables(self, names: Sequence[int]) -> Formula:
        """The same with ``names[v]`` in place of variable v."""
        if self.op == "v":
            return replace(self, variable=names[self.variable])
        return replace(self, parts=tuple(part.with_variables(names) for part in self.parts))


FALSE = Formula("|")
TRUE = Formula("|", complemented=True)


def literal(variable: int, complemented: bool = False) -> Formula:
    return Formula("v", variable=variable, complemented=complemented)


def conjunction(parts: Sequence[Formula]) -> Formula:
    """AND, nested ANDs and constants folded in."""
    return _joined("&", parts)


def disjunction(parts: Sequence[Formula]) -> Formula:
    """OR, nested ORs and constants folded in."""
    return _joined("|", parts)


def _joined(op: str, parts: Sequence[Formula]) -> Formula:
    neutral, decisive = (TRUE, FALSE) if op == "&" else (FALSE, TRUE)
    flat: list[Formula] = []
    for part in parts:
        if part.is_constant:
            if part == decisive:
                return decisive
        elif part.op == op and not part.complemented:
            flat += part.parts
        else:
            flat.append(part)
    if not flat:
        return neutral
    return flat[0] if len(flat) == 1 else Formula(op, tuple(flat))


def parity(parts: Sequence[Formula], *, complemented: bool = False) -> Formula:
    """XOR, literals first; their complements are gathered into at most one, on the first part."""
    bare: list[Formula] = []
    waiting = list(parts)[::-1]
    while waiting:
        part = waiting.pop()
        if part.op in "&|" and part.parts:
            bare.append(part)
        else:
            complemented ^= part.complemented
            bare += [] if part.op == "^" else [replace(part, complemented=False)]
            waiting += part.parts[::-1] if part.op == "^" else ()
    bare = sorted((part for part in bare if part != FALSE), key=lambda part: part.op != "v")
    if not bare:
        return TRUE if complemented else FALSE
    if complemented:
        bare[0] = (~bare[0]).pushed()
    return bare[0] if len(bare) == 1 else Formula("^", tuple(bare))


def factored(cubes: Sequence[Cube]) -> Formula:
    """A sum of products with its most frequent literals written once: algebraic factoring, literal by literal."""
    terms: list[Formula] = []
    waiting = sorted(cubes, key=lambda cube: (len(cube), sorted(cube)))
    while waiting:
        counts = Counter(lit for cube in waiting for lit in cube)
        best = min(counts, key=lambda lit: (-counts[lit], lit), default=None)
        if best is None or counts[best] < 2:
            terms += [conjunction([literal(*lit) for lit in sorted(cube)]) for cube in waiting]
            break
        having = [cube for cube in waiting if best in cube]
        common = frozenset.intersection(*having)
        inner = factored([cube - common for cube in having])
        terms.append(conjunction([*(literal(*lit) for lit in sorted(common)), inner]))
        waiting = [cube for cube in waiting if best not in cube]
    return disjunction(_exclusive(_shared(terms)))


def _exclusive(terms: list[Formula]) -> list[Formula]:
    """Pairs of terms like ``a & b`` and ``~a & ~b`` as XORs."""
    found: list[Formula] = []
    for term in terms:
        partner = None
        if term.op == "&" and len(term.parts) == 2:
            opposite = {(~part).pushed() for part in term.parts}
            partner = next((other for other in found if other.op == "&" and set(other.parts) == opposite), None)
        if partner is None:
            found.append(term)
        else:
            found[found.index(partner)] = parity(partner.parts, complemented=True)
    return found


def _shared(terms: list[Formula]) -> list[Formula]:
    """Terms with a factor of more than one literal in common, joined: ``a & K | b & K`` is ``(a | b) & K``."""
    while True:
        compound = [part for term in terms if term.op == "&" for part in term.parts if part.parts]
        if len(compound) < 2:
            return terms
        counts = Counter(compound)
        best = max(counts, key=lambda part: counts[part], default=None)
        if best is None or counts[best] < 2:
            return terms
        having = [term for term in terms if term.op == "&" and best in term.parts]
        others = [conjunction([part for part in term.parts if part != best]) for term in having]
        joined = conjunction([disjunction(_shared(others)), best])
        first = terms.index(having[0])
        terms = [
            joined if place == first else term
            for place, term in enumerate(terms)
            if place == first or term not in having
        ]
