"""convlogic: convolutions of trees over eight leaves, OR pooling, then difflogic's dense layers and sums.

A ``ConvLogicLayer`` has ``weights`` of (kernels, 7, 16) and ``selection`` of (kernels, 8), leaves as ``channel << 16 |
row << 8 | column`` in its window: gates 0 to 3 take pairs of leaves, 4 and 5 pairs of those, 6 the last two, and 2 x 2
OR pooling follows. With (kernels, 4, 16) there are only the first four, and ``TreeLogicLayer`` and ``PoolLogicLayer``
do the rest. Its state_dict has no kernel, stride and padding. In a Lightning checkpoint ``k`` is the width of the
network, not its classes. Source: lkorinek/convlogic, src/convlogic/.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from netc.errors import NetcError
from netc.frontends.checkpoints import architectures, sums, wiring
from netc.frontends.checkpoints.chain import Chain
from netc.frontends.checkpoints.family import OF_SUMS, Options
from netc.frontends.checkpoints.flow import Flow, padded
from netc.frontends.checkpoints.gates import GATES, gate_ids, gate_tables
from netc.frontends.checkpoints.nodes import sizes
from netc.frontends.checkpoints.passive import is_flatten, is_passive
from netc.frontends.checkpoints.settings import find_number, find_text
from netc.frontends.checkpoints.tree import Checkpoint, Part
from netc.frontends.checkpoints.trees import Level, add_trees
from netc.frontends.checkpoints.words import label, listed
from netc.layers import Dense
from netc.model import Model

__all__ = ["Convlogic"]

Array = npt.NDArray[Any]

_CLASSES = ("classes", "num_classes", "n_classes")
_LEAVES = 8
_PAIRS = np.arange(4).reshape(-1, 2)
_POOL = (2, 2)


def _is_convolution(part: Part) -> bool:
    return part.holds("weights", "selection") and len(part.shape("weights")) == 3


def _is_tree(part: Part) -> bool:
    return part.holds("weights") and len(part.shape("weights")) == 3 and not part.holds("selection")


class Convlogic:
    """Reads modules and state_dicts of convlogic."""

    name: ClassVar[str] = "convlogic"
    takes: ClassVar[tuple[str, ...]] = (*OF_SUMS, "input_bits", "input_shape", "architecture", "layers")

    def claims(self, checkpoint: Checkpoint) -> bool:
        return any(map(_is_convolution, checkpoint.network.walk()))

    def model(self, checkpoint: Checkpoint, options: Options, name: str) -> Model:
        return _Reader(checkpoint, options).model(name)


class _Reader:
    """Takes the modules in the order in which they run."""

    def __init__(self, checkpoint: Checkpoint, options: Options) -> None:
        self.checkpoint, self.options, self.whole = checkpoint, options, checkpoint.whole
        self.chain = Chain(checkpoint, options, _CLASSES)
        self.known, self.named_by = self._architecture()
        self.convolutions = 0
        self.flow: Flow | None = None

    def model(self, name: str) -> Model:
        for part in self.checkpoint.network.walk():
            self.read(part)
        if self.known is not None:
            sums.add_known(self.chain, self.known, self.named_by, find_number(self.checkpoint, "tau"))
        return self.chain.model(name)

    def _architecture(self) -> tuple[architectures.Architecture | None, str]:
        """The model class that an option or a data set among the settings names, and who names it."""
        asked = self.options.architecture
        if asked is not None:
            found = architectures.find(asked)
            if found is None:
                raise NetcError("architecture", f"netc knows no {label(asked)}")
            return found, f"the option architecture ({asked})"
        setting = None if self.whole else find_text(self.checkpoint, "dataset_name")
        if setting is None:
            return None, ""
        data_set = str(setting.value)
        cls = "ConvLogicMnistModel" if data_set.startswith("mnist") else "ConvLogicCifarModel"
        known = architectures.find(cls) if data_set.startswith(("mnist", "cifar10")) else None
        return known, f"{setting.found_at} ({label(data_set)})"

    def read(self, part: Part) -> None:
        if is_passive(part):
            return
        if _is_convolution(part):
            self.convolution(part)
        elif _is_tree(part):
            self.tree(part)
        elif part.cls.name == "PoolLogicLayer":
            self.pool(part)
        elif part.holds("weights") and wiring.name_in(part):
            self.dense(part)
        elif is_flatten(part):
            if self.flow is not None:
                self.flow.flatten()
        elif sums.is_group_sum(part):
            self.chain.sum_groups(part.place, sums.read(part))
        elif part.held():
            raise NetcError(part.place, f"it holds {listed(part.held())}; netc reads layers of convlogic")

    def gates(self, part: Part) -> Array:
        """The numbers of a layer's gates, in the shape of its logits but for the last axis."""
        logits = part.array("weights")
        if logits.dtype.kind != "f" or logits.shape[-1] != GATES:
            raise NetcError(
                part.place, f"weights of type {logits.dtype} and shape {logits.shape} are no logits of gates"
            )
        return gate_ids(logits.reshape(-1, GATES)).reshape(logits.shape[:-1])

    def convolution(self, part: Part) -> None:
        gates, selection = self.gates(part), part.array("selection")
        kernels, count = gates.shape
        if count not in (4, 7) or selection.shape != (kernels, _LEAVES) or selection.dtype.kind not in "iu":
            what = f"{count} gates a kernel, with a selection of shape {selection.shape}"
            raise NetcError(part.place, f"{what}; netc reads trees of 4 or 7 gates over 8 leaves")
        flow = self._flow()
        image = flow.image(part)
        kernel, stride, padding = (self._sizes(part, name) for name in ("kernel", "stride", "padding"))
        picked = selection.astype(np.int64)
        leaves = np.stack([picked >> 8 & 0xFF, picked & 0xFF, picked >> 16 & 0xFFFF], axis=-1)
        if (leaves[..., :2] >= kernel).any():
            raise NetcError(part.place, f"it reads outside its window of {kernel}")
        image = padded(part, image, padding)
        positions = tuple(
            (size - extent) // step + 1 for size, extent, step in zip(image.shape[1:], kernel, stride, strict=True)
        )
        if min(positions) < 1:
            raise NetcError(part.place, f"its window of {kernel} is larger than what it reads, {image.shape[1:]}")
        axes = [np.arange(number) * step for number, step in zip(positions, stride, strict=True)]
        starts = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
        nodes = [slice(0, 4), slice(4, 6), slice(6, 7)][: 3 if count == 7 else 1]
        levels = [
            Level(gate_tables(gates[:, level].T.reshape(-1)), _PAIRS[: level.stop - level.start]) for level in nodes
        ]
        first = leaves.reshape(kernels, 4, 2, 3).transpose(1, 0, 2, 3)
        add_trees(flow, part, image, first, starts, positions, levels, stated=self.whole)
        self.convolutions += 1
        if count == 7:
            flow.pool(part, _POOL, _POOL, (0, 0))
        elif flow.at is not None:
            flow.at = flow.at.reshape(4, kernels, *positions).transpose(1, 2, 3, 0)

    def tree(self, part: Part) -> None:
        """A level of trees by itself: each gate takes two neighbours along the last axis."""
        gates, at = self.gates(part), self.flow.at if self.flow is not None else None
        if (
            self.flow is None
            or at is None
            or at.ndim != 4
            or (len(at), at.shape[3]) != (len(gates), 2 * gates.shape[1])
        ):
            shape = None if at is None else at.shape
            raise NetcError(part.place, f"a level of {gates.shape[1]} gates in {len(gates)} trees reads {shape}")
        channels, height, width, inputs = at.shape
        pairs = np.arange(channels * inputs, dtype=np.uint32).reshape(-1, 2)
        template = [Dense(gate_tables(gates.reshape(-1)), pairs)]
        gather = at.transpose(1, 2, 0, 3).reshape(height * width, channels * inputs)
        self.flow.tiled(part, template, gather, (channels, gates.shape[1], height, width), stated=self.whole)
        self.flow.at = self.flow.image(part).transpose(0, 2, 3, 1)

    def pool(self, part: Part) -> None:
        kernel, stride = sizes(part.values.get("kernel"), 2), sizes(part.values.get("stride"), 2)
        if self.flow is None or self.flow.at is None or not kernel or not stride:
            raise NetcError(part.place, "it pools nothing that netc knows")
        if self.flow.at.ndim == 4 and self.flow.at.shape[3] == 1:
            self.flow.at = self.flow.at[..., 0]
        self.flow.pool(part, kernel, stride, (0, 0))

    def dense(self, part: Part) -> None:
        gates = self.gates(part)
        pairs = wiring.of_part(self.checkpoint, part, len(gates)) if gates.ndim == 1 else None
        if pairs is None or int(pairs.max()) >= 2**32:
            raise NetcError(part.place, "it has gate weights but no wiring that netc understands")
        if self.flow is None:
            raise NetcError(part.place, "a dense layer before the first convolution")
        if self.whole and self.flow.at is not None and self.flow.at.ndim > 1:
            raise NetcError(part.place, f"it reads an image of shape {self.flow.shape}: nothing flattens it before")
        in_dim = part.number("in_dim")
        tables = gate_tables(gates)
        reads = int(pairs.max()) + 1
        self.flow.dense(part, tables, pairs, reads=reads, in_dim=in_dim if isinstance(in_dim, int) else None)

    def _flow(self) -> Flow:
        if self.flow is None:
            shape = self.options.input_shape
            channels = find_number(self.checkpoint, "input_channels")
            if shape is None and self.known is not None and channels is not None and isinstance(channels.value, int):
                shape = tuple(channels.value if size is None else size for size in self.known.sample)
                times = "x".join(map(str, shape))
                self.chain.notes.append(f"input of {times} bits, as {self.named_by} and {channels.found_at} say")
            self.flow = Flow(self.chain, shape)
        return self.flow

    def _sizes(self, part: Part, name: str) -> list[int]:
        """Kernel, stride or padding as (rows, columns)."""
        found = self.options.sizes_of_layer(part.path, name, sizes(part.values.get(name), 2), 2)
        known = self.known.convolutions if self.known is not None else ()
        if not found and self.convolutions < len(known):
            kernel, padding, _ = known[self.convolutions]
            found = [{"kernel": kernel, "stride": 1, "padding": padding}[name]] * 2
            self.chain.notes.append(f"{part.place} has {name} {found[0]}, as {self.named_by} says")
        if not found:
            every = ", ".join(f"{part.path}.{key}=" for key in ("kernel", "stride", "padding"))
            raise NetcError(part.place, f"the file lacks the {name} of this convolution", f"give {every}")
        if min(found) < (name != "padding") or max(found) > 256:
            raise NetcError(part.place, f"{name} of {found}")
        return found
