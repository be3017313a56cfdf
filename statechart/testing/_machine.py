"""A Hypothesis state machine that plays the caller and the agent's engines; the call itself is in ``_miniature``."""

from __future__ import annotations

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from statechart._events import (
    AudioReady,
    CallStarted,
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
    ReplyFailed,
    ReplyFinished,
    SpanQueued,
    SttFailed,
    TextTyped,
    TurnResumed,
    VoiceStarted,
    VoiceStopped,
    VoiceSuspected,
)
from statechart._snapshot import Settings
from statechart.testing._miniature import MiniatureCall
from statechart.testing._strategies import agent_lines, caller_lines

__all__ = ["TurnTakingMachine", "check"]

#: Whether the chart sees what happened only after something else has happened, too.
_LATER = st.sampled_from([False, False, False, True])
_MEANT = st.sampled_from([None, 0.01, 0.9])


class TurnTakingMachine(RuleBasedStateMachine):
    """Plays calls. ``settings`` are those of the chart; set them in a subclass, or use :func:`check`.

    Add rules and invariants of your own in a subclass: ``self.call`` is the call (``self.call.snapshot`` the chart's
    memory, ``self.call.post`` makes something happen, ``self.call.deliver`` lets the chart see it).
    """

    settings = Settings()

    def __init__(self) -> None:
        super().__init__()
        self.call = MiniatureCall(self.settings)
        self.voiced = False
        self.segment = self.pauses = 0
        self.online = True
        self._happens(CallStarted())

    def _happens(self, event: Event, *, later: bool = False) -> None:
        self.call.post(event)
        if not later:
            self.call.deliver()

    # --- the caller ------------------------------------------------------------------------------------------------

    @precondition(lambda self: not self.voiced)
    @rule(new=st.booleans(), unheard=st.none() | st.integers(0, 2000), heard=agent_lines(), later=_LATER)
    def caller_speaks_up(self, new: bool, unheard: int | None, heard: str, later: bool) -> None:
        self.voiced = True
        self.segment += new or self.call.segment_closed
        self.call.segment_closed = False
        reel = self.call.reel
        known = unheard if reel is not None and reel.finished and reel.open else None
        self._happens(VoiceStarted(self.segment, known, heard), later=later)

    @precondition(lambda self: not self.voiced)
    @rule(later=_LATER)
    def caller_makes_a_sound(self, later: bool) -> None:
        """What it is shows later."""
        self._happens(VoiceSuspected(), later=later)

    @precondition(lambda self: self.voiced)
    @rule(voiced_ms=st.sampled_from([60, 400, 2000]), later=_LATER)
    def caller_falls_silent(self, voiced_ms: int, later: bool) -> None:
        self.voiced = False
        self.pauses += 1
        self._happens(VoiceStopped(self.segment, self.pauses, voiced_ms), later=later)

    @precondition(lambda self: self.voiced)
    @rule(text=caller_lines(), meant=_MEANT, later=_LATER)
    def words_come_in(self, text: str, meant: float | None, later: bool) -> None:
        self._happens(PartialTranscript(self.segment, text, 300, meant), later=later)

    @precondition(lambda self: self.call.wanted is not None)
    @rule(text=st.none() | caller_lines(), meant=_MEANT, later=_LATER)
    def transcript_is_made(self, text: str | None, meant: float | None, later: bool) -> None:
        wanted, self.call.wanted = self.call.wanted, None
        assert wanted is not None
        if text is None:
            self._happens(SttFailed(wanted.segment, wanted.pause), later=later)
        else:
            self._happens(FinalTranscript(wanted.segment, wanted.pause, text, meant), later=later)

    @rule(what=st.integers(0, 2), text=caller_lines(), behind=st.integers(0, 1), later=_LATER)
    def recogniser_judges(self, what: int, text: str, behind: int, later: bool) -> None:
        """It believes, or is sure, that the turn is over, or not any more; late, or at any time."""
        segment = self.segment - behind
        signals = EagerEndOfTurn(segment, text), EndOfTurn(segment, text, 300), TurnResumed(segment)
        self._happens(signals[what], later=later)

    @precondition(lambda self: not self.voiced)
    @rule(text=caller_lines(), heard=agent_lines())
    def caller_says(self, text: str, heard: str) -> None:
        """All at once: a voice, its end, its transcript."""
        self.caller_speaks_up(True, None, heard, False)
        self.caller_falls_silent(400, False)
        if self.call.wanted is not None:
            self.transcript_is_made(text, None, False)

    @rule(text=caller_lines().filter(bool), what=st.integers(0, 5), later=_LATER)
    def something_else_happens(self, text: str, what: int, later: bool) -> None:
        """The caller types, the line breaks or comes back, and at length somebody wants the call to end."""
        event: Event
        if what > 1:
            event = LineBack() if not self.online else TextTyped(text)
            self.online = True
        elif self.call.snapshot.turn < 4:
            event = LineLost()
            self.online = False
        else:
            event = DrainRequested() if what else HangUpRequested()
        self._happens(event, later=later)

    # --- the agent -------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.call.at_work)
    @rule(text=agent_lines(), last=st.booleans(), later=_LATER)
    def agent_speaks(self, text: str, last: bool, later: bool) -> None:
        self.call.speak(text)
        if last:
            self.call.finish()
        self._maybe_deliver(later)

    @precondition(lambda self: self.call.at_work)
    @rule(what=st.integers(0, 5), later=_LATER)
    def agent_does_something_else(self, what: int, later: bool) -> None:
        """It asks for a side effect or to hang up, gives up, or has no more to say (or nothing at all)."""
        acts = {0: self.call.fail, 1: self.call.finish, 2: self.call.ask_end}
        acts.get(what, self.call.ask_commit)()
        self._maybe_deliver(later)

    @precondition(lambda self: self.call.filler_wanted)
    @rule(later=_LATER)
    def filler_is_spoken(self, later: bool) -> None:
        self.call.filler_wanted = False
        if self.call.at_work:
            self.call.speak("One moment.", filler=True)
        self._maybe_deliver(later)

    @precondition(lambda self: self.call.at_work)
    @rule(later=_LATER)
    def agent_wants_a_commit(self, later: bool) -> None:
        self.call.ask_commit()
        self._maybe_deliver(later)

    @precondition(lambda self: self.call.running)
    @rule(data=st.data(), later=_LATER)
    def commit_ends(self, data: st.DataObject, later: bool) -> None:
        self.call.end_commit(data.draw(st.sampled_from(sorted(self.call.running))))
        self._maybe_deliver(later)

    # --- playout and time ------------------------------------------------------------------------------------------

    @precondition(lambda self: self.call.audible)
    @rule(later=_LATER)
    def caller_hears_it_out(self, later: bool) -> None:
        self.call.hear_out()
        self._maybe_deliver(later)

    @precondition(lambda self: self.call.to_settle)
    @rule(later=_LATER)
    def what_was_heard_is_settled(self, later: bool) -> None:
        self.call.settle_flushed()
        self._maybe_deliver(later)

    @precondition(lambda self: self.call.timers)
    @rule(data=st.data(), later=_LATER)
    def time_passes(self, data: st.DataObject, later: bool) -> None:
        self.call.fire(data.draw(st.sampled_from(sorted(self.call.timers, key=lambda timer: timer.name))))
        self._maybe_deliver(later)

    @precondition(lambda self: self.call.queue)
    @rule(most=st.integers(1, 3))
    def chart_catches_up(self, most: int) -> None:
        self.call.deliver(most)

    def _maybe_deliver(self, later: bool) -> None:
        if not later:
            self.call.deliver()

    # --- hostile ---------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.call.key > (0, 0))
    @rule(data=st.data())
    def something_stale_arrives(self, data: st.DataObject) -> None:
        """Whatever belongs to an older turn or attempt changes nothing."""
        turn, attempt = self.call.key
        older = [(turn - 1, 7)] * (turn > 0) + [(turn, attempt - 1)] * (attempt > 0)
        key = data.draw(st.sampled_from(older))
        stale: list[Event] = [
            SpanQueued(*key, "stale"),
            AudioReady(*key),
            ReplyFinished(*key),
            ReplyFailed(*key, "stale"),
            CommitRequested(*key, "stale"),
            EndCallRequested(*key),
        ]
        event = data.draw(st.sampled_from(stale))
        before = self.call.snapshot
        step = self.call.apply(event)
        assert step.snapshot == before
        assert not step.effects

    @invariant()
    def nothing_is_lost(self) -> None:
        """A side effect that ended is remembered until the caller was told, and told by every answer until then."""
        now = self.call.snapshot
        assert now.ended or {c.key for c in now.commits if c.stage.value == "running"} >= self.call.running


def check(settings: Settings, *, max_examples: int = 100, steps: int = 60) -> None:
    """Play ``max_examples`` calls of up to ``steps`` happenings with these settings.

    Raises AssertionError (or IllegalEvent), with the shortest call that Hypothesis finds, where a promise is broken.
    """

    class Machine(TurnTakingMachine):
        pass

    Machine.settings = settings
    limits = hypothesis_settings(
        max_examples=max_examples, stateful_step_count=steps, deadline=None, report_multiple_bugs=False
    )
    run_state_machine_as_test(Machine, settings=limits)
