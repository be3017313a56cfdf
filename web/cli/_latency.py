"""The times of a call's turns, and their medians. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

import attrs

from actors.line import Outgoing, ToolProgress, TranscriptUpdate, TurnMetrics

__all__ = ["COLUMNS", "Times", "TurnTimes", "medians"]

#: Heading and field of each time, in the order in which a turn goes through them.
COLUMNS = (
    ("endpoint", "endpoint_ms"),
    ("STT", "stt_ms"),
    ("LLM TTFT", "llm_ttft_ms"),
    ("sentence", "sentence_ms"),
    ("TTS TTFB", "tts_ttfb_ms"),
    ("TTFA", "ttfa_ms"),
)


@attrs.frozen
class TurnTimes:
    """One answered turn. ``tools``: functions that the answer called."""

    metrics: TurnMetrics
    said: str = ""
    tools: tuple[str, ...] = ()


class Times:
    """Collects the turns' times from what a call sends."""

    def __init__(self) -> None:
        self._metrics: dict[int, TurnMetrics] = {}
        self._said: dict[int, str] = {}
        self._tools: dict[int, dict[str, str]] = {}

    def note(self, message: Outgoing) -> None:
        match message:
            case TurnMetrics(turn):
                self._metrics[turn] = message
            case TranscriptUpdate(turn, "user", text, True):
                self._said[turn] = text
            case ToolProgress(turn, id_, name):
                self._tools.setdefault(turn, {})[id_] = name
            case _:
                pass

    def turns(self) -> list[TurnTimes]:
        """In the order of the call."""
        return [
            TurnTimes(metrics, self._said.get(turn, ""), tuple(self._tools.get(turn, {}).values()))
            for turn, metrics in sorted(self._metrics.items())
        ]


def medians(turns: Iterable[TurnTimes]) -> dict[str, float | None]:
    """The P50 of each time, by field, over the turns that have it."""
    metrics = [turn.metrics for turn in turns]
    return {field: _median([getattr(each, field) for each in metrics]) for _, field in COLUMNS}


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(median(known), 1) if known else None
