"""Invariants of speculation and staleness: I8 (inaudible, commits nothing) and I9 (what is stale changes nothing)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from actors.testing._engines import Said
from actors.testing._heard import Sounds
from actors.testing._office import COMMITS
from actors.testing._trace import SentAudio, Stepped, ToolBegan, Trace
from actors.testing._violation import Violation
from statechart import (
    CancelAnswer,
    CommitRequested,
    ConfirmAnswer,
    RunCommit,
    Say,
    StartAnswer,
    State,
    TimerFired,
)

__all__ = ["check_stale", "check_trial"]

_NO_COMMIT = (State.IDLE, State.LISTENING, State.INTERRUPTED)


def check_trial(trace: Trace, sounds: Sounds) -> Iterator[Violation]:
    """No sample of an attempt that was on trial or withdrawn is sent, and no side effect of one runs.

    The call notes a transition when its orders have been carried out; audio and functions always come after that.
    """
    confirmed: set[tuple[int, int]] = set()
    cancelled: set[tuple[int, int]] = set()
    requested: dict[str, tuple[int, int]] = {}
    released: set[str] = set()
    said_in: dict[Said, tuple[int, int]] = {}
    begun_at = {place: said for said, place in sounds.begun.items()}
    current = (0, 0)
    for place, (at, entry) in enumerate(trace.log):
        if place in begun_at:
            said_in[begun_at[place]] = current
        match entry:
            case Stepped(event, _, step):
                current = (step.snapshot.turn, step.snapshot.attempt)
                if isinstance(event, CommitRequested):
                    requested[event.key] = (event.turn, event.attempt)
                for effect in step.effects:
                    match effect:
                        case StartAnswer(speculative=False) | ConfirmAnswer() | Say():
                            confirmed.add((effect.turn, effect.attempt))
                        case CancelAnswer():
                            cancelled.add((effect.turn, effect.attempt))
                        case RunCommit(key):
                            released.add(key)
                            if requested.get(key) not in confirmed or step.snapshot.state in _NO_COMMIT:
                                text = f"the side effect {key} was let run in {step.snapshot.state.name}"
                                yield Violation("I8", at, text)
                        case _:
                            pass
            case ToolBegan(name, _, key) if name in COMMITS and key not in released:
                yield Violation("I8", at, f"{name} ran before the chart let it")
            case SentAudio(turn, pcm):
                for said in sounds.said_in(np.frombuffer(pcm, np.int16)):
                    pair = said_in.get(said, (-1, 0))
                    if pair[0] == turn and pair not in confirmed:
                        yield Violation("I8", at, f"{said.text!r} of turn {turn} was sent while it was on trial")
                    if pair in cancelled:
                        yield Violation("I8", at, f"{said.text!r} of turn {turn} was sent although it was withdrawn")
            case _:
                pass


def check_stale(trace: Trace) -> Iterator[Violation]:
    """Whatever belongs to an older turn or attempt, or to a timer armed anew, is without consequence."""
    for at, entry in trace.log:
        if not isinstance(entry, Stepped):
            continue
        event, before, step = entry.event, entry.before, entry.step
        pair = (getattr(event, "turn", None), getattr(event, "attempt", None))
        stale = None not in pair and pair < (before.turn, before.attempt)
        if isinstance(event, TimerFired):
            armed = next((armed for armed in before.armed if armed.timer is event.timer), None)
            stale = armed is None or armed.serial != event.serial
        if stale and (step.effects or step.snapshot != before):
            yield Violation("I9", at, f"{event} is stale and changed something")
