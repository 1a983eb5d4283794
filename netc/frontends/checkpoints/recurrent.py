"""Recurrent cells of logic gates: what a step computes becomes the next state of latches that start at 0.

A cell has networks of two-input gates over the input bits and the state, and a rule that makes the next state of what
they give. Which networks there are says which rule: a state computed anew (``update``), kept or written (``candidate``
and ``gate``), set and reset, toggled, or a logic LSTM with a second state. Outputs are the bits that the sums at the
end of a sequence count: those after the step. Source: salon64/difflogic, mlgn/seqlgn/cells.py and models.py.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from netc.errors import NetcError
from netc.flatten import lut_to_aig
from netc.frontends.checkpoints import sums, wiring
from netc.frontends.checkpoints.chain import Chain
from netc.frontends.checkpoints.family import OF_SUMS, Options
from netc.frontends.checkpoints.gates import GATES, gate_ids, gate_tables
from netc.frontends.checkpoints.settings import find_class_names
from netc.frontends.checkpoints.tree import Checkpoint, Part
from netc.frontends.checkpoints.words import listed
from netc.lut import LutNetwork
from netc.model import Model
from netc.ports import Ports

__all__ = ["Recurrent"]

Nodes = npt.NDArray[np.int64]

# The rule by the networks that a cell has, and of how many bits a unit its state consists.
_RULES: dict[frozenset[str], tuple[str, int]] = {
    frozenset({"update"}): ("the state is computed anew", 1),
    frozenset({"candidate", "gate"}): ("the gate keeps the state, or the candidate replaces it", 1),
    frozenset({"set_net", "reset_net"}): ("set or reset, else hold", 1),
    frozenset({"toggle_net"}): ("toggle or hold", 1),
    frozenset({"candidate", "gate", "out_proj", "readout"}): ("a second state is kept or replaced, and read out", 2),
    frozenset({"forget", "input", "candidate", "out_proj", "readout"}): ("logic LSTM", 2),
}

# Tables of up to three inputs, bit e the value where input j is bit j of e.
_MUX = 0b11001010  # input 2 ? input 1 : input 0
_AND_OR = 0b11101010  # input 0 or (input 1 and input 2)
_AND, _OR, _XOR = 0b1000, 0b1110, 0b0110
_HOLD = 0b10101110  # (input 0) or (input 1 and not input 2)

_MOST_INPUTS = 1 << 20


class Recurrent:
    """Reads modules and state_dicts of recurrent cells."""

    name: ClassVar[str] = "recurrent"
    takes: ClassVar[tuple[str, ...]] = (*OF_SUMS, "input_bits")

    def claims(self, checkpoint: Checkpoint) -> bool:
        return _cell(checkpoint) is not None

    def model(self, checkpoint: Checkpoint, options: Options, name: str) -> Model:
        cell = _cell(checkpoint)
        assert cell is not None
        return _Reader(checkpoint, options, cell).model(name)


def _cell(checkpoint: Checkpoint) -> Part | None:
    """The cell in a file, if it has one."""
    for part in checkpoint.network.walk():
        if part.values.get("mechanism") == "ff":
            continue  # it has no memory: a chain of layers like any other
        named = part.cls.name == "LogicRecurrentCell" or part.path.rpartition(".")[2] == "cell"
        if named and frozenset(part.children) in _RULES and all(map(_layers, part.children.values())):
            return part
    return None


def _layers(network: Part) -> list[Part]:
    """The layers of gates of a network in the order of the file."""
    return [part for part in network.walk() if part.holds("weights") and part.shape("weights")[1:] == (GATES,)]


class _Reader:
    """Takes the networks of a cell, each a stack of layers over nodes of what will be one LUT network."""

    def __init__(self, checkpoint: Checkpoint, options: Options, cell: Part) -> None:
        self.checkpoint, self.options, self.cell = checkpoint, options, cell
        self.chain = Chain(checkpoint, options)
        self.tables: list[npt.NDArray[np.uint64]] = []
        self.fanins: list[Nodes] = []
        self.nodes = 0
        self.neurons = 0

    def model(self, name: str) -> Model:
        rule, states = _RULES[frozenset(self.cell.children)]
        width, inputs = self._sizes()
        self.nodes = 1 + inputs + states * width
        x = np.arange(1, 1 + inputs)
        state = 1 + inputs + np.arange(states * width)
        hidden, after = self._step(x, state[:width], state[width:])
        for part in self.checkpoint.network.walk():
            if sums.is_group_sum(part):
                self.chain.sum_groups(part.place, sums.read(part))
        ports = Ports(inputs=inputs, resets=bytes(states * width), outputs=width)
        roots = 2 * np.concatenate([hidden, hidden, after])
        luts = LutNetwork(ports, np.concatenate(self.fanins), np.concatenate(self.tables), roots.astype(np.uint32))
        logic, _ = lut_to_aig(luts)
        notes = self.chain.notes
        notes.append(f"recurrent cell {self.cell.path}: {rule}; networks {listed(self.cell.children)}")
        notes.append(f"{inputs:,} input bits, {states * width:,} latches that start at 0, {self.neurons:,} gates")
        head = self.chain.find_head(width, self.cell.place)
        classes = find_class_names(self.checkpoint, head.classes) if head else ()
        return Model(logic, head=head, name=name, class_names=classes, notes=tuple(notes))

    def _sizes(self) -> tuple[int, int]:
        """The bits of the state and of the input."""
        widths = {path: len(_pairs(self.checkpoint, _layers(part)[-1])) for path, part in self.cell.children.items()}
        if len(set(widths.values())) != 1:
            raise NetcError(self.cell.place, f"its networks give {sorted(set(widths.values()))} bits")
        width = next(iter(widths.values()))
        said = self.cell.number("input_dim")
        if said is None:
            said = self.options.input_bits
        elif self.options.input_bits not in (None, said):
            raise NetcError("input_bits", f"{self.options.input_bits} contradicts the file: the cell takes {said}")
        if set(self.cell.children) == {"update"} and said is None:
            hint = "input_bits says how many there are, or that there is none"
            raise NetcError(
                self.cell.place, "the file does not tell whether it reads its state besides the input", hint
            )
        seen = [int(_pairs(self.checkpoint, _layers(part)[0]).max()) + 1 for part in self.cell.children.values()]
        if set(self.cell.children) == {"update"} and seen[0] <= (said or 0):
            raise NetcError(self.cell.place, f"of {seen[0]:,} bits that it reads, {said:,} are input: it has no memory")
        if said is None:
            first = [reads for path, reads in zip(self.cell.children, seen, strict=True) if path != "readout"]
            said = max(first) - width
            self.chain.notes.append(f"{said:,} input bits, as the cell reads {max(first):,} with {width:,} of state")
        if not isinstance(said, int) or not 0 < said <= _MOST_INPUTS:
            hint = "input_bits says how many there are"
            raise NetcError(self.cell.place, f"a state of {width:,} bits and {said:,} input bits", hint)
        return width, said

    def _step(self, x: Nodes, h: Nodes, c: Nodes) -> tuple[Nodes, Nodes]:
        """The nodes of the next state, and of the second one where there is one."""
        names = set(self.cell.children)
        z = np.concatenate([x, h])
        if names == {"update"}:
            return self._network("update", z), c
        if names == {"candidate", "gate"}:
            return self._lut(_MUX, self._network("candidate", z), h, self._network("gate", z)), c
        if names == {"set_net", "reset_net"}:
            return self._lut(_HOLD, self._network("set_net", z), h, self._network("reset_net", z)), c
        if names == {"toggle_net"}:
            return self._lut(_XOR, self._network("toggle_net", z), h), c
        candidate = self._network("candidate", z)
        if "gate" in names:
            after = self._lut(_MUX, candidate, c, self._network("gate", z))
        else:
            written = self._lut(_AND, self._network("input", z), candidate)
            after = self._lut(_AND_OR, written, c, self._network("forget", z))
        return self._network("readout", np.concatenate([self._network("out_proj", z), after])), after

    def _network(self, name: str, z: Nodes) -> Nodes:
        """The nodes that a network of the cell makes of these."""
        for part in _layers(self.cell.children[name]):
            pairs = _pairs(self.checkpoint, part)
            if int(pairs.max()) >= len(z):
                raise NetcError(part.place, f"it reads bit {int(pairs.max()):,} of {len(z):,}")
            logits = part.array("weights")
            if logits.dtype.kind != "f" or len(logits) != len(pairs):
                raise NetcError(part.place, f"weights of type {logits.dtype} and shape {logits.shape}")
            z = self._add(gate_tables(gate_ids(logits))[:, 0], z[pairs])
            self.neurons += len(z)
        return z

    def _lut(self, table: int, *inputs: Nodes) -> Nodes:
        """A LUT for each place, the same for all."""
        return self._add(np.full(len(inputs[0]), table, np.uint64), np.stack(inputs, axis=1))

    def _add(self, tables: npt.NDArray[np.uint64], fanins: Nodes) -> Nodes:
        padded = np.zeros((len(fanins), 3), np.int64)
        padded[:, : fanins.shape[1]] = fanins
        self.tables.append(tables)
        self.fanins.append(padded)
        made = self.nodes + np.arange(len(fanins))
        self.nodes += len(fanins)
        return made


def _pairs(checkpoint: Checkpoint, part: Part) -> npt.NDArray[Any]:
    """``[neurons, 2]``, what each gate of a layer reads."""
    found = wiring.of_part(checkpoint, part, part.shape("weights")[0])
    if found is None:
        hint = "save the whole module, or wiring in buffers called conn_a and conn_b"
        raise NetcError(part.place, "it has gate weights but no wiring", hint)
    return found
