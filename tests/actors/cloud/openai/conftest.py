"""What a model's client is tested against: a server made by hand, within the HTTP library's transport, and ours."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx2
import pytest
import trio
import trio.testing

from actors.cloud.openai_llm import OpenAiLlm
from actors.cloud.servers._faults import FaultDesk, Order
from actors.cloud.servers.openai import OpenAiServer
from actors.ports import LlmDelta, LlmMessage, LlmRequest, LlmText


class Body(httpx2.AsyncByteStream):
    """Bytes, pauses (numbers, in seconds) and errors, in order."""

    def __init__(self, parts):
        self.parts, self.closed = parts, False

    async def __aiter__(self):
        for part in self.parts:
            if isinstance(part, bytes):
                yield part
            elif isinstance(part, Exception):
                raise part
            else:
                await trio.sleep(part)

    async def aclose(self):
        self.closed = True


class Server(httpx2.AsyncBaseTransport):
    """Answers every request with the next of ``answers``: (status, headers, parts), or an error to raise."""

    def __init__(self, *answers, delay=0.0):
        self.answers, self.delay, self.requests, self.bodies = list(answers), delay, [], []

    async def handle_async_request(self, request):
        self.requests.append(json.loads(request.content) if request.content else None)
        await trio.sleep(self.delay)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, headers, parts = answer
        self.bodies.append(Body(parts))
        return httpx2.Response(status, headers=headers, stream=self.bodies[-1], request=request)


class Wire:
    """The format, in pieces; and one question asked over it."""

    KEY: Final = "sk-very-secret"
    SECRET: Final = "my rash is none of your business"
    REQUEST: Final = LlmRequest((LlmMessage("system", "Be kind."), LlmMessage("user", SECRET)))
    DONE: Final = b"data: [DONE]\n\n"
    Server = Server

    @staticmethod
    def chunk(delta=None, finish=None, **more):
        none = delta is None and finish is None
        choices = [] if none else [{"index": 0, "delta": delta or {}, "finish_reason": finish}]
        value = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices, **more}
        return b"data: " + json.dumps(value).encode() + b"\n\n"

    @property
    def STOP(self):  # noqa: N802 - it is as constant as DONE
        return self.chunk(finish="stop")

    def say(self, text):
        return self.chunk({"content": text})

    def call(self, index, call_id=None, name=None, arguments=None):
        function = {"name": name, "arguments": arguments}
        return self.chunk({"tool_calls": [{"index": index, "id": call_id, "type": "function", "function": function}]})

    @staticmethod
    def stream(*parts):
        return 200, {"content-type": "text/event-stream"}, parts

    def refuse(self, status, headers=None, **error):
        body = json.dumps({"error": {"message": f"no: {self.KEY} said {self.SECRET}", **error}}).encode()
        return status, {"content-type": "application/json", **(headers or {})}, [body]

    @staticmethod
    def run(main):
        # Not 0: the SDK looks up the platform in a thread, once a client, and the clock must not jump meanwhile.
        return trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0.05))

    def client(self, server, *, base_url: str | None = "http://test/v1", **options):
        return OpenAiLlm(base_url=base_url, api_key=self.KEY, model="m", transport=server, **options)

    @staticmethod
    async def read(llm, request=REQUEST):
        """All deltas of one answer."""
        async with llm.stream(request) as deltas:
            return [delta async for delta in deltas]

    def ask(self, server, request=REQUEST, **options):
        """The same, of a client made for it, in virtual time."""

        async def main():
            async with self.client(server, **options) as llm:
                return await self.read(llm, request)

        return self.run(main)

    @staticmethod
    def text_of(deltas):
        return "".join(delta.text for delta in deltas if isinstance(delta, LlmText))


@pytest.fixture(scope="session")
def wire() -> Wire:
    wire = Wire()

    async def main():  # in real time, since the very first lookup of the platform takes long
        async with wire.client(Server(wire.stream(wire.STOP, wire.DONE))) as llm:
            await wire.read(llm)

    trio.run(main)
    return wire


# --- ours -------------------------------------------------------------------------------------------------------------

SERVED_KEY: Final = "sk-5521ca00d7"


class ScriptedLlm:
    """Answers with the deltas given; ``requests`` are those made so far."""

    name = model = "scripted"

    def __init__(self, *deltas: LlmDelta | Exception) -> None:
        self.deltas = deltas
        self.requests: list[LlmRequest] = []
        self.ended: list[float] = []

    @asynccontextmanager
    async def stream(self, request: LlmRequest) -> AsyncIterator[AsyncIterator[LlmDelta]]:
        self.requests.append(request)
        deltas = self._all()
        try:
            yield deltas
        finally:
            self.ended.append(trio.current_time())
            await deltas.aclose()

    async def _all(self) -> AsyncGenerator[LlmDelta, None]:
        for delta in self.deltas:
            if isinstance(delta, Exception):
                raise delta
            yield delta


class Ours:
    """Our server, a client of it, and a model behind it."""

    KEY: Final = SERVED_KEY
    Llm = ScriptedLlm

    @staticmethod
    @asynccontextmanager
    async def asking(
        llm: ScriptedLlm, *orders: Order, client: dict[str, Any] | None = None, **options: Any
    ) -> AsyncIterator[tuple[OpenAiServer, OpenAiLlm, str]]:
        """A server of ``llm`` that does as the orders say, a client of it over a real socket, and its address."""
        server = OpenAiServer(llm=llm, api_key=SERVED_KEY, desk=FaultDesk(orders), **options)
        async with server.served() as port:
            url = f"http://127.0.0.1:{port}/v1"
            given = {"base_url": url, "api_key": SERVED_KEY, "model": "bargein", **(client or {})}
            async with OpenAiLlm(**given) as engine:
                yield server, engine, url

    @staticmethod
    async def answer(engine: OpenAiLlm, request: LlmRequest = Wire.REQUEST) -> list[LlmDelta]:
        return await Wire.read(engine, request)

    @staticmethod
    def run(main: Callable[[], Awaitable[None]]) -> None:
        """For 15 s at most."""

        async def bounded() -> None:
            with trio.fail_after(15):
                await main()

        trio.run(bounded)


@pytest.fixture
def ours() -> Ours:
    return Ours()
