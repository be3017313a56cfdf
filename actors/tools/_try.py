"""Trying a tool without a call around it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import trio

from actors.errors import ConfigurationError
from actors.ports import LlmToolCall
from actors.tools._declare import Clock, find_tool, system_clock
from actors.tools._toolbox import Resources, Toolbox

__all__ = ["run_tool"]


def run_tool(
    function: Callable[..., Any],
    /,
    *,
    resources: Resources | None = None,
    key: str = "test:1",
    call_id: str = "test",
    now: Clock = system_clock,
    session: dict[str, Any] | None = None,
    **arguments: Any,
) -> Any:
    """Run one declared tool as a model's call would, in an event loop of its own, and return what the model would get.

    For tests of tools: arguments go through JSON, checking and conversion. Raises what ``Toolbox`` raises.
    """
    declared = find_tool(function)
    if declared is None:
        raise ConfigurationError(f"{function!r} is not declared with @tool")
    toolbox = Toolbox([declared], resources, call_id=call_id, now=now, session=session)
    invocation = toolbox.parse(LlmToolCall(id="1", name=declared.name, arguments=json.dumps(arguments)))

    async def main() -> Any:
        return await toolbox.run(invocation, key=key)

    return trio.run(main)
