"""A voice whose sentences are synthesised once: every condition hears the same, and no time goes into it again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import numpy as np
import trio

from actors.audio import level_db, to_array
from actors.ports import Pcm, SpeechChunk, Tts, TtsVoice

__all__ = ["Recorded", "speech_level"]


def speech_level(samples: Pcm) -> float:
    """The level of speech without its pauses (dB): over windows of 20 ms at 16 kHz within 30 dB of the loudest."""
    windows = samples[: len(samples) // 320 * 320].reshape(-1, 320)
    levels = np.array([level_db(window) for window in windows])
    loud = windows[levels > levels.max() - 30]
    return level_db(np.ascontiguousarray(loud).reshape(-1))


class Recorded:
    """A text-to-speech engine in front of another, which it asks for each text once."""

    def __init__(self, engine: Tts) -> None:
        self.name = engine.name
        self._engine = engine
        self._known: dict[str, list[SpeechChunk]] = {}

    @asynccontextmanager
    async def open_voice(self, turn: int) -> AsyncIterator[TtsVoice]:
        async with self._engine.open_voice(turn) as voice:
            yield _RecordedVoice(voice, self._known)

    async def record(self, texts: Iterable[str]) -> None:
        """Have these spoken now."""
        async with self.open_voice(-1) as voice:
            for text in texts:
                async for _ in voice.say(text):
                    pass

    def __getitem__(self, text: str) -> list[SpeechChunk]:
        """The speech of a text that has been said. KeyError where it has not."""
        return self._known[text]

    def level_db(self) -> float:
        """RMS of all that was said, silent stretches left out."""
        return speech_level(np.concatenate([to_array(c.pcm) for chunks in self._known.values() for c in chunks]))


class _RecordedVoice:
    def __init__(self, voice: TtsVoice, known: dict[str, list[SpeechChunk]]) -> None:
        self._voice, self._known = voice, known

    async def say(self, text: str) -> AsyncIterator[SpeechChunk]:
        text = text.rstrip()
        if text not in self._known:
            self._known[text] = [chunk async for chunk in self._voice.say(text)]
        for chunk in self._known[text]:
            await trio.lowlevel.checkpoint()
            yield chunk
