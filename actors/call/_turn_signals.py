"""What the recogniser thinks of the caller's turn, as an event of the chart. Pure.

Our own voice detector stays in charge: a turn that the recogniser calls over is no more than likely to be, as long as a
voice is heard, or where voice came after what the recogniser had listened to.
"""

from __future__ import annotations

from actors.ports import CALLER_RATE, TurnSignal
from statechart import EagerEndOfTurn, EndOfTurn, Event, TurnResumed

__all__ = ["as_event"]

_ROUNDING = CALLER_RATE // 20  # recognisers count in steps; no word is that short


def as_event(signal: TurnSignal, *, voiced: bool, voiced_until: int, silence_ms: float) -> Event | None:
    """``voiced_until``: samples of the segment up to the end of its last voice. None: nothing to tell."""
    match signal.kind:
        case "started":
            return None  # our own detector said so before the recogniser was given anything
        case "resumed":
            return TurnResumed(signal.segment)
        case "ended" if not voiced and signal.samples >= voiced_until - _ROUNDING:
            return EndOfTurn(signal.segment, signal.text, max(0, round(silence_ms)))
        case "ended" | "likely_end":
            return EagerEndOfTurn(signal.segment, signal.text)
