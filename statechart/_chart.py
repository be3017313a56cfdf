"""The statechart: one table from (state, event type) to a rule, and :func:`transition`, which applies it.

Rules of the house
  1. Everything that decides about turns lives in this package. It never waits, logs, draws a random number or reads a
     clock; time comes in as :class:`TimerFired`.
  2. ``transition`` is total: a pair that stands neither in the table nor in ``IGNORED`` raises :class:`IllegalEvent`,
     and nothing has changed. Illegal is loud, ignored is listed.
  3. Whatever belongs to an older ``(turn, attempt)``, or to a timer armed anew since, is stale and changes nothing.
     This is checked here, once, before any rule. Outcomes of side effects are never stale.
  4. Leaving a state stops its timers (only the wait for a lost caller goes on).
  5. Once the call has ended nothing changes any more.
The states' meaning stands in docs/statechart.md beside the drawing that ``bargein chart`` makes of this table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from statechart import _rules_call as call
from statechart import _rules_idle as idle
from statechart import _rules_listening as listening
from statechart import _rules_processing as processing
from statechart import _rules_speech as speech
from statechart._draft import Draft
from statechart._effects import Effect
from statechart._events import (
    AudioReady,
    CallStarted,
    CommitFinished,
    CommitRequested,
    DrainRequested,
    EagerEndOfTurn,
    EndCallRequested,
    EndOfTurn,
    Event,
    FinalTranscript,
    HangUpRequested,
    LineBack,
    LineLost,
    PartialTranscript,
    PlayoutDrained,
    ReplyFailed,
    ReplyFinished,
    Settled,
    SpanQueued,
    SttFailed,
    TextTyped,
    Timer,
    TimerFired,
    TurnResumed,
    VoiceStarted,
    VoiceStopped,
    VoiceSuspected,
)
from statechart._snapshot import Snapshot, State

__all__ = ["IGNORED", "TABLE", "IllegalEvent", "Rule", "Step", "transition"]

_I, _L, _P, _S, _X = State.IDLE, State.LISTENING, State.PROCESSING, State.SPEAKING, State.INTERRUPTED


class IllegalEvent(Exception):
    """This event cannot happen in this state: whoever runs the chart has made a mistake. Nothing has changed."""

    def __init__(self, snapshot: Snapshot, event: Event) -> None:
        super().__init__(f"{type(event).__name__} cannot happen in {snapshot.state.name}: {event}")
        self.snapshot = snapshot
        self.event = event


@attrs.frozen
class Step:
    """What a transition gives: the next snapshot, and what to do, in order."""

    snapshot: Snapshot
    effects: tuple[Effect, ...] = ()


@attrs.frozen
class Rule:
    """What happens on an event in a state. ``targets``: every state that it can lead to."""

    apply: Callable[[Draft, Any], None]
    targets: frozenset[State]


def _rule(apply: Callable[[Draft, Any], None], *targets: State) -> Rule:
    return Rule(apply, frozenset(targets))


TABLE: dict[tuple[State, type[Event]], Rule] = {
    # IDLE: nobody speaks.
    (_I, CallStarted): _rule(idle.call_started, _P),
    (_I, VoiceStarted): _rule(idle.voice, _L),
    (_I, VoiceStopped): _rule(call.voice_stopped, _I),
    (_I, PartialTranscript): _rule(idle.transcript, _I, _L),
    (_I, FinalTranscript): _rule(idle.transcript, _I, _L),
    (_I, TextTyped): _rule(idle.typed, _I, _P),
    (_I, TimerFired): _rule(idle.timer, _I, _P),
    (_I, Settled): _rule(idle.settled_when_idle, _I, _P),
    (_I, CommitFinished): _rule(idle.commit_finished_when_idle, _I, _P),
    (_I, DrainRequested): _rule(idle.drain_when_idle, _I),
    (_I, LineLost): _rule(call.line_lost, _I),
    (_I, LineBack): _rule(idle.line_back_when_idle, _I, _P),
    # LISTENING: the caller speaks.
    (_L, VoiceStarted): _rule(listening.voice, _L),
    (_L, VoiceStopped): _rule(listening.voice_stopped, _L),
    (_L, PartialTranscript): _rule(listening.transcript, _L),
    (_L, FinalTranscript): _rule(listening.transcript, _I, _L, _P),
    (_L, SttFailed): _rule(listening.stt_failed, _L, _P),
    (_L, EagerEndOfTurn): _rule(listening.likely_end, _L),
    (_L, TurnResumed): _rule(listening.resumed, _L),
    (_L, EndOfTurn): _rule(listening.end_of_turn, _I, _L, _P),
    (_L, TextTyped): _rule(listening.typed, _L, _P),
    (_L, TimerFired): _rule(listening.timer, _I, _L, _P),
    (_L, SpanQueued): _rule(call.span_queued, _L),
    (_L, ReplyFinished): _rule(listening.speculation_finished, _L),
    (_L, ReplyFailed): _rule(listening.speculation_failed, _L),
    (_L, CommitRequested): _rule(call.commit_waits, _L),
    (_L, EndCallRequested): _rule(call.end_call_requested, _L),
    # PROCESSING: model and tools work.
    (_P, VoiceStarted): _rule(processing.voice, _P),
    (_P, VoiceStopped): _rule(processing.voice_stopped, _L, _P, _S),
    (_P, PartialTranscript): _rule(processing.transcript, _L, _P),
    (_P, FinalTranscript): _rule(processing.transcript, _L, _P, _S),
    (_P, SttFailed): _rule(processing.stt_failed, _P, _S),
    (_P, TextTyped): _rule(processing.typed, _P),
    (_P, TimerFired): _rule(processing.timer, _I, _L, _P, _S),
    (_P, SpanQueued): _rule(call.span_queued, _P),
    (_P, AudioReady): _rule(processing.audio_ready, _P, _S),
    (_P, ReplyFinished): _rule(processing.finished, _I, _L, _P),
    (_P, ReplyFailed): _rule(processing.failed, _I, _L, _P),
    (_P, CommitRequested): _rule(call.commit_requested, _P),
    (_P, EndCallRequested): _rule(call.end_call_requested, _P),
    # SPEAKING: the agent is heard.
    (_S, VoiceStarted): _rule(speech.voice, _L, _X),
    (_S, VoiceSuspected): _rule(speech.suspected, _X),
    (_S, VoiceStopped): _rule(call.voice_stopped, _S),
    (_S, PartialTranscript): _rule(speech.transcript, _L, _S),
    (_S, FinalTranscript): _rule(speech.transcript, _L, _S),
    (_S, TextTyped): _rule(speech.typed, _P, _S),
    (_S, TimerFired): _rule(call.reconnect_timer, _I),
    (_S, SpanQueued): _rule(call.span_queued, _S),
    (_S, ReplyFinished): _rule(speech.finished, _S),
    (_S, ReplyFailed): _rule(speech.failed, _S),
    (_S, PlayoutDrained): _rule(speech.drained, _I, _P),
    (_S, CommitRequested): _rule(call.commit_requested, _S),
    (_S, EndCallRequested): _rule(call.end_call_requested, _S),
    # INTERRUPTED: the agent is held, the overlap is judged.
    (_X, VoiceStarted): _rule(speech.held_voice, _L, _X),
    (_X, VoiceStopped): _rule(speech.held_voice_stopped, _I, _L, _P, _S, _X),
    (_X, PartialTranscript): _rule(speech.held_transcript, _I, _L, _P, _S, _X),
    (_X, FinalTranscript): _rule(speech.held_transcript, _I, _L, _P, _S, _X),
    (_X, TextTyped): _rule(speech.typed, _P, _X),
    (_X, TimerFired): _rule(speech.held_timer, _I, _L, _P, _S),
    (_X, SpanQueued): _rule(call.span_queued, _X),
    (_X, AudioReady): _rule(speech.held_audio, _X),
    (_X, ReplyFinished): _rule(speech.finished, _X),
    (_X, ReplyFailed): _rule(speech.failed, _X),
    (_X, PlayoutDrained): _rule(speech.held_drained, _L, _X),
    (_X, CommitRequested): _rule(call.commit_waits, _X),
    (_X, EndCallRequested): _rule(call.end_call_requested, _X),
}

for _state in State:
    TABLE[(_state, HangUpRequested)] = _rule(call.hung_up, _I)
    if _state is not State.IDLE:
        TABLE[(_state, Settled)] = _rule(call.settled, _state)
        TABLE[(_state, CommitFinished)] = _rule(call.commit_finished, _state)
        TABLE[(_state, DrainRequested)] = _rule(call.drain, _state)
        TABLE[(_state, LineLost)] = _rule(call.line_lost, _state)
        TABLE[(_state, LineBack)] = _rule(call.line_back, _state)

#: No rule, and nothing wrong: these may come late, or matter only elsewhere.
IGNORED: frozenset[tuple[State, type[Event]]] = frozenset(
    {
        (_I, SttFailed),  # of a voice that was let pass
        (_S, SttFailed),
        (_X, SttFailed),  # no words will come: the overlap's timer decides by the voice alone
        (_I, PlayoutDrained),  # what ended the turn says it once more
        (_P, PlayoutDrained),
        # Only over an agent who is heard is a sound worth a hold before it is known to be a voice.
        *((state, VoiceSuspected) for state in State if state is not _S),
        # What the recogniser thinks of ends matters only while the caller has the floor.
        *((state, signal) for state in State if state is not _L for signal in (EagerEndOfTurn, TurnResumed, EndOfTurn)),
    }
)


def _is_stale(snapshot: Snapshot, event: Event) -> bool:
    match event:
        case SpanQueued() | AudioReady() | ReplyFinished() | ReplyFailed() | CommitRequested() | EndCallRequested():
            return (event.turn, event.attempt) < (snapshot.turn, snapshot.attempt)
        case PlayoutDrained():
            return event.turn < snapshot.turn
        case TimerFired():
            armed = snapshot.timer(event.timer)
            return armed is None or armed.serial != event.serial
        case _:
            return False


def transition(snapshot: Snapshot, event: Event) -> Step:
    """Answer one event.

    Returns the next snapshot and the effects, in order. Stale events, ignored ones and all that comes after the end of
    the call give the same snapshot and no effect.

    Raises:
        IllegalEvent: the event cannot happen in this state; ``snapshot`` still holds.
    """
    if snapshot.ended or _is_stale(snapshot, event):
        return Step(snapshot)
    pair = (snapshot.state, type(event))
    if pair in IGNORED:
        return Step(snapshot)
    rule = TABLE.get(pair)
    if rule is None or not call.is_possible(snapshot, event):
        raise IllegalEvent(snapshot, event)
    draft = Draft(snapshot)
    apply = rule.apply
    if isinstance(event, TimerFired):
        draft.fire(event.timer)
        if event.timer is Timer.RECONNECT:  # it watches the call, whatever the state
            apply = call.reconnect_timer
    apply(draft, event)
    return Step(draft.now, tuple(draft.effects))
