"""A model and a voice that take exactly as long as they are told to, no more and no less.

They stand behind the project's own protocol servers, so that everything between them and the call is real: sockets,
HTTP, JSON, Base64. Their times are all that a turn should cost; the rest is ours.
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

__all__ = ["Delays", "PacedLlm", "PacedTts", "tokens_of"]

_WORD_S = 0.3


@attrs.define
class Delays:
    """What one call's model and voice take, in seconds: to the first token of each answer, to the first sound of each
    sentence. ``answers``: how many were begun."""

    ttft: float = 0.0
    ttfb: float = 0.0
    answers: int = 0


def tokens_of(text: str) -> list[str]:
    """Words with the blank before them, and marks: about what a tokeniser makes of plain English."""
    return re.findall(r" ?\w+(?:'\w+)?|[^\w\s]", text)


class PacedLlm:
    """Answers everything with ``answer``: the first token after ``delays.ttft``, then one each ``token_s`` seconds."""

    name = "paced"
    model = "paced"

    def __init__(self, answer: str, token_s: float, delays: Delays) -> None:
        self._tokens, self._token_s, self._delays = tokens_of(answer), token_s, delays

    @asynccontextmanager
    async def stream(self, request: LlmRequest) -> AsyncIterator[AsyncIterator[LlmDelta]]:  # noqa: ARG002
        self._delays.answers += 1
        yield self._answer(self._delays.ttft, trio.current_time())

    async def _answer(self, ttft: float, begun: float) -> AsyncIterator[LlmDelta]:
        for number, token in enumerate(self._tokens):
            await trio.sleep_until(begun + ttft + number * self._token_s)
            yield LlmText(token)
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
        await trio.sleep(self._delays.ttfb)
        length = round(_WORD_S * AGENT_RATE)
        words = [
            WordTiming(m.start(), m.end(), i * length, (i + 1) * length)
            for i, m in enumerate(re.finditer(r"\S+", text))
        ]
        tone = 2000 * np.sin(2 * np.pi * 220 / AGENT_RATE * np.arange(len(words) * length))
        return SpeechChunk(to_bytes(tone.astype(np.int16)), tuple(words))


@attrs.frozen
class _Voice:
    _tts: PacedTts

    async def say(self, text: str) -> AsyncIterator[SpeechChunk]:
        yield await self._tts.speak(text)
