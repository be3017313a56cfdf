"""The language model on this machine: llama.cpp in a child process, and the client that speaks to it.

The child serves the OpenAI protocol on a free port of the loopback interface, behind a key made for each run. It is a
process of its own because its library cannot be taken down safely within one, and so that its threads do not take the
interpreter's time. :class:`LlamaServer` runs one child after another; :func:`open_llama` puts it under a supervisor.

    async with open_llama(embedded_spec()) as llm:
        await llm.warm_up(request)          # every slot learns the system prompt and the tools
        async with llm.stream(request) as deltas: ...
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, asynccontextmanager
from functools import partial

import trio

from actors.cloud.openai_llm import OpenAiLlm
from actors.errors import EngineUnavailable
from actors.local._founded import founded
from actors.local._llama_server import STOP_TIMEOUT, LlamaServer, client_of
from actors.local._llama_spec import ENGINE, Endpoint, LlamaSpec, embedded_spec
from actors.local._slots import Slots
from actors.ports import LlmDelta, LlmRequest
from actors.runtime import Backoff, ChildSpec, Policy, Supervisor

__all__ = ["Endpoint", "LlamaLlm", "LlamaServer", "LlamaSpec", "embedded_spec", "open_llama"]

_START_TIMEOUT = 60.0  #: seconds to load a model; a large GGUF from a slow disk takes long
_POLICY = Policy("one_for_one", intensity=5, period=60.0, backoff=Backoff(first=0.05, factor=3.0, limit=5.0))


class LlamaLlm:
    """The child's model behind the :class:`actors.ports.Llm` port; follows it through restarts."""

    name = ENGINE

    def __init__(self, server: LlamaServer) -> None:
        self.server = server
        self.model = server.spec.name
        self._client: tuple[int, OpenAiLlm, Slots] | None = None

    def stream(self, request: LlmRequest) -> AbstractAsyncContextManager[AsyncIterator[LlmDelta]]:
        @asynccontextmanager
        async def answer() -> AsyncIterator[AsyncIterator[LlmDelta]]:
            client, slots = await self._current()
            slot = slots.take(request.messages)
            ask = partial(client.stream, extra_body={} if slot is None else {"id_slot": slot})
            try:
                async with AsyncExitStack() as first:
                    deltas = await first.enter_async_context(ask(request))
                    if self.server.spec.adapter is None:
                        yield deltas
                        return
                    async with aclosing(founded(deltas, request, ask, leave=first.aclose)) as mended:
                        yield mended
            finally:
                if slot is not None:
                    slots.give_back(slot)

        return answer()

    @property
    def trouble(self) -> str | None:
        """While there is no child, see :class:`actors.ports.Monitored`; requests wait for the next one."""
        return "the model is being restarted" if self.server.endpoint is None else None

    async def warm_up(self, request: LlmRequest) -> None:
        """See :meth:`LlamaServer.warm_up`."""
        await self.server.warm_up(request)

    async def aclose(self) -> None:
        if self._client is not None:
            (_, client, _), self._client = self._client, None
            await client.aclose()

    async def _current(self) -> tuple[OpenAiLlm, Slots]:
        endpoint = await self.server.wait_ready()
        old = self._client
        if old is None or old[0] != endpoint.run:
            spec = self.server.spec
            self._client = (endpoint.run, client_of(spec, endpoint), Slots(spec.slots))
            if old is not None:
                await old[1].aclose()
        assert self._client is not None
        return self._client[1:]


@asynccontextmanager
async def open_llama(spec: LlamaSpec, warm_up: LlmRequest | None = None) -> AsyncIterator[LlamaLlm]:
    """The model of ``spec``, supervised for as long as the block lasts; ready, and warm if ``warm_up`` is given.

    EngineMissing or EngineUnavailable if it cannot be started; actors.runtime.SupervisorEscalated if it keeps dying.
    """
    server = LlamaServer(spec, warm_up)
    llm = LlamaLlm(server)
    child = ChildSpec(
        "llama",
        server.run,
        shutdown=STOP_TIMEOUT * 2,
        start_timeout=_START_TIMEOUT,
        expected=(EngineUnavailable,),
    )
    try:
        async with Supervisor(_POLICY, [child], name="llama"):
            try:
                yield llm
            finally:
                with trio.move_on_after(STOP_TIMEOUT, shield=True):
                    await llm.aclose()
    finally:
        server.close()
