"""A small model's answers held to the conversation: calls in the caller's own words, and none on what nobody said."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager

import attrs

from actors.local._copying import as_said
from actors.local._grounding import grounded, lacking
from actors.ports import LlmDelta, LlmMessage, LlmRequest, LlmToolCall

__all__ = ["founded"]

Ask = Callable[[LlmRequest], AbstractAsyncContextManager[AsyncIterator[LlmDelta]]]


async def founded(
    deltas: AsyncIterator[LlmDelta], request: LlmRequest, ask: Ask, *, leave: Callable[[], Awaitable[None]]
) -> AsyncGenerator[LlmDelta, None]:
    """``deltas`` with every call's arguments in the caller's words (:func:`as_said`) and without invented ones
    (:func:`grounded`).

    Where a call then lacks what its function needs, it is never made: the model is told so and answers anew, as a rule
    by asking for it. ``leave`` ends the first answer before, so that the model does not go on with it. Only once; a
    call of the second answer stands as it is, and the toolbox says what it lacks. What the model was told is not part
    of the conversation.
    """
    async for delta in deltas:
        call = _mended(delta, request)
        if call is None:
            yield delta
        elif missing := lacking(call, request.tools):
            await leave()
            async with ask(_told(request, call, missing)) as again:
                async for other in again:
                    yield _mended(other, request) or other
            return
        else:
            yield call


def _mended(delta: LlmDelta, request: LlmRequest) -> LlmToolCall | None:
    """None for what is not a call."""
    if not isinstance(delta, LlmToolCall):
        return None
    return grounded(as_said(delta, request.messages, request.tools), request.messages, request.tools)


def _told(request: LlmRequest, call: LlmToolCall, missing: Sequence[str]) -> LlmRequest:
    """The same with the call and what the toolbox would say of it (``actors.tools``), without running anything."""
    quoted = " and ".join(f"'{name}'" for name in missing)
    refusal = json.dumps({"error": f"{call.name} needs {quoted}. Ask the caller."}, separators=(",", ":"))
    return attrs.evolve(
        request,
        messages=(
            *request.messages,
            LlmMessage("assistant", "", (call,)),
            LlmMessage("tool", refusal, tool_call_id=call.id),
        ),
    )
