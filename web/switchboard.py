"""Calls under way: begun, found again by their token, ended in order. Calls live here and not in their socket's task.

How a call ends, and what its caller gets:

- ``serve_call`` returns: ``call_ended`` (added where the call did not send one), close 1000.
- ``serve_call`` raises: ``error`` internal, close 1011. Nothing else is touched.
- The caller is gone (hung up, lost for too long, too slow): the call gets ``HangUp`` and has ``end_seconds`` to return
  (commits under way end in that time), then it is cancelled.
- The server stops: ``draining`` is set and every caller told; calls that have not ended within ``drain_seconds`` are
  closed with 1012 and get ``HangUp``.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import attrs
import trio

from actors.errors import ClientTooSlow
from actors.line import CallEnded, ErrorNotice, Line
from web.limits import Limits
from web.line import SocketLine
from web.metrics import Metrics
from web.outlet import Outlet
from web.trouble import describe, is_only

__all__ = ["CallInfo", "Refused", "ServeCall", "Switchboard"]

_log = logging.getLogger(__name__)


@attrs.frozen
class CallInfo:
    """What a call knows of where it came from. ``draining`` is set when the server wants calls to end soon: finish
    the turn under way, then send ``CallEnded("drain")`` and return."""

    call: str
    remote: str
    draining: trio.Event


@attrs.frozen
class Refused:
    """Why there is no call: ``code`` of the ``error`` message that says so."""

    code: str
    message: str


ServeCall = Callable[[Line, CallInfo], Awaitable[None]]


class Switchboard:
    """Runs calls. ``is_ready`` is asked before each new one."""

    def __init__(
        self, serve_call: ServeCall, limits: Limits, metrics: Metrics, is_ready: Callable[[], bool] = lambda: True
    ) -> None:
        self.draining = trio.Event()
        self._serve_call = serve_call
        self._limits = limits
        self._metrics = metrics
        self._is_ready = is_ready
        self._lines: dict[str, SocketLine] = {}
        self._nursery: trio.Nursery | None = None
        self._empty = trio.Event()
        self._empty.set()

    def __len__(self) -> int:
        return len(self._lines)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Hold the calls' tasks; runs until cancelled."""
        async with trio.open_nursery() as self._nursery:
            task_status.started()
            await trio.sleep_forever()

    def begin(self, outlet: Outlet, remote: str) -> SocketLine | Refused:
        """Begin a call for a new caller, unless there is a reason not to."""
        refused = self._why_not()
        if refused is not None:
            self._metrics.calls_refused.labels(refused.code).inc()
            self._metrics.count_error(refused.code)
            return refused
        assert self._nursery is not None, "run() first"
        line = SocketLine(self._limits, self._metrics)
        self._lines[line.token] = line
        self._empty = trio.Event()
        self._metrics.calls.inc()
        self._metrics.calls_active.set(len(self._lines))
        line.attach(outlet)
        self._nursery.start_soon(self._run_call, line, CallInfo(line.call, remote, self.draining))
        return line

    def find(self, token: str) -> SocketLine | None:
        """The call that this token belongs to, while its caller may still come back."""
        line = self._lines.get(token)
        return None if line is None or line.hung_up.is_set() else line

    async def drain(self) -> None:
        """Let calls finish, and end those that do not. No new call begins from here on; returns when none is left."""
        self.draining.set()
        for line in self._lines.values():
            line.notify("draining", "The server is about to stop; this call ends soon.")
        with trio.move_on_after(self._limits.drain_seconds):
            await self._empty.wait()
        for line in self._lines.values():
            line.close(1012, "the server stops")
            line.hang_up("drain")
        with trio.move_on_after(self._limits.end_seconds):
            await self._empty.wait()

    def _why_not(self) -> Refused | None:
        if self.draining.is_set():
            return Refused("draining", "The server is about to stop and takes no new calls.")
        if not self._is_ready():
            return Refused("not_ready", "The server is not ready for calls. Try again in a moment.")
        if len(self._lines) >= self._limits.max_calls:
            return Refused("busy", "All lines are busy. Try again in a moment.")
        return None

    async def _run_call(self, line: SocketLine, info: CallInfo) -> None:
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._cancel_when_abandoned, line, nursery.cancel_scope)
                await self._run_bounded(line, info)
                nursery.cancel_scope.cancel()
        finally:
            del self._lines[line.token]
            self._metrics.calls_active.set(len(self._lines))
            if not self._lines:
                self._empty.set()
            line.close(1001, "the call was cancelled")  # where nothing else has closed it
            line.hang_up("ended")

    async def _run_bounded(self, line: SocketLine, info: CallInfo) -> None:
        """The error boundary around one call."""
        try:
            await self._serve_call(line, info)
            if line.ended_with is None:
                line.send(CallEnded("ended"))
            line.close(1000)
        except Exception as error:
            if is_only(error, ClientTooSlow):
                _log.info("call %s: the caller's end is too slow", line.call)
                return
            # Only what cannot hold a caller's words; the whole of it is for whoever turns on debugging.
            _log.error("call %s failed: %s", line.call, describe(error))
            _log.debug("call %s failed", line.call, exc_info=True)
            line.close_with(ErrorNotice("internal", "Something went wrong on the server; the call is over."), 1011)

    async def _cancel_when_abandoned(self, line: SocketLine, scope: trio.CancelScope) -> None:
        await line.watch()
        await trio.sleep(self._limits.end_seconds)
        _log.warning("call %s did not return within %g s of its end", line.call, self._limits.end_seconds)
        self._metrics.count_error("overdue")
        scope.cancel("overdue")
