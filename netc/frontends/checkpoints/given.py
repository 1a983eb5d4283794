"""`Options` as text, for the command line: ``classes=10``, ``input_shape=1x28x28``, ``3.pool=2/2/0``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from netc.errors import NetcError
from netc.frontends.checkpoints.family import Options

__all__ = ["parse"]


def parse(texts: Iterable[str]) -> dict[str, Any]:
    """Options by name from texts ``KEY=VALUE``; a key with a dot is a setting of the layer before its last dot."""
    known = [option.name for option in fields(Options) if option.name not in ("layers", "wiring")]
    options: dict[str, Any] = {}
    layers: dict[str, dict[str, Any]] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        layer, dot, setting = key.rpartition(".")
        if not equals or not value or (not dot and key not in known):
            hint = f"it is KEY=VALUE or LAYER.KEY=VALUE; keys are {', '.join(known)}"
            raise NetcError("--given", f"{text!r} says nothing that netc understands", hint)
        place = layers.setdefault(layer, {}) if dot else options
        if setting in place:
            raise NetcError("--given", f"{key} is given twice")
        place[setting] = _value(value)
    return {**options, **({"layers": layers} if layers else {})}


def _value(text: str) -> Any:
    """A number, numbers with x or / between, true or false, or else the text itself."""
    for separator in ("x", "/"):
        parts = text.split(separator)
        if len(parts) > 1 and all(part.isdecimal() and len(part) < 12 for part in parts):
            return tuple(map(int, parts))
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return {"true": True, "false": False}.get(text, text)
