"""A caller who types, and engines for a call without sound.

The call is the same as any other; its voice is a breath of silence with a time for every word, and the line hears all
of it at once. So nothing here waits for real time, and what the agent would say is shown as it says it.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

import trio

from actors.line import CallEnded, HangUp, Incoming, Outgoing, PlaybackReport, StateChanged, TypedText
from actors.ports import Pcm, SpeechChunk, SttStream, TtsVoice, VadStream, WordTiming

__all__ = ["NoStt", "NoVad", "SilentTts", "TextLine"]

_WORD_SAMPLES = 24  # a millisecond
_BYTES = 2
_WAITING = 4096


class TextLine:
    """Implements :class:`actors.line.Line`. ``show`` gets everything as it happens, with the seconds since the call
    began."""

    round_trip = 0.0

    def __init__(self, show: Callable[[float, Outgoing], None]) -> None:
        self._into, self.incoming = trio.open_memory_channel[Incoming](_WAITING)
        self._show = show
        self._start = trio.current_time()
        self._played: dict[int, int] = {}
        self._state = "starting"
        self._changed = trio.Event()
        self.ended = trio.Event()

    def send(self, message: Outgoing) -> None:
        if isinstance(message, StateChanged):
            self._state = message.state
        elif isinstance(message, CallEnded):
            self.ended.set()
        self._show(trio.current_time() - self._start, message)
        self._changed.set()
        self._changed = trio.Event()

    def send_audio(self, turn: int, pcm: bytes) -> None:
        self._played[turn] = self._played.get(turn, 0) + len(pcm) // _BYTES
        with suppress(trio.WouldBlock):  # the next report says it all
            self._into.send_nowait(PlaybackReport(turn, self._played[turn]))

    async def wait_turn(self) -> None:
        """Until the caller has the floor, or the call is over."""
        while self._state != "idle" and not self.ended.is_set():
            await self._changed.wait()

    async def type_text(self, text: str) -> None:
        """Say this; :meth:`wait_turn` then waits for the answer."""
        self._state = "typed"
        await self._into.send(TypedText(text))

    async def hang_up(self) -> None:
        await self._into.send(HangUp("caller"))


class SilentTts:
    """A voice of a millisecond a word."""

    name = "silent"

    def open_voice(self, turn: int) -> AbstractAsyncContextManager[TtsVoice]:  # noqa: ARG002 - the port's
        @asynccontextmanager
        async def voice() -> AsyncIterator[TtsVoice]:
            yield _SilentVoice()

        return voice()


class _SilentVoice:
    async def say(self, text: str) -> AsyncIterator[SpeechChunk]:
        await trio.lowlevel.checkpoint()
        words = tuple(
            WordTiming(word.start(), word.end(), at * _WORD_SAMPLES, (at + 1) * _WORD_SAMPLES)
            for at, word in enumerate(re.finditer(r"\S+", text))
        )
        yield SpeechChunk(bytes(len(words) * _WORD_SAMPLES * _BYTES), words)


class NoVad:
    """Hears nothing."""

    name = "none"

    def open_stream(self) -> VadStream:
        return _NoVadStream()


class _NoVadStream:
    window = 512

    def feed(self, samples: Pcm) -> Sequence[float]:  # noqa: ARG002 - the port's
        return ()

    def reset(self) -> None:
        pass


class NoStt:
    """Understands nothing."""

    name = "none"

    async def open_stream(self, *, hints: Sequence[str] = ()) -> SttStream:  # noqa: ARG002 - the port's
        await trio.lowlevel.checkpoint()
        return _NoSttStream()


class _NoSttStream:
    def begin(self, segment: int) -> None:
        pass

    def push(self, samples: Pcm) -> None:
        pass

    async def partial(self) -> str:
        await trio.lowlevel.checkpoint()
        return ""

    async def final(self) -> str:
        await trio.lowlevel.checkpoint()
        return ""

    async def aclose(self) -> None:
        await trio.lowlevel.checkpoint()
