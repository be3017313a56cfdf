"""Text to speech by hibari (voice "heart" in its package), with the word timings that its model knows.

One run of the model takes 20 to 90 ms for a sentence, with the GIL dropped; it needs the sentence whole, so a sentence
is made at once in a thread and handed out in slices. The model puts 300 ms of silence in front of a sentence and
440 ms behind it: most of the first is cut, since the caller would wait for it, and the second is cut to a pause that
fits the punctuation.

Its ONNX file computes the duration of every phoneme and keeps it to itself. Appending one more output to the graph
makes it known: a protobuf message is merged with what follows it, so a few bytes at the end of the file's content do.
Should a later file name that tensor otherwise, loading falls back to durations in proportion.
"""

from __future__ import annotations

import functools
import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import trio

from actors.audio import from_float, to_bytes
from actors.errors import EngineMissing, EngineUnavailable
from actors.local._files import package_file
from actors.local._word_timing import Piece, TimedSpan, fitted, original_spans, piece_times, word_times
from actors.ports import AGENT_RATE, Pcm, SpeechChunk, TtsVoice, WordTiming

__all__ = ["HibariTts", "HibariVoice", "Spoken"]

SLICE = AGENT_RATE * 120 // 1000  #: samples in a chunk
LEAD = AGENT_RATE * 30 // 1000  #: samples of silence left before the first word
_PAUSE = {".": 280, "!": 280, "?": 280, "…": 280, ":": 200, ";": 200, ",": 150, "—": 150}  #: ms left after the last
_NO_PAUSE = 80
_FRAME = 600  #: samples in one of the model's frames
_LONGEST = 160  #: characters at once; what is longer is made part by part, so that the first is heard sooner
_BREAK = re.compile(r"(?<=[.!?…;:,—])\s+")
_DURATIONS = b"/Cast_32_output_0"
_FIT = AGENT_RATE // 100  #: samples in a frame that is loud or not, for fitting words to the sound
_FAINT = 10 ** (-36 / 20)  #: a frame this far under the loudest is part of a pause
_SILENT = 10 ** (-46 / 20)  #: a sample this far under the loudest is silence


@attrs.frozen
class Spoken:
    """A piece of text made audible: int16 at 24 kHz, and where its words lie."""

    samples: Pcm = attrs.field(eq=False, repr=False)
    words: tuple[WordTiming, ...]


class HibariVoice:
    """The voice of one turn."""

    def __init__(self, engine: HibariTts) -> None:
        self._engine = engine

    async def say(self, text: str) -> AsyncIterator[SpeechChunk]:
        before = 0
        for start, end in _parts(text):
            spoken = await self._engine.speak(text[start:end])
            words = [
                WordTiming(word.start_char + start, word.end_char + start, word.start + before, word.end + before)
                for word in spoken.words
            ]
            for chunk in _slices(spoken.samples, words, before):
                yield chunk
            before += len(spoken.samples)


class HibariTts:
    """hibari: one model per process, used by any number of voices in turn.

    Loading takes 0.6 s and blocks: make it in a thread. ``voice`` is "heart", or the path of another voice's ONNX file
    ("heart" decides the pronunciation). EngineMissing without its package or voice.
    """

    name = "hibari"

    def __init__(self, voice: str = "heart") -> None:
        path = (
            package_file(self.name, "hibari", "hibari-tts", "assets", "hibari.onnx")
            if voice in ("heart", "auto")
            else Path(voice)
        )
        try:
            from hibari import Hibari, dsp
            from hibari.g2p.normalize import normalize
        except ImportError as error:
            raise EngineMissing(self.name, f"hibari-tts cannot be loaded here: {error}") from error
        if not path.is_file():
            raise EngineMissing(self.name, f"no voice at {path}; only the voice heart comes with the package")
        self._dsp, self._normalize = dsp, normalize
        model = path.read_bytes()
        try:
            self._hibari: Any = Hibari(model=model + _one_more_output(_DURATIONS))
        except Exception:
            self._hibari = Hibari(model=model)
        self._g2p = self._hibari.g2p
        self._limiter = trio.CapacityLimiter(1)

    def open_voice(self, turn: int) -> AbstractAsyncContextManager[TtsVoice]:  # noqa: ARG002 - nothing to tell apart
        @asynccontextmanager
        async def voice() -> AsyncIterator[TtsVoice]:
            yield HibariVoice(self)

        return voice()

    def warm_up(self) -> None:
        """Blocking: the first sentence takes ten times as long as the next ones; let it be this one."""
        self.synthesize("Doctor Xyzhe is free at 4:30, shall I book it for you?")

    async def speak(self, text: str) -> Spoken:
        """:meth:`synthesize` in a thread; one at a time, the others wait in order."""
        work = functools.partial(self.synthesize, text)
        return await trio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=self._limiter)

    def synthesize(self, text: str) -> Spoken:
        """Blocking. The text as audio, silence trimmed, with a timing for each word; nothing for nothing sayable."""
        rewritten = self._normalize(text)
        tokens = self._g2p.phonemize_tokens(self._g2p.tokenize(rewritten))
        pieces = [Piece(token.text, token.phonemes or "", " " if token.whitespace else "") for token in tokens]
        vocabulary = self._hibari.vocab
        phonemes = "".join(piece.phonemes + piece.space for piece in pieces).strip()
        ids = [0, *[vocabulary[phoneme] for phoneme in phonemes if phoneme in vocabulary], 0]
        if len(ids) < 3:
            return Spoken(np.empty(0, np.int16), ())
        inputs = {"ids": np.asarray([ids], np.int64), "speed": np.ones(1, np.float32)}
        try:
            outputs = self._hibari.sess.run(None, inputs)
        except Exception as error:
            raise EngineUnavailable(self.name, f"synthesis failed: {type(error).__name__}") from None
        audio = self._dsp.synth(*(output[0] for output in outputs[:6]), np.random.default_rng(0))
        if len(outputs) > 6 and int(outputs[6].sum()) * _FRAME == len(audio):
            frames = [int(count) * _FRAME for count in outputs[6].reshape(-1)]
        else:
            frames = [len(audio) // len(ids)] * len(ids)
        spans = original_spans(
            text,
            "".join(piece.text + piece.space for piece in pieces),
            piece_times(pieces, frames, vocabulary.__contains__),
        )
        return _trimmed(text, from_float(audio), word_times(text, spans))


def _parts(text: str) -> list[tuple[int, int]]:
    """Where to divide ``text`` (start, end): not at all, or at the last pause or else blank within :data:`_LONGEST`."""
    parts: list[tuple[int, int]] = []
    start = 0
    while len(text) - start > _LONGEST:
        window = text[start : start + _LONGEST]
        pauses = [match.start() for match in _BREAK.finditer(window) if match.start() > _LONGEST // 3]
        length = pauses[-1] if pauses else window.rfind(" ", _LONGEST // 3)
        length = length if length > 0 else _LONGEST
        parts.append((start, start + length))
        start += length
    return [*parts, (start, len(text))]


def _trimmed(text: str, samples: Pcm, words: list[TimedSpan]) -> Spoken:
    sound = np.abs(samples.astype(np.int32))
    loud = np.flatnonzero(sound > sound.max(initial=0) * _SILENT)
    if not len(loud):
        return Spoken(np.empty(0, np.int16), ())
    last = text.rstrip("\"'”\u2019)]* ")[-1:]
    start = max(0, int(loud[0]) - LEAD)
    end = min(len(samples), int(loud[-1]) + _PAUSE.get(last, _NO_PAUSE) * AGENT_RATE // 1000)
    frames = np.sqrt(np.mean(np.square(samples[: len(samples) // _FIT * _FIT].reshape(-1, _FIT), dtype=float), axis=1))
    words = fitted(words, list(frames > frames.max() * _FAINT), _FIT)
    timed = tuple(
        WordTiming(
            word.start_char, word.end_char, *(min(max(at - start, 0), end - start) for at in (word.start, word.end))
        )
        for word in words
    )
    return Spoken(samples[start:end], timed)


def _slices(samples: Pcm, words: list[WordTiming], before: int) -> list[SpeechChunk]:
    """The audio cut up, each slice with the words that end in it; ``before``: samples that came before it."""
    chunks = []
    for start in range(0, len(samples), SLICE):
        end = min(start + SLICE, len(samples))
        last = end == len(samples)
        ended = tuple(w for w in words if start < w.end - before <= end or (last and w.end - before > end))
        chunks.append(SpeechChunk(to_bytes(samples[start:end]), ended))
    return chunks


def _one_more_output(tensor: bytes) -> bytes:
    """What to append to an ONNX file so that it gives out ``tensor``: ModelProto.graph(7).output(12).name(1)."""

    def field(number: int, content: bytes) -> bytes:
        assert len(content) < 128
        return bytes([number << 3 | 2, len(content)]) + content

    return field(7, field(12, field(1, tensor)))
