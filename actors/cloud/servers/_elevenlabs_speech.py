"""A local voice in ElevenLabs' clothes: a text becomes pieces of audio, each with the times of its characters.

The local voice times words; their characters share the word's time evenly, and the blank between two words gets the
time between. Pieces end where a character ends, in whole milliseconds, so that times are exact.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
import trio

from actors.audio import resample, to_array, to_bytes
from actors.cloud.servers._faults import Latency
from actors.ports import AGENT_RATE, Tts, WordTiming

__all__ = ["Speech", "SpokenPiece", "at_rate", "pieces_of", "rate_of"]

_RATES = (8000, 16_000, 22_050, 24_000, 44_100, 48_000)
_PIECE = 250  # milliseconds, about
_MS = AGENT_RATE // 1000  # samples


@attrs.frozen
class SpokenPiece:
    """``pcm`` is 16-bit mono at 24 kHz; ``chars`` with their ``starts`` and ``ends`` in milliseconds from the piece's
    own beginning, which is ``begin`` in the whole. ``chars`` is empty where the voice gives no times."""

    pcm: bytes = attrs.field(repr=False)
    begin: int
    chars: tuple[str, ...] = ()
    starts: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()

    @property
    def seconds(self) -> float:
        return len(self.pcm) / 2 / AGENT_RATE

    def socket_alignment(self) -> dict[str, Any] | None:
        """As in a message of the WebSocket."""
        lasts = [end - start for start, end in zip(self.starts, self.ends, strict=True)]
        value = {"chars": list(self.chars), "charStartTimesMs": list(self.starts), "charDurationsMs": lasts}
        return value if self.chars else None

    def stream_alignment(self) -> dict[str, Any] | None:
        """As in a line of the HTTP stream: times count from the beginning of the whole."""
        value = {
            "characters": list(self.chars),
            "character_start_times_seconds": [(self.begin + start) / 1000 for start in self.starts],
            "character_end_times_seconds": [(self.begin + end) / 1000 for end in self.ends],
        }
        return value if self.chars else None


def rate_of(output_format: str) -> int | None:
    """The sample rate of an output format; None for one that is not served here (only PCM is)."""
    kind, _, rate = output_format.partition("_")
    return int(rate) if kind == "pcm" and rate.isdecimal() and int(rate) in _RATES else None


def at_rate(pcm: bytes, rate: int) -> bytes:
    """PCM at 24 kHz, at another rate."""
    return to_bytes(resample(to_array(pcm), AGENT_RATE, rate))


@attrs.frozen
class Speech:
    """A voice as slow as it is ordered to be. ``latency``: to the first audio; ``speed``: times real time, or None for
    as fast as it goes."""

    tts: Tts
    latency: Latency
    speed: float | None
    rng: random.Random

    async def spoken(self, text: str) -> tuple[SpokenPiece, ...]:
        """``text`` as pieces. Raises what the voice raises."""
        await trio.sleep(self.latency.draw(self.rng))
        audio = [np.zeros(0, np.int16)]
        words: list[WordTiming] = []
        async with self.tts.open_voice(0) as voice:
            async for chunk in voice.say(text.rstrip()):  # the blank that ends a message is none of the sentence
                audio.append(to_array(chunk.pcm))
                words += chunk.words
        return pieces_of(text, to_bytes(np.concatenate(audio)), words)

    async def pace(self, piece: SpokenPiece) -> None:
        """Wait as long as this piece takes to make."""
        if self.speed is not None:
            await trio.sleep(piece.seconds / self.speed)


def pieces_of(text: str, pcm: bytes, words: Sequence[WordTiming]) -> tuple[SpokenPiece, ...]:
    """Audio at 24 kHz cut up, with the characters of ``text``. Pure."""
    times = _character_times(text, words, len(pcm) // 2 // _MS)
    pieces: list[SpokenPiece] = []
    begin, first = 0, 0
    for i, (_, end) in enumerate(times):
        last = i == len(times) - 1
        if end - begin >= _PIECE or last:
            data = pcm[begin * _MS * 2 :] if last else pcm[begin * _MS * 2 : end * _MS * 2]
            starts, ends = zip(*[(s - begin, e - begin) for s, e in times[first : i + 1]], strict=True)
            pieces.append(SpokenPiece(data, begin, tuple(text[first : i + 1]), starts, ends))
            begin, first = end, i + 1
    if not pieces:
        step = _PIECE * _MS * 2
        pieces = [SpokenPiece(pcm[at : at + step], at // (_MS * 2)) for at in range(0, len(pcm), step)]
    return tuple(pieces)


def _character_times(text: str, words: Sequence[WordTiming], total: int) -> list[tuple[int, int]]:
    """Start and end of each character in milliseconds, each beginning where the one before ended."""
    if not words:
        return []
    ends = [0] * len(text)
    known = -1  # the last character whose end is known
    for word in words:
        start, end = word.start // _MS, min(word.end // _MS, total)
        _share(ends, known + 1, word.start_char, ends[known] if known >= 0 else 0, start)
        _share(
            ends, word.start_char, word.end_char, max(start, ends[word.start_char - 1] if word.start_char else 0), end
        )
        known = word.end_char - 1
    _share(ends, known + 1, len(text), ends[known], ends[known])
    return [(ends[i - 1] if i else 0, ends[i]) for i in range(len(text))]


def _share(ends: list[int], first: int, behind: int, begin: int, end: int) -> None:
    end = max(begin, end)
    for i in range(first, behind):
        ends[i] = begin + (end - begin) * (i - first + 1) // (behind - first)
