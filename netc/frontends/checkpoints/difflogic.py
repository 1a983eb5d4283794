"""difflogic and its forks: layers of two-input gates with sixteen logits a neuron, then sums of groups.

Source: Petersen et al., Deep Differentiable Logic Gate Networks (NeurIPS 2022), and the package of the same name. A
``LogicLayer`` has ``weights`` of (neurons, 16) and ``indices``, two vectors; in evaluation its gate is the argmax.
``GroupSum(k, tau)`` counts k equal blocks of the last layer's bits. Forks save the same under other names, or
transposed.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from netc.errors import NetcError
from netc.frontends.checkpoints import foreign, wiring
from netc.frontends.checkpoints.chain import Chain
from netc.frontends.checkpoints.family import Options
from netc.frontends.checkpoints.gates import GATES, gate_ids, gate_tables
from netc.frontends.checkpoints.tree import Checkpoint, Part
from netc.frontends.checkpoints.words import listed
from netc.layers import Dense
from netc.model import Model

__all__ = ["Difflogic"]

_LOGITS = ("weights", "weight", "w", "logits")
_TRANSPOSED = "w"  # (16, neurons) where the shape does not tell

# Modules that leave bits as they are in evaluation, or are no part of it.
_SILENT = ("torch.nn.modules.dropout", "torch.nn.modules.flatten.Flatten", "torch.nn.modules.linear.Identity")
_NOT_RUN = ("torch.nn.modules.loss", "torchmetrics")
_HOLDERS = ("Sequential", "ModuleList", "ModuleDict")

_RECOVER = "netc recover model.pt --recipe difflogic-mnist --seed 0 (netc recover --list shows the recipes)"
_SAVE_WIRING = "save the whole module, or {'state_dict': …, 'connections': [(a, b) of each layer, …]}"


def _logits_name(part: Part) -> str:
    """The name of the tensor of sixteen logits a neuron, "" if the part has none."""
    if part.cls.module.startswith("torch.nn.") or part.holds("bias"):  # a linear layer of 16 inputs looks the same
        return ""
    shapes = {name: part.shape(name) for name in _LOGITS if part.holds(name)}
    return next((name for name, shape in shapes.items() if len(shape) == 2 and GATES in shape), "")


class Difflogic:
    """Reads modules and state_dicts of difflogic's layout."""

    name: ClassVar[str] = "difflogic"
    takes_wiring: ClassVar[bool] = True

    def claims(self, checkpoint: Checkpoint) -> bool:
        return any(map(_logits_name, checkpoint.network.walk())) and foreign.name_of(checkpoint) is None

    def model(self, checkpoint: Checkpoint, options: Options, name: str) -> Model:
        chain = Chain(checkpoint, options)
        gates = [part for part in checkpoint.network.walk() if _logits_name(part)]
        logits = _logits(chain, gates)
        wired = _wiring(checkpoint, gates, [len(rows) for rows in logits.values()], options)
        kinds = listed(sorted({str(rows.dtype) for rows in logits.values()}))
        beside = "connections" if options.wiring is None else "given"
        names = {part.path: wiring.name_in(part) or beside for part in gates}
        wires = "as given" if options.wiring is not None else f"as in {listed(sorted(set(names.values())))}"
        chain.notes.append(f"each gate is the first largest of {GATES} logits ({kinds}), wired {wires}")
        for part in (part for part in gates if part.shape(names[part.path]) == (2, 2)):
            how = "(inputs, neurons)" if names[part.path] in wiring.BY_INPUT else "(neurons, inputs)"
            chain.notes.append(f"{part.place}: the 2 x 2 {names[part.path]} are read as {how}")
        silent, custom = [], []
        for part in checkpoint.network.walk():
            if part.path in logits:
                pairs = wired[part.path]
                layer = Dense(gate_tables(gate_ids(logits[part.path])), pairs)
                chain.add(part, layer, reads=int(pairs.max()) + 1, in_dim=_in_dim(part))
            elif _is_group_sum(part):
                _add_sums(chain, part)
            elif _is_silent(part):
                silent.append(f"{part.path} ({part.class_name})")
            else:
                _check_holder(checkpoint, part)
                custom += [part.class_name] if checkpoint.whole and not part.cls.module.startswith("torch.") else []
        if custom:
            chain.notes.append(
                f"layers in the order of registration; the file does not tell what {listed(custom)} does"
            )
        if silent:
            chain.notes.append(f"changes no bit: {listed(silent)}")
        return chain.model(name)


def _logits(chain: Chain, gates: list[Part]) -> dict[str, npt.NDArray[Any]]:
    """``[neurons, 16]`` by the layer's path; square ones are read as the other layers are, else by custom."""
    names = [_logits_name(part) for part in gates]
    shapes = [part.shape(name) for part, name in zip(gates, names, strict=True)]
    clear = {name: shape[1] != GATES for name, shape in zip(names, shapes, strict=True) if shape != (GATES, GATES)}
    logits = {}
    for part, name in zip(gates, names, strict=True):
        found = part.array(name)
        if found.dtype.kind != "f":
            raise NetcError(part.place, f"{name} are {found.dtype}, no logits")
        if name not in clear:
            how = "(gates, neurons)" if name == _TRANSPOSED else "(neurons, gates)"
            chain.notes.append(f"{part.place}: the 16 x 16 {name} are read as {how}")
        logits[part.path] = found.T if clear.get(name, name == _TRANSPOSED) else found
        said = part.number("out_dim")
        if said is not None and said != len(logits[part.path]):
            raise NetcError(part.place, f"{name} are of {len(logits[part.path]):,} neurons, out_dim says {said:,}")
    return logits


def _wiring(
    checkpoint: Checkpoint, gates: list[Part], neurons: list[int], options: Options
) -> dict[str, npt.NDArray[np.uint32]]:
    """``[neurons, 2]`` by the layer's path."""
    own = [wiring.of_part(checkpoint, part, count) for part, count in zip(gates, neurons, strict=True)]
    if not any(pairs is not None for pairs in own):
        beside = wiring.beside_the_layers(checkpoint, neurons)
        if beside is None and options.wiring is not None:
            own = list(wiring.as_given(options, neurons))
        elif beside is None:
            why = "" if checkpoint.whole else " (difflogic's state_dict does not save it)"
            raise NetcError("", f"the file holds gate weights but no wiring{why}", _RECOVER)
        else:
            own = list(beside)
    elif options.wiring is not None:
        raise NetcError("wiring", "the file has its own")
    wired = {}
    for part, pairs in zip(gates, own, strict=True):
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
    return not part.children and part.number("k") is not None and part.number("tau") is not None


def _add_sums(chain: Chain, part: Part) -> None:
    more = [*part.held(), *(["n_splits"] if part.number("n_splits") not in (None, 1) else [])]
    if more:
        raise NetcError(part.place, f"this {part.class_name} also has {listed(more)}, which netc does not read")
    classes, tau, beta = part.number("k"), part.number("tau"), part.number("beta") or 0
    if not isinstance(classes, int) or tau is None:
        raise NetcError(part.place, f"this {part.class_name} has k = {classes} and tau = {tau}")
    chain.sum_groups(part, classes, float(tau), float(beta))


def _is_silent(part: Part) -> bool:
    return f"{part.cls.module}.{part.cls.name}".startswith(_SILENT + _NOT_RUN)


def _check_holder(checkpoint: Checkpoint, part: Part) -> None:
    """Raise `NetcError` unless a part only holds others: what it is instead could change bits."""
    held = part.held()
    unknown = checkpoint.whole and not part.children and part.cls.name not in _HOLDERS
    if unknown and not held:
        raise NetcError(part.place, f"this is a {part.class_name}; netc reads layers of gates and GroupSum")
    if held:
        what = f"this is a {part.class_name} with" if checkpoint.whole else "it holds"
        raise NetcError(part.place, f"{what} {listed(held)}; netc reads layers of gates and GroupSum")
