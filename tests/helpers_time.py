"""Time that a busy machine does not stretch."""

from __future__ import annotations

import resource


def seconds_of_children() -> float:
    """CPU seconds of the processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
