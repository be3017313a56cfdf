"""A language model made of several: the next one takes the same request, as long as nothing was written."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Self

import trio

from actors.errors import EngineBadReply, EngineError
from actors.fallback._chain import Chain, Fallback, Member, too_slow
from actors.ports import Llm, LlmDelta, LlmFinished, LlmRequest, LlmText, LlmToolCall

__all__ = ["FallbackLlm"]


class FallbackLlm(Fallback[Llm]):
    """See :class:`actors.ports.Llm`. An answer that says nothing counts as a failure."""

    def __init__(self, chain: Chain[Llm]) -> None:
        super().__init__(chain)
        self.model = chain.members[0].engine.model

    def stream(self, request: LlmRequest) -> AbstractAsyncContextManager[AsyncIterator[LlmDelta]]:
        """Entering waits for the first words or function call. Raises the last engine's EngineError where none
        answers; while iterating, that of the engine that had begun."""
        return self._stream(request)

    @asynccontextmanager
    async def _stream(self, request: LlmRequest) -> AsyncIterator[AsyncIterator[LlmDelta]]:
        last: EngineError | None = None
        for member, patience in self._chain.candidates():
            begun = False
            with trio.CancelScope(deadline=trio.current_time() + patience) as scope:
                try:
                    async with member.engine.stream(request) as deltas:
                        head = await _head(member.name, deltas)
                        scope.deadline = float("inf")
                        if scope.cancel_called:  # its words came at the very moment when its time was over
                            raise too_slow(member)
                        begun = True
                        yield _Rest(self._chain, member, head, deltas)
                        return
                except EngineError as error:
                    if begun:  # the call's own, or told by the answer already
                        raise
                    self._chain.failed(member, error)
                    last = error
            if scope.cancelled_caught:
                last = too_slow(member)
                self._chain.failed(member, last)
        assert last is not None
        raise last


async def _head(engine: str, deltas: AsyncIterator[LlmDelta]) -> list[LlmDelta]:
    """What comes up to the first word or function call."""
    head: list[LlmDelta] = []
    async for delta in deltas:
        head.append(delta)
        match delta:
            case LlmToolCall():
                return head
            case LlmText(text) if any(map(str.isalnum, text)):
                return head
            case LlmFinished("content_filter"):
                return head
    raise EngineBadReply(engine, "the model wrote nothing")


class _Rest:
    """An answer that has begun."""

    def __init__(
        self, chain: Chain[Llm], member: Member[Llm], head: list[LlmDelta], deltas: AsyncIterator[LlmDelta]
    ) -> None:
        self._chain, self._member, self._head, self._deltas = chain, member, head, deltas

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> LlmDelta:
        if self._head:
            return self._head.pop(0)
        try:
            return await anext(self._deltas)
        except StopAsyncIteration:
            self._chain.worked(self._member)
            raise
        except EngineError as error:
            self._chain.failed(self._member, error)
            raise
