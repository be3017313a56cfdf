"""Running checked invocations: worker threads, deadlines, outcomes."""

from __future__ import annotations

import inspect
import logging
import traceback
from collections.abc import Callable, Iterable, MutableMapping
from functools import partial
from typing import Any

import attrs
import trio
from pydantic_core import to_jsonable_python

from actors.errors import ConfigurationError
from actors.ports import LlmToolCall, ToolSpec
from actors.tools._declare import Clock, Tool, ToolContext, system_clock
from actors.tools._errors import ToolError, ToolOutcomeUnknown, ToolTimeout
from actors.tools._parse import Invocation, parse_call
from actors.tools._schema import Injection

__all__ = ["Resources", "Toolbox"]

_log = logging.getLogger("bargein.tools")
_FAILED = "That did not work because of a technical problem."
_UNSURE = "There was a technical problem, and it is not certain whether that was done."


@attrs.frozen
class Resources:
    """What an agent's tools work on, shared by all calls of a process.

    ``values`` are injected by type. ``limiter`` bounds the worker threads (to a database's pool size, where there is
    one); with None, sync tools run in the event loop itself: for virtual time, whose clock does not wait for threads.
    """

    values: tuple[object, ...] = ()
    limiter: trio.CapacityLimiter | None = attrs.field(factory=lambda: trio.CapacityLimiter(8), eq=False)


class Toolbox:
    """The tools of one call.

    Cancelling :meth:`run` or :meth:`resolve` returns at once; a worker thread that is under way ends by itself, its
    result dropped. For a commit that would lose the outcome, so commits are run where a barge-in does not cancel them.
    """

    def __init__(
        self,
        tools: Iterable[Tool],
        resources: Resources | None = None,
        *,
        call_id: str = "",
        now: Clock = system_clock,
        session: MutableMapping[str, Any] | None = None,
    ) -> None:
        """Raises :class:`ConfigurationError` when two tools share a name or a resource that a tool wants is missing."""
        self._tools: dict[str, Tool] = {}
        self._resources = Resources() if resources is None else resources
        self._call_id = call_id
        self._now = now
        self.session: MutableMapping[str, Any] = {} if session is None else session
        for each in tools:
            if each.name in self._tools:
                raise ConfigurationError(f"two tools are called {each.name!r}")
            for injection in (*each.injections, *each.resolve_injections):
                if injection.type is not ToolContext:
                    self._resource(each, injection)
            self._tools[each.name] = each

    def specs(self) -> tuple[ToolSpec, ...]:
        return tuple(tool.spec() for tool in self._tools.values())

    def parse(self, call: LlmToolCall) -> Invocation:
        """Check a model's call. Raises :class:`ToolArgumentError`; its message is the result to give to the model."""
        return parse_call(self._tools, call)

    async def run(self, invocation: Invocation, *, key: str) -> Any:
        """Run a checked invocation and return its result, made of JSON values (a dict in practice).

        A tool's :class:`ToolError` comes back as ``{..., "error": message}``, and so does an unexpected exception,
        without its details. A commit that failed unexpectedly is first looked up by ``key``: perhaps only the answer
        was lost.

        Raises :class:`ToolTimeout` after ``invocation.timeout`` seconds, and :class:`ToolOutcomeUnknown` when a commit
        failed in a way that leaves its outcome open.
        """
        tool = self._tools[invocation.name]
        try:
            return await self._invoke(tool, tool.function, tool.injections, invocation.values, key)
        except ToolError as error:
            return error.result()
        except ToolOutcomeUnknown:
            raise
        except Exception as error:
            _log_failure(tool, error)
            if tool.effect != "commit":
                return {"error": _FAILED}
            if tool.resolve is None:
                return {"error": _UNSURE}
            found = await self.resolve(key, tool.name)
            return {"error": _FAILED} if found is None else found

    async def resolve(self, key: str, name: str) -> Any | None:
        """What became of the run ``key`` of tool ``name``: its result, or None if it did not happen and now never will.

        Raises :class:`ToolOutcomeUnknown` when that cannot be said: the tool has no resolver, or the resolver failed or
        took longer than the tool's own timeout. Asking again later is allowed.
        """
        tool = self._tools[name]
        if tool.resolve is None:
            raise ToolOutcomeUnknown(f"{name} has no resolver")
        try:
            return await self._invoke(tool, tool.resolve, tool.resolve_injections, {}, key)
        except ToolOutcomeUnknown:
            raise
        except Exception as error:
            _log_failure(tool, error)
            raise ToolOutcomeUnknown(f"the resolver of {name} failed") from None

    async def _invoke(
        self,
        tool: Tool,
        function: Callable[..., Any],
        injections: Iterable[Injection],
        values: Any,
        key: str,
    ) -> Any:
        context = ToolContext(key=key, call_id=self._call_id, now=self._now, session=self.session)
        injected = {i.name: context if i.type is ToolContext else self._resource(tool, i) for i in injections}
        call = partial(function, **values, **injected)
        with trio.move_on_after(tool.timeout) as deadline:
            if inspect.iscoroutinefunction(function):
                result = await call()
            elif (limiter := self._resources.limiter) is not None:
                result = await trio.to_thread.run_sync(call, abandon_on_cancel=True, limiter=limiter)
            else:
                await trio.lowlevel.checkpoint()
                result = call()
        if deadline.cancelled_caught:
            raise ToolTimeout(f"{tool.name} did not answer within {tool.timeout:g} s")
        return to_jsonable_python(result)

    def _resource(self, tool: Tool, injection: Injection) -> object:
        for value in self._resources.values:
            if isinstance(value, injection.type):
                return value
        raise ConfigurationError(f"{tool.name}: no resource of type {injection.type.__name__} for {injection.name!r}")


def _log_failure(tool: Tool, error: Exception) -> None:
    # Neither the message nor the arguments: either may hold what a caller said. The traceback is there at debug level.
    frame = traceback.extract_tb(error.__traceback__)[-1]
    _log.error("tool %s failed: %s at %s:%s", tool.name, type(error).__name__, frame.filename, frame.lineno)
    _log.debug("tool %s failed", tool.name, exc_info=error)
