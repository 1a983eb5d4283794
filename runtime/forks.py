"""What a forked process has to make anew: pools, whose locks another thread may have held when it was forked.

Threads need no such care: those that wait for work end before a process is forked (crew.cpp).
"""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet

__all__ = ["renewed_after_fork"]


class Renewable(Protocol):
    def renew_pool(self) -> None: ...


_alive: WeakSet[Renewable] = WeakSet()


def renewed_after_fork(owner: Renewable) -> None:
    """Have `owner` make its pool anew in every process that is forked from this one, as long as it lives."""
    _alive.add(owner)


def _renew() -> None:
    for owner in list(_alive):
        owner.renew_pool()


os.register_at_fork(after_in_child=_renew)
