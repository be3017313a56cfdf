"""The children of one supervisor: starting, stopping and restarting them, as :mod:`._decide` decides.

Who does what. The task that entered the supervisor's block starts the children and, on leaving, stops them. One task
(``watch``) takes the children's ends in order and hands each to a task (``_recover``) that decides and restarts. All
of them, and ``add`` and ``remove``, change children only under ``_lock``; no one sleeps a backoff while holding it.
A recovery marks the children that it will start; a later one that marks them anew takes them over, so that no two
start the same child.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Iterator
from typing import Any, assert_never

import attrs
import trio

from ._decide import Escalate, Exit, Ignore, Restart, Stop, SupervisorState, decide
from ._errors import ChildStartFailed, SupervisorEscalated, SupervisorStopped
from ._run import Run, Tally, current_run, logger
from ._spec import ChildSpec, Policy
from ._statistics import ChildState, SupervisorPhase

__all__ = ["Child", "Children"]


@attrs.define(eq=False)
class Child:
    """A child over all of its runs."""

    spec: ChildSpec
    run: Run | None = None
    restarts: int = 0
    last_error: str | None = None
    recovery: object = None  #: the recovery that will start it, while it is down
    removed: bool = False  #: no longer a child, but abandoned and still running

    @property
    def state(self) -> ChildState:
        run = self.run
        if run is None:
            return "waiting"
        if run.ended.is_set():
            return "waiting" if self.recovery is not None else "ended"
        if run.abandoned:
            return "abandoned"
        if run.stop_reason is not None:
            return "stopping"
        return "starting" if run.ready_at is None else "running"


class Children:
    """``nursery`` and ``parent`` (the run that the supervisor is in) are set before the first child starts."""

    nursery: trio.Nursery

    def __init__(self, name: str, policy: Policy, specs: Iterable[ChildSpec]) -> None:
        self.name = name
        self.parent: Run | None = None
        self.phase: SupervisorPhase = "new"
        self.tally = Tally()
        self.body = trio.CancelScope()  #: what is cancelled when the supervisor ends before its block does
        self.stop_reason: str | None = None  #: why it ended so
        self.error: BaseException | None = None  #: and what is to be raised for it
        self.all = [Child(spec) for spec in specs]
        names = [child.spec.name for child in self.all]
        if twice := sorted({each for each in names if names.count(each) > 1}):
            raise ValueError(f"supervisor {name!r} has two children named {', '.join(twice)}")
        self._state = SupervisorState(policy, ())
        self._lock = trio.Lock()
        self._watching = trio.CancelScope(shield=True)
        # Bounded by the number of children: a child runs again only after its last end was taken out.
        self._ends_in, self._ends = trio.open_memory_channel[tuple[Child, Run]](math.inf)

    def end(self, reason: str, error: BaseException | None = None) -> None:
        """End the supervisor, with an error or cleanly; the first reason stays."""
        if self.stop_reason is None:
            self.stop_reason, self.error = reason, error
            self.body.cancel(f"supervisor {self.name!r} stops: {reason}")

    def find(self, name: str) -> Child:
        """The child of that name. Raises ``KeyError``."""
        for child in self.all:
            if child.spec.name == name and not child.removed:
                return child
        raise KeyError(name)

    def runs_around_me(self) -> Iterator[Run]:
        """The runs of these children that the current task is inside of, innermost first."""
        run = current_run()
        while run is not None:
            if run.tally is self.tally:
                yield run
            run = run.parent

    # --- starting and stopping ----------------------------------------------------------------------------------------

    async def start_all(self) -> None:
        async with self._lock:
            for child in self.all:
                error = await self._launch(child)
                if self.stop_reason is not None:
                    return
                if error is not None:
                    raise ChildStartFailed(self.name, child.spec.name) from error

    async def stop_all(self, reason: str) -> None:
        self._watching.cancel(reason)
        for child in self.all:  # a start under way holds the lock
            if child.run is not None and child.run.ready_at is None:
                child.run.ask(reason)
        async with self._lock:
            for child in reversed(self.all):
                if child.run is not None:
                    await child.run.stop(reason)

    def force(self, reason: str) -> None:
        for child in reversed(self.all):
            if child.run is not None:
                child.run.force(reason)

    async def add(self, spec: ChildSpec) -> Any:
        if any(run.ready_at is None for run in self.runs_around_me()):
            raise RuntimeError(f"{self.name!r} waits for this child to be ready and cannot start another one meanwhile")
        async with self._lock:
            self._check_running()
            if any(child.spec.name == spec.name for child in self.all):
                raise ValueError(f"supervisor {self.name!r} already has a child {spec.name!r}")
            child = Child(spec)
            self.all.append(child)
            try:
                error = await self._launch(child)
            except BaseException:
                self._forget(child)
                raise
            if error is not None:
                self._forget(child)
                raise ChildStartFailed(self.name, spec.name) from error
            assert child.run is not None
            return child.run.value

    async def remove(self, name: str) -> None:
        if any(run.spec.name == name for run in self.runs_around_me()):
            raise RuntimeError(f"child {name!r} cannot wait for its own end: it ends by returning")
        async with self._lock:
            self._check_running()
            child = self.find(name)
            if child.run is not None:
                await child.run.stop(f"{self.name!r} was asked to stop child {name!r}")
            self._forget(child)

    def _check_running(self) -> None:
        if self.phase != "running" or self.stop_reason is not None:
            raise SupervisorStopped(
                f"supervisor {self.name!r} is {self.phase}: {self.stop_reason or 'not in its block'}"
            )

    async def _launch(self, child: Child) -> Exception | None:
        def on_end(run: Run) -> None:
            self._on_end(child, run)

        child.recovery = None
        child.run = Run(child.spec, f"{self.name}/{child.spec.name}", self.parent, self.tally, on_end)
        return await child.run.start(self.nursery)

    def _forget(self, child: Child) -> None:
        if child.run is None or child.run.ended.is_set():
            self.all.remove(child)
        else:
            child.removed = True

    # --- ends and restarts --------------------------------------------------------------------------------------------

    def _on_end(self, child: Child, run: Run) -> None:
        """Note an end. Called in the run's task, where nothing may be raised."""
        if run.error is not None:
            self.tally.crashes += 1
            child.last_error = repr(run.error)
            if isinstance(run.error, child.spec.expected):
                traceback = run.error if logger.isEnabledFor(logging.DEBUG) else None
                logger.warning("%s failed: %s", run.path, run.error, exc_info=traceback)
            else:
                logger.error("%s failed: %s", run.path, type(run.error).__name__, exc_info=run.error)
        if run.error is not None and not isinstance(run.error, Exception):
            self.end(f"{type(run.error).__name__} in child {child.spec.name!r}", run.error)
        elif child.removed:
            self.all.remove(child)
        elif run.ready_at is not None and run.stop_reason is None:
            self._ends_in.send_nowait((child, run))

    async def watch(self) -> None:
        """Take the children's ends, until :meth:`stop_all`."""
        with self._watching:
            async with trio.open_nursery() as recoveries:
                async for child, run in self._ends:
                    recoveries.start_soon(self._recover, child, run, name=f"{run.path} (recovery)")

    async def _recover(self, child: Child, run: Run) -> None:
        """Do what is decided about the end of ``run``; again, as long as the restart itself fails."""
        failed: tuple[Child, Run] | None = (child, run)
        while failed is not None:
            token = object()
            async with self._lock:
                delay = await self._take_down(*failed, token)
            if delay is None:
                return
            await trio.sleep(delay)
            async with self._lock:
                failed = await self._bring_up(token)

    async def _take_down(self, child: Child, run: Run, token: object) -> float | None:
        """Decide; stop, and mark, who is to be restarted. Returns the seconds to wait, None if there is nobody."""
        if self.stop_reason is not None or child not in self.all or child.run is not run or child.recovery is not None:
            return None  # removed, or restarted with its group, since it ended
        assert run.error is None or isinstance(run.error, Exception)
        members = {member.spec.name: member for member in self.all if not member.removed}
        state = attrs.evolve(self._state, children=tuple(member.spec for member in members.values()))
        verdict = decide(state, Exit(child.spec.name, run.error), trio.current_time())
        self._state = verdict.state
        match verdict.decision:
            case Ignore(forget):
                if forget:
                    self.all.remove(child)
            case Stop(reason):
                self.end(reason)
            case Escalate(error, reason):
                self._escalate(child, error, reason)
            case Restart(stop, start, delay):
                self.tally.restarts += 1
                level = logging.DEBUG if isinstance(run.error, child.spec.expected) else logging.WARNING
                logger.log(level, "%s restarts %s in %g s, because of %s", self.name, ", ".join(start), delay, run.path)
                for name in start:
                    members[name].recovery = token
                for name in stop:
                    await self._stop_for(members[name], child, forget=name not in start)
                return delay
            case _:
                assert_never(verdict.decision)
        return None

    async def _stop_for(self, member: Child, cause: Child, *, forget: bool) -> None:
        if member.run is not None:
            await member.run.stop(f"{self.name!r} restarts the group of {cause.spec.name!r}")
        if forget:
            self._forget(member)

    async def _bring_up(self, token: object) -> tuple[Child, Run] | None:
        """Start those that are still this recovery's. Returns the first one that fails to start."""
        for child in [child for child in self.all if child.recovery is token]:
            if self.stop_reason is not None:
                return None
            if child.run is not None and not child.run.ended.is_set():
                # Two runs at once would do everything twice.
                self._escalate(child, None, f"child {child.spec.name!r} does not end, so it cannot be started again")
                return None
            child.restarts += 1
            error = await self._launch(child)
            assert child.run is not None
            if error is not None:
                child.run.error = error
                child.last_error = repr(error)
                return child, child.run
        return None

    def _escalate(self, child: Child, cause: Exception | None, reason: str) -> None:
        error = SupervisorEscalated(self.name, child.spec.name, reason)
        error.__cause__ = cause
        logger.error("%s gives up: %s", self.name, reason)
        self.end(reason, error)
