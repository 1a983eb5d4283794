"""What the pickle of something compiled says about its engine: programs stay here, another process makes its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from netc.protocols import Engine
from netc.targets import compile as compile_net

from .fastest import here
from .tuning import BLOCKS, Chosen, Plan

__all__ = ["NO_OPTIONS", "Choice", "chosen_for"]

NO_OPTIONS: Mapping[str, Any] = MappingProxyType({})


def chosen_for(engine: Engine) -> Chosen:
    """The plan by which an engine runs, and why that one."""
    return engine.chosen or Chosen(Plan(engine.name, 8 * int(engine.wide.plane_bytes)), "asked for")


@dataclass(frozen=True)
class Choice:
    """The name by which an engine was asked for with its options; for ``auto`` also what was chosen, and where."""

    asked: str
    options: dict[str, Any]
    chosen: tuple[Plan, str] | None

    @classmethod
    def of(cls, asked: str, options: dict[str, Any], engine: Engine) -> Choice:
        return cls(asked, options, (chosen_for(engine).plan, here()) if asked == "auto" else None)

    def made(self, model: Any, **more: Any) -> Any:
        """What was pickled; where the same kernels run, by the plan that was chosen, and without timing any."""
        if self.chosen is None or self.chosen[1] != here():
            return compile_net(model, engine=self.asked, **more, **self.options)
        plan, _ = self.chosen
        options = self.options if len(BLOCKS[plan.engine]) == 1 else {**self.options, "block": plan.block}
        net = compile_net(model, engine=plan.engine, **more, **options)
        net.asked, net.options = self.asked, dict(self.options)
        net.engine.chosen = Chosen(plan, "kept in the pickle")
        return net
