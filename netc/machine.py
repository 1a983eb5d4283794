"""A sequential circuit as one combinational step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from netc.aig import Aig
from netc.errors import NetcError
from netc.ports import UNINITIALISED, Ports

__all__ = ["Machine"]


@dataclass(frozen=True, eq=False)
class Machine:
    """Combinational core, state pairing and reset.

    `core` reads `inputs` input bits and then one bit a latch; it gives `outputs` output bits and then each latch's next
    state, so latch i is core input ``inputs + i`` and core output ``outputs + i``. ``resets`` holds 0, 1 or 2
    (uninitialised) a latch.
    """

    core: Aig
    inputs: int
    outputs: int
    resets: bytes

    def __post_init__(self) -> None:
        self.check()

    @classmethod
    def of(cls, aig: Aig) -> Machine:
        """A graph with latches as a machine. Properties are left out."""
        ports = aig.ports
        core_ports = Ports(
            inputs=ports.leaves,
            outputs=ports.outputs + ports.latches,
            names={
                "input": {
                    **ports.names.get("input", {}),
                    **{ports.inputs + i: name for i, name in ports.names.get("latch", {}).items()},
                },
                "output": dict(ports.names.get("output", {})),
            },
        )
        core = Aig(core_ports, aig.ands, np.concatenate([aig.outputs, aig.next_states]))
        return cls(core, ports.inputs, ports.outputs, ports.resets)

    @property
    def latches(self) -> int:
        return len(self.resets)

    def check(self) -> None:
        if self.core.ports.latches:
            raise NetcError("", "a machine's core has no latches of its own")
        if self.core.inputs != self.inputs + self.latches:
            raise NetcError("", f"the core reads {self.core.inputs} bits, not {self.inputs} + {self.latches}")
        if self.core.ports.outputs != self.outputs + self.latches:
            raise NetcError("", f"the core gives {self.core.ports.outputs} bits, not {self.outputs} + {self.latches}")

    def initial_state(
        self, sequences: int, uninitialised: npt.NDArray[np.bool_] | None = None
    ) -> npt.NDArray[np.bool_]:
        """``bool[sequences, latches]``: the reset values; latches without one start false, or as given."""
        resets = np.frombuffer(self.resets, np.uint8)
        state = np.tile(resets == 1, (sequences, 1))
        if uninitialised is not None:
            free = resets == UNINITIALISED
            state[:, free] = np.broadcast_to(uninitialised, state.shape)[:, free]
        return state
