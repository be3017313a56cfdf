"""One sentence as its audio comes: whole samples, counted, with the words that end in them. Pure."""

from __future__ import annotations

import attrs

from actors.cloud._elevenlabs_alignment import CharacterClock, rest_after
from actors.cloud._elevenlabs_wire import Piece
from actors.ports import SpeechChunk, WordTiming

__all__ = ["Sentence"]

_BYTES = 2  # a sample


class Sentence:
    """``samples``: the audio given out so far; ``complete``: no more of it is to come."""

    def __init__(self, text: str, *, first_char: int = 0, first_sample: int = 0) -> None:
        self.text = text
        self.samples = 0
        self.complete = False
        self._first_char, self._first_sample = first_char, first_sample
        self._clock = CharacterClock(text)
        self._words: list[WordTiming] = []
        self._rest = b""  # to be given out with the next piece, which may end in the middle of a sample

    def precede(self, piece: Piece) -> None:
        """Audio that belongs to none of the words: given out, and counted, before the first piece."""
        self._rest += piece.pcm[: len(piece.pcm) // _BYTES * _BYTES]

    def add(self, piece: Piece, *, absolute: bool = False) -> SpeechChunk | None:
        """The next piece; None if there is nothing to give out yet. ``absolute``: its times count from the beginning
        of the text, not of the piece."""
        data, at = self._rest + piece.pcm, self.samples + len(self._rest) // _BYTES
        whole = len(data) // _BYTES * _BYTES
        data, self._rest = data[:whole], data[whole:]
        self.samples += whole // _BYTES
        if piece.times is not None:
            self._clock.align(piece.times, at, absolute=absolute)
        self.complete = self._clock.is_complete(self.samples)
        words = self._give(self._clock.take(self.samples))
        return SpeechChunk(data, words) if data or words else None

    def finish(self, chunk: SpeechChunk | None = None) -> SpeechChunk | None:
        """No more audio comes: the last ``chunk``, with the words that are left."""
        self.complete = True
        words = self._give(self._clock.finish(self.samples))
        if chunk is None:
            return SpeechChunk(b"", words) if words else None
        return attrs.evolve(chunk, words=(*chunk.words, *words))

    def rest(self) -> Sentence:
        """The words that were not completely given out, as a sentence of their own whose timings count in this one."""
        start = rest_after(self.text, self._words)
        return Sentence(
            self.text[start:],
            first_char=self._first_char + start,
            first_sample=self._first_sample + self.samples,
        )

    def _give(self, words: tuple[WordTiming, ...]) -> tuple[WordTiming, ...]:
        self._words += words
        chars, samples = self._first_char, self._first_sample
        return tuple(
            WordTiming(word.start_char + chars, word.end_char + chars, word.start + samples, word.end + samples)
            for word in words
        )
