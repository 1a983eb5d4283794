"""What passes that change latches return: the smaller circuit, and the map of what each latch became."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from netc import native
from netc.aig import Aig, Lits
from netc.context import Context
from netc.errors import InternalError, NetcError
from netc.ports import UNINITIALISED, Ports

__all__ = ["UNREAD", "LatchMap", "Reduction", "reduce", "starts"]

Numbers = npt.NDArray[np.int64]

UNREAD = -1  # in place of a literal in a latch map: no output or property depends on the latch


@dataclass(frozen=True, eq=False)
class LatchMap:
    """What each latch became.

    ``became`` is ``int64[old latches]``: 0 or 1 for a constant, ``2 * (1 + latch) + complement`` for what equals one of
    the new latches in every state that can be reached from reset, else `UNREAD`. ``kept`` is
    ``int64[new latches]``: which of the old latches each new one is. `names` are the old latches'.
    """

    became: Numbers
    kept: Numbers
    names: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def identity(cls, ports: Ports) -> LatchMap:
        latches = np.arange(ports.latches)
        return cls(2 + 2 * latches, latches, ports.names.get("latch", {}))

    def then(self, second: LatchMap) -> LatchMap:
        """The map of doing this and then `second`."""
        is_latch = self.became >= 2
        mapped = second.became[np.where(is_latch, (self.became >> 1) - 1, 0)] if len(second.became) else self.became
        became = np.where(mapped < 0, mapped, mapped ^ (self.became & 1))
        return LatchMap(np.where(is_latch, became, self.became), self.kept[second.kept], self.names)

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """(old, new) for each latch that is left."""
        return [(old, new) for new, old in enumerate(self.kept.tolist())]

    def fate(self, latch: int) -> dict[str, Any]:
        """What became of a latch, as `--json` says it.

        `became` is "latch" (with its new `index`), "constant" (with its `value`), "same" (as the old latch `as`, which
        is left, or its complement), or "unread".
        """
        code = int(self.became[latch])
        if code == UNREAD:
            return {"became": "unread"}
        if code < 2:
            return {"became": "constant", "value": code}
        index = (code >> 1) - 1
        partner = int(self.kept[index])
        if partner == latch:
            return {"became": "latch", "index": index}
        return {"became": "same", "as": partner, "complemented": bool(code & 1)}

    def counts(self) -> dict[str, int]:
        """How many latches met each fate, in the order of `fate`'s list; those of none are left out."""
        latches = np.arange(len(self.became))
        is_latch = self.became >= 2
        stays = is_latch.copy()
        stays[is_latch] = self.kept[(self.became[is_latch] >> 1) - 1] == latches[is_latch]
        found = {
            "kept": int(stays.sum()),
            "constant": int(((self.became == 0) | (self.became == 1)).sum()),
            "same as another": int((is_latch & ~stays).sum()),
            "unread": int((self.became == UNREAD).sum()),
        }
        return {what: count for what, count in found.items() if count}

    def name(self, latch: int) -> str:
        return self.names.get(latch, f"latch {latch}")

    def to_json(self) -> list[dict[str, Any]]:
        return [
            {"latch": latch, "name": self.names.get(latch), **self.fate(latch)} for latch in range(len(self.became))
        ]

    def lines(self) -> Iterator[str]:
        """A line for each latch that is not left."""
        for latch in range(len(self.became)):
            match self.fate(latch):
                case {"became": "constant", "value": value}:
                    yield f"{self.name(latch)}: constant {value}"
                case {"became": "same", "as": partner, "complemented": complemented}:
                    how = "the complement of" if complemented else "same as"
                    yield f"{self.name(latch)}: {how} {self.name(partner)}"
                case {"became": "unread"}:
                    yield f"{self.name(latch)}: unread"


@dataclass(frozen=True, eq=False)
class Reduction:
    """What a sequential pass made: the new graph, what each old node became, and what each old latch became.

    Law: from reset on, outputs and properties are the same in every step for all inputs. Where ``image[node]`` is a
    literal, it has the old node's value in every step. Inputs, outputs and properties keep their places, latches that
    are left their order, resets and names; a latch without a reset value never becomes another or a constant.
    """

    aig: Aig
    image: Lits
    latches: LatchMap


def starts(resets: bytes) -> tuple[Lits, int]:
    """What latches with these resets start with, ``uint32[latches]``, and how many values that may be anything.

    A latch starts with 0, with 1, or with the v-th of those values, which is 2 + v: each uninitialised one has its own.
    """
    initial = np.frombuffer(resets, np.uint8).astype(np.uint32)
    unset = initial == UNINITIALISED
    free = int(unset.sum())
    initial[unset] += np.arange(free, dtype=np.uint32)
    return initial, free


def reduce(aig: Aig, context: Context, kernel: Any, *options: int) -> Reduction:
    """Run a kernel that takes a machine, a context and options, and leaves a step and the latches that it kept."""
    ports, states = aig.ports, aig.ports.slices()["latch"]
    roots = np.concatenate([aig.roots[states], aig.roots[: states.start], aig.roots[states.stop :]])
    initial, free = starts(ports.resets)
    struct = native.machine_struct(aig.ands, ports.inputs, roots, initial, free)
    step = native.ffi.new("netc_step *")
    left = np.empty(ports.latches, np.uint32)
    count = native.call(kernel, struct, context.struct, *options, step, native.out(left))
    kept = left[:count].astype(np.int64)
    ands = native.take(step.ands, 2 * step.num_ands, np.uint32).reshape(-1, 2)
    roots = native.take(step.roots, len(aig.roots) - ports.latches + count, np.uint32)
    image = native.take(step.image, aig.num_nodes, np.uint32)

    position = {old: new for new, old in enumerate(kept.tolist())}
    names = {position[old]: name for old, name in ports.names.get("latch", {}).items() if old in position}
    made = Ports(
        inputs=ports.inputs,
        resets=bytes(ports.resets[old] for old in position),
        outputs=ports.outputs,
        bad=ports.bad,
        constraints=ports.constraints,
        justice=ports.justice,
        fairness=ports.fairness,
        names={**ports.names, **({"latch": names} if "latch" in ports.names else {})},
        comment=ports.comment,
    )
    others = roots[count:]
    ordered = np.concatenate([others[: ports.outputs], roots[:count], others[ports.outputs :]])
    try:
        reduced = Aig(made, ands, ordered)
    except NetcError as error:
        raise InternalError(f"a kernel broke a law of the graph: {error}") from error
    return Reduction(reduced, image, _latch_map(ports, image, kept))


def _latch_map(ports: Ports, image: Lits, kept: Numbers) -> LatchMap:
    literals = image[1 + ports.inputs : 1 + ports.leaves].astype(np.int64)
    became = np.where(literals < 2, literals, literals - 2 * ports.inputs)
    became[literals == native.NONE] = UNREAD
    return LatchMap(became, kept, ports.names.get("latch", {}))
