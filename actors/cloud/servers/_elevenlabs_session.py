"""One WebSocket of the ElevenLabs server: contexts that are opened, fed, flushed, closed and forgotten."""

from __future__ import annotations

import base64
import json
from collections import deque
from contextlib import suppress
from typing import Any

import attrs
import trio
from trio_websocket import ConnectionClosed, WebSocketConnection

from actors.cloud.servers._elevenlabs_speech import Speech, SpokenPiece, at_rate, rate_of
from actors.cloud.servers._faults import ErrorFrame, FaultyStream, Strikes
from actors.cloud.servers._http import Request
from actors.errors import EngineError

__all__ = ["SocketSession"]

_SCHEDULE = (120, 160, 250, 290)  # characters that a context waits for before it speaks
_MOST_TEXT = 10_000  # characters that a context holds


@attrs.define(eq=False)
class _Context:
    """``into`` takes texts to be spoken, in order."""

    name: str | None
    into: trio.MemorySendChannel[str]
    active: float  # when its last message came
    buffer: str = ""
    spoken: int = 0  # texts so far
    closing: bool = False


class SocketSession:
    """One WebSocket. ``single``: one context without a name, that an empty text ends, and the connection with it.
    ``received`` is told every message."""

    def __init__(
        self,
        speech: Speech,
        ws: WebSocketConnection,
        stream: FaultyStream,
        request: Request,
        strikes: Strikes,
        *,
        single: bool,
        most_contexts: int,
        received: deque[dict[str, Any]],
    ) -> None:
        self._speech, self._ws, self._stream, self._strikes, self._single = speech, ws, stream, strikes, single
        self._most_contexts, self._received = most_contexts, received
        query = request.query
        rate = rate_of(query["output_format"])
        assert rate is not None
        self._rate = rate
        self._auto = query.get("auto_mode") == "true"
        self._inactivity = min(float(query.get("inactivity_timeout", "20")), 180.0)
        self._contexts: dict[str | None, _Context] = {}

    async def run(self) -> None:
        """To the end: the client's, or ours."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            while True:
                try:
                    message = await self._ws.get_message()
                except ConnectionClosed:
                    break
                fault = self._strikes.on_received(len(message))
                if isinstance(fault, ErrorFrame):
                    await self._fail(fault.code or "internal_error", fault.message)
                elif fault is not None:
                    await self._stream.suffer(fault)
                try:
                    value = json.loads(message)
                except ValueError:
                    value = None
                if not isinstance(value, dict):
                    await self._fail("invalid_message", "Not a JSON object")
                    break
                self._received.append(value)
                if value.get("close_socket") is True:
                    for context in self._contexts.values():
                        self._close(context)
                elif not await self._take(value):
                    break
            nursery.cancel_scope.cancel(reason="the client left")

    async def _take(self, value: dict[str, Any]) -> bool:
        """A message of one context; whether the connection goes on."""
        name = None if self._single else value.get("context_id", value.get("contextId", "default"))
        context = self._contexts.get(name)
        text = value.get("text") or ""
        if value.get("close_context") is True:
            if context is not None:
                self._close(context)
            return True
        if context is None:
            if value.get("text") == "":
                return True  # keeps alive what there is not
            if len(self._contexts) >= self._most_contexts:
                await self._fail("max_active_conversations", "Maximum simultaneous contexts exceeded")
                return False
            context = self._open(name)
        elif value.get("voice_settings") is not None:
            await self._fail("invalid_message", "Settings are for the first message of a context")
            return False
        context.active = trio.current_time()
        if self._single and value.get("text") == "":
            self._close(context)
        elif not context.closing:
            context.buffer = (context.buffer + text).lstrip()
            if len(context.buffer) > _MOST_TEXT:
                await self._fail("text_too_long", "Too much text")
                return False
            self._release(context, flush=value.get("flush") is True)
        return True

    def _open(self, name: str | None) -> _Context:
        into, texts = trio.open_memory_channel[str](64)
        context = _Context(name, into, trio.current_time())
        self._contexts[name] = context
        self._nursery.start_soon(self._speak, context, texts)
        return context

    def _release(self, context: _Context, *, flush: bool) -> None:
        """Speak what is held back, if it is time."""
        enough = _SCHEDULE[min(context.spoken, len(_SCHEDULE) - 1)]
        sentence = self._auto and context.buffer.rstrip()[-1:] in tuple(".!?") and context.buffer[-1:] == " "
        if context.buffer.strip() and (flush or sentence or len(context.buffer) >= enough):
            context.spoken += 1
            context.into.send_nowait(context.buffer)
            context.buffer = ""

    def _close(self, context: _Context) -> None:
        if not context.closing:
            self._release(context, flush=True)
            context.closing = True
            context.into.close()

    async def _speak(self, context: _Context, texts: trio.MemoryReceiveChannel[str]) -> None:
        """A context's life: it ends when it was closed and all was spoken, or when nothing came for too long."""
        with suppress(ConnectionClosed, trio.BrokenResourceError, trio.ClosedResourceError):
            while (text := await self._next_text(context, texts)) is not None:
                try:
                    pieces = await self._speech.spoken(text)
                except EngineError:
                    await self._fail("internal_error", "The voice failed")
                    return
                for piece in pieces:
                    await self._speech.pace(piece)
                    await self._send(context, _output(piece, self._rate))
            await self._send(context, {"audio": None, "isFinal": True})
            self._contexts.pop(context.name, None)
            if self._single:
                await self._ws.aclose(1000)

    async def _next_text(self, context: _Context, texts: trio.MemoryReceiveChannel[str]) -> str | None:
        while (left := context.active + self._inactivity - trio.current_time()) > 0:
            with trio.move_on_after(left):
                try:
                    return await texts.receive()
                except trio.EndOfChannel:
                    return None
        return None

    async def _send(self, context: _Context, value: dict[str, Any]) -> None:
        fault = self._strikes.on_message()
        if isinstance(fault, ErrorFrame):
            await self._fail(fault.code or "internal_error", fault.message)
            return
        if fault is not None:
            await self._stream.suffer(fault)
        await self._ws.send_message(json.dumps(value | ({} if self._single else {"contextId": context.name})))

    async def _fail(self, code: str, message: str) -> None:
        """An error message, and the end of the connection."""
        await self._ws.send_message(json.dumps({"message": message or "An error", "error": code, "code": 1008}))
        await self._ws.aclose(1008, (message or code)[:100])


def _output(piece: SpokenPiece, rate: int) -> dict[str, Any]:
    alignment = piece.socket_alignment()
    audio = base64.b64encode(at_rate(piece.pcm, rate)).decode()
    return {"audio": audio, "isFinal": None, "alignment": alignment, "normalizedAlignment": alignment}
