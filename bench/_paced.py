"""A model and a voice that take exactly as long as they are told to, no more and no less.

They stand behind the project's own protocol servers, so that everything between them and the call is real: sockets,
HTTP, JSON, Base64. On a connection that is tapped (:mod:`bench._tap`) their time counts from when the request came in,
so that reading it costs nothing extra; and they note when they were asked, and when what they gave went out.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import numpy as np
import trio

from actors.audio import to_bytes
from actors.ports import AGENT_RATE, LlmDelta, LlmFinished, LlmRequest, LlmText, SpeechChunk, TtsVoice, WordTiming
from bench._account import Piece
from bench._tap import Tap, tap

__all__ = ["Delays", "PacedLlm", "PacedTts", "tokens_of"]

_WORD_S = 0.3


@attrs.define
class _Work:
    """One request: when it came in, when each part of what it got was ready, and the connection they went out by."""

    asked: float
    by: Tap | None
    ready: list[float] = attrs.field(factory=list)

    def piece(self) -> Piece:
        if self.by is None:
            return Piece(self.asked, tuple(self.ready))
        sent = [self.by.sent_since(at) for at in self.ready]
        return Piece(self.asked, tuple(at for at in sent if at is not None))


@attrs.define
class Delays:
    """What one call's model and voice take, in seconds: to the first token of each answer, to each further one, to the
    first sound of each sentence. ``answers`` and ``sentences``: what was asked of them."""

    ttft: float = 0.0
    token_s: float = 0.0
    ttfb: float = 0.0
    _answers: list[_Work] = attrs.field(factory=list, init=False)
    _sentences: list[_Work] = attrs.field(factory=list, init=False)

    @property
    def answers(self) -> tuple[Piece, ...]:
        return tuple(work.piece() for work in self._answers)

    @property
    def sentences(self) -> tuple[Piece, ...]:
        return tuple(work.piece() for work in self._sentences)

    def set(self, *, ttft: float, token_s: float, ttfb: float) -> None:
        """From now on; and forget what was asked so far."""
        self.ttft, self.token_s, self.ttfb = ttft, token_s, ttfb
        self._answers, self._sentences = [], []

    def answer(self) -> _Work:
        return _begun(self._answers)

    def sentence(self) -> _Work:
        return _begun(self._sentences)


def _begun(works: list[_Work]) -> _Work:
    by = tap()
    work = _Work(trio.current_time() if by is None else by.received, by)
    works.append(work)
    return work


def tokens_of(text: str) -> list[str]:
    """Words with the blank before them, and marks: about what a tokeniser makes of plain English."""
    return re.findall(r" ?\w+(?:'\w+)?|[^\w\s]", text)


class PacedLlm:
    """Answers everything with ``answer``, at the pace of ``delays``."""

    name = "paced"
    model = "paced"

    def __init__(self, answer: str, delays: Delays) -> None:
        self._tokens, self._delays = tokens_of(answer), delays

    @asynccontextmanager
    async def stream(self, request: LlmRequest) -> AsyncIterator[AsyncIterator[LlmDelta]]:  # noqa: ARG002
        yield self._answer(self._delays.answer(), self._delays.ttft, self._delays.token_s)

    async def _answer(self, work: _Work, ttft: float, token_s: float) -> AsyncIterator[LlmDelta]:
        for number, token in enumerate(self._tokens):
            await _sleep_until(work.asked + ttft + number * token_s)
            work.ready.append(trio.current_time())
            yield LlmText(token)
        work.ready.append(trio.current_time())
        yield LlmFinished("stop", completion_tokens=len(self._tokens))


class PacedTts:
    """Speaks a soft tone, 0.3 s a word, all at once after ``delays.ttfb``."""

    name = "paced"

    def __init__(self, delays: Delays) -> None:
        self._delays = delays

    @asynccontextmanager
    async def open_voice(self, turn: int) -> AsyncIterator[TtsVoice]:  # noqa: ARG002 - the port's name
        yield _Voice(self)

    async def speak(self, text: str) -> SpeechChunk:
        work = self._delays.sentence()
        chunk = _tone(text)
        await _sleep_until(work.asked + self._delays.ttfb)
        work.ready.append(trio.current_time())
        return chunk


async def _sleep_until(due: float) -> None:
    """To the point: the event loop's own timer is up to a millisecond late."""
    await trio.sleep_until(due - 0.0015)
    while trio.current_time() < due:
        await trio.lowlevel.checkpoint()


def _tone(text: str) -> SpeechChunk:
    length = round(_WORD_S * AGENT_RATE)
    words = [
        WordTiming(m.start(), m.end(), i * length, (i + 1) * length) for i, m in enumerate(re.finditer(r"\S+", text))
    ]
    tone = 2000 * np.sin(2 * np.pi * 220 / AGENT_RATE * np.arange(len(words) * length))
    return SpeechChunk(to_bytes(tone.astype(np.int16)), tuple(words))


@attrs.frozen
class _Voice:
    _tts: PacedTts

    async def say(self, text: str) -> AsyncIterator[SpeechChunk]:
        yield await self._tts.speak(text)
