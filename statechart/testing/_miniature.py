"""A whole call in miniature, for tests: the engines, the playout and the caller, as plain bookkeeping.

It does what a real driver does (see :mod:`actors.call`): events wait in a queue, effects are carried out at once, so
events of an attempt may be under way when the chart moves on. Every effect is checked against what it may be.
A violated promise raises AssertionError; an event that the chart calls illegal raises :class:`IllegalEvent`.
"""

from __future__ import annotations

from collections import deque

from statechart._chart import TABLE, Step, transition
from statechart._effects import (
    ArmTimer,
    CancelAnswer,
    CloseSegment,
    ConfirmAnswer,
    DisarmTimer,
    Effect,
    EndCall,
    Flush,
    Hold,
    Phrase,
    Play,
    Resume,
    RunCommit,
    Say,
    StartAnswer,
    Tell,
    Transcribe,
)
from statechart._events import (
    AudioReady,
    CommitFinished,
    CommitRequested,
    EndCallRequested,
    Event,
    PlayoutDrained,
    ReplyFailed,
    ReplyFinished,
    Settled,
    SpanQueued,
    Timer,
    TimerFired,
)
from statechart._snapshot import Settings, Snapshot, Stage, State
from statechart.testing._promises import check_snapshot
from statechart.testing._reel import Reel

__all__ = ["MiniatureCall"]


class MiniatureCall:
    """One call. Rules of a test call its methods; :meth:`deliver` lets the chart see what has happened."""

    def __init__(self, settings: Settings) -> None:
        self.snapshot = Snapshot(settings=settings)
        self.queue: deque[Event] = deque()
        self.timers: dict[Timer, int] = {}
        self.reel: Reel | None = None
        self.at_work = False  # the current attempt has more to say
        self.filler_wanted = False
        self.wanted: Transcribe | None = None
        self.to_settle: list[Reel] = []
        self.running: set[str] = set()  # side effects
        self.asked: dict[str, tuple[int, int]] = {}
        self.ran: set[str] = set()
        self.flushed: set[int] = set()
        self.ordered: set[tuple[int, int]] = set()  # attempts that something was ordered for
        self.live: set[tuple[int, int]] = set()  # attempts that count, neither on trial nor withdrawn
        self.fillers: set[tuple[int, int]] = set()
        self.segment_closed = False
        self.told_end: str | None = None

    # --- what happens ----------------------------------------------------------------------------------------------

    def post(self, event: Event) -> None:
        self.queue.append(event)

    def deliver(self, most: int = 1_000) -> None:
        """Let the chart answer the next events in the queue."""
        while self.queue and most:
            self.apply(self.queue.popleft())
            most -= 1

    def apply(self, event: Event) -> Step:
        """Let the chart answer this event now, carry the effects out, and check both."""
        before = self.snapshot
        step = transition(before, event)
        after = self.snapshot = step.snapshot
        assert (before.turn, before.attempt) <= (after.turn, after.attempt), "numbers only rise"
        rule = TABLE.get((before.state, type(event)))
        declared = after == before or rule is None or after.state in rule.targets
        assert declared, f"{before.state.name}: {event} leads to {after.state.name}, which the table does not say"
        assert not (before.ended and step.effects), "after the end nothing happens"
        for effect in step.effects:
            assert self.told_end is None, f"{effect} after the end"
            self._carry_out(effect)
        assert self.told_end is not None or not after.ended
        late = {event.timer for event in self.queue if isinstance(event, TimerFired)}
        on_its_way = self.audible or any(isinstance(event, PlayoutDrained | AudioReady) for event in self.queue)
        held = self.reel is not None and self.reel.held
        check_snapshot(after, timers=self.timers, late=late, audible=on_its_way, held=held, live=self.live)
        return step

    @property
    def key(self) -> tuple[int, int]:
        """The attempt that the chart works on."""
        return self.snapshot.turn, self.snapshot.attempt

    def speak(self, text: str, *, filler: bool = False) -> None:
        """The attempt's next sentence goes to the voice, which makes audio of it."""
        reel = self._reel()
        reel.words.append(text)
        self.post(SpanQueued(*self.key, text, filler))
        reel.waiting += 1
        reel.drained = False
        self._tell_ready(reel)

    def finish(self) -> None:
        """The attempt has said all."""
        reel = self._reel()
        self.at_work, reel.finished = False, True
        if reel.drained:
            self._settle(reel)
        self.post(ReplyFinished(*self.key))

    def fail(self) -> None:
        self.at_work = False
        self.post(ReplyFailed(*self.key, "engine"))

    def ask_commit(self) -> None:
        key = f"commit-{len(self.asked)}"
        self.asked[key] = self.key
        self.post(CommitRequested(*self.key, key))

    def end_commit(self, key: str) -> None:
        self.running.discard(key)
        if self.reel is not None and self.asked[key] == (self.reel.turn, self.reel.attempt):
            self.reel.outcomes.add(key)
        self.post(CommitFinished(key))

    def ask_end(self) -> None:
        self.post(EndCallRequested(*self.key))

    @property
    def audible(self) -> bool:
        """Whether audio is on its way to the caller's ear."""
        reel = self.reel
        return reel is not None and reel.open and not reel.held and not reel.drained

    def hear_out(self) -> None:
        """The caller has heard all that was queued."""
        reel = self.reel
        assert reel is not None
        reel.waiting, reel.drained, reel.open = 0, True, False
        self.post(PlayoutDrained(reel.turn))
        if reel.finished:
            self._settle(reel)

    def settle_flushed(self) -> None:
        """The client's report after a flush has come, or was waited for long enough."""
        reel = self.to_settle.pop(0)
        self.post(Settled(reel.turn, frozenset(reel.outcomes)))

    def fire(self, timer: Timer) -> None:
        self.post(TimerFired(timer, self.timers.pop(timer)))

    # --- the parts -------------------------------------------------------------------------------------------------

    def _reel(self) -> Reel:
        turn, attempt = self.key
        reel = self.reel
        if reel is None or reel.turn != turn:
            assert reel is None or not reel.started or reel.turn in self.flushed, (
                "a turn was left without being settled"
            )
            reel = self.reel = Reel(turn, attempt)
        elif reel.attempt != attempt:
            reel.attempt, reel.confirmed, reel.finished, reel.told_ready = attempt, False, False, False
        return reel

    def _tell_ready(self, reel: Reel) -> None:
        if reel.confirmed and reel.waiting and not reel.open and not reel.told_ready:
            reel.told_ready = True
            self.post(AudioReady(reel.turn, reel.attempt))

    def _settle(self, reel: Reel) -> None:
        self.reel = None
        self.post(Settled(reel.turn, frozenset(reel.outcomes)))

    def _withdraw(self) -> None:
        self.at_work = self.filler_wanted = False
        if self.reel is not None:
            self.reel.waiting = 0 if not self.reel.open else self.reel.waiting
            self.reel.told_ready = False

    # --- the chart's orders ----------------------------------------------------------------------------------------

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case ArmTimer(timer, serial, _):
                self.timers[timer] = serial
            case DisarmTimer(timer):
                self.timers.pop(timer, None)
            case Transcribe():
                self.wanted = effect
            case CloseSegment():
                self.segment_closed = True
            case Say() | StartAnswer() | ConfirmAnswer() | CancelAnswer():
                self._answering(effect)
            case Tell():
                self._tell(effect)
            case Play() | Hold() | Resume() | Flush():
                self._playing(effect)
            case RunCommit(key):
                assert key in self.asked, "nobody asked for it"
                assert key not in self.ran, "a side effect runs once"
                assert self.asked[key] in self.live, "it is on trial, or was withdrawn"
                assert self.snapshot.state is not State.INTERRUPTED, "the agent is held"
                self.ran.add(key)
                self.running.add(key)
            case EndCall(reason):
                self.told_end = reason
            case _:
                pass

    def _answering(self, effect: Say | StartAnswer | ConfirmAnswer | CancelAnswer) -> None:
        key = (effect.turn, effect.attempt)
        if isinstance(effect, CancelAnswer):
            self.live.discard(key)
            self._withdraw()
            return
        self.ordered.add(key)
        if isinstance(effect, ConfirmAnswer) or not (isinstance(effect, StartAnswer) and effect.speculative):
            self.live.add(key)
        if isinstance(effect, Say) and effect.phrase is Phrase.FILLER:
            assert key not in self.fillers, "one filler is enough"
            self.fillers.add(key)
            self.filler_wanted = True
            return
        if isinstance(effect, StartAnswer):
            done = {c.key for c in self.snapshot.commits if c.stage is Stage.DONE}
            assert done <= set(effect.announce), "an outcome is due"
        reel = self._reel()
        if isinstance(effect, ConfirmAnswer):
            reel.confirmed = True
            self._tell_ready(reel)
            return
        self.at_work, reel.finished = True, False
        reel.confirmed = reel.confirmed or key in self.live
        if isinstance(effect, StartAnswer):
            reel.outcomes |= set(effect.announce)

    def _tell(self, effect: Tell) -> None:
        done = {c.key for c in self.snapshot.commits if c.stage is Stage.DONE}
        assert set(effect.announce) <= done, "it is not known yet, or was told"
        assert (effect.turn, effect.attempt) in self.live, "it is on trial, or was withdrawn"
        reel = self.reel
        if reel is None:  # it was heard to its end in that very moment
            self.post(ReplyFinished(effect.turn, effect.attempt))
        else:
            self.at_work, reel.finished = True, False
            reel.outcomes |= set(effect.announce)

    def _playing(self, effect: Play | Hold | Resume | Flush) -> None:
        reel, turn = self.reel, effect.turn
        assert turn not in self.flushed, f"{effect} after the flush"
        current = reel is not None and reel.turn == turn
        match effect:
            case Play():
                assert current, "nothing to play"
                assert reel is not None
                assert (turn, reel.attempt) in self.live, "it is on trial, or was withdrawn"
                assert not reel.held
                reel.open, reel.started, reel.told_ready = True, True, False
            case Hold() if current:
                assert reel is not None
                assert reel.started
                assert not reel.held
                reel.held = True
            case Resume() if current:
                assert reel is not None
                assert reel.held
                reel.held = False
            case Flush():
                self.flushed.add(turn)
                if current:
                    assert reel is not None
                    self.reel = None
                    self.to_settle.append(reel)
            case _:
                pass  # the caller had heard it all
