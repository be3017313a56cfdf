"""Hypothesis strategies for the chart's values."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TypeVar, get_args

from hypothesis import strategies as st

from statechart._chart import IllegalEvent, transition
from statechart._endpointing import EndpointWaits
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
from statechart._overlap import OverlapLimits
from statechart._snapshot import Settings, Snapshot

__all__ = ["agent_lines", "caller_lines", "event_of", "events", "settings", "snapshots"]


_CALLER = (
    "I'd like to see Doctor Chen",
    "next Tuesday at ten",
    "",
    "you",
    "uh-huh",
    "okay",
    "wait",
    "my number is five five",
    "What are your hours?",
    "bye bye",
)
_AGENT = ("Doctor Chen is free.", "next Tuesday at ten", "Is that fine?", "It is booked.")


def caller_lines() -> st.SearchStrategy[str]:
    """What callers say: requests, answers, backchannels, farewells, noise."""
    return st.sampled_from(_CALLER)


def agent_lines() -> st.SearchStrategy[str]:
    """What agents say."""
    return st.sampled_from(_AGENT)


@st.composite
def settings(draw: st.DrawFn) -> Settings:
    """Any valid :class:`Settings`."""
    waits = sorted(draw(st.lists(st.integers(1, 4000), min_size=5, max_size=5)))
    limit = st.integers(1, 20_000)
    return Settings(
        waits=EndpointWaits(
            **dict(zip(("complete_ms", "default_ms", "open_ms", "patient_ms", "max_ms"), waits, strict=True))
        ),
        overlap=OverlapLimits(
            decide_ms=draw(limit),
            suspect_ms=draw(limit),
            tail_ms=draw(limit),
            noise_ms=draw(limit),
            echo_likeness=draw(st.floats(0.5, 1.0)),
        ),
        overlap_in_processing_ms=draw(limit),
        stall_ms=draw(limit),
        transcript_ms=draw(limit),
        filler_ms=draw(limit),
        late_filler_ms=draw(limit),
        answer_ms=draw(limit),
        idle_ms=draw(limit),
        idle_prompts=draw(st.integers(0, 3)),
        failed_turns=draw(st.integers(1, 4)),
        reconnect_ms=draw(limit),
        speculate=draw(st.booleans()),
    )


def events(snapshot: Snapshot | None = None) -> st.SearchStrategy[Event]:
    """Any event. With a ``snapshot``, numbers lie around its own: current, stale and impossible ones all occur."""
    now = Snapshot() if snapshot is None else snapshot
    return st.builds(lambda kind, number: event_of(now, kind, number), _KINDS, _NUMBERS)


@st.composite
def snapshots(draw: st.DrawFn, with_settings: st.SearchStrategy[Settings] | None = None) -> Snapshot:
    """A snapshot that a call can reach, along a path of up to forty events."""
    now = Snapshot(settings=draw(st.just(Settings()) if with_settings is None else with_settings))
    now = transition(now, CallStarted()).snapshot
    for kind, number in draw(st.lists(st.tuples(_KINDS, _NUMBERS), max_size=40)):
        with contextlib.suppress(IllegalEvent):  # that path leads nowhere
            now = transition(now, event_of(now, kind, number)).snapshot
    return now


_KINDS = st.sampled_from(get_args(Event))
_NUMBERS = st.integers(0, 10**9)
_T = TypeVar("_T")


class _Choice:
    """Makes choices out of one number, which is much faster than to draw each; 0 chooses what comes first."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __call__(self, *options: _T) -> _T:
        self._number, index = divmod(self._number, len(options))
        return options[index]


def event_of(now: Snapshot, kind: type[Event], number: int) -> Event:
    """The event of this kind that ``number`` (not negative) stands for; see :func:`events`. Small differences of the
    number choose turn, attempt, segment and pause, large ones the words."""
    choose = _Choice(number)
    key = (now.turn + choose(0, 0, 0, -1, 1), now.attempt + choose(0, 0, 0, -1, 1))
    segment = now.utterance.segment + choose(0, 0, 1, -1)
    pause = now.pause + choose(0, 0, 0, -1)
    keys = [commit.key for commit in now.commits]
    timers = [(armed.timer, armed.serial) for armed in sorted(now.armed, key=lambda armed: armed.serial)]
    # Each made only when asked for: choices cost digits of the number.
    makers: dict[type[Event], Callable[[], Event]] = {
        CallStarted: CallStarted,
        VoiceStarted: lambda: VoiceStarted(segment, choose(None, 50, 2000), choose(*_AGENT)),
        VoiceStopped: lambda: VoiceStopped(segment, now.pause + 1, choose(400, 60)),
        VoiceSuspected: VoiceSuspected,
        PartialTranscript: lambda: PartialTranscript(
            segment, choose(*_CALLER), choose(400, 60), choose(None, 0.01, 0.9)
        ),
        FinalTranscript: lambda: FinalTranscript(segment, pause, choose(*_CALLER), choose(None, 0.01, 0.9)),
        SttFailed: lambda: SttFailed(segment, pause),
        EagerEndOfTurn: lambda: EagerEndOfTurn(segment, choose(*_CALLER)),
        TurnResumed: lambda: TurnResumed(segment),
        EndOfTurn: lambda: EndOfTurn(segment, choose(*_CALLER), choose(300, 0)),
        TextTyped: lambda: TextTyped(choose(*_CALLER)),
        TimerFired: lambda: TimerFired(*choose(*timers, (Timer.IDLE, now.serial))),
        SpanQueued: lambda: SpanQueued(*key, choose(*_AGENT), choose(False, True)),
        AudioReady: lambda: AudioReady(*key),
        ReplyFinished: lambda: ReplyFinished(*key),
        ReplyFailed: lambda: ReplyFailed(*key, "engine"),
        PlayoutDrained: lambda: PlayoutDrained(key[0]),
        Settled: lambda: Settled(key[0], frozenset({choose("", *keys)})),
        CommitRequested: lambda: CommitRequested(*key, choose(f"key-{now.serial}", *keys)),
        CommitFinished: lambda: CommitFinished(choose(*keys, "unknown")),
        EndCallRequested: lambda: EndCallRequested(*key),
        HangUpRequested: HangUpRequested,
        LineLost: LineLost,
        LineBack: LineBack,
        DrainRequested: DrainRequested,
    }
    return makers[kind]()
