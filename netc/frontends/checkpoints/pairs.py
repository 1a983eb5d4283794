"""Chains of layers of two-input neurons, under all the names that difflogic and its forks gave them.

What differs between families is a `Kind`: how many parameters a neuron has and what table they make.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from netc.errors import NetcError
from netc.frontends.checkpoints import sums, wiring
from netc.frontends.checkpoints.chain import Chain
from netc.frontends.checkpoints.family import Options
from netc.frontends.checkpoints.passive import HOLDERS, is_flatten, is_passive
from netc.frontends.checkpoints.tree import Checkpoint, Part
from netc.frontends.checkpoints.words import listed
from netc.layers import Dense
from netc.model import Model

__all__ = ["Kind", "neurons_in", "read"]

Array = npt.NDArray[Any]
Tables = npt.NDArray[np.uint64]

_TRANSPOSED = "w"  # (parameters, neurons) where the shape does not tell

_OF_SUMS = ("bias", "weights", "flip_mask")  # tensors that some sums have
_OF_ORDERED_SUMS = {"weight", "selected_inputs"}  # and those of difflogic_verify, whose weight is not used

_RECOVER = "netc recover model.pt --recipe difflogic-mnist --seed 0 (netc recover --list shows the recipes)"
_SAVE_WIRING = "save the whole module, or {'state_dict': …, 'connections': [(a, b) of each layer, …]}"


@dataclass(frozen=True)
class Kind:
    """`names` of the parameters, their number `width` a neuron, and what a note says; `tables` of (neurons, width).

    `tables` are those of a `netc.layers.Dense` that reads A and B. Layers that hold ``selected_inputs`` may also have
    `narrow` numbers of parameters.
    """

    names: tuple[str, ...]
    width: int
    described: str
    tables: Callable[[Part, Array], Tables]
    narrow: tuple[int, ...] = ()


def neurons_in(part: Part, kind: Kind) -> str:
    """The name of a part's parameters, "" if it is no layer of this kind."""
    if part.cls.module.startswith("torch.nn.") or part.holds("bias"):  # a linear layer of so many inputs looks the same
        return ""
    shapes = {name: part.shape(name) for name in kind.names if part.holds(name)}
    fits = (len(shape) == 2 and (kind.width in shape or _is_narrow(part, name, kind)) for name, shape in shapes.items())
    return next((name for name, fit in zip(shapes, fits, strict=True) if fit), "")


def _is_narrow(part: Part, name: str, kind: Kind) -> bool:
    """Whether the neurons of a layer have fewer parameters, which then lie in rows."""
    shape = part.shape(name)
    return shape[1:] in {(count,) for count in kind.narrow} and part.shape("selected_inputs") == (shape[0], 2)


def read(checkpoint: Checkpoint, options: Options, name: str, kind: Kind) -> Model:
    """The model of layers of this kind, in the order of the file, and sums behind them."""
    chain = Chain(checkpoint, options)
    layers = [part for part in checkpoint.network.walk() if neurons_in(part, kind)]
    parameters = _parameters(chain, layers, kind)
    wired = _wiring(checkpoint, layers, [len(rows) for rows in parameters.values()], options)
    types = listed(sorted({str(rows.dtype) for rows in parameters.values()}))
    beside = "connections" if options.wiring is None else "given"
    names = {part.path: wiring.name_in(part) or beside for part in layers}
    wires = "as given" if options.wiring is not None else f"as in {listed(sorted(set(names.values())))}"
    chain.notes.append(f"{kind.described} ({types}), wired {wires}")
    for part in (part for part in layers if part.shape(names[part.path]) == (2, 2)):
        how = "(inputs, neurons)" if names[part.path] in wiring.BY_INPUT else "(neurons, inputs)"
        chain.notes.append(f"{part.place}: the 2 x 2 {names[part.path]} are read as {how}")
    silent, custom = [], []
    for part in checkpoint.network.walk():
        if part.path in parameters:
            pairs = wired[part.path]
            layer = Dense(kind.tables(part, parameters[part.path]), pairs)
            chain.add(part, layer, reads=int(pairs.max()) + 1, in_dim=_in_dim(part))
        elif _is_group_sum(part):
            _add_sums(chain, part)
        elif is_passive(part) or is_flatten(part):
            silent.append(f"{part.path} ({part.class_name})")
        else:
            _check_holder(checkpoint, part)
            custom += [part.class_name] if checkpoint.whole and not part.cls.module.startswith("torch.") else []
    if custom:
        chain.notes.append(f"layers in the order of registration; the file does not tell what {listed(custom)} does")
    if silent:
        chain.notes.append(f"changes no bit: {listed(silent)}")
    return chain.model(name)


def _parameters(chain: Chain, layers: list[Part], kind: Kind) -> dict[str, Array]:
    """``[neurons, width]`` by the layer's path; square ones are read as the other layers are, else by custom."""
    width = kind.width
    names = [neurons_in(part, kind) for part in layers]
    narrow = {part.path for part, name in zip(layers, names, strict=True) if _is_narrow(part, name, kind)}
    known = [(name, part.shape(name)) for part, name in zip(layers, names, strict=True) if part.path not in narrow]
    clear = {name: shape[1] != width for name, shape in known if shape != (width, width)}
    found = {}
    for part, name in zip(layers, names, strict=True):
        rows = part.array(name)
        if rows.dtype.kind != "f":
            raise NetcError(part.place, f"{name} are {rows.dtype}, no logits")
        in_rows = part.path in narrow
        if name not in clear and not in_rows:
            how = "(gates, neurons)" if name == _TRANSPOSED else "(neurons, gates)"
            chain.notes.append(f"{part.place}: the {width} x {width} {name} are read as {how}")
        found[part.path] = rows.T if clear.get(name, name == _TRANSPOSED) and not in_rows else rows
        said = part.number("out_dim")
        if said is not None and said != len(found[part.path]):
            raise NetcError(part.place, f"{name} are of {len(found[part.path]):,} neurons, out_dim says {said:,}")
    return found


def _wiring(
    checkpoint: Checkpoint, layers: list[Part], neurons: list[int], options: Options
) -> dict[str, npt.NDArray[np.uint32]]:
    """``[neurons, 2]`` by the layer's path."""
    own = [wiring.of_part(checkpoint, part, count) for part, count in zip(layers, neurons, strict=True)]
    if not any(pairs is not None for pairs in own):
        own = list(wiring.beside_the_layers(checkpoint, neurons) or [])
    if own and options.wiring is not None:
        raise NetcError("wiring", "the file has its own")
    if options.wiring is not None:
        own = list(wiring.as_given(options, neurons))
    elif not own:
        why = "" if checkpoint.whole else " (difflogic's state_dict does not save it)"
        raise NetcError("", f"the file holds gate weights but no wiring{why}", _RECOVER)
    wired = {}
    for part, pairs in zip(layers, own, strict=True):
        if pairs is None:
            raise NetcError(part.place, "it has gate weights but no wiring, unlike other layers", _SAVE_WIRING)
        if int(pairs.max()) >= 2**32:
            raise NetcError(part.place, f"it reads input {int(pairs.max()):,}")
        wired[part.path] = pairs.astype(np.uint32)
    return wired


def _in_dim(part: Part) -> int | None:
    """How many inputs a module says it takes; a state_dict does not say."""
    said = part.number("in_dim")
    return said if isinstance(said, int) else None


def _is_group_sum(part: Part) -> bool:
    if part.children:
        return False
    if _is_ordered(part):
        return True
    vectors = {name for name in part.held() if len(part.shape(name)) == 1}
    bare = bool(vectors) and vectors == set(part.held()) and vectors <= set(_OF_SUMS)
    return bare or sums.is_group_sum(part)


def _is_ordered(part: Part) -> bool:
    """Whether it is sums that say which bit each place counts, as ``selected_inputs`` of (bits, 1)."""
    return set(part.held()) == _OF_ORDERED_SUMS and part.shape("selected_inputs")[1:] == (1,)


def _add_sums(chain: Chain, part: Part) -> None:
    if _is_ordered(part):
        order = part.array("selected_inputs")[:, 0]
        if sums.is_group_sum(part):  # which adds beta to the logits
            found = sums.read(part, order=order)
            chain.sum_groups(part.place, replace(found, beta=found.beta * found.tau))
        else:
            _add_as_told(chain, part, {"order": order})
        return
    more = [name for name in part.held() if name not in _OF_SUMS]
    splits = part.number("n_splits") or 1
    if more or (part.values.get("for_each_split") is True and splits != 1):
        also = more or ["sums for each split"]
        raise NetcError(part.place, f"this {part.class_name} also has {listed(also)}, which netc does not read")
    arrays = {name: part.array(name) for name in _OF_SUMS if part.holds(name)}
    given: dict[str, Any] = {
        "flipped": arrays.get("flip_mask"),
        "weights": arrays.get("weights"),
        "bias": arrays.get("bias"),
    }
    if sums.is_group_sum(part):
        chain.sum_groups(part.place, sums.read(part, splits=splits if isinstance(splits, int) else 0, **given))
        return
    _add_as_told(chain, part, given)


def _add_as_told(chain: Chain, part: Part, given: dict[str, Any]) -> None:
    """Sums of a state_dict, which has only their tensors."""
    classes, tau, beta = chain.options.classes, chain.options.tau, chain.options.beta
    if classes is None or tau is None:
        what = f"the file has {listed(part.held())} of sums, but not how they are grouped"
        raise NetcError(part.place, what, "give classes=… and tau=…")
    chain.notes.append(f"{part.place} is taken for sums of {classes} groups in one run, by its {listed(part.held())}")
    chain.sum_groups(part.place, sums.Sums(classes, tau, beta or 0.0, **given))


def _check_holder(checkpoint: Checkpoint, part: Part) -> None:
    """Raise `NetcError` unless a part only holds others: what it is instead could change bits."""
    held = part.held()
    unknown = checkpoint.whole and not part.children and part.cls.name not in HOLDERS
    if unknown and not held:
        raise NetcError(part.place, f"this is a {part.class_name}; netc reads layers of gates and GroupSum")
    if held:
        what = f"this is a {part.class_name} with" if checkpoint.whole else "it holds"
        raise NetcError(part.place, f"{what} {listed(held)}; netc reads layers of gates and GroupSum")
