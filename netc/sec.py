"""Sequential equivalence: two circuits with latches, started from reset, three answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from netc import native
from netc.aig import Aig, Lits
from netc.cec import Verdict
from netc.context import Context
from netc.errors import InternalError, NetcError
from netc.pairing import Pairing, over_inputs, pair, root_name
from netc.ports import UNINITIALISED
from netc.sequential import starts
from netc.sequential_miter import SequentialMiter
from netc.simulation import simulate

__all__ = ["Sec", "State", "Trace", "check", "last_step"]

CONFLICTS = 3000  # for a question to the solver
STEPS = 4  # the longest induction that is tried
DEPTH = 64  # steps from reset that are searched for a difference
MOVES = 16  # rounds of retiming forward in which all can be proved that induction leaves open
GROWTH = 4  # what retiming may make of the circuits' size

Bits = npt.NDArray[np.bool_]
State = npt.NDArray[Any]  # of latches: bits, or numbers with 2 for unknown


@dataclass(frozen=True)
class Trace:
    """Inputs that lead from reset to a difference.

    `inputs` is ``bool[steps, inputs]`` in the first circuit's order; `first` and `second` are the latches' values at
    reset, which matter where a latch is uninitialised; with `netc.three_valued`, 2 is a latch that is unknown. The
    circuits differ in the last step.
    """

    inputs: Bits
    first: State
    second: State

    @property
    def plain(self) -> bool:
        """No uninitialised latch has to start at 1."""
        return not (self.first | self.second).any()


@dataclass(frozen=True)
class Sec:
    """The answer, and what it rests on.

    EQUIVALENT was proved by `induction` steps of signal correspondence, after `retimed` rounds of moving latches
    forward over gates. Otherwise the first `bounded` steps from reset are proved equal, and `undecided` roots are open.
    `matched` says how ports were paired, `free` how many pairs of uninitialised latches start equal. `root` is what the
    `trace` shows to differ, and `values` are its values then.
    """

    verdict: Verdict
    matched: str
    roots: int
    induction: int = 0
    bounded: int = 0
    undecided: int = 0
    free: int = 0
    trace: Trace | None = None
    root: str = ""
    values: tuple[int, int] | None = None
    retimed: int = 0

    def __bool__(self) -> bool:
        return self.verdict is Verdict.EQUIVALENT


def _free_pairs(a: Aig, b: Aig) -> list[tuple[int, int]]:
    """Uninitialised latches that start equal: those of one name, or else, where both have as many, by order."""
    unset = [[latch for latch, reset in enumerate(aig.ports.resets) if reset == UNINITIALISED] for aig in (a, b)]
    names = [
        {aig.ports.name("latch", latch): latch for latch in latches} for aig, latches in zip((a, b), unset, strict=True)
    ]
    if all(None not in found and len(found) == len(latches) for found, latches in zip(names, unset, strict=True)):
        common = [(latch, names[1][name]) for name, latch in names[0].items() if name in names[1]]
        if common:
            return common
    return list(zip(*unset, strict=True)) if len(unset[0]) == len(unset[1]) else []


@dataclass
class _Product:
    """Both circuits as one machine over the first one's inputs: the latches of a, then those of b."""

    a: Aig
    b: Aig
    paired: Pairing
    context: Context
    free_pairs: Sequence[tuple[int, int]]

    def __post_init__(self) -> None:
        a, b = self.a, self.b
        ands, of_a, of_b = over_inputs(a, b, self.paired)
        next_states = [of_a[a.ports.slices()["latch"]], of_b[b.ports.slices()["latch"]]]
        roots = np.concatenate([*next_states, of_a[self.paired.roots], of_b[self.paired.root_of]])
        self.initial, self.free = initial, free = starts(a.ports.resets + b.ports.resets)
        self.free_pairs = [
            (first, second)
            for first, second in self.free_pairs
            if a.ports.resets[first] == b.ports.resets[second] == UNINITIALISED
        ]
        for first, second in self.free_pairs:
            initial[a.ports.latches + second] = initial[first]
        self.miter = SequentialMiter(a.inputs, ands, roots, initial, free, len(self.paired.roots), self.context)
        self.struct = self.miter.struct

    def random_runs(self, depth: int) -> tuple[Trace, int] | None:
        """A trace to a difference that random inputs show, and the pair of roots that differs."""
        pattern = np.zeros(depth * self.a.inputs + self.free, np.uint8)
        different = native.ffi.new("int64_t *")
        step = native.call(
            native.lib.netc_runs, self.struct, self.context.struct, depth, 1, native.out(pattern), different
        )
        return (self.trace(pattern, depth, step), int(different[0])) if step else None

    def bounded(self, depth: int, same: Lits | None, conflicts: int) -> tuple[Trace, int] | int:
        """The same, by SAT; or the number of steps in which there is proved to be none."""
        pattern = np.zeros(depth * self.a.inputs + self.free, np.uint8)
        different, proved = native.ffi.new("int64_t *"), native.ffi.new("int64_t *")
        step = native.call(
            native.lib.netc_bmc,
            self.struct,
            self.context.struct,
            depth,
            conflicts,
            1,
            native.ffi.NULL if same is None else native.view(same, np.uint32),
            native.out(pattern),
            different,
            proved,
        )
        return (self.trace(pattern, depth, step), int(different[0])) if step else int(proved[0])

    def trace(self, pattern: npt.NDArray[np.uint8], depth: int, steps: int) -> Trace:
        inputs = pattern[: steps * self.a.inputs].reshape(steps, self.a.inputs).astype(np.bool_)
        values = np.concatenate([np.array([0, 1], np.uint8), pattern[depth * self.a.inputs :]])
        states = values[self.initial].astype(np.bool_)
        return Trace(inputs, states[: self.a.ports.latches], states[self.a.ports.latches :])


def last_step(aig: Aig, inputs: Bits, state: State) -> Bits:
    """All roots in the last of these steps."""
    values = np.zeros(len(aig.roots), np.bool_)
    for step in inputs:
        values = simulate(aig, np.concatenate([step, state])[None])[0]
        state = values[aig.ports.slices()["latch"]]
    return values


def _refuted(product: _Product, trace: Trace, index: int) -> Sec:
    """The verdict, once simulation of both circuits, step by step, has shown the difference again."""
    paired, a, b = product.paired, product.a, product.b
    theirs = np.empty_like(trace.inputs)
    theirs[:, paired.input_of] = trace.inputs
    mine = int(last_step(a, trace.inputs, trace.first)[paired.roots[index]])
    if mine == last_step(b, theirs, trace.second)[paired.root_of[index]]:
        raise InternalError("a trace does not tell the circuits apart")
    return Sec(
        Verdict.DIFFERENT,
        paired.matched,
        len(paired.roots),
        free=len(product.free_pairs),
        trace=trace,
        root=root_name(a, int(paired.roots[index])),
        values=(mine, 1 - mine),
    )


def _prove_retimed(miter: SequentialMiter, steps: int, conflicts: int) -> tuple[int, int]:
    """The induction that proves all pairs once latches were moved forward 1, 2, 4 … times, and how often; or zeros."""
    moves, largest = 0, GROWTH * miter.size
    while moves < MOVES and not miter.context.stopped:
        for _ in range(max(1, moves)):
            miter, moves = miter.retimed(), moves + 1
            if miter.size > largest:
                return 0, 0
        length = 1
        while length <= steps:
            same = miter.correspondence(length, conflicts)
            if same is None:
                return 0, 0
            if not miter.open_pairs(same, conflicts):
                return length, moves
            length *= 2
    return 0, 0


def check(
    a: Aig,
    b: Aig,
    *,
    match: str = "auto",
    steps: int = STEPS,
    depth: int = DEPTH,
    context: Context | None = None,
    conflicts: int = CONFLICTS,
    latches: Sequence[tuple[int, int]] | None = None,
) -> Sec:
    """Whether two circuits give the same outputs and properties in every step after reset, for all inputs.

    Latches may differ in number, place and coding. Inputs and outputs are paired as in `netc.cec.check`. A latch
    without a reset value starts with any value; two such latches of one name, or at the same place when both circuits
    have as many, start equal; or those are given in `latches`, as pairs. Signal correspondence with inductions of
    1, 2, 4 … up to `steps` steps proves equivalence, if need be once both circuits are retimed forward; random runs and
    bounded model checking of `depth` steps find differences; a trace is simulated on both circuits before it is
    returned. With `steps` 0 there are random runs only.
    `NetcError` when the interfaces cannot be paired.
    """
    if steps < 0 or depth < 1:
        raise NetcError("", f"steps={steps}, depth={depth}; they are at least 0 and 1")
    run = context or Context()
    free_pairs = _free_pairs(a, b) if latches is None else latches
    product = _Product(a, b, pair(a, b, match, latches=False), run, free_pairs)
    found = product.random_runs(depth)
    if found:
        return _refuted(product, *found)
    matched, roots, free = product.paired.matched, len(product.paired.roots), len(product.free_pairs)
    length, undecided, bounded, same = 1, roots, 0, None
    while steps and not run.stopped:
        found_same = product.miter.correspondence(length, conflicts)
        if found_same is None:
            break
        same = found_same
        undecided = product.miter.open_pairs(same, conflicts)
        if undecided == 0:
            return Sec(Verdict.EQUIVALENT, matched, roots, induction=length, free=free)
        last = 2 * length > steps
        answer = product.bounded(depth if last else min(depth, 2 * length + 2), same, conflicts)
        if not isinstance(answer, int):
            return _refuted(product, *answer)
        bounded = max(bounded, answer)
        if last:
            break
        length *= 2
    if steps and not run.stopped:
        length, moves = _prove_retimed(product.miter, steps, conflicts)
        if length:
            return Sec(Verdict.EQUIVALENT, matched, roots, induction=length, retimed=moves, free=free)
    return Sec(Verdict.UNDECIDED, matched, roots, bounded=bounded, undecided=undecided, free=free)
