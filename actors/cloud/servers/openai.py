"""OpenAI's protocol as a server: a local model and a local voice behind the documented wire format.

    server = OpenAiServer(llm=llm, tts=tts, api_key="test")
    port = await nursery.start(server.serve)      # then base_url is http://127.0.0.1:PORT/v1

What is served: ``POST /v1/chat/completions`` with functions, streamed or whole; ``POST /v1/audio/speech`` as PCM or WAV
at 24 kHz; ``GET /v1/models``. A client that goes away ends the answer at once. Faults count requests; a message is an
event of the stream or a piece of audio.

Made from the documentation and the SDK; never compared with the live service.
"""

from __future__ import annotations

import json
import logging
import random
import struct
import time
import uuid
from collections import deque
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import trio

from actors.cloud.servers._faults import ErrorFrame, Fault, FaultDesk, Latency
from actors.cloud.servers._http import Exchange, HttpServer
from actors.cloud.servers._openai_chat import BadRequest, ChatStream, chat_answer, chat_request, error_body
from actors.errors import EngineBadReply, EngineError, EngineOverloaded
from actors.ports import AGENT_RATE, Llm, Tts

__all__ = ["OpenAiServer"]

_log = logging.getLogger(__name__)

_AUDIO = {"pcm": "audio/pcm", "wav": "audio/wav"}
_PIECE = AGENT_RATE * 2 // 10  # bytes of audio sent at a time


class OpenAiServer(HttpServer):
    """Either of ``llm`` and ``tts`` may be None: what needs it is answered 404. ``api_key`` None accepts any, and none.
    ``latency``: to the first token, or the first audio; ``per_token``: between pieces of an answer, in seconds.
    ``model``: the name it goes by; a request for another one is answered 404 unless ``any_model``."""

    def __init__(
        self,
        *,
        llm: Llm | None = None,
        tts: Tts | None = None,
        model: str = "bargein",
        any_model: bool = True,
        api_key: str | None = None,
        desk: FaultDesk | None = None,
        latency: Latency | None = None,
        per_token: Latency | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(desk)
        self._llm, self._tts, self._model, self._any_model = llm, tts, model, any_model
        self._api_key = api_key
        self._latency, self._per_token = latency or Latency(), per_token or Latency()
        self._rng = random.Random(seed)
        self.received: deque[dict[str, Any]] = deque(maxlen=1000)  #: the latest bodies
        self.answering = 0  #: answers under way
        self.left = trio.Event()  #: set, and replaced, whenever a client went away before its answer was complete

    async def _answer(self, exchange: Exchange) -> None:
        request = exchange.request
        if self._api_key is not None and request.headers.get("authorization") != f"Bearer {self._api_key}":
            await _refuse(exchange, 401, "Incorrect API key provided", "invalid_api_key")
            return
        match request.method, request.path:
            case "GET", "/v1/models":
                model = {"id": self._model, "object": "model", "created": 0, "owned_by": "bargein"}
                await exchange.reply(200, {"object": "list", "data": [model]})
            case "POST", "/v1/chat/completions":
                await self._post(exchange, self._chat if self._llm else None)
            case "POST", "/v1/audio/speech":
                await self._post(exchange, self._speech if self._tts else None)
            case _:
                await _refuse(exchange, 404, f"Unknown request: {request.method}", "unknown_url")

    async def _post(self, exchange: Exchange, serve: Any) -> None:
        try:
            body = exchange.request.json()
            self.received.append(body)
            model = body.get("model")
            if serve is None or (model != self._model and not self._any_model):
                await _refuse(exchange, 404, "The model does not exist", "model_not_found", "model")
                return
            async with self._watched(exchange):
                await serve(exchange, body)
        except* BadRequest as errors:
            error = errors.exceptions[0]
            while isinstance(error, BaseExceptionGroup):
                error = error.exceptions[0]
            await _refuse(exchange, 400, str(error), None, getattr(error, "param", None))
        except* ValueError:
            await _refuse(exchange, 400, "The body is not a JSON object", None)

    @asynccontextmanager
    async def _watched(self, exchange: Exchange) -> AsyncIterator[None]:
        self.answering += 1
        try:
            async with exchange.watched():
                try:
                    yield
                except trio.Cancelled:
                    self.left.set()
                    self.left = trio.Event()
                    raise
        finally:
            self.answering -= 1

    # --- chat ------------------------------------------------------------------------------------------------------

    async def _chat(self, exchange: Exchange, body: dict[str, Any]) -> None:
        assert self._llm is not None
        request = chat_request(body)
        name, created = f"chatcmpl-{uuid.uuid4().hex[:12]}", int(time.time())
        model = str(body.get("model") or self._model)
        begun = False
        try:
            await trio.sleep(self._latency.draw(self._rng))
            async with self._llm.stream(request) as deltas:
                if body.get("stream") is not True:
                    whole = [delta async for delta in deltas]
                    await exchange.reply(200, chat_answer(name, model, created, whole))
                    return
                options = body.get("stream_options") or {}
                chat = ChatStream(name, model, created, usage=options.get("include_usage") is True)
                async for delta in deltas:
                    if not begun:  # not before: an engine that fails at once can still be answered by a status
                        head = [("Cache-Control", "no-cache")]
                        await exchange.begin("text/event-stream; charset=utf-8", headers=head)
                        begun = True
                        if not await self._event(exchange, chat.begin()):
                            return
                    for chunk in chat.chunks(delta):
                        if not await self._event(exchange, chunk):
                            return
                        await trio.sleep(self._per_token.draw(self._rng))
                if not begun:
                    raise EngineBadReply(self._llm.name, "no answer")
        except EngineError as error:
            if begun:
                await exchange.send(_data(error_body("The model failed", code="server_error", type_="server_error")))
                await exchange.end()
            else:
                await _failed(exchange, error)
            return
        await exchange.send(b"data: [DONE]\n\n")
        await exchange.end()

    async def _event(self, exchange: Exchange, value: dict[str, Any]) -> bool:
        """Send a chunk; False where a fault ended the stream with an error of its own."""
        fault = exchange.strikes.on_message()
        if isinstance(fault, ErrorFrame):
            code = fault.code or "server_error"
            await exchange.send(_data(error_body(fault.message or "An error", code=code, type_="server_error")))
            await exchange.end()
            return False
        await _suffer(exchange, fault)
        await exchange.send(_data(value))
        return True

    # --- speech ----------------------------------------------------------------------------------------------------

    async def _speech(self, exchange: Exchange, body: dict[str, Any]) -> None:
        assert self._tts is not None
        text, kind = body.get("input"), body.get("response_format", "mp3")
        if not isinstance(text, str) or not text.strip():
            raise BadRequest("'input' must be text", "input")
        if kind not in _AUDIO:
            raise BadRequest(f"only {', '.join(_AUDIO)} are served here", "response_format")
        begun = False
        try:
            await trio.sleep(self._latency.draw(self._rng))
            async with self._tts.open_voice(0) as voice, aclosing(voice.say(text)) as chunks:  # type: ignore[type-var]
                async for chunk in chunks:
                    if not begun:
                        await exchange.begin(_AUDIO[kind])
                        await exchange.send(_wav_head() if kind == "wav" else b"")
                        begun = True
                    for at in range(0, len(chunk.pcm), _PIECE):
                        fault = exchange.strikes.on_message()
                        if isinstance(fault, ErrorFrame):  # the protocol has no words for it within audio
                            return
                        await _suffer(exchange, fault)
                        await exchange.send(chunk.pcm[at : at + _PIECE])
                        await trio.sleep(self._per_token.draw(self._rng))
        except EngineError as error:
            if not begun:
                await _failed(exchange, error)
            return  # a body without its end: the client sees that it is torn
        if not begun:
            await exchange.begin(_AUDIO[kind])
        await exchange.end()


async def _suffer(exchange: Exchange, fault: Fault | None) -> None:
    if fault is not None:
        await exchange.stream.suffer(fault)


async def _failed(exchange: Exchange, error: EngineError) -> None:
    _log.warning("the engine behind the server failed: %s", error)
    if isinstance(error, EngineOverloaded):
        await _refuse(exchange, 503, "Overloaded", "overloaded", type_="server_error")
    else:
        await _refuse(exchange, 500, "The server had an error", "server_error", type_="server_error")


async def _refuse(
    exchange: Exchange,
    status: int,
    message: str,
    code: str | None,
    param: str | None = None,
    type_: str = "invalid_request_error",
) -> None:
    await exchange.reply(status, error_body(message, code=code, type_=type_, param=param))


def _data(value: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def _wav_head() -> bytes:
    """A WAV file's head whose length nobody knows yet."""
    unknown = 0xFFFFFFFF
    layout = struct.pack("<HHIIHH", 1, 1, AGENT_RATE, AGENT_RATE * 2, 2, 16)
    return b"RIFF" + struct.pack("<I", unknown) + b"WAVEfmt " + struct.pack("<I", 16) + layout + b"data" + b"\xff" * 4
