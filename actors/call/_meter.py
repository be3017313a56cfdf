"""The times of one turn, for the latency table. Pure bookkeeping; times are trio's clock, in seconds."""

from __future__ import annotations

import attrs

from actors.line import TurnMetrics

__all__ = ["TurnTimes"]


@attrs.define
class TurnTimes:
    """When things happened to the turn ``turn``; None where they did not.

    ``voice_ended``: arrival of the caller's last voiced sample. A speculative answer may have its first token, sentence
    and audio before the turn was confirmed.
    """

    turn: int
    voice_ended: float | None = None
    confirmed: float | None = None
    stt_asked: float | None = None
    stt_done: float | None = None
    llm_asked: float | None = None
    llm_first: float | None = None
    sentence: float | None = None
    tts_asked: float | None = None
    tts_first: float | None = None
    sent: float | None = None
    filler: bool = False
    tools: int = 0

    def metrics(self) -> TurnMetrics:
        """As the caller's end is told."""
        return TurnMetrics(
            turn=self.turn,
            ttfa_ms=_ms(self.voice_ended, self.sent),
            endpoint_ms=_ms(self.voice_ended, self.confirmed),
            stt_ms=_ms(self.stt_asked, self.stt_done),
            llm_ttft_ms=_ms(self.llm_asked, self.llm_first),
            sentence_ms=_ms(self.llm_first, self.sentence),
            tts_ttfb_ms=_ms(self.tts_asked, self.tts_first),
            filler=self.filler,
        )


def _ms(begin: float | None, end: float | None) -> float | None:
    return None if begin is None or end is None else round((end - begin) * 1000, 1)
