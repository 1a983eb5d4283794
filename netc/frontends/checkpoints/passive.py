"""Modules that a network holds and that change no bit in evaluation, or take no part in it."""

from __future__ import annotations

from netc.frontends.checkpoints.tree import Part

__all__ = ["HOLDERS", "is_flatten", "is_passive"]

_SILENT = ("torch.nn.modules.dropout", "torch.nn.modules.linear.Identity")
_NOT_RUN = ("torch.nn.modules.loss", "torchmetrics")

HOLDERS = ("Sequential", "ModuleList", "ModuleDict")  # they do what their children do


def is_passive(part: Part) -> bool:
    """Whether it gives what it gets, as dropout does in evaluation, or is not run."""
    return f"{part.cls.module}.{part.cls.name}".startswith(_SILENT + _NOT_RUN)


def is_flatten(part: Part) -> bool:
    return part.cls.module == "torch.nn.modules.flatten" and part.cls.name == "Flatten"
