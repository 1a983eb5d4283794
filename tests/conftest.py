"""Where the corpus is, and circuits that many tests draw on."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "netc", derandomize=True, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("netc")


def corpus_root() -> Path | None:
    """The folder that NETC_DATA names, if there is one."""
    name = os.environ.get("NETC_DATA")
    return Path(name) if name and Path(name).is_dir() else None


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The corpus of circuits and checkpoints; tests that want it are skipped without it."""
    root = corpus_root()
    if root is None:
        pytest.skip("NETC_DATA names no corpus")
    return root


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--nothing-skipped", action="store_true", help="fail where a test would be skipped")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    """With --nothing-skipped a skipped test is a failed one, unless it is for another processor."""
    outcome = yield
    report = outcome.get_result()
    elsewhere = "this processor has no" in str(report.longrepr)
    if report.skipped and not elsewhere and item.config.getoption("--nothing-skipped"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which --nothing-skipped forbids: {report.longrepr}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many checks did not run for want of the corpus or of a tool."""
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[reason] = reasons.get(reason, 0) + 1
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"did not run: {count} checks, {reason.removeprefix('Skipped: ')}")
