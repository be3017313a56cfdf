"""The supervisor as its users see it: a block around its children."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import TracebackType
from typing import Any, Self

import trio

from ._children import Child, Children
from ._errors import SupervisorStopped
from ._run import current_run
from ._spec import ChildSpec, Policy
from ._statistics import ChildStatistics, SupervisorStatistics

__all__ = ["Supervisor", "supervise"]


class Supervisor:
    """Runs ``children`` under ``policy`` for as long as the block lasts: ``async with Supervisor(...) as sup:``.

    Entering starts the children in order, each when the one before is ready; :class:`ChildStartFailed` if one is not.
    Leaving stops them in reverse order, however the block is left, each within its deadline. If the supervisor ends
    first, the body of the block is cancelled; then the block is left normally after a significant child's end or
    :meth:`stop`, and with :class:`SupervisorEscalated` when the policy gives up. An error of the body comes out as it
    is; if the supervisor gives up, too, both come out in one exception group.

    ``name`` is for log, statistics and cancel reasons; inside a child the default is that child's path, such as
    "hospital/call-7". An instance can be entered once. Raises ``ValueError`` for two children of one name.
    """

    def __init__(self, policy: Policy, children: Iterable[ChildSpec] = (), *, name: str | None = None) -> None:
        outer = current_run()
        self._children = Children(name or (outer.path if outer else "supervisor"), policy, children)
        self._block: AbstractAsyncContextManager[Supervisor] | None = None

    @property
    def name(self) -> str:
        return self._children.name

    @property
    def stop_reason(self) -> str | None:
        """Why the supervisor ended before its block did; None while it has not."""
        return self._children.stop_reason

    def stop(self, reason: str = "asked to stop") -> None:
        """End the block cleanly: cancel its body, and so stop the children. Returns at once; may be called again."""
        if self._children.phase not in ("stopping", "stopped"):
            self._children.end(reason)

    async def start_child(self, spec: ChildSpec) -> Any:
        """Add a child after the others, start it, and return what it gave to ``task_status.started()``.

        A cancelled call stops the child. Raises :class:`ChildStartFailed` (the child is not added then),
        :class:`SupervisorStopped`, ``ValueError`` for a name that is taken, and ``RuntimeError`` in a child of this
        supervisor that is not ready itself.
        """
        return await self._children.add(spec)

    async def stop_child(self, name: str) -> None:
        """Stop a child within its deadline and forget it. Done even if the call is cancelled meanwhile.

        Raises ``KeyError`` for an unknown name, ``RuntimeError`` inside that child, and :class:`SupervisorStopped`.
        """
        await self._children.remove(name)

    def started_value(self, name: str) -> Any:
        """What the child last gave to ``task_status.started()``. Raises ``KeyError`` if unknown or not ready yet."""
        run = self._children.find(name).run
        if run is None or run.ready_at is None:
            raise KeyError(name)
        return run.value

    def statistics(self) -> SupervisorStatistics:
        """One moment of the supervisor, in and after its block."""
        children, tally = self._children, self._children.tally
        return SupervisorStatistics(
            name=children.name,
            phase=children.phase,
            children={child.spec.name: _child_statistics(child) for child in children.all},
            restarts=tally.restarts,
            crashes=tally.crashes,
            overdue=tally.overdue,
            abandoned=tally.abandoned,
        )

    async def __aenter__(self) -> Self:
        if self._block is not None:
            raise RuntimeError(f"supervisor {self.name!r} can be entered once only")
        self._block = self._open()
        await self._block.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        assert self._block is not None
        return await self._block.__aexit__(kind, error, traceback)

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[Supervisor]:
        children = self._children
        children.parent = current_run()
        if children.parent:
            children.parent.inner.add(children)
        failure: BaseException | None = None
        try:
            async with trio.open_nursery() as children.nursery:
                # Errors are carried past the nursery, which would wrap them in exception groups.
                try:
                    children.phase = "starting"
                    with children.body:
                        await children.start_all()
                    if children.stop_reason is not None:
                        raise SupervisorStopped(f"supervisor {self.name!r} has not started: {children.stop_reason}")
                    children.phase = "running"
                    children.nursery.start_soon(children.watch, name=f"{self.name} (watch)")
                    with trio.CancelScope() as children.body:
                        yield self
                except BaseException as error:
                    failure = error
                children.phase = "stopping"
                with trio.CancelScope(shield=True):
                    try:
                        await children.stop_all(
                            f"supervisor {self.name!r} stops: {self.stop_reason or 'its block ends'}"
                        )
                    except KeyboardInterrupt as interrupt:  # the second Ctrl-C: whoever presses it will not wait
                        children.force("interrupted again")
                        failure = interrupt
            _raise(self.name, children.error, failure)
        finally:
            children.phase = "stopped"
            if children.parent:
                children.parent.inner.discard(children)
            del failure  # it refers to this frame


async def supervise(
    policy: Policy,
    children: Iterable[ChildSpec] = (),
    *,
    name: str | None = None,
    task_status: trio.TaskStatus[Supervisor] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Run ``children`` under ``policy`` until a significant child ends, ``stop()`` is called or the policy gives up.

    Gives the running :class:`Supervisor` to ``task_status``, so that it can itself be a child:
    ``ChildSpec("call", supervise, args=(policy, children), shutdown=math.inf)``. Raises as the supervisor's block does.
    """
    async with Supervisor(policy, children, name=name) as supervisor:
        task_status.started(supervisor)
        await trio.sleep_forever()


def _raise(name: str, own: BaseException | None, failure: BaseException | None) -> None:
    """Raise what comes out of the block: the body's ``failure``, the supervisor's ``own`` error, or both."""
    if own is None:
        if failure is not None:
            raise failure
    elif failure is None or isinstance(failure, SupervisorStopped) or _only_cancelled(failure):
        raise own
    else:
        raise BaseExceptionGroup(f"supervisor {name!r} and the body of its block", [own, failure])


def _only_cancelled(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return error.split(trio.Cancelled)[1] is None
    return isinstance(error, trio.Cancelled)


def _child_statistics(child: Child) -> ChildStatistics:
    run = child.run
    value, uptime = None, 0.0
    if run is not None and run.ready_at is not None and not run.ended.is_set():
        value, uptime = run.value, trio.current_time() - run.ready_at
    return ChildStatistics(
        name=child.spec.name,
        state=child.state,
        restarts=child.restarts,
        last_error=child.last_error,
        uptime=uptime,
        supervisor=value.statistics() if isinstance(value, Supervisor) else None,
    )
