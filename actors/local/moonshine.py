"""Speech to text by Moonshine tiny (English), with the model that its package carries.

The library transcribes one piece of audio per call (70 ms for 1 s, 250 ms for 4 s, 500 ms for 8 s on one core) and
drops the GIL meanwhile. One instance is used by one thread at a time: a limiter of one belongs to the engine, and a
cancelled call gives its place back only when its thread has really ended. Partials never wait in that queue: while the
engine is busy they answer with what is known, so a final waits for one piece of work at most.

The library's own voice detector is off (``vad_threshold`` 0): it cuts a spurious first piece out of speech that begins
at once, which then reads "You" or "1", and it costs a third of the time. The call has cut the segments already.
"""

from __future__ import annotations

import ctypes
import functools
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import trio

from actors.audio import to_float
from actors.errors import EngineMissing, EngineUnavailable
from actors.local._files import package_file
from actors.local._segment import Span, cut_point, padded, speech_span
from actors.local._transcript import cleaned
from actors.ports import CALLER_RATE, Pcm, SttStream

__all__ = ["MoonshineStream", "MoonshineStt"]

Transcribe = Callable[[Pcm], str]  #: what the library does: 16 kHz audio to raw text, blocking


class MoonshineStream:
    """One call's recogniser. Audio that is settled (a long segment's beginning) is not kept."""

    def __init__(self, transcribe: Transcribe, limiter: trio.CapacityLimiter) -> None:
        self._transcribe = transcribe
        self._limiter = limiter
        self._segment = -1
        self._open()

    def _open(self) -> None:
        self._pieces: list[Pcm] = []
        self._settled: list[str] = []
        self._span: Span | None = None
        self._text = ""

    def begin(self, segment: int) -> None:
        if segment <= self._segment:
            raise ValueError(f"segment {segment} after segment {self._segment}")
        self._segment = segment
        self._open()

    def push(self, samples: Pcm) -> None:
        self._pieces.append(samples)

    async def partial(self) -> str:
        if self._limiter.available_tokens < 1:
            await trio.lowlevel.checkpoint()
            return self._whole(self._text)
        return await self._update()

    async def final(self) -> str:
        return await self._update()

    async def aclose(self) -> None:
        self._open()
        await trio.lowlevel.checkpoint()

    async def _update(self) -> str:
        """Transcribe what has been pushed so far; nothing is done twice for the same speech."""
        segment = self._segment
        audio = self._audio()
        while (cut := cut_point(audio)) is not None:
            span = speech_span(audio[:cut])
            text = self._text if span == self._span else await self._run(audio[:cut], span)
            if segment != self._segment:
                return ""
            if cut_point(self._audio()) == cut:  # else a final running beside a partial has settled it already
                self._settled.append(text)
                self._pieces = [self._audio()[cut:]]
                self._span, self._text = None, ""
            audio = self._audio()
        span = speech_span(audio)
        if span is None or span == self._span:
            await trio.lowlevel.checkpoint()
            return self._whole(self._text if span else "")
        text = await self._run(audio, span)
        if segment == self._segment:
            self._span, self._text = span, text
        return self._whole(text)

    async def _run(self, audio: Pcm, span: Span | None) -> str:
        if span is None:
            return ""
        work = functools.partial(self._transcribe, padded(audio, span))
        raw = await trio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=self._limiter)
        return cleaned(raw)

    def _audio(self) -> Pcm:
        if len(self._pieces) != 1:
            self._pieces = [np.concatenate(self._pieces) if self._pieces else np.empty(0, np.int16)]
        return self._pieces[0]

    def _whole(self, text: str) -> str:
        return " ".join(part for part in (*self._settled, text) if part)


class MoonshineStt:
    """Moonshine tiny: one model per process, used by any number of streams in turn.

    Loading takes about half a second and blocks: make it in a thread. EngineMissing without its package or model.
    """

    name = "moonshine"

    def __init__(self) -> None:
        self._transcribe = _load(self.name)
        self._limiter = trio.CapacityLimiter(1)

    async def open_stream(self, *, hints: Sequence[str] = ()) -> SttStream:  # noqa: ARG002 - the model takes none
        await trio.lowlevel.checkpoint()
        return MoonshineStream(self._transcribe, self._limiter)

    def warm_up(self) -> None:
        """Blocking: the first transcription takes longer than the next ones; let it be this one."""
        rng = np.random.default_rng(0)
        self._transcribe(rng.normal(0, 500, CALLER_RATE).astype(np.int16))


def _load(engine: str) -> Transcribe:
    model = package_file(engine, "moonshine_voice", "moonshine-voice<0.1.1", "assets", "tiny-en")
    try:
        from moonshine_voice.moonshine_api import ModelArch, TranscriptC
        from moonshine_voice.transcriber import Transcriber
    except (ImportError, OSError) as error:
        raise EngineMissing(engine, f"moonshine-voice cannot be loaded here: {type(error).__name__}") from error
    # Read by the library as it loads. Its second thread gains a tenth on an idle machine; on a busy one the two wait
    # for each other and take twice as long.
    os.environ["MOONSHINE_ORT_SINGLE_THREAD"] = "1"
    options = {"vad_threshold": "0", "return_audio_data": "false"}
    try:
        transcriber: Any = Transcriber(model, ModelArch.TINY, options=options)
    except Exception as error:
        raise EngineMissing(engine, f"the model in {model.name} cannot be loaded: {error}") from error

    def transcribe(samples: Pcm) -> str:
        # The library's own method takes a list of Python floats: 5 ms for 4 s of audio with the GIL held.
        audio = to_float(samples)
        result = ctypes.POINTER(TranscriptC)()
        pointer = audio.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        code = transcriber._lib.moonshine_transcribe_without_streaming(
            transcriber._handle, pointer, len(audio), CALLER_RATE, 0, ctypes.byref(result)
        )
        if code:
            raise EngineUnavailable(engine, f"transcription failed with code {code}")
        return " ".join(line.text for line in transcriber._parse_transcript(result).lines)

    return transcribe
