"""Every failure that was ever kept here still holds: files as `netc fuzz -o` leaves them, opened and run again."""

from __future__ import annotations

from pathlib import Path

from netc.fuzz import isolate
from netc.fuzz.failures import opened

KEPT = sorted(Path(__file__).parent.glob("*.json"))


def test_mended_failures_stay_mended() -> None:
    """Each in a process of its own, because some crashed."""
    found = {path.name: isolate.verdict(opened(path).run, 120.0) for path in KEPT}
    assert {name: what for name, what in found.items() if what and not what.startswith("MissingError")} == {}
