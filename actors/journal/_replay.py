"""A journal fed back through the chart: do the same effects come out?"""

from __future__ import annotations

import attrs

from actors.journal._lines import Refused, Set, Took
from actors.journal._read import Journalled
from statechart import Event, IllegalEvent, Snapshot, Step, transition

__all__ = ["Difference", "Replay", "replay"]


@attrs.frozen
class Difference:
    """Line ``line`` of the journal tells otherwise than the chart does today. ``journal`` and ``chart``: what came of
    the event in each, an entry per effect, the state last; only ("illegal",) where it was illegal."""

    line: int
    at: float
    event: Event
    journal: tuple[str, ...]
    chart: tuple[str, ...]


@attrs.frozen
class Replay:
    """What a replay found. ``verified``: events that came out as they had; ``unverified``: those that could not be,
    as the journal itself says (masked). ``gaps``: places where lines are lost. ``difference``: the first one."""

    verified: int
    unverified: int
    gaps: int
    difference: Difference | None
    snapshot: Snapshot


def replay(journal: Journalled) -> Replay:
    """Feed the journal's events through the chart, up to the first difference."""
    now = Snapshot(settings=journal.head.settings)
    verified = unverified = gaps = 0
    for number, line in journal.lines:
        match line:
            case Set(_, snapshot, why):
                now = snapshot
                gaps += why == "gap"
            case Took(differs=True):
                unverified += 1
            case Took() | Refused():
                told, (came, now) = _told(line), _came(now, line.event)
                if came != told:
                    difference = Difference(number, line.at, line.event, told, came)
                    return Replay(verified, unverified, gaps, difference, now)
                verified += 1
            case _:
                pass
    return Replay(verified, unverified, gaps, None, now)


def _told(line: Took | Refused) -> tuple[str, ...]:
    return _outcome(line.effects, line.state.value) if isinstance(line, Took) else ("illegal",)


def _came(now: Snapshot, event: Event) -> tuple[tuple[str, ...], Snapshot]:
    try:
        step: Step = transition(now, event)
    except IllegalEvent:
        return ("illegal",), now
    return _outcome(step.effects, step.snapshot.state.value), step.snapshot


def _outcome(effects: tuple[object, ...], state: str) -> tuple[str, ...]:
    return (*map(repr, effects), f"then {state}")
