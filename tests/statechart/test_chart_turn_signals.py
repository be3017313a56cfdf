"""The chart, by example: what the recogniser thinks of the end of the turn."""

from __future__ import annotations

import pytest

from statechart import (
    CancelAnswer,
    ConfirmAnswer,
    EagerEndOfTurn,
    EndOfTurn,
    RecordCaller,
    StartAnswer,
    State,
    Timer,
    TurnResumed,
)

HOURS = "What are your hours?"


def test_a_likely_end_starts_an_answer_on_trial_before_our_own_ears_are_sure(chart):
    chart.listening()(EagerEndOfTurn(0, HOURS))
    assert chart.gave(StartAnswer) == [StartAnswer(1, 0, HOURS, speculative=True)]
    chart.silence()(EagerEndOfTurn(0, HOURS))
    assert chart.gave(StartAnswer) == chart.gave(CancelAnswer) == []
    chart.words(HOURS)
    assert chart.gave(CancelAnswer) == []
    chart.fire(Timer.END_OF_TURN)
    assert chart.gave(ConfirmAnswer) == [ConfirmAnswer(1, 0)]


def test_a_likely_end_with_other_words_replaces_the_trial(chart):
    chart.listening()(EagerEndOfTurn(0, "What are"), EagerEndOfTurn(0, HOURS))
    assert chart.gave(CancelAnswer) == [CancelAnswer(1, 0, "other words")]
    assert [order.text for order in chart.gave(StartAnswer)] == ["What are", HOURS]


def test_a_likely_end_behind_the_final_transcript_answers_that(chart):
    chart.understood()(EagerEndOfTurn(0, "What are"))
    assert chart.effects == []
    chart(TurnResumed(0), EagerEndOfTurn(0, "What are"))
    assert [order.text for order in chart.gave(StartAnswer)] == [HOURS]


def test_a_likely_end_alone_never_ends_the_turn(chart):
    chart.listening().silence()(EagerEndOfTurn(0, HOURS))
    assert chart.state is State.LISTENING
    assert chart.armed(Timer.END_OF_TURN) == 3000
    assert chart.gave(RecordCaller) == []


def test_a_noise_behind_a_likely_end_holds_the_floor_less_long(chart):
    chart.listening()(EagerEndOfTurn(0, HOURS))
    assert chart.armed(Timer.STALL) == 1500
    chart(TurnResumed(0))
    assert chart.armed(Timer.STALL) == 8000


def test_a_caller_who_resumes_withdraws_the_trial_and_gets_more_time(chart):
    chart.understood()(TurnResumed(chart.now.utterance.segment))
    assert chart.gave(CancelAnswer) == [CancelAnswer(1, 0, "the caller goes on")]
    assert chart.armed(Timer.END_OF_TURN) == 1500
    chart.fire(Timer.END_OF_TURN)
    assert chart.gave(StartAnswer) == [StartAnswer(1, 1, HOURS, speculative=False)]


def test_to_resume_without_a_trial_changes_nothing(chart):
    chart.listening().silence()
    before = chart.now
    assert chart(TurnResumed(chart.now.utterance.segment)).now == before
    assert chart(TurnResumed(chart.now.utterance.segment - 1)).now == before


def test_a_certain_end_confirms_the_trial_at_once(chart):
    chart.listening()(EagerEndOfTurn(0, HOURS)).silence()(EndOfTurn(0, HOURS, 250))
    assert chart.gave(ConfirmAnswer) == [ConfirmAnswer(1, 0)]
    assert chart.gave(RecordCaller) == [RecordCaller(1, HOURS)]
    assert chart.armed(Timer.FILLER) == 450
    chart.words(HOURS, segment=0)  # what was asked for at the pause comes after all
    assert chart.effects == []


def test_a_certain_end_needs_no_trial(chart):
    chart.listening().silence()(EndOfTurn(0, HOURS))
    assert chart.gave(StartAnswer) == [StartAnswer(1, 0, HOURS, speculative=False)]
    assert chart.state is State.PROCESSING


def test_a_voice_outweighs_a_certain_end(chart):
    chart.listening()(EndOfTurn(0, HOURS))
    assert chart.state is State.LISTENING
    assert chart.gave(StartAnswer) == [StartAnswer(1, 0, HOURS, speculative=True)]


@pytest.mark.parametrize("signal", [EagerEndOfTurn, EndOfTurn])
def test_an_end_without_words_or_of_a_segment_dealt_with_changes_nothing(chart, signal):
    chart.listening().silence()
    before = chart.now
    assert chart(signal(0, " ")).now == before
    assert chart(signal(-1, HOURS)).now == before


@pytest.mark.parametrize("way", ["idle", "processing", "speaking", "interrupted"])
def test_whoever_has_no_floor_has_no_end_of_turn(chart, way):
    before = getattr(chart, way)().now
    segment = before.utterance.segment
    assert chart(EagerEndOfTurn(segment, "no"), EndOfTurn(segment, "no"), TurnResumed(segment)).now == before
