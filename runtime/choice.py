"""What the pickle of something compiled says about its engine: programs stay here, another process makes its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from netc.protocols import Engine
from netc.targets import compile as compile_net

from .fastest import here

__all__ = ["NO_OPTIONS", "Choice"]

NO_OPTIONS: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Choice:
    """The name by which an engine was asked for with its options; for ``auto`` also what was chosen, and where."""

    asked: str
    options: dict[str, Any]
    chosen: tuple[str, str] | None

    @classmethod
    def of(cls, asked: str, options: dict[str, Any], engine: Engine) -> Choice:
        return cls(asked, options, (engine.name, here()) if asked == "auto" else None)

    def made(self, model: Any, **more: Any) -> Any:
        """What was pickled; where the same kernels run, with the engine that was chosen, and without timing any."""
        engine = self.chosen[0] if self.chosen is not None and self.chosen[1] == here() else self.asked
        net = compile_net(model, engine=engine, **more, **self.options)
        net.asked = self.asked
        return net
