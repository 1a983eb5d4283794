"""The tables of torchlogix's neurons: which parametrisation they have, and what they are in evaluation."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from netc.errors import NetcError
from netc.frontends.checkpoints import luts
from netc.frontends.checkpoints.family import Options
from netc.frontends.checkpoints.nodes import maker
from netc.frontends.checkpoints.settings import find_text
from netc.frontends.checkpoints.tree import Checkpoint, Part
from netc.frontends.checkpoints.words import label, listed

__all__ = ["Neurons"]

Array = npt.NDArray[Any]

_BY_CLASS = {"RawLUTParametrization": "raw", "WarpLUTParametrization": "warp", "LightLUTParametrization": "light"}
_EXPORTED = "numbered by their export"


class Neurons:
    """Makes tables, layer by layer, and remembers what to say about them."""

    def __init__(self, checkpoint: Checkpoint, options: Options) -> None:
        self.checkpoint = checkpoint
        self.options = options
        self._kinds: dict[str, list[str]] = {}
        self._doubtful: list[str] = []

    def tables(
        self, part: Part, levels: list[Array], inputs: int, ids: list[Array | None]
    ) -> list[npt.NDArray[np.uint64]]:
        """``uint64[neurons, words]`` for each level of ``[neurons, parameters]``.

        `ids` are the gates' numbers that export mode keeps beside the parameters; they must say the same, or be what
        the module runs.
        """
        widths = {level.shape[-1] for level in levels}
        if len(widths) != 1:
            raise NetcError(part.place, f"its levels have {sorted(widths)} parameters a neuron")
        kind = self._kind(part, widths.pop(), inputs, exported=all(array is not None for array in ids))
        self._kinds.setdefault(f"{kind}, {inputs} inputs", []).append(part.path or "the network")
        half = _is_bfloat16(part)
        return [self._level(part, kind, level, inputs, given, half) for level, given in zip(levels, ids, strict=True)]

    def notes(self) -> list[str]:
        found = [f"neurons are {kind}: {listed(paths)}" for kind, paths in self._kinds.items()]
        if self._doubtful:
            found.append(f"tables where rounding decides, taken as torch rounds on a CPU: {listed(self._doubtful)}")
        return found

    def _kind(self, part: Part, width: int, inputs: int, exported: bool) -> str:
        old = "connections" not in part.children
        fits = [
            kind for kind in luts.PARAMETRIZATIONS if luts.width(kind, inputs) == width and _occurs(kind, inputs, old)
        ]
        if not fits:
            raise NetcError(part.place, f"{width} parameters for a neuron of {inputs} inputs")
        said, child = part.values.get("parametrization"), part.children.get("parametrization")
        cls = (child.cls if child is not None else maker(said)).name
        kind = said if isinstance(said, str) else _BY_CLASS.get(cls)
        why = "the file"
        asked = self.options.layers.get(part.path, {}).get("parametrization")
        if kind is not None and asked not in (None, kind):
            raise NetcError(f"layers, {part.path}.parametrization", f"{asked} contradicts the file, which says {kind}")
        if kind is None and cls:
            raise NetcError(part.place, f"neurons of a {label(cls)}, which netc does not read")
        if kind is None and len(fits) > 1:
            kind, why = self.options.of_layer(part.path, "parametrization"), "the option parametrization"
        if kind is None and len(fits) > 1:
            setting = find_text(self.checkpoint, "parametrization")
            kind, why = (str(setting.value), setting.found_at) if setting else (None, "")
        if kind is None and (exported or len(fits) == 1):
            kind = fits[0] if len(fits) == 1 else _EXPORTED
        if kind is None:
            hint = (
                f"parametrization={'|'.join(fits)} says it for all such layers, {part.path}.parametrization= for this"
            )
            raise NetcError(part.place, f"its {width} parameters a neuron may be {' or '.join(fits)}", hint)
        if kind not in fits and kind != _EXPORTED:
            raise NetcError(part.place, f"{width} parameters a neuron are not {label(kind)}, as {why} says")
        return kind

    def _level(
        self, part: Part, kind: str, parameters: Array, inputs: int, ids: Array | None, bfloat16: bool
    ) -> npt.NDArray[np.uint64]:
        if parameters.dtype.kind != "f":
            raise NetcError(part.place, f"its parameters are {parameters.dtype}")
        if ids is not None and (inputs != 2 or ids.shape != (len(parameters),) or not _are_gates(ids)):
            raise NetcError(part.place, f"exported gates of shape {ids.shape} for {len(parameters):,} neurons")
        if ids is not None and kind == _EXPORTED:
            return luts.packed(luts.gates_by_number(ids))
        rows = luts.rows_of(kind, parameters, inputs, bfloat16=bfloat16)
        if rows.doubtful:
            self._doubtful.append(f"{part.path} ({rows.doubtful:,})")
        if ids is None:
            return luts.packed(rows.bits)
        exported = luts.gates_by_number(ids)
        wrong = int((exported != rows.bits).any(axis=1).sum())
        if wrong and part.values.get("export_mode") is not True:
            what = f"the gates of its export differ from its parameters in {wrong:,} neurons"
            raise NetcError(part.place, what, "save it again after set_export_mode(model, False)")
        return luts.packed(exported)


def _is_bfloat16(part: Part) -> bool:
    """Whether the parameters of a layer are stored as bfloat16."""
    if "tree_weights" not in part.children:
        return part.tensors.is_bfloat16(part.values.get("weight"))
    held = (node for level in part.children["tree_weights"].walk() for node in level.values.values())
    return any(map(part.tensors.is_bfloat16, held))


def _occurs(kind: str, inputs: int, old: bool) -> bool:
    """Whether torchlogix has such neurons; `old` is 0.1.0."""
    if kind in ("raw", "walsh"):
        return inputs == 2 and (old or kind == "raw")
    return inputs > 1 or kind == "warp"


def _are_gates(ids: Array) -> bool:
    return ids.dtype.kind in "iu" and bool((ids >= 0).all() and (ids < 16).all())
