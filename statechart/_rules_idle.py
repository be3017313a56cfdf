"""Rules of IDLE: nobody speaks."""

from __future__ import annotations

from statechart._draft import Draft
from statechart._effects import Phrase
from statechart._events import (
    CallStarted,
    CommitFinished,
    DrainRequested,
    FinalTranscript,
    LineBack,
    PartialTranscript,
    Settled,
    TextTyped,
    TimerFired,
    VoiceStarted,
)
from statechart._hearing import add_typed, of_ignored, take_floor, verdict_on_ignored
from statechart._moves import confirm, end_call, listen, next_turn, rest, say
from statechart._overlap import Verdict
from statechart._rules_call import commit_finished, drain, line_back, settled
from statechart._snapshot import Stage, Utterance
from statechart._words import words

__all__ = [
    "call_started",
    "commit_finished_when_idle",
    "drain_when_idle",
    "line_back_when_idle",
    "settled_when_idle",
    "timer",
    "transcript",
    "typed",
    "voice",
]


def call_started(d: Draft, _: CallStarted) -> None:
    d.set(started=True)
    say(d, Phrase.GREETING)


def voice(d: Draft, event: VoiceStarted) -> None:
    utterance = Utterance(segment=event.segment, settled=False)
    d.set(voiced=True)
    next_turn(d, utterance)
    listen(d, utterance)


def transcript(d: Draft, event: PartialTranscript | FinalTranscript) -> None:
    """The words of an overlap that was let pass come after the agent was done: if they were meant, they are a turn."""
    if verdict_on_ignored(d, event) is Verdict.CUT:
        utterance = of_ignored(d, event)
        next_turn(d, utterance)
        take_floor(d, utterance)


def typed(d: Draft, event: TextTyped) -> None:
    if words(event.text):
        next_turn(d)
        add_typed(d, event.text)
        confirm(d, silence_ms=0)


def timer(d: Draft, _: TimerFired) -> None:
    """The silence was too long: for the caller, or for a side effect that the end of the call waited for."""
    now = d.now
    if now.closing or now.draining:
        end_call(d, now.closing or "drain")
        return
    next_turn(d)
    if now.idle_prompts < now.settings.idle_prompts:
        d.set(idle_prompts=now.idle_prompts + 1)
        say(d, Phrase.IDLE_PROMPT)
    else:
        say(d, Phrase.GOODBYE, ends="idle")


def settled_when_idle(d: Draft, event: Settled) -> None:
    settled(d, event)
    now = d.now
    if now.closing or now.draining or any(commit.stage is Stage.DONE for commit in now.commits):
        rest(d)


def commit_finished_when_idle(d: Draft, event: CommitFinished) -> None:
    commit_finished(d, event)
    rest(d)


def drain_when_idle(d: Draft, event: DrainRequested) -> None:
    drain(d, event)
    rest(d)


def line_back_when_idle(d: Draft, event: LineBack) -> None:
    was_lost = not d.now.connected
    line_back(d, event)
    if was_lost and d.now.started:
        rest(d)
