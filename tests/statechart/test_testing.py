"""The property test that users get, run on the default settings, on odd ones, and against broken charts."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from statechart import (
    ArmTimer,
    CallStarted,
    EndCall,
    EndpointWaits,
    Flush,
    HangUpRequested,
    Hold,
    IllegalEvent,
    OverlapLimits,
    PartialTranscript,
    Play,
    ReplyFinished,
    Resume,
    RunCommit,
    Settings,
    Settled,
    Snapshot,
    State,
    Step,
    Tell,
    TextTyped,
    VoiceStarted,
    transition,
)
from statechart.testing import MiniatureCall, TurnTakingMachine, _miniature, check, events, settings, snapshots

TestDefaults = TurnTakingMachine.TestCase
TestDefaults.settings = limits(max_examples=100, stateful_step_count=60)


@pytest.mark.parametrize(
    "odd",
    [
        Settings(idle_prompts=0, speculate=False),
        Settings(waits=EndpointWaits(complete_ms=1, default_ms=1, open_ms=1, patient_ms=1, max_ms=1), filler_ms=0),
        Settings(overlap=OverlapLimits(decide_ms=1, tail_ms=5000, noise_ms=1000), overlap_in_processing_ms=0),
    ],
)
def test_odd_settings_keep_every_promise(odd):
    check(odd, max_examples=40)


@given(chosen=settings())
@limits(max_examples=20)
def test_any_settings_are_valid(chosen):
    assert transition(Snapshot(settings=chosen), CallStarted()).snapshot.settings is chosen


@given(data=st.data())
def test_snapshots_can_be_reached_and_events_lie_around_them(data):
    now = data.draw(snapshots())
    assert now.started
    with contextlib.suppress(IllegalEvent):  # the only way to refuse
        transition(now, data.draw(events(now)))


def greeted(monkeypatch, broken):
    """A call whose chart is broken in this way, in the middle of its greeting."""
    monkeypatch.setattr(_miniature, "transition", lambda *given: broken(transition(*given)))
    call = MiniatureCall(Settings())
    call.post(CallStarted())
    call.deliver()
    call.speak("Hello.")
    call.deliver()
    return call


def without(*kinds):
    return lambda step: Step(step.snapshot, tuple(e for e in step.effects if not isinstance(e, kinds)))


def doubled(kind):
    return lambda step: Step(
        step.snapshot, tuple(e for effect in step.effects for e in (effect, effect)[: 1 + isinstance(effect, kind)])
    )


def test_a_sound_chart_passes(monkeypatch):
    call = greeted(monkeypatch, lambda step: step)
    call.post(VoiceStarted(1, None, "Hello."))
    call.post(PartialTranscript(1, "wait a moment"))
    call.deliver()
    assert call.snapshot.state is State.LISTENING
    assert call.flushed == {0}


def test_a_turn_that_is_left_without_a_flush_is_found_out(monkeypatch):
    call = greeted(monkeypatch, without(Flush))
    call.post(TextTyped("What are your hours?"))
    call.deliver()
    call.post(Settled(0))
    with pytest.raises(AssertionError, match="without being settled"):
        call.deliver()


def test_a_side_effect_run_twice_is_found_out(monkeypatch):
    call = greeted(monkeypatch, doubled(RunCommit))
    call.ask_commit()
    with pytest.raises(AssertionError, match="runs once"):
        call.deliver()


def test_a_forgotten_timer_is_found_out(monkeypatch):
    with pytest.raises(AssertionError, match="those that were armed"):
        greeted(monkeypatch, without(ArmTimer))


def test_audio_that_never_plays_is_found_out(monkeypatch):
    with pytest.raises(AssertionError, match="nothing ends this"):
        greeted(monkeypatch, without(Play))


def test_a_second_hold_is_found_out(monkeypatch):
    call = greeted(monkeypatch, doubled(Hold))
    call.post(VoiceStarted(1, None, "Hello."))
    with pytest.raises(AssertionError):
        call.deliver()


def test_whatever_follows_the_end_is_found_out(monkeypatch):
    call = greeted(monkeypatch, doubled(EndCall))
    call.post(HangUpRequested())
    with pytest.raises(AssertionError, match="after the end"):
        call.deliver()


def test_a_broken_chart_fails_the_check(monkeypatch):
    monkeypatch.setattr(_miniature, "transition", lambda *given: doubled(RunCommit)(transition(*given)))
    with pytest.raises(AssertionError, match="runs once"):
        check(Settings(), max_examples=200)


def test_miniature_call_throws_away_what_a_flush_says_and_nothing_else():
    call = MiniatureCall(Settings())
    call.reel = reel = _miniature.Reel(turn=1, attempt=0, started=True)
    call._playing(Hold(0))  # of a turn that was heard out: nothing to hold
    call._playing(Flush(0))
    assert call.reel is reel
    call._playing(Hold(1))
    call._playing(Resume(1))
    assert not reel.held
    call._playing(Flush(1))
    assert call.reel is None
    assert call.to_settle == [reel]


def test_miniature_answer_that_ends_after_it_was_heard_is_settled():
    call = MiniatureCall(Settings())
    call.reel = _miniature.Reel(turn=0, attempt=0, started=True, drained=True)
    call.finish()
    assert call.reel is None
    assert [type(event).__name__ for event in call.queue] == ["Settled", "ReplyFinished"]


def test_a_filler_that_is_due_when_nobody_is_at_work_is_not_spoken():
    machine = TurnTakingMachine()
    machine.call.post(HangUpRequested())
    machine.call.deliver()
    assert not machine.call.at_work
    machine.call.filler_wanted = True
    before = machine.call.snapshot
    machine.filler_is_spoken(later=False)
    assert machine.call.snapshot == before


def test_an_outcome_told_to_words_heard_out_in_that_moment_is_a_reply_without_sound(monkeypatch):
    """Drawn calls come by this too seldom to count on it."""
    call = MiniatureCall(Settings())
    key = call.key
    call.live.add(key)
    monkeypatch.setattr(_miniature, "transition", lambda snapshot, _: Step(snapshot, (Tell(*key, ()),)))
    call.apply(CallStarted())
    assert list(call.queue) == [ReplyFinished(*key)]
