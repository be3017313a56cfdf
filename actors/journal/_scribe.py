"""From what a call tells its journal to the journal's lines. Pure; one scribe per call.

Masking, and why a masked journal still replays. The chart decides by what is said, so it cannot be fed with nothing.
The scribe runs a *twin*: the same chart, fed with the same events in which stand-ins (:mod:`._standins`) take the place
of what was said. The lines hold the twin's events and effects, so a replay is exact by construction; and at each step
the twin is compared with the call itself: everything but the words has to be the same. Where it is not (two words that
were alike are so no longer, and the chart had gone by that), the line holds what the call did and says ``differs``, and
a snapshot of the call, in stand-ins, sets the twin right. A replay verifies every step but those, and counts them.

After lost lines a snapshot lets the replay go on, too. It is written when a step does not begin where the one before
ended, so nobody needs to say that something is missing.
"""

from __future__ import annotations

from typing import Any

import attrs

from actors.journal._lines import Line, Note, Noted, Refused, Set, Took
from actors.journal._standins import StandIns
from actors.journal._texts import same_decisions, with_json_texts, with_texts
from actors.line import ToolProgress, TranscriptUpdate
from statechart import Event, IllegalEvent, Settings, Snapshot, Step, transition

__all__ = ["Scribe"]


class Scribe:
    """``stand_ins``: None where nothing is to be masked."""

    def __init__(self, settings: Settings, stand_ins: StandIns | None = None) -> None:
        self._stand_ins = stand_ins
        self._twin = Snapshot(settings=settings)  # where a replay is
        self._call: Snapshot | None = self._twin  # where the call is, as far as the lines tell

    def step(self, at: float, before: Snapshot, event: Event, step: Step | None) -> list[Line]:
        """The lines of one event. ``step``: None where it was illegal."""
        lines: list[Line] = []
        if before != self._call:
            lines.append(self._set(at, before, "gap"))
        lines += self._took(at, event, step) if step is not None else self._refused(at, before, event)
        return lines

    def lost(self) -> None:
        """Lines that were given out last are lost."""
        self._call = None

    def note(self, at: float, message: Note) -> list[Line]:
        """The line of something that the caller's end was told; of the agent's words only those that are final."""
        if isinstance(message, TranscriptUpdate) and (message.role == "user" or not message.final):
            return []  # the chart's own effects say so, too
        return [Noted(at, self._masked_note(message))]

    def _took(self, at: float, event: Event, step: Step) -> list[Line]:
        self._call = step.snapshot
        if self._stand_ins is None:
            self._twin = step.snapshot
            return [Took(at, event, step.effects, step.snapshot.state)]
        event = self._masked(event)
        twin = _try(self._twin, event)
        if twin is not None and same_decisions((twin.snapshot, *twin.effects), (step.snapshot, *step.effects)):
            self._twin = twin.snapshot
            return [Took(at, event, twin.effects, twin.snapshot.state)]
        told = Took(at, event, self._masked(step.effects), step.snapshot.state, differs=True)
        return [told, self._set(at, step.snapshot, "masked")]

    def _refused(self, at: float, before: Snapshot, event: Event) -> list[Line]:
        event = self._masked(event)
        if _try(self._twin, event) is None:
            return [Refused(at, event)]
        return [Took(at, event, (), before.state, differs=True), self._set(at, before, "masked")]

    def _set(self, at: float, snapshot: Snapshot, why: str) -> Set:
        self._call, self._twin = snapshot, self._masked(snapshot)
        return Set(at, self._twin, why)

    def _masked(self, value: Any) -> Any:
        return value if self._stand_ins is None else with_texts(value, self._stand_ins.text)

    def _masked_note(self, message: Note) -> Note:
        if self._stand_ins is None:
            return message
        text = self._stand_ins.text
        match message:
            case TranscriptUpdate():
                return attrs.evolve(message, text=text(message.text), unheard=text(message.unheard))
            case ToolProgress():
                arguments = with_json_texts(message.arguments, text)
                return attrs.evolve(message, arguments=arguments, result=with_json_texts(message.result, text))
            case _:
                return message


def _try(snapshot: Snapshot, event: Event) -> Step | None:
    try:
        return transition(snapshot, event)
    except IllegalEvent:
        return None
