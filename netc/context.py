"""What a running pass shares with its owner: work done, a budget, a wish to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from netc import native

__all__ = ["UNLIMITED", "Context", "run_cancellable"]

UNLIMITED = 2**62

Result = TypeVar("Result")


class Context:
    """Budget, cancellation, progress and threads of one run.

    Work is counted in units that depend on the input alone, never in seconds, so a budget cuts a run at the same
    place on every machine. A run that a person or a clock stops has a `stopped_at`: the budget that reproduces it.
    """

    def __init__(self, budget: int | None = None, threads: int = 1) -> None:
        self.struct = native.ffi.new("netc_context *")
        self.struct.budget = UNLIMITED if budget is None else budget
        self.struct.stopped_at = -1
        self.struct.threads = threads
        self._children: list[Context] = []

    def child(self, budget: int | None = None) -> Context:
        """A context for a part of the run, cancelled with this one; its work is its own."""
        made = Context(budget, self.threads)
        self._children.append(made)
        if self.cancelled:
            made.cancel()
        return made

    @property
    def threads(self) -> int:
        return int(self.struct.threads)

    @property
    def work(self) -> int:
        return int(self.struct.work)

    @property
    def remaining(self) -> int:
        """The work that is left of the budget."""
        return max(0, int(self.struct.budget - self.struct.work))

    @property
    def stopped_at(self) -> int | None:
        """The work at which the run stopped, or None."""
        return int(self.struct.stopped_at) if self.struct.stopped_at >= 0 else None

    @property
    def stopped(self) -> bool:
        return bool(self.struct.stopped_at >= 0)

    @property
    def cancelled(self) -> bool:
        return bool(self.struct.cancel)

    @property
    def progress(self) -> tuple[int, int]:
        """(done, total) within the running kernel."""
        return int(self.struct.done), int(self.struct.total)

    def cancel(self) -> None:
        """Ask the run to stop at the next place where it can; from any thread."""
        self.struct.cancel = 1
        for made in self._children:
            made.cancel()

    def stop_here(self) -> None:
        """Mark the run as stopped at the work done so far, and cancel its parts."""
        if self.struct.stopped_at < 0:
            self.struct.stopped_at = self.struct.work
        for made in self._children:
            made.cancel()

    def absorb(self, child: Context) -> None:
        """Count what a child has done, and where it stopped, as if this context had done it."""
        if child.stopped_at is not None and self.struct.stopped_at < 0:
            self.struct.stopped_at = self.struct.work + child.stopped_at
        self.struct.work += child.work

    @contextmanager
    def limited(self, work: int) -> Iterator[None]:
        """A budget of so much work for what runs inside, or what is left if that is less. What this alone stops has not
        stopped the run.
        """
        struct, budget = self.struct, self.struct.budget
        struct.budget = min(budget, struct.work + work)
        try:
            yield
        finally:
            struct.budget = budget
            if not struct.cancel and struct.work < budget:
                struct.stopped_at = -1

    def report(self, done: int, total: int) -> None:
        """Say how far the run has come, in whatever is counted."""
        self.struct.done, self.struct.total = done, total

    def stop(self, units: int = 1) -> bool:
        """Count work and say whether to stop, at the same places as the core does."""
        struct = self.struct
        struct.work += max(1, units)
        if struct.stopped_at >= 0:
            return True
        if struct.work >= struct.budget or struct.cancel:
            struct.stopped_at = struct.work
            return True
        return False


def run_cancellable(
    context: Context,
    body: Callable[[], Result],
    *,
    time_limit: float | None = None,
    tick: Callable[[], None] | None = None,
    interval: float = 0.1,
) -> tuple[Result, bool]:
    """Run `body` in a thread; Ctrl-C or the time limit cancels `context` and waits for what `body` has got.

    `tick` is called about every `interval` seconds while it runs. Returns the result and whether Ctrl-C was pressed; a
    second Ctrl-C raises KeyboardInterrupt at once.
    """
    outcome: list[Result] = []
    failure: list[BaseException] = []
    done = threading.Event()  # and not Thread.join, which in Python 3.11 forgets the thread on Ctrl-C

    def target() -> None:
        try:
            outcome.append(body())
        except BaseException as error:  # noqa: BLE001 - re-raised below, in the caller's thread
            failure.append(error)
        done.set()

    deadline = None if time_limit is None else time.monotonic() + time_limit
    interrupted = False
    threading.Thread(target=target, name="netc", daemon=True).start()
    while not done.is_set():
        try:
            wait = interval if deadline is None else max(0.001, min(interval, deadline - time.monotonic()))
            if not done.wait(wait) and tick is not None:
                tick()
        except KeyboardInterrupt:
            if interrupted:
                raise
            interrupted = True
            context.cancel()
        if deadline is not None and time.monotonic() >= deadline:
            context.cancel()
            deadline = None
    if failure:
        raise failure[0]
    return outcome[0], interrupted
