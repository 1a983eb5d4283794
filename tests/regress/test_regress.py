"""Every failure that was ever kept here still holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from netc.fuzz.failures import opened

KEPT = sorted(Path(__file__).parent.glob("*.json"))


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_a_mended_failure_stays_mended(path: Path) -> None:
    opened(path).run()
