"""ElevenLabs as a voice: its multi-context WebSocket with character times, its HTTP stream as the way round.

    async with open_elevenlabs(api_key, voice="JBFqnCBsd6RMkjVDRZzb") as tts:
        async with tts.open_voice(turn=7) as voice:
            async for chunk in voice.say("Doctor Chen is free at nine."): ...

A voice is one context of a connection that all voices of the process share. Leaving the voice, at barge-in too, closes
the context without waiting; what still comes of it is dropped by its name. Each sentence is sent whole and flushed.

The end of a sentence. The service announces the end of a *context* only. A sentence is over when all its characters
have been timed, their audio is there, and no more came for ``settle`` seconds (a pause behind it is part of it). Where
the characters never add up (the service rewrote the text, or sent no times) and no audio came for ``gap`` seconds, the
context is closed, which makes the service send what it has and say so; the next sentence opens another. Audio that is
later still goes before the next sentence, and is counted there.

When the connection fails within a sentence, the words that were not completely heard are spoken over HTTP, and so is
the rest of that voice; another voice tries the WebSocket again.

Never tried against the live service. What is here was made from its documentation, its SDK's types and reports of what
it does (a flush alone is not answered by ``isFinal``; closing after a flush loses no audio; closed contexts count until
confirmed), and runs against the official SDK's types and :mod:`actors.cloud.servers.elevenlabs` only. To look at first
with a key: whether ``sync_alignment`` gives times with every piece, and what an idle connection lives on.
"""

from __future__ import annotations

import logging
import math
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from typing import Any

import trio

from actors.cloud._elevenlabs_http import HttpSpeech
from actors.cloud._elevenlabs_pool import Pool
from actors.cloud._elevenlabs_sentence import Sentence
from actors.cloud._elevenlabs_settings import ElevenLabsSettings
from actors.cloud._elevenlabs_socket import Context
from actors.cloud._elevenlabs_wire import NAME, Piece, load
from actors.errors import EngineBadReply, EngineError, EngineOverloaded, EngineTimeout, EngineUnavailable
from actors.ports import SpeechChunk, TtsVoice

__all__ = ["DEFAULT_MODEL", "DEFAULT_VOICE", "ElevenLabsTts", "ElevenLabsVoice", "open_elevenlabs"]

_log = logging.getLogger(__name__)

DEFAULT_VOICE = "JBFqnCBsd6RMkjVDRZzb"  #: "George", the voice of the SDK's own examples
DEFAULT_MODEL = "eleven_flash_v2_5"  #: the fastest
_CLOSE_TIMEOUT = 0.5
_REMEMBERED = 300  # characters of what was said before, told to the HTTP request


class ElevenLabsTts:
    """The engine, within :func:`open_elevenlabs`. See :class:`actors.ports.Tts`."""

    name = NAME

    def __init__(self, settings: ElevenLabsSettings, pool: Pool, http: HttpSpeech) -> None:
        self._settings, self._pool, self._http = settings, pool, http

    def open_voice(self, turn: int) -> AbstractAsyncContextManager[TtsVoice]:  # noqa: ARG002 - contexts have own names
        @asynccontextmanager
        async def voice() -> AsyncIterator[TtsVoice]:
            speaker = ElevenLabsVoice(self._settings, self._pool, self._http)
            try:
                yield speaker
            finally:
                await speaker.aclose()

        return voice()

    async def check(self) -> None:
        """Return once a connection is open: the key is good and the service answers. Takes no quota.

        Raises EngineRefused for a wrong key, EngineOverloaded, EngineTimeout, EngineUnavailable.
        """
        with trio.move_on_after(self._settings.connect * 2):
            await self._pool.wait_connected()
            return
        raise EngineTimeout(NAME, "no connection in time")


@asynccontextmanager
async def open_elevenlabs(
    api_key: str,
    *,
    voice: str = DEFAULT_VOICE,
    model: str = DEFAULT_MODEL,
    base_url: str = "https://api.elevenlabs.io",
    voice_settings: Mapping[str, Any] | None = None,
    connections: int = 4,
    **deadlines: float,
) -> AsyncIterator[ElevenLabsTts]:
    """The engine, for as long as the block lasts. A connection is opened behind the scenes; ``check`` waits for it.

    ``connections``: at most so many WebSockets, with five voices each. ``deadlines``: see
    :class:`~actors.cloud._elevenlabs_settings.ElevenLabsSettings`. The key appears in no error, log or repr.
    EngineMissing where the package elevenlabs is not installed.
    """
    settings = ElevenLabsSettings(
        api_key=api_key,
        voice=voice,
        model=model,
        base_url=base_url.rstrip("/"),
        voice_settings=voice_settings or {},
        **deadlines,
    )
    await trio.to_thread.run_sync(load)
    pool, http = Pool(settings, limit=connections), HttpSpeech(settings)
    failure: Exception | None = None
    async with trio.open_nursery() as nursery:
        nursery.start_soon(pool.run)
        try:
            yield ElevenLabsTts(settings, pool, http)
        except Exception as error:  # carried around the nursery, which would wrap it in a group
            failure = error
        finally:
            nursery.cancel_scope.cancel(reason="ElevenLabs is not needed any more")
            with trio.move_on_after(_CLOSE_TIMEOUT, shield=True):
                await http.aclose()
    if failure is not None:
        raise failure


class ElevenLabsVoice:
    """The voice of one turn. ``by_http``: it has given the WebSocket up."""

    def __init__(self, settings: ElevenLabsSettings, pool: Pool, http: HttpSpeech) -> None:
        self._settings, self._pool, self._http = settings, pool, http
        self._context: Context | None = None
        self._said = ""
        self._saying: AsyncGenerator[SpeechChunk, None] | None = None
        self.by_http = False

    async def aclose(self) -> None:
        """Withdraw what was not spoken yet. Waits for nothing from the service."""
        context, self._context = self._context, None
        if context is not None:
            context.close()
        saying, self._saying = self._saying, None
        if saying is not None:
            with trio.CancelScope(shield=True):
                await saying.aclose()

    def say(self, text: str) -> AsyncIterator[SpeechChunk]:
        """See :class:`actors.ports.TtsVoice`. Raises EngineError (any but EngineMissing) where neither way works."""
        self._saying = self._say(text)
        return self._saying

    async def _say(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        if not any(char.isalnum() for char in text):
            return
        sentence = Sentence(text)
        if not self.by_http:
            try:
                async with aclosing(self._over_socket(sentence)) as chunks:
                    async for chunk in chunks:
                        yield chunk
            except EngineOverloaded:  # HTTP is no way round the account's limits
                raise
            except (EngineUnavailable, EngineBadReply) as error:
                _log.warning("speaking over HTTP instead: %s", error)
                self.by_http = True
        if self.by_http:
            async with aclosing(self._over_http(sentence)) as chunks:
                async for chunk in chunks:
                    yield chunk
        self._said = f"{self._said} {text}"[-_REMEMBERED:]

    async def _over_socket(self, sentence: Sentence) -> AsyncGenerator[SpeechChunk, None]:
        context = await self._current(sentence)
        context.say(sentence.text)
        deadline = trio.current_time() + self._settings.first_audio
        asked_for_end = False
        final = False
        while not final:
            now, settings = trio.current_time(), self._settings
            if sentence.complete:
                patience = settings.settle
            else:
                patience = settings.gap if sentence.samples and not asked_for_end else math.inf
            with trio.move_on_at(min(deadline, now + patience)) as waiting:
                piece = await _next(context)
            if waiting.cancelled_caught:
                if sentence.complete:
                    break
                if trio.current_time() >= deadline:
                    context.socket.retire()
                    self._drop_context()
                    raise EngineTimeout(NAME, "no audio in time")
                asked_for_end = True
                context.finish()
                continue
            deadline = trio.current_time() + settings.between_audio
            final = piece.final
            chunk = sentence.add(piece)
            if final and not (asked_for_end or sentence.complete):  # closed under our hands
                self._drop_context()
                raise EngineUnavailable(NAME, "the service closed the context")
            if sentence.complete or final:
                chunk = sentence.finish(chunk)
            if chunk is not None:
                yield chunk
        if final or asked_for_end:
            self._drop_context()

    async def _current(self, sentence: Sentence) -> Context:
        """This voice's context, opened if it has none; what came behind the last sentence goes before this one."""
        while self._context is not None:
            try:
                piece = self._context.pieces.receive_nowait()
            except trio.WouldBlock:
                return self._context
            except trio.EndOfChannel:
                self._drop_context()
                break
            if isinstance(piece, EngineError) or piece.final:
                self._drop_context()
            else:
                sentence.precede(piece)
        self._context = await self._pool.open_context()
        return self._context

    def _drop_context(self) -> None:
        if self._context is not None:
            self._context.close()
            self._context = None

    async def _over_http(self, sentence: Sentence) -> AsyncGenerator[SpeechChunk, None]:
        """All of the sentence, or what was not completely given out of it."""
        rest = sentence.rest()
        if not rest.text.strip():
            return
        before = f"{self._said} {sentence.text[: len(sentence.text) - len(rest.text)]}".strip()
        async with self._http.speak(rest.text, before=before) as pieces, aclosing(pieces):
            async for piece in pieces:
                chunk = rest.add(piece, absolute=True)
                if chunk is not None:
                    yield chunk
        last = rest.finish()
        if last is not None:
            yield last


async def _next(context: Context) -> Piece:
    try:
        piece = await context.pieces.receive()
    except (trio.EndOfChannel, trio.ClosedResourceError):
        raise EngineUnavailable(NAME, "the connection broke off") from None
    if isinstance(piece, EngineError):
        raise piece
    return piece
