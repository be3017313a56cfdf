"""Rules that hold in every state: side effects, the line, the end of the call; and what is possible at all."""

from __future__ import annotations

import attrs

from statechart._draft import Draft
from statechart._events import (
    AudioReady,
    CallStarted,
    CommitFinished,
    CommitRequested,
    DrainRequested,
    EndCallRequested,
    Event,
    HangUpRequested,
    LineBack,
    LineLost,
    PlayoutDrained,
    ReplyFailed,
    ReplyFinished,
    Settled,
    SpanQueued,
    Timer,
    TimerFired,
    VoiceStopped,
    VoiceSuspected,
)
from statechart._hearing import let_pass, voice_ended
from statechart._moves import end_call, release_commits, start_waiting_answer
from statechart._news import tell_on
from statechart._snapshot import Commit, Snapshot, Stage

__all__ = [
    "commit_finished",
    "commit_requested",
    "commit_waits",
    "drain",
    "end_call_requested",
    "hung_up",
    "is_possible",
    "line_back",
    "line_lost",
    "reconnect_timer",
    "settled",
    "span_queued",
    "voice_stopped",
]


def is_possible(snapshot: Snapshot, event: Event) -> bool:
    """Whether the event can happen to this snapshot, given that its state has a rule for it."""
    match event:
        case CallStarted():
            return not snapshot.started
        case CommitRequested(key=key) if any(commit.key == key for commit in snapshot.commits):
            return False
        case SpanQueued() | AudioReady() | ReplyFinished() | ReplyFailed() | CommitRequested() | EndCallRequested():
            return (event.turn, event.attempt) == (snapshot.turn, snapshot.attempt) and snapshot.reply is not None
        case PlayoutDrained():
            return event.turn == snapshot.turn and snapshot.reply is not None and snapshot.reply.played
        case Settled():
            return event.turn <= snapshot.turn
        case CommitFinished():
            return any(c.key == event.key and c.stage is Stage.RUNNING for c in snapshot.commits)
        case VoiceSuspected():
            return snapshot.started and not snapshot.voiced
        case TimerFired() | HangUpRequested() | LineLost() | LineBack() | DrainRequested():
            return True
        case _:
            return snapshot.started


# --- replies and side effects -----------------------------------------------------------------------------------------


def span_queued(d: Draft, event: SpanQueued) -> None:
    d.mark(answered=d.reply.answered or not event.filler, said=f"{d.reply.said} {event.text}".strip())


def end_call_requested(d: Draft, _: EndCallRequested) -> None:
    d.mark(ends="agent")


def commit_waits(d: Draft, event: CommitRequested) -> None:
    d.set(commits=(*d.now.commits, Commit(event.key, event.turn, event.attempt)))


def commit_requested(d: Draft, event: CommitRequested) -> None:
    commit_waits(d, event)
    if not d.now.judging:
        release_commits(d)


def commit_finished(d: Draft, event: CommitFinished) -> None:
    d.set(commits=tuple(attrs.evolve(c, stage=Stage.DONE) if c.key == event.key else c for c in d.now.commits))
    tell_on(d)


def settled(d: Draft, event: Settled) -> None:
    told = event.announced
    d.set(commits=tuple(c for c in d.now.commits if not (c.stage is Stage.DONE and c.key in told)))
    d.set(settled=max(d.now.settled, event.turn))
    if d.now.unsettled is not None and d.now.settled >= d.now.unsettled:
        d.set(unsettled=None)
        start_waiting_answer(d)


def voice_stopped(d: Draft, event: VoiceStopped) -> None:
    """A voice that was let pass fell silent; its words may still show that it was meant."""
    voice_ended(d, event)
    let_pass(d)


# --- the line ---------------------------------------------------------------------------------------------------------


def line_lost(d: Draft, _: LineLost) -> None:
    if d.now.connected:
        d.set(connected=False)
        d.disarm(Timer.IDLE)
        d.arm(Timer.RECONNECT, d.now.settings.reconnect_ms)


def line_back(d: Draft, _: LineBack) -> None:
    d.set(connected=True)
    d.disarm(Timer.RECONNECT)


def reconnect_timer(d: Draft, _: TimerFired) -> None:
    end_call(d, "lost")


def hung_up(d: Draft, event: HangUpRequested) -> None:
    end_call(d, event.reason)


def drain(d: Draft, _: DrainRequested) -> None:
    d.set(draining=True)
