"""ElevenLabs' text to speech as a server: a local voice behind the documented wire format.

    server = ElevenLabsServer(tts, api_key="test")
    port = await nursery.start(server.serve)      # then base_url is http://127.0.0.1:PORT

What is served: the multi-context WebSocket (``multi-stream-input``), the single-context one (``stream-input``), and
``POST /v1/text-to-speech/{voice}``, with ``/stream``, ``/with-timestamps`` and ``/stream/with-timestamps``; PCM output
only (other rates than 24 kHz are resampled piece by piece). The rules of contexts are kept: five at once (a sixth ends
the connection with 1008), inactivity, no settings after the first message, text held back until there is enough of it
or it is flushed, ``isFinal`` when a context is closed and never for a flush alone.

Made from the documentation, the SDK and reports of what the live service does; never compared with it.
"""

from __future__ import annotations

import base64
import json
import random
import re
from collections import deque
from contextlib import suppress
from typing import Any

import trio
from trio_websocket import ConnectionClosed, wrap_server_stream

from actors.cloud.servers._elevenlabs_session import SocketSession
from actors.cloud.servers._elevenlabs_speech import Speech, SpokenPiece, at_rate, rate_of
from actors.cloud.servers._faults import ErrorFrame, FaultDesk, FaultyStream, Latency, Strikes
from actors.cloud.servers._http import Exchange, HttpServer, PrefixedStream, Request
from actors.errors import EngineError
from actors.ports import Tts

__all__ = ["ElevenLabsServer"]

_PATH = re.compile(r"/v1/text-to-speech/(?P<voice>[^/]+)(?P<way>(/[a-z-]+)*)")
_HTTP_WAYS = ("", "/stream", "/with-timestamps", "/stream/with-timestamps")
_SOCKET_WAYS = ("/multi-stream-input", "/stream-input")
_MESSAGE_BYTES = 65_536


class ElevenLabsServer(HttpServer):
    """``api_key`` None accepts any. ``latency``: to the first audio of each text; ``speed``: audio is sent at so many
    times real time (None: as fast as it goes). ``contexts``: how many may be open on one connection."""

    def __init__(
        self,
        tts: Tts,
        *,
        api_key: str | None = None,
        desk: FaultDesk | None = None,
        latency: Latency | None = None,
        speed: float | None = None,
        contexts: int = 5,
        seed: int = 0,
    ) -> None:
        super().__init__(desk)
        self.tts = tts
        self._api_key = api_key
        self._contexts = contexts
        self._speech = Speech(tts, latency or Latency(), speed, random.Random(seed))
        self.received: deque[dict[str, Any]] = deque(maxlen=1000)  #: the latest messages and request bodies
        self.sockets = 0  #: WebSockets open now
        self.speaking = 0  #: requests being answered now

    async def _answer(self, exchange: Exchange) -> None:
        request = exchange.request
        match = _PATH.fullmatch(request.path)
        if match is None or match["way"] not in (*_HTTP_WAYS, *_SOCKET_WAYS):
            await exchange.reply(404, {"detail": "Not Found"})
        elif self._api_key is not None and request.headers.get("xi-api-key") != self._api_key:
            await exchange.reply(401, _detail("invalid_api_key", "Invalid API key"))
        elif rate_of(request.query.get("output_format", "mp3_44100_128")) is None:
            await exchange.reply(422, _detail("invalid_output_format", "Only PCM is served here"))
        elif request.upgrades and match["way"] in _SOCKET_WAYS:
            await self._serve_socket(exchange.stream, request, exchange.strikes, single=match["way"] == "/stream-input")
        elif request.method == "POST" and match["way"] in _HTTP_WAYS:
            await self._speak_over_http(exchange, match["way"])
        else:
            await exchange.reply(405, {"detail": "Method Not Allowed"})

    # --- HTTP ------------------------------------------------------------------------------------------------------

    async def _speak_over_http(self, exchange: Exchange, way: str) -> None:
        rate = rate_of(exchange.request.query["output_format"])
        assert rate is not None
        try:
            body = exchange.request.json()
            text = body["text"]
            if not isinstance(text, str) or not text.strip():
                raise ValueError("no text")
        except (ValueError, KeyError):
            await exchange.reply(
                422, {"detail": [{"loc": ["body", "text"], "msg": "field required", "type": "missing"}]}
            )
            return
        self.received.append(body)
        self.speaking += 1
        try:
            async with exchange.watched():
                try:
                    pieces = await self._speech.spoken(text)
                except EngineError:
                    await exchange.reply(500, _detail("internal_error", "The voice failed"))
                else:
                    await self._send_speech(exchange, way, pieces, rate)
        finally:
            self.speaking -= 1

    async def _send_speech(self, exchange: Exchange, way: str, pieces: tuple[SpokenPiece, ...], rate: int) -> None:
        if way == "/with-timestamps":
            await exchange.reply(200, _whole(pieces, rate))
            return
        timed = way.endswith("with-timestamps")
        await exchange.begin("application/json" if timed else "audio/pcm")
        for piece in pieces:
            await self._speech.pace(piece)
            data = json.dumps(_line(piece, rate)).encode() + b"\n" if timed else at_rate(piece.pcm, rate)
            fault = exchange.strikes.on_message()
            if isinstance(fault, ErrorFrame):
                data = json.dumps(_detail(fault.code or "internal_error", fault.message)).encode() + b"\n"
            elif fault is not None:
                await exchange.stream.suffer(fault)
            await exchange.send(data)
        await exchange.end()

    # --- WebSocket -------------------------------------------------------------------------------------------------

    async def _serve_socket(self, stream: FaultyStream, request: Request, strikes: Strikes, *, single: bool) -> None:
        self.sockets += 1
        try:
            async with trio.open_nursery() as nursery:
                handshake = await wrap_server_stream(
                    nursery,
                    PrefixedStream(stream, request.raw),
                    max_message_size=_MESSAGE_BYTES,
                    receive_buffer_size=_MESSAGE_BYTES,
                )
                ws = await handshake.accept()
                with suppress(ConnectionClosed):
                    session = SocketSession(
                        self._speech,
                        ws,
                        stream,
                        request,
                        strikes,
                        single=single,
                        most_contexts=self._contexts,
                        received=self.received,
                    )
                    await session.run()
                with trio.move_on_after(0.5, shield=True), suppress(ConnectionClosed):
                    await ws.aclose()
                nursery.cancel_scope.cancel(reason="the connection is over")
        finally:
            self.sockets -= 1


def _line(piece: SpokenPiece, rate: int) -> dict[str, Any]:
    alignment = piece.stream_alignment()
    audio = base64.b64encode(at_rate(piece.pcm, rate)).decode()
    return {"audio_base64": audio, "alignment": alignment, "normalized_alignment": alignment}


def _whole(pieces: tuple[SpokenPiece, ...], rate: int) -> dict[str, Any]:
    """All in one answer."""
    lines = [piece.stream_alignment() or {} for piece in pieces]
    keys = ("characters", "character_start_times_seconds", "character_end_times_seconds")
    alignment = {key: [value for line in lines for value in line.get(key, ())] for key in keys}
    audio = base64.b64encode(at_rate(b"".join(piece.pcm for piece in pieces), rate)).decode()
    timed = alignment if alignment["characters"] else None
    return {"audio_base64": audio, "alignment": timed, "normalized_alignment": timed}


def _detail(code: str, message: str) -> dict[str, Any]:
    return {"detail": {"status": code, "message": message or "An error"}}
