"""Deepgram's Flux (listen v2) as a recogniser: it judges ends of turn itself, and says so early.

Each turn's transcript comes whole with every message, ever longer, and is settled by EndOfTurn. StartOfTurn,
EagerEndOfTurn, TurnResumed and EndOfTurn come out as turn signals (:class:`actors.ports.TurnSignal`): the call starts
its answer at the first, withdraws it at the second, confirms it at the third. Our ``final()`` takes the next
transcript that reaches as far, and forces the end of the turn (ForceEndTurn) where none comes soon: in its native
rhythm (one every 0.25 s of audio) Flux goes on judging. A new segment ends the turn of the one before.

There is no KeepAlive here: between segments 80 ms of silence are sent every few seconds; they count in the service's
time but not in ours.

Tried against the project's own protocol server only, which the official SDK also talks to. Never tried against the live
service: whether silence every 4 s is enough (its documentation states no idle limit for v2), how a ForceEndTurn just
before new speech sounds to it, whether its window's end says truly how far its transcript reaches, and its wording of
errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import trio

from actors.cloud._deepgram_dialect import Failed, Heard, Signalled
from actors.cloud._deepgram_stream import DeepgramStream
from actors.cloud._deepgram_stt import DeepgramStt, SdkDialect, keyterms, load_decoder, seconds
from actors.cloud._deepgram_words import Spoken
from actors.cloud.deepgram_v1 import spread
from actors.ports import CALLER_RATE, SignalKind

__all__ = ["DeepgramFluxStt", "FluxDialect"]

_OPTIONS = {"eot_threshold": "0.7", "eager_eot_threshold": "0.4", "eot_timeout_ms": "5000"}
_SIGNALS: dict[str, SignalKind] = {
    "StartOfTurn": "started",
    "EagerEndOfTurn": "likely_end",
    "TurnResumed": "resumed",
    "EndOfTurn": "ended",
}
_TYPES = {"TurnInfo": "ListenV2TurnInfo", "Error": "ListenV2FatalError"}


class DeepgramFluxStt(DeepgramStt):
    """Flux. ``options`` are added to the address's, or replace them (``eot_threshold``, ``eager_eot_threshold``, ...).

        async with DeepgramFluxStt(api_key=key) as stt:
            stream = await stt.open_stream()
            signal = await stream.next_signal()

    ConfigurationError without a key, EngineMissing (on opening a stream) without the package.
    """

    model = "flux-general-en"
    usual_options = _OPTIONS

    async def open_stream(self, *, hints: Sequence[str] = ()) -> DeepgramStream:
        """See :class:`actors.ports.Stt`; returns when the connection is open.

        Raises EngineRefused, EngineOverloaded, EngineTimeout, EngineUnavailable, EngineBadReply.
        """
        decode = await trio.to_thread.run_sync(load_decoder, "deepgram.listen.v2.types", _TYPES)
        audio = [("model", self.model), ("encoding", "linear16"), ("sample_rate", str(CALLER_RATE))]
        return await self._open("/v2/listen", [*audio, *self._options.items(), *keyterms(hints)], FluxDialect(decode))


class FluxDialect(SdkDialect):
    """See :class:`actors.cloud._deepgram_dialect.Dialect`."""

    least = most = CALLER_RATE * 80 // 1000  # what the service advises
    settles = False
    flush = '{"type":"ForceEndTurn"}'
    flush_after = 0.7  # a transcript comes every 0.25 s and some latency; forcing spoils its judgement of the turn
    flush_silence = 4 * most  # a ForceEndTurn without a turn is ignored, but audio is reported on every 250 ms
    keep_alive: str | None = None
    close = '{"type":"CloseStream"}'

    def _means(self, value: Any) -> Heard | Signalled | Failed | None:
        match getattr(value, "type", None):
            case "TurnInfo":
                return self._turn(value)
            case "Error":
                return Failed(str(value.code))
            case _:
                return None

    def _turn(self, value: Any) -> Heard:
        start, until = seconds(value.audio_window_start), seconds(value.audio_window_end)
        timed = [w for w in value.words if w.start is not None and w.end is not None]
        if len(timed) == len(value.words) and timed:
            words = tuple(Spoken(str(w.word), seconds(w.start), seconds(w.end)) for w in timed)
        else:
            words = spread(str(value.transcript), start, until)
        final = value.event == "EndOfTurn"
        flushed = final and value.trigger == "manual"
        signal = None if flushed else _SIGNALS.get(value.event)  # an end that we forced says nothing about the turn
        return Heard(words, until, final, flushed, signal, seconds(value.end_of_turn_confidence))
