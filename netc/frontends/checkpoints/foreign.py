"""Families that netc knows by sight but does not read, so that a message can name them."""

from __future__ import annotations

from collections.abc import Callable

from netc.frontends.checkpoints.tree import Checkpoint, Part

__all__ = ["name_of"]


def _torchlogix(part: Part) -> bool:
    wired = part.children.get("connections")
    return (
        part.cls.module.startswith("torchlogix")
        or bool({"tree_weights", "raw_diffs", "_export_lut_ids"} & {*part.children, *part.values})
        or (wired is not None and "weight" in part.values and "indices" in wired.values)
    )


def _convlogic(part: Part) -> bool:
    of_trees = part.holds("weights", "selection") and len(part.shape("weights")) == 3
    return of_trees or part.cls.module.startswith("convlogic")


def _dwn(part: Part) -> bool:
    return part.cls.module.startswith("torch_dwn") or part.holds("luts")


def _light(part: Part) -> bool:
    return part.holds("weights") and part.shape("weights")[1:] == (4,)


def _learned_wiring(part: Part) -> bool:
    return part.holds("w") and (part.holds("c") or part.holds("top_c"))


_FAMILIES: tuple[tuple[str, Callable[[Part], bool]], ...] = (
    ("a torchlogix checkpoint", _torchlogix),
    ("a convlogic checkpoint", _convlogic),
    ("a checkpoint of differentiable weightless networks (DWN)", _dwn),
    ("a checkpoint of light logic gates (four logits a neuron)", _light),
    ("a checkpoint of logic gates with learned wiring (w and c)", _learned_wiring),
)


def name_of(checkpoint: Checkpoint) -> str | None:
    """The family of a file, with its article, if it is one that netc does not read."""
    for name, known in _FAMILIES:
        if any(known(part) for part in checkpoint.network.walk()):
            return name
    return None
