"""What the call needs from the outside, as typed protocols: engines on one side, the caller's line on the other.

An engine is one per process (or one per provider connection pool); a *stream* or *voice* is one per call or turn.
Engines raise only :mod:`actors.errors`. Cancelling any ``await`` below discards the result at once and never waits for
a thread.

Audio, everywhere: mono, signed 16-bit little-endian PCM. Caller audio is 16 kHz, agent audio is 24 kHz.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal, Protocol, runtime_checkable

import attrs
import numpy as np
import numpy.typing as npt

from statechart import Message, ToolCall

__all__ = [
    "AGENT_RATE",
    "CALLER_RATE",
    "Intent",
    "Llm",
    "LlmDelta",
    "LlmFinished",
    "LlmMessage",
    "LlmRequest",
    "LlmText",
    "LlmToolCall",
    "Monitored",
    "Pcm",
    "SignalKind",
    "SpeechChunk",
    "Stt",
    "SttStream",
    "ToolSpec",
    "Tts",
    "TtsVoice",
    "TurnSignal",
    "TurnSignalStream",
    "Vad",
    "VadStream",
    "WordTiming",
]

CALLER_RATE = 16_000  #: Hz, caller audio
AGENT_RATE = 24_000  #: Hz, agent audio

Pcm = npt.NDArray[np.int16]  #: one-dimensional, mono


@runtime_checkable
class Monitored(Protocol):
    """An engine that knows whether it can be asked at all; ask with ``isinstance``."""

    @property
    def trouble(self) -> str | None:
        """Why it cannot do its work at the moment, in words; None: it can, as far as it knows. Answers at once."""


# --- voice activity ---------------------------------------------------------------------------------------------------


class VadStream(Protocol):
    """One call's voice detector; keeps the model's memory between frames."""

    window: int  #: samples a probability covers (Silero: 512, i.e. 32 ms)

    def feed(self, samples: Pcm) -> Sequence[float]:
        """Take caller audio of any length; return one speech probability (0..1) for each window that it completed."""

    def reset(self) -> None:
        """Forget the past (a new call, or after a long gap in the audio)."""


class Vad(Protocol):
    name: str

    def open_stream(self) -> VadStream: ...


# --- intent -----------------------------------------------------------------------------------------------------------


class Intent(Protocol):
    """Tells whether somebody who makes a sound over the agent means it."""

    name: str

    async def meant(self, samples: Pcm) -> float | None:
        """How likely (0..1) this is words for the agent, not a backchannel, laughter or a noise. ``samples``: caller
        audio from a little before the sound set in; None where it is too little to tell."""

    def with_words(self, text: str, sound: float | None) -> float | None:
        """The same with what the recogniser made of it. ``sound``: what :meth:`meant` says, if anything; it is the
        answer where there are no words. Pure and quick."""


# --- speech to text ---------------------------------------------------------------------------------------------------


class SttStream(Protocol):
    """One call's recogniser. A *segment* is caller speech between two long pauses; one is open at a time."""

    def begin(self, segment: int) -> None:
        """Open a segment (numbers only rise); what was pushed before is dropped."""

    def push(self, samples: Pcm) -> None:
        """Add caller audio to the open segment. Never blocks."""

    async def partial(self) -> str:
        """The transcript so far of the open segment; may change later. Streaming engines return what they have."""

    async def final(self) -> str:
        """The settled transcript of everything pushed to the open segment before this call.

        Called at each likely end of speech, possibly several times a segment, each covering the whole segment.
        """

    async def aclose(self) -> None: ...


SignalKind = Literal["started", "likely_end", "resumed", "ended"]


@attrs.frozen
class TurnSignal:
    """What a recogniser thinks of the caller's turn, apart from the words.

    ``likely_end``: it may be over, answer ``text`` on trial. ``resumed``: it is not. ``ended``: it is, with ``text``,
    the same as at ``likely_end`` if that came before. In each segment ``started`` comes first, and a ``likely_end`` is
    followed by ``resumed`` or ``ended`` before there is another.

    ``segment``: the open one. ``text``: everything heard of it so far. ``samples``: how much of its audio that covers.
    ``confidence``: how sure the recogniser is that the turn is over, 0 to 1; 0 where it does not say.
    """

    kind: SignalKind
    segment: int
    text: str
    samples: int
    confidence: float = 0.0


@runtime_checkable
class TurnSignalStream(SttStream, Protocol):
    """A recogniser that also judges turns; ask with ``isinstance``. Its signals are hints: the call's own end-of-turn
    detection goes on beside them, so one that gives none, or has failed, only costs time."""

    async def next_signal(self) -> TurnSignal:
        """Wait for the next signal, for ever if there is none; one task at a time. Those of segments that are closed
        are dropped, and so are the oldest when nobody asks for long."""


class Stt(Protocol):
    name: str

    async def open_stream(self, *, hints: Sequence[str] = ()) -> SttStream:
        """``hints``: names and words likely to be said (doctors, medicines); engines may ignore them."""


# --- language model ---------------------------------------------------------------------------------------------------


#: A function call the model asks for, and a chat message: the history's own values.
LlmToolCall = ToolCall
LlmMessage = Message


@attrs.frozen
class ToolSpec:
    """A function as a model sees it. ``parameters`` is a JSON schema of type "object"."""

    name: str
    description: str
    parameters: Mapping[str, Any] = attrs.field(eq=False)


@attrs.frozen
class LlmRequest:
    messages: tuple[LlmMessage, ...]
    tools: tuple[ToolSpec, ...] = ()
    max_tokens: int = 256
    temperature: float = 0.0


@attrs.frozen
class LlmText:
    text: str


@attrs.frozen
class LlmFinished:
    """Last item of every stream. ``reason``: "stop", "tool_calls", "length" or "content_filter"."""

    reason: str
    prompt_tokens: int = 0
    completion_tokens: int = 0


LlmDelta = LlmText | LlmToolCall | LlmFinished  #: tool calls come whole, after their last fragment


class Llm(Protocol):
    name: str
    model: str

    def stream(self, request: LlmRequest) -> AbstractAsyncContextManager[AsyncIterator[LlmDelta]]:
        """Stream an answer. Leaving the context closes the request, so that the server stops generating."""


# --- text to speech ---------------------------------------------------------------------------------------------------


@attrs.frozen
class WordTiming:
    """Where a word of the spoken text lies. Characters index the text given to ``say``; samples are at AGENT_RATE and
    count from the first sample of that ``say``."""

    start_char: int
    end_char: int
    start: int
    end: int


@attrs.frozen
class SpeechChunk:
    """Synthesised audio, and the timings of words that *end* in it or in an earlier chunk of the same ``say``."""

    pcm: bytes
    words: tuple[WordTiming, ...] = ()


class TtsVoice(Protocol):
    """The voice of one turn (ElevenLabs: one context)."""

    def say(self, text: str) -> AsyncIterator[SpeechChunk]:
        """Speak one sentence. At most one ``say`` of a voice runs at a time."""


class Tts(Protocol):
    name: str

    def open_voice(self, turn: int) -> AbstractAsyncContextManager[TtsVoice]:
        """A voice for one turn; leaving the context withdraws whatever was not spoken yet."""
