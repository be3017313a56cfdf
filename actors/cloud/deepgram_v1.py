"""Deepgram's listen v1 (nova-3) as a recogniser: partial and final results, settled on our own end of turn.

The SDK's types decode, trio carries. Our ``final()`` sends Finalize and waits for results up to there; KeepAlive goes
out while no segment is open; CloseStream ends it. SpeechStarted, speech_final and UtteranceEnd come out as turn signals
(:class:`actors.ports.TurnSignal`), the latter two as a likely end: they tell of silence and of a gap between words, and
not that a number is complete.

Tried against the project's own protocol server only, which the official SDK also talks to. Never tried against the live
service: how it times words that a replay cuts into, whether it answers every Finalize (an unanswered one costs
``answer`` seconds, then what is known is returned or the audio replayed), the pace of replay that it tolerates (1.25
times real time is what its documentation advises), whether it answers pings, and its wording of errors within a stream.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import trio

from actors.cloud._deepgram_dialect import Failed, Heard, Signalled
from actors.cloud._deepgram_stream import DeepgramStream
from actors.cloud._deepgram_stt import DeepgramStt, SdkDialect, keyterms, load_decoder, seconds
from actors.cloud._deepgram_words import Spoken
from actors.ports import CALLER_RATE

__all__ = ["DeepgramV1Stt", "V1Dialect", "spread"]

_OPTIONS = {
    "language": "en",
    "interim_results": "true",
    "endpointing": "300",
    "utterance_end_ms": "1000",
    "vad_events": "true",
    "smart_format": "true",
    "punctuate": "true",
}
_TYPES = {
    "Results": "ListenV1Results",
    "SpeechStarted": "ListenV1SpeechStarted",
    "UtteranceEnd": "ListenV1UtteranceEnd",
    "Error": "ListenV1Error",
}


class DeepgramV1Stt(DeepgramStt):
    """Listen v1. ``options`` are added to the address's, or replace them (``language``, ``endpointing``, ...).

        async with DeepgramV1Stt(api_key=key) as stt:
            stream = await stt.open_stream(hints=["Chen", "amoxicillin"])

    ConfigurationError without a key, EngineMissing (on entering) without the package.
    """

    model = "nova-3"
    usual_options = _OPTIONS

    async def open_stream(self, *, hints: Sequence[str] = ()) -> DeepgramStream:
        """See :class:`actors.ports.Stt`; returns when the connection is open.

        Raises EngineRefused, EngineOverloaded, EngineTimeout, EngineUnavailable, EngineBadReply.
        """
        decode = await trio.to_thread.run_sync(load_decoder, "deepgram.listen.v1.types", _TYPES)
        audio = [("model", self.model), ("encoding", "linear16"), ("sample_rate", str(CALLER_RATE)), ("channels", "1")]
        return await self._open("/v1/listen", [*audio, *self._options.items(), *keyterms(hints)], V1Dialect(decode))


class V1Dialect(SdkDialect):
    """See :class:`actors.cloud._deepgram_dialect.Dialect`."""

    least = 1
    most = CALLER_RATE // 10
    settles = True
    flush = '{"type":"Finalize"}'
    flush_after = 0.0
    flush_silence = 0
    keep_alive: str | None = '{"type":"KeepAlive"}'
    close = '{"type":"CloseStream"}'

    def _means(self, value: Any) -> Heard | Signalled | Failed | None:
        match getattr(value, "type", None):
            case "Results":
                return self._results(value)
            case "SpeechStarted":
                return Signalled("started", seconds(value.timestamp))
            case "UtteranceEnd":
                return Signalled("likely_end", seconds(value.last_word_end))
            case "Error":
                return Failed(str(getattr(value, "description", "")))
            case _:
                return None

    def _results(self, value: Any) -> Heard:
        best = value.channel.alternatives[0]
        until = seconds(value.start) + seconds(value.duration)
        words = tuple(Spoken(str(w.punctuated_word or w.word), seconds(w.start), seconds(w.end)) for w in best.words)
        if not words:
            words = spread(str(best.transcript), seconds(value.start), until)
        flushed = bool(value.from_finalize)
        signal = bool(value.is_final and value.speech_final and not flushed)
        return Heard(words, until, bool(value.is_final), flushed, "likely_end" if signal else None)


def spread(text: str, start: float, end: float) -> tuple[Spoken, ...]:
    """The words of a text without times, spread evenly."""
    words = text.split()
    step = (end - start) / max(1, len(words))
    return tuple(Spoken(word, start + i * step, start + (i + 1) * step) for i, word in enumerate(words))
