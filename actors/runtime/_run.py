"""One run of a child, from its start to its end. A restarted child has a new run.

How a run is stopped:

1. It is asked to. Normally its scope is cancelled at once; inside :func:`graceful_stop` only an event is set.
2. It has ``shutdown`` seconds from then. Cleanup that has to await stands in :func:`shielded_cleanup`, whose shield
   ends with that time.
3. Then it is forced: the scope and every open cleanup are cancelled, supervisors inside it force their children.
4. If it has not ended ``UNWIND`` seconds after that, it is abandoned. Python cannot kill a task: it is told in
   log and statistics, the others are stopped, and the supervisor's block is left only when it has ended after all.

The run's scope is shielded, so a cancellation from outside reaches it only through its supervisor, which stops its
children one after the other. No deadline is later than that of the run which the supervisor itself is inside of.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

import attrs
import trio

from ._errors import SupervisorStopped
from ._spec import ChildSpec

__all__ = ["UNWIND", "Forcible", "Run", "Tally", "current_run", "graceful_stop", "shielded_cleanup"]

UNWIND = 0.1
"""Seconds that a forced child has for unwinding before it counts as abandoned."""

_ALONE = 5.0  # seconds for the cleanup of a child function that runs without a supervisor, as in its tests

logger = logging.getLogger("actors.runtime")

_current: ContextVar[Run | None] = ContextVar("actors.runtime.current", default=None)


def current_run() -> Run | None:
    """The run that the current task belongs to; None outside every child."""
    return _current.get()


class Forcible(Protocol):
    """What :meth:`Run.force` passes on to: a supervisor inside the run."""

    def force(self, reason: str) -> None: ...


@attrs.define
class Tally:
    """Counters of one supervisor, over all of its children and their runs."""

    restarts: int = 0
    crashes: int = 0
    overdue: int = 0  #: runs that had to be forced
    abandoned: int = 0  #: runs that did not end even then


class Run:
    """One run. ``on_end`` is called once, in the run's own task, when it has ended."""

    def __init__(
        self, spec: ChildSpec, path: str, parent: Run | None, tally: Tally, on_end: Callable[[Run], None]
    ) -> None:
        self.spec = spec
        self.path = path
        self.value: Any = None
        self.ready_at: float | None = None  #: seconds on trio's clock
        self.ended = trio.Event()
        self.error: BaseException | None = None
        self.stop_reason: str | None = None
        self.stop_by = math.inf  #: seconds on trio's clock
        self.stop_asked = trio.Event()
        self.patient = 0  #: how many graceful_stop blocks it is in
        self.cleanups: set[trio.CancelScope] = set()
        self.inner: set[Forcible] = set()
        self.parent = parent  #: the run that the supervisor is inside of
        self.tally = tally
        self.abandoned = False
        self._on_end = on_end
        self._scope = trio.CancelScope(shield=True)
        self._settled = trio.Event()  # ready, ended or asked to stop: whoever waits for the start can go on

    async def start(self, nursery: trio.Nursery) -> Exception | None:
        """Start it and wait until it is ready. Returns None, or why it is not: then it has been stopped."""
        nursery.start_soon(self._host, name=self.path)
        try:
            with trio.move_on_after(self.spec.start_timeout):
                await self._settled.wait()
        except BaseException:
            await self.stop("its start was cancelled")
            raise
        if self.ready_at is not None:
            return None
        late = not self._settled.is_set()
        if not self.ended.is_set():
            await self.stop(f"not ready within {self.spec.start_timeout:g} s")
        if isinstance(self.error, Exception):
            return self.error
        if late:
            return TimeoutError(f"child {self.spec.name!r} was not ready within {self.spec.start_timeout:g} s")
        if self.error is not None:
            return SupervisorStopped(repr(self.error))
        if self.stop_reason is not None:
            return SupervisorStopped(self.stop_reason)
        return RuntimeError(f"child {self.spec.name!r} ended without calling task_status.started()")

    async def _host(self) -> None:
        _current.set(self)
        try:
            with self._scope:
                await self.spec.run(*self.spec.args, task_status=_Ready(self))
        except BaseException as error:  # no error of a child may reach the nursery: its siblings would die of it
            self.error = error
        self.ended.set()
        self._settled.set()
        self._on_end(self)

    def started(self, value: Any) -> None:
        if self.ready_at is not None:
            raise RuntimeError(f"child {self.spec.name!r} called task_status.started() twice")
        self.value = value
        self.ready_at = trio.current_time()
        self._settled.set()

    async def stop(self, reason: str) -> None:
        """Ask, wait, force. Returns when it has ended or is abandoned, cancelled or not.

        A KeyboardInterrupt comes through; the run goes on ending.
        """
        if self.ended.is_set() or self.abandoned:
            return
        self.ask(reason)
        with trio.CancelScope(shield=True):
            with trio.move_on_at(self.stop_by):
                await self.ended.wait()
                return
            self.tally.overdue += 1
            logger.warning("%s did not end within %g s of being asked to; forcing it", self.path, self.spec.shutdown)
            self.force(f"{reason}; time is up")
            with trio.move_on_after(UNWIND):
                await self.ended.wait()
                return
            self.abandoned = True
            self.tally.abandoned += 1
            logger.error("%s is abandoned: it shields itself from cancellation and still runs", self.path)

    def ask(self, reason: str) -> None:
        """Step 1, without waiting. Asking again changes nothing."""
        if self.stop_reason is not None or self.ended.is_set():
            return
        self.stop_reason = reason
        outer = self.parent.stop_by if self.parent else math.inf
        self.stop_by = min(trio.current_time() + self.spec.shutdown, outer)
        self.stop_asked.set()
        self._settled.set()
        if not self.patient:
            self._scope.cancel(reason)

    def force(self, reason: str) -> None:
        """Step 3: nothing inside that waits at a checkpoint waits any longer, but for what it shields by itself."""
        self.ask(reason)
        self.stop_by = min(self.stop_by, trio.current_time())
        self._scope.cancel(reason)
        for scope in self.cleanups:
            scope.cancel(reason)
        for supervisor in self.inner:
            supervisor.force(reason)


@attrs.frozen(eq=False)
class _Ready:
    """The ``task_status`` of a child."""

    _run: Run

    def started(self, value: Any = None) -> None:
        self._run.started(value)


@contextmanager
def graceful_stop() -> Iterator[trio.Event]:
    """Within this block of a child a stop is asked for, not forced: the event given is set and nothing is cancelled.

    The child then has ``shutdown`` seconds to finish its work and return; after that it is cancelled. For a loop that
    must not be torn in the middle of a step. A child that leaves the block then is not cancelled before its deadline,
    either. Outside every supervisor the event is never set.
    """
    run = current_run()
    if run is None:
        yield trio.Event()
        return
    run.patient += 1
    try:
        yield run.stop_asked
    finally:
        run.patient -= 1


@contextmanager
def shielded_cleanup() -> Iterator[trio.CancelScope]:
    """Shield what a child must still await while it ends, for as long as its ``shutdown`` allows.

    The time runs from the stop if there was one, else (the child ends by itself) from here; when it is over, the block
    is cancelled. Outside every supervisor it is 5 s. Gives the cancel scope, whose deadline may be brought forward.
    """
    run = current_run()
    if run is None:
        deadline = trio.current_time() + _ALONE
    else:
        deadline = min(run.stop_by, trio.current_time() + run.spec.shutdown)
    with trio.CancelScope(shield=True, deadline=deadline) as scope:
        if run is None:
            yield scope
            return
        run.cleanups.add(scope)
        try:
            yield scope
        finally:
            run.cleanups.discard(scope)
