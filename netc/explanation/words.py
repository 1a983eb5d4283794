"""Numbers and names in sentences."""

from __future__ import annotations

__all__ = ["counted"]


def counted(number: int, noun: str) -> str:
    """``1 rule``, ``1,024 rules``, ``3 classes``."""
    plural = noun if number == 1 else f"{noun}es" if noun.endswith(("s", "ch")) else f"{noun}s"
    return f"{number:,} {plural}"
