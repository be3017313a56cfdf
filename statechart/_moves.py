"""The moves that several rules share, on the agent's side: answer, confirm, withdraw, cut, play, rest, end.

A move changes a :class:`Draft`; which move is due in which state stands in the rules.
"""

from __future__ import annotations

import attrs

from statechart._draft import Draft
from statechart._effects import (
    CancelAnswer,
    CloseSegment,
    ConfirmAnswer,
    EndCall,
    Flush,
    Phrase,
    Play,
    RecordCaller,
    RunCommit,
    Say,
    ShowCaller,
    StartAnswer,
)
from statechart._endpointing import is_farewell
from statechart._events import Timer
from statechart._news import take_news, tell_on
from statechart._snapshot import Commit, Kind, Reply, Snapshot, Stage, State, Utterance
from statechart._words import same_words

__all__ = [
    "SOONEST_FILLER_MS",
    "answer",
    "apologise",
    "close_segment",
    "confirm",
    "cut",
    "end_call",
    "end_turn",
    "fall_silent",
    "listen",
    "next_turn",
    "play",
    "regret",
    "release_commits",
    "rest",
    "say",
    "start_waiting_answer",
    "went_well",
    "withdraw",
]

SOONEST_FILLER_MS = 300  # after a voice was let pass; sooner would talk over answers that are nearly there
_FILLER_AT_LEAST_MS = 50  # after the turn is over for sure; an answer begun on trial goes before it


def next_turn(d: Draft, utterance: Utterance | None = None) -> None:
    """Take the next turn number; what was said in earlier turns is no longer open, ``utterance`` is."""
    utterance = utterance or Utterance(segment=d.now.utterance.segment)
    d.set(turn=d.now.turn + 1, attempt=0, reply=None, closing="", heard="", utterance=utterance)


def listen(d: Draft, utterance: Utterance) -> None:
    """The caller has the floor, with these words so far."""
    d.set(utterance=utterance, ignored_segment=-1, overdue=False)
    d.go(State.LISTENING)
    if d.now.voiced:
        d.arm(Timer.STALL, d.now.settings.stall_ms)


def close_segment(d: Draft) -> None:
    """These words are dealt with. What is said next is a new segment, or, while the voice goes on, follows them."""
    utterance = d.now.utterance
    if d.now.voiced:
        known = " ".join(text for text in (utterance.known, utterance.text) if text)
        d.set(utterance=Utterance(segment=utterance.segment, known=known, settled=False))
    else:
        d.emit(CloseSegment())
        d.set(utterance=Utterance(segment=utterance.segment + 1))


# --- replies ----------------------------------------------------------------------------------------------------------


def say(d: Draft, phrase: Phrase, *, kind: Kind = Kind.PHRASE, ends: str = "") -> None:
    """Speak fixed words as the whole reply of the current turn."""
    d.set(reply=Reply(kind=kind, ends=ends), interrupted=False)
    d.emit(Say(d.now.turn, d.now.attempt, phrase))
    _work(d)


def answer(d: Draft, text: str, *, speculative: bool, ends: str = "") -> None:
    """Start the model on the caller's words, once what was heard of the turn before is exact."""
    waiting = d.now.unsettled is not None
    kind = Kind.ANSWER if text else Kind.NEWS
    d.set(reply=Reply(kind=kind, text=text, confirmed=not speculative, waiting=waiting, ends=ends))
    if not waiting:
        _start(d)


def start_waiting_answer(d: Draft) -> None:
    """The turn before is settled: the answer that waited for it starts."""
    if d.now.reply is not None and d.reply.waiting:
        d.mark(waiting=False)
        _start(d)


def _start(d: Draft) -> None:
    due = take_news(d)
    d.emit(StartAnswer(d.now.turn, d.now.attempt, d.reply.text, not d.reply.confirmed, due))


def _work(d: Draft) -> None:
    d.go(State.PROCESSING)
    d.arm(Timer.ANSWER, d.now.settings.answer_ms)


def apologise(d: Draft) -> None:
    """The answer cannot be had: say so, as part of the same turn; or say goodbye, where the call was to end anyway."""
    phrase, ends = (Phrase.GOODBYE, d.reply.ends) if d.reply.ends else regret(d)
    d.mark(kind=Kind.APOLOGY, finished=False, failed=False, answered=False, waiting=False, ends=ends)
    d.set(commits=_without_pending(d.now))
    d.disarm(Timer.FILLER)
    if d.now.state is State.PROCESSING:
        d.arm(Timer.ANSWER, d.now.settings.answer_ms)  # the apology has a deadline of its own
    d.emit(Say(d.now.turn, d.now.attempt, phrase))


def regret(d: Draft) -> tuple[Phrase, str]:
    """One more turn cannot be answered: what to say, and why the call ends behind it (empty: it goes on)."""
    d.set(failures=d.now.failures + 1)
    if d.now.failures < d.now.settings.failed_turns:
        return Phrase.APOLOGY, ""
    return Phrase.BREAKDOWN, "failing"


def went_well(d: Draft) -> None:
    """What there is of the reply was made without failure: if it is an answer, engines work again."""
    if d.reply.kind is Kind.ANSWER and d.reply.answered:
        d.set(failures=0)


def confirm(d: Draft, silence_ms: int) -> None:
    """The caller's turn is over; ``silence_ms`` of silence have told so."""
    text = d.now.utterance.full
    d.emit(ShowCaller(d.now.turn, text, final=True))
    d.emit(RecordCaller(d.now.turn, text))
    close_segment(d)
    d.set(ignored_segment=-1, overlap_ms=0, burst_ms=0, meant=None, heard="")
    d.set(idle_prompts=0, overdue=False, interrupted=False)
    if d.now.reply is not None and not same_words(d.reply.text, text):
        withdraw(d, "more words")
    if d.now.reply is None:
        answer(d, text, speculative=False)
    else:
        d.mark(confirmed=True)
        if not d.reply.waiting:
            d.emit(ConfirmAnswer(d.now.turn, d.now.attempt))
    if is_farewell(text):
        d.mark(ends="farewell")
    _work(d)
    if d.now.voiced:
        d.arm(Timer.OVERLAP, d.now.settings.overlap_in_processing_ms)
    else:
        left = d.now.settings.filler_ms - silence_ms
        # After a longer wait than the filler's own, an answer begun on trial is nearly there and would only be kept
        # waiting (side effects run from now on; the embedded model tells of them 350 ms later).
        d.arm(Timer.FILLER, max(_FILLER_AT_LEAST_MS, left) if left > 0 else d.now.settings.late_filler_ms)
        release_commits(d)
    if d.reply.finished and not d.reply.answered:
        apologise(d)
    elif d.reply.finished:
        went_well(d)


def release_commits(d: Draft) -> None:
    """Side effects that waited for certainty run now."""
    pending = [commit for commit in d.now.commits if commit.stage is Stage.PENDING]
    if not pending:
        return
    d.mark(committed=True)
    d.set(commits=tuple(attrs.evolve(c, stage=Stage.RUNNING) if c in pending else c for c in d.now.commits))
    for commit in pending:
        d.emit(RunCommit(commit.key))


def withdraw(d: Draft, reason: str) -> None:
    """Drop the attempt; the turn goes on under the next one. Side effects that run go on, others never happen."""
    d.emit(CancelAnswer(d.now.turn, d.now.attempt, reason))
    d.set(attempt=d.now.attempt + 1, reply=None, commits=_without_pending(d.now))


def _without_pending(now: Snapshot) -> tuple[Commit, ...]:
    return tuple(commit for commit in now.commits if commit.stage is not Stage.PENDING)


# --- speech -----------------------------------------------------------------------------------------------------------


def play(d: Draft) -> None:
    """Let the caller hear the reply."""
    d.mark(ready=False, playing=True, played=True)
    d.go(State.SPEAKING)
    d.emit(Play(d.now.turn))
    tell_on(d)


def fall_silent(d: Draft) -> None:
    """All that was queued was heard, and more is to come."""
    d.mark(playing=False)
    _work(d)


def cut(d: Draft, reason: str, utterance: Utterance) -> None:
    """The agent stops here: what was not heard of the turn never will be. The caller's next turn begins."""
    turn, reply = d.now.turn, d.reply
    nearly_done = reply.unheard_ms is not None and reply.unheard_ms < d.now.settings.overlap.tail_ms
    if reply.played:
        went_well(d)
        _flush(d)
        d.set(last_said=d.now.heard)
    d.set(interrupted=not nearly_done)
    withdraw(d, f"{reason} turn={turn}")
    next_turn(d, utterance)


def end_turn(d: Draft) -> None:
    """Nothing more of the reply will be heard: go over to the caller who is speaking, hang up, or rest."""
    reply, utterance, judging = d.reply, d.now.utterance, d.now.judging
    if reply.played and reply.failed:
        _flush(d)
    elif reply.played:
        _unsettle(d)
    if reply.played:
        d.set(last_said=reply.said)
    d.set(attempt=d.now.attempt + 1, reply=None, commits=_without_pending(d.now))
    if judging and d.now.state is State.PROCESSING:
        next_turn(d, utterance)
        listen(d, utterance)
        if not d.now.voiced:
            d.arm(Timer.END_OF_TURN, d.now.settings.waits.max_ms)  # its transcript is under way
    else:
        d.set(closing=reply.ends)
        rest(d)


def _flush(d: Draft) -> None:
    d.emit(Flush(d.now.turn))
    _unsettle(d)


def _unsettle(d: Draft) -> None:
    """What was heard of this turn is told soon, if it has not been already."""
    if d.now.settled < d.now.turn:
        d.set(unsettled=d.now.turn)


def rest(d: Draft) -> None:
    """Nobody has anything to say. Outcomes of side effects are told first; then the call ends, if it was to."""
    now = d.now
    ends = now.closing or ("drain" if now.draining else "")
    news = [c for c in now.commits if c.stage is Stage.DONE and not c.told_alone]
    if news and now.connected and now.unsettled is None:
        d.set(commits=tuple(attrs.evolve(c, told_alone=True) if c in news else c for c in now.commits))
        next_turn(d)
        answer(d, "", speculative=False, ends=now.closing)
        _work(d)
        return
    expected = news or any(c.stage is Stage.RUNNING for c in now.commits)
    if ends and not (expected and now.connected):
        end_call(d, ends)
        return
    d.go(State.IDLE)
    if now.connected:
        d.arm(Timer.IDLE, now.settings.idle_ms)


def end_call(d: Draft, reason: str) -> None:
    """The call is over."""
    if d.now.reply is not None:
        if d.reply.played:
            _flush(d)
        withdraw(d, reason)
    d.disarm_all()
    d.go(State.IDLE)
    d.set(ended=True)
    d.emit(EndCall(reason))
