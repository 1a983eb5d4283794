"""Combinational equivalence: two circuits, three answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import inf

import numpy as np
import numpy.typing as npt

from netc import native
from netc.aig import NONE, Aig, Lits, compose
from netc.context import Context
from netc.errors import InternalError, NetcError
from netc.pairing import Pairing, joined, pair, root_name
from netc.ports import UNINITIALISED
from netc.simulation import all_patterns, simulate, simulate_words
from netc.solver import ask, representatives

__all__ = ["Cec", "Verdict", "check", "prove", "verification_budget"]

# What verification may cost, in the core's units of work, of which a second does two to three million where it is hard.
VERIFY_WORK_PER_AND = 1_000
VERIFY_WORK_LEAST = 40_000_000

# Few leaves have few enough patterns to try them all: at once, if that is so many words of values (0.03 s), or after
# what is easily merged, if it is so many (7 s).
EXHAUSTIVE_LEAVES = 32
EXHAUSTIVE_FIRST, EXHAUSTIVE_LAST = 2**26, 2**34
EASY_CONFLICTS = 50
_WORDS_AT_ONCE = 512
_WORDS_PER_UNIT = 512
CONFLICTS = 30_000  # of the last round, for a pair of inner nodes; a pair of outputs may take ten times as many


class Verdict(Enum):
    """What an equivalence check found."""

    EQUIVALENT = "equivalent"
    DIFFERENT = "not equivalent"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Cec:
    """The answer, and what it rests on.

    `counterexample` is ``bool[inputs + latches]`` of the first circuit, in its order; `root` names what differs
    under it. `undecided` counts the roots that the budget left open. `matched` says whether ports were paired by
    name or by order. `classes`, if asked for, is ``uint32``: a literal for each node of the first circuit and then for
    each AND of the second, the same for nodes that were proved equal. `by_solver` counts the roots for which the
    user's solver is to be trusted.
    """

    verdict: Verdict
    matched: str
    roots: int
    undecided: int = 0
    counterexample: npt.NDArray[np.bool_] | None = None
    root: str = ""
    reason: str = ""
    classes: Lits | None = None
    by_solver: int = 0

    def __bool__(self) -> bool:
        return self.verdict is Verdict.EQUIVALENT


def _ask(
    solver: str,
    ands: Lits,
    roots: Lits,
    merged: Lits,
    verdicts: npt.NDArray[np.uint8],
    pattern: npt.NDArray[np.uint8],
    context: Context,
) -> int:
    """Has the user's solver decide the open pairs until one differs; how many it proved equal."""
    same = representatives(merged)
    reduced, roots = same[ands >> 1] ^ (ands & 1), same[roots >> 1] ^ (roots & 1)
    proved = 0
    for pair_ in np.flatnonzero(verdicts == 2).tolist():
        a, b = int(roots[pair_]), int(roots[len(verdicts) + pair_])
        equal, values = ask(solver, reduced, len(pattern), a, b, context)
        if equal is not None:
            verdicts[pair_] = equal
            proved += equal
        if equal is False:
            pattern[:] = values
            break
    return proved


def _words_of_all(a: Aig, b: Aig) -> float:
    """How many words of values it takes to try all patterns."""
    if a.ports.leaves > EXHAUSTIVE_LEAVES:
        return inf
    return (a.num_nodes + b.num_nodes + len(a.roots) + len(b.roots)) << max(0, a.ports.leaves - 6)


def _by_all_patterns(a: Aig, b: Aig, paired: Pairing, words: float, run: Context) -> Cec | None:
    """The answer by trying all patterns, 64 a word, in so many words; none if the context says stop."""
    leaves, total = a.ports.leaves, len(paired.roots)
    units = 1 + int(words) // _WORDS_PER_UNIT
    if units >= run.remaining:
        return None
    end = 1 << max(0, leaves - 6)
    for first in range(0, end, _WORDS_AT_ONCE):
        count = min(end - first, _WORDS_AT_ONCE)
        if run.stop(max(1, units * count // end)):
            return None
        patterns = all_patterns(leaves, first, count)
        theirs = np.empty_like(patterns)
        theirs[paired.leaf_of] = patterns
        differ = simulate_words(a, patterns) ^ simulate_words(b, theirs)[paired.root_of]
        if differ.any():
            root, word = (int(place[0]) for place in differ.nonzero())
            value = int(differ[root, word])
            lane = np.uint64((value & -value).bit_length() - 1)
            found = (patterns[:, word] >> lane & np.uint64(1)).astype(np.bool_)
            return Cec(Verdict.DIFFERENT, paired.matched, total, counterexample=found, root=root_name(a, root))
    return Cec(Verdict.EQUIVALENT, paired.matched, total)


def check(
    a: Aig,
    b: Aig,
    *,
    match: str = "auto",
    context: Context | None = None,
    conflicts: int = CONFLICTS,
    classes: bool = False,
    solver: str | None = None,
    image: Lits | None = None,
) -> Cec:
    """Whether two circuits compute the same outputs, next states and properties from the same inputs and states.

    Ports are paired by name where all names agree, else by order (`match` forces one); latches pair as states, with
    equal resets. A counterexample is simulated again on both circuits before it is returned. Raises `NetcError`
    when the interfaces cannot be paired. `UNDECIDED` means the conflicts or the context's budget ran out, and that
    `solver` (the command of `netc.solver`), if there is one, did not say either. `image`, ``uint32[nodes of a]``, says
    which literal of `b` each node of `a` may equal, or `NONE`: those pairs are compared first. It is a hint, and may be
    wrong.
    """
    paired = pair(a, b, match)
    total = len(paired.roots)
    for latch, partner in enumerate(paired.latch_of.tolist()):
        mine, theirs = a.ports.resets[latch], b.ports.resets[partner]
        if mine != theirs:
            shown = ["uninitialised" if reset == UNINITIALISED else str(reset) for reset in (mine, theirs)]
            reason = f"latch {latch} resets to {shown[0]} and {shown[1]}"
            return Cec(Verdict.DIFFERENT, paired.matched, total, root=f"latch {latch}", reason=reason)

    leaf_of = paired.leaf_of
    run = context or Context()
    words = inf if classes or solver is not None else _words_of_all(a, b)
    if words <= EXHAUSTIVE_FIRST and (tried := _by_all_patterns(a, b, paired, words, run)) is not None:
        return tried
    if words <= EXHAUSTIVE_LAST:
        conflicts = min(conflicts, EASY_CONFLICTS)
    own = 2 * np.arange(1, 1 + a.ports.leaves, dtype=np.uint32)
    others = np.empty_like(own)
    others[leaf_of] = own
    ands, (of_a, of_b), (image_a, image_b) = joined(a.ports.leaves, [(a, own), (b, others)])
    roots = np.concatenate([of_a, of_b[paired.root_of]])
    struct = native.aig_struct(ands, a.ports.leaves, roots)
    partners = None if image is None else _partners(image, image_a, image_b, 1 + a.ports.leaves + len(ands))
    verdicts = np.empty(total, np.uint8)
    pattern = np.zeros(a.ports.leaves, np.uint8)
    different = native.ffi.new("int64_t *")
    merged = np.empty(1 + a.ports.leaves + len(ands), np.uint32) if classes or solver is not None else None
    answer = native.call(
        native.lib.netc_cec,
        struct,
        run.struct,
        conflicts,
        native.out(verdicts),
        native.out(pattern),
        different,
        native.ffi.NULL if partners is None else native.out(partners),
        native.ffi.NULL if merged is None else native.out(merged),
    )
    if answer == 1:
        found = None
        if merged is not None and classes:
            found = compose(np.concatenate([image_a, image_b[b.first_and :]]), merged)
        return Cec(Verdict.EQUIVALENT, paired.matched, total, classes=found)
    asked = None
    if answer == 2 and solver is not None and merged is not None and not run.cancelled:
        asked = _ask(solver, ands, roots, merged, verdicts, pattern, run)
        if (verdicts == 0).any():
            answer, different[0] = 0, int(np.flatnonzero(verdicts == 0)[0])
        elif (verdicts == 1).all():
            return Cec(Verdict.EQUIVALENT, paired.matched, total, by_solver=asked)
    if answer == 2 and words <= EXHAUSTIVE_LAST and (tried := _by_all_patterns(a, b, paired, words, run)) is not None:
        return tried
    if answer == 2:
        return Cec(Verdict.UNDECIDED, paired.matched, total, undecided=int((verdicts == 2).sum()))
    values = pattern.astype(np.bool_)
    root = int(different[0])
    theirs_pattern = np.empty_like(values)
    theirs_pattern[leaf_of] = values
    if simulate(a, values[None])[0, root] == simulate(b, theirs_pattern[None])[0, paired.root_of[root]]:
        if asked is not None and solver is not None:
            raise NetcError(solver, "the values it gives do not tell the circuits apart")
        raise InternalError("a counterexample does not tell the circuits apart")
    return Cec(Verdict.DIFFERENT, paired.matched, total, counterexample=values, root=root_name(a, root))


def _partners(image: Lits, image_a: Lits, image_b: Lits, nodes: int) -> npt.NDArray[np.uint32] | None:
    """For each node of the joined graph the earlier one that a hint pairs with it, or `NONE`."""
    known = image != NONE
    if len(image) != len(image_a) or int((image[known] >> 1).max(initial=0)) >= len(image_b):
        return None  # of other graphs
    ours, theirs = image_a[known] >> 1, image_b[image[known] >> 1] >> 1
    partners = np.full(nodes, NONE, np.uint32)
    later = ours < theirs
    partners[theirs[later][::-1]] = ours[later][::-1]  # of several the first
    return partners


def verification_budget(before: Aig, spent: int = 0) -> int:
    """What a proof that netc makes unasked may cost: by the circuit's size, or a third of the units that were spent."""
    return max(VERIFY_WORK_LEAST, VERIFY_WORK_PER_AND * before.num_ands, spent // 3)


def prove(before: Aig, after: Aig, context: Context | None = None, image: Lits | None = None) -> Cec:
    """`check` for a graph and what passes made of it: the same ports, paired by order."""
    return check(before, after, match="order", context=context, image=image)
