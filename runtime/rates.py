"""The limits of this machine, measured once a process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from netc import native

__all__ = ["Rates", "measure"]

_SECONDS = 0.3


@dataclass(frozen=True)
class Rates:
    """Two-input operations a second of one core, counted in single bits: 512 for one instruction of AVX-512.

    `registers` combines values in registers; `l1`, `l2` and `l3` combine planes of 512 samples in memory, in place and
    in random order, in half of the first cache, half of the second, and twice the second (whatever is behind it).
    """

    registers: float
    l1: float
    l2: float
    l3: float
    l1_bytes: int
    l2_bytes: int

    def level(self, size: int) -> str:
        """The fastest of ``l1``, ``l2`` and ``l3`` that holds `size` bytes."""
        return "l1" if size <= self.l1_bytes else "l2" if size <= self.l2_bytes else "l3"


@cache
def measure() -> Rates:
    """Takes a third of a second, the first time."""
    found = native.ffi.new("netc_rates *")
    native.call(native.lib.netc_measure_rates, _SECONDS, found)
    return Rates(found.registers, found.l1, found.l2, found.l3, found.l1_bytes, found.l2_bytes)
