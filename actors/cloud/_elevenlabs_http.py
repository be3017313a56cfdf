"""A sentence by one HTTP request to ElevenLabs: the way round a WebSocket that cannot be had.

The answer is a stream of JSON lines with audio and character times. The SDK's types decode them; its own client is not
used, since it takes a line that it cannot read for none at all.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote

import httpx
import trio

from actors.cloud._elevenlabs_settings import ElevenLabsSettings
from actors.cloud._elevenlabs_wire import NAME, Failure, Piece, decode_line, from_code, from_status
from actors.errors import EngineBadReply, EngineTimeout, EngineUnavailable

__all__ = ["HttpSpeech"]

_LINE_BYTES = 8 * 1024 * 1024


class HttpSpeech:
    """A client with its own connections; ``aclose`` it."""

    def __init__(self, settings: ElevenLabsSettings) -> None:
        self._settings = settings
        self._client = httpx.AsyncClient(
            base_url=settings.base_url,
            headers={"xi-api-key": settings.api_key},
            trust_env=False,
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=4, keepalive_expiry=60),
            timeout=httpx.Timeout(connect=settings.connect, read=None, write=5.0, pool=1.0),
        )

    async def aclose(self) -> None:
        await self._client.aclose()

    @asynccontextmanager
    async def speak(self, text: str, *, before: str) -> AsyncIterator[AsyncGenerator[Piece, None]]:
        """The pieces of ``text``; ``before`` is what the same voice said last, for the intonation. Leaving the block
        closes the request.

        Raises EngineError on entering and while iterating; the deadlines are the settings'.
        """
        settings = self._settings
        body = {"text": text, "model_id": settings.model}
        if before:
            body["previous_text"] = before
        request = self._client.build_request(
            "POST",
            f"/v1/text-to-speech/{quote(settings.voice, safe='')}/stream/with-timestamps",
            params={"output_format": "pcm_24000"},
            json={**body, **({"voice_settings": dict(settings.voice_settings)} if settings.voice_settings else {})},
        )
        deadline = trio.current_time() + settings.first_audio
        response = await self._open(request, deadline)
        try:
            yield self._pieces(response, deadline)
        finally:
            with trio.move_on_after(0.5, shield=True):
                await response.aclose()

    async def _open(self, request: httpx.Request, deadline: float) -> httpx.Response:
        try:
            with trio.fail_at(deadline):
                response = await self._client.send(request, stream=True)
                if response.status_code != 200:
                    body = await response.aread()
                    raise from_status(response.status_code, body, response.headers.get("retry-after"))
        except (trio.TooSlowError, httpx.TimeoutException):
            raise EngineTimeout(NAME, "no answer in time") from None
        except httpx.HTTPError:
            raise EngineUnavailable(NAME, "the service cannot be reached or broke the connection off") from None
        return response

    async def _pieces(self, response: httpx.Response, deadline: float) -> AsyncGenerator[Piece, None]:
        rest = b""
        data = response.aiter_raw()
        while True:
            try:
                with trio.fail_at(deadline):
                    more = await anext(data, None)
            except trio.TooSlowError:
                raise EngineTimeout(NAME, "no audio in time") from None
            except (httpx.HTTPError, httpx.StreamError):
                raise EngineUnavailable(NAME, "the service broke the connection off") from None
            *lines, rest = (rest + (more or b"\n")).split(b"\n")
            for line in lines:
                if line.strip():
                    piece = decode_line(line)
                    if isinstance(piece, Failure):
                        raise from_code(piece.code)
                    yield piece
                    deadline = trio.current_time() + self._settings.between_audio
            if more is None:
                return
            if len(rest) > _LINE_BYTES:
                raise EngineBadReply(NAME, "a line without end")
