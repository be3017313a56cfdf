"""Fixed words, synthesised once per process: the greeting is there at once, and the apology needs no engine.

A voice ends a sentence with a third of a second of silence. Behind a filler the answer waits for it, and behind a
question the caller's turn does, so of a fixed phrase only a little of it is kept.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence

import attrs
import numpy as np

from actors.errors import EngineError
from actors.ports import AGENT_RATE, SpeechChunk, Tts

__all__ = ["Phrasebook", "without_silence_behind"]

_log = logging.getLogger(__name__)

_KEEP = AGENT_RATE // 10  # samples of silence behind the last sound: what follows must not stumble into it
_AUDIBLE = 10 ** (-40 / 20)  # of the peak


def without_silence_behind(chunks: Sequence[SpeechChunk]) -> tuple[SpeechChunk, ...]:
    """The same speech with 100 ms of silence at its end at most. No word's timing moves, none reaches past the end."""
    pcm = b"".join(chunk.pcm for chunk in chunks)
    sound = np.abs(np.frombuffer(pcm, np.int16).astype(np.int32))
    loud = np.flatnonzero(sound > sound.max(initial=0) * _AUDIBLE)
    if not len(loud) or (end := int(loud[-1]) + 1 + _KEEP) >= len(sound):
        return tuple(chunks)
    words = (word for chunk in chunks for word in chunk.words)
    timed = tuple(attrs.evolve(word, start=min(word.start, end), end=min(word.end, end)) for word in words)
    return (SpeechChunk(pcm[: end * 2], timed),)


class Phrasebook:
    """Speech of fixed texts. Immutable once made."""

    def __init__(self, speech: Mapping[str, tuple[SpeechChunk, ...]] | None = None) -> None:
        self._speech = dict(speech or {})

    @classmethod
    async def synthesise(cls, tts: Tts, texts: Iterable[str]) -> Phrasebook:
        """Speak all ``texts`` now. A text that fails is left out, and spoken by the engine when it is due."""
        speech: dict[str, tuple[SpeechChunk, ...]] = {}
        async with tts.open_voice(-1) as voice:
            for text in dict.fromkeys(texts):
                try:
                    speech[text] = without_silence_behind([chunk async for chunk in voice.say(text)])
                except EngineError as error:
                    _log.warning("a fixed phrase could not be synthesised: %s", error)
        return cls(speech)

    def get(self, text: str) -> tuple[SpeechChunk, ...] | None:
        """The speech of this text, if it is in the book."""
        return self._speech.get(text)
