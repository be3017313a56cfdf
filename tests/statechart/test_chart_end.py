"""Silence, farewells, hanging up, a lost line."""

from __future__ import annotations

from statechart import (
    CancelAnswer,
    CommitFinished,
    DrainRequested,
    EndCall,
    EndCallRequested,
    Flush,
    HangUpRequested,
    LineBack,
    LineLost,
    PartialTranscript,
    Phrase,
    Say,
    Settled,
    StartAnswer,
    State,
    TextTyped,
    Timer,
    VoiceStarted,
)

HOURS = "What are your hours?"


def test_two_idle_prompts_then_goodbye_and_the_end_once_it_was_heard(chart):
    chart.idle()
    for turn in (1, 2):
        chart.fire(Timer.IDLE)
        assert chart.gave(Say) == [Say(turn, 0, Phrase.IDLE_PROMPT)]
        chart.span("Are you still there?").ready().finished().drained()(Settled(turn))
    chart.fire(Timer.IDLE)
    assert chart.gave(Say) == [Say(3, 0, Phrase.GOODBYE)]
    chart.span("Goodbye.").ready().finished()
    assert chart.gave(EndCall) == []
    chart.drained()
    assert chart.effects == [EndCall("idle")]


def test_a_turn_of_the_caller_starts_the_count_of_prompts_anew(chart):
    chart.idle().fire(Timer.IDLE).span("Hello?").ready().finished().drained()(Settled(1))
    assert chart.now.idle_prompts == 1
    chart(TextTyped("yes"))
    assert chart.now.idle_prompts == 0


def test_a_farewell_ends_the_call_once_the_answer_was_heard(chart):
    chart.processing("Thank you, goodbye!").span("Goodbye.").ready().finished().drained()
    assert chart.gave(EndCall) == [EndCall("farewell")]


def test_speech_over_the_goodbye_cancels_the_end(chart):
    chart.processing("Thank you, goodbye!").span("Goodbye.").ready().voice().silence().words("wait, one more thing")
    chart.fire(Timer.END_OF_TURN)(Settled(1)).span().ready().finished().drained()
    assert chart.state is State.IDLE
    assert not chart.now.ended


def test_a_cough_over_the_goodbye_does_not(chart):
    chart.processing("Thank you, goodbye!").span("Goodbye.").ready().finished().voice().silence(60).drained()
    assert chart.now.ended


def test_the_agent_may_hang_up_but_not_in_a_withdrawn_attempt(chart):
    chart.understood()(EndCallRequested(1, 0)).voice(segment=0)
    chart(PartialTranscript(0, HOURS + " no wait"))
    chart.silence().words(HOURS + " no wait").fire(Timer.END_OF_TURN).span().ready().finished().drained()
    assert not chart.now.ended
    chart(Settled(1), TextTyped("go away"), EndCallRequested(2, 0)).span("Bye.").ready().finished().drained()
    assert chart.gave(EndCall) == [EndCall("agent")]


def test_a_goodbye_serves_as_apology_where_the_call_was_to_end(chart):
    chart.processing("Goodbye!").failed()
    assert chart.gave(Say) == [Say(1, 0, Phrase.GOODBYE)]


def test_the_end_waits_for_the_outcome_of_a_side_effect(chart):
    chart.outcome_of_a_cut_turn().fire(Timer.END_OF_TURN).span().ready()
    chart(TextTyped("goodbye"), Settled(2)).span("Goodbye.").ready().finished().drained()
    assert chart.state is State.IDLE
    assert not chart.now.ended
    chart(CommitFinished("k"))
    chart(Settled(chart.now.turn))
    assert chart.gave(StartAnswer) != []
    chart.span("It is booked.").ready().finished().drained()(Settled(chart.now.turn, frozenset({"k"})))
    assert chart.now.ended


def test_but_not_for_ever(chart):
    chart.outcome_of_a_cut_turn().fire(Timer.END_OF_TURN).span().ready()
    chart(TextTyped("goodbye"), Settled(2)).span("Goodbye.").ready().finished().drained().fire(Timer.IDLE)
    assert chart.effects == [EndCall("farewell")]


def test_draining_ends_the_call_after_the_turn(chart):
    chart.speaking()(DrainRequested()).finished()
    assert not chart.now.ended
    chart.drained()
    assert chart.gave(EndCall) == [EndCall("drain")]


def test_draining_ends_a_resting_call_at_once(chart):
    assert chart.idle()(DrainRequested()).gave(EndCall) == [EndCall("drain")]


def test_a_hang_up_settles_what_was_heard(chart):
    chart.speaking()(HangUpRequested())
    assert chart.effects == [Flush(1), CancelAnswer(1, 0, "caller"), EndCall("caller")]


def test_a_hang_up_before_the_start_ends_the_call(chart):
    assert chart(LineLost(), LineBack(), HangUpRequested()).effects[-1] == EndCall("caller")


def test_a_caller_who_does_not_come_back_is_given_up(chart):
    chart.speaking()(LineLost())
    assert chart.armed(Timer.RECONNECT) == 30_000
    chart.fire(Timer.RECONNECT)
    assert chart.gave(EndCall) == [EndCall("lost")]


def test_nobody_is_asked_whether_he_is_there_while_the_line_is_lost(chart):
    chart.idle()(LineLost())
    assert chart.armed(Timer.IDLE) is None
    serial = chart.now.timer(Timer.RECONNECT).serial
    assert chart(LineLost()).now.timer(Timer.RECONNECT).serial == serial
    chart(LineBack())
    assert (chart.armed(Timer.IDLE), chart.armed(Timer.RECONNECT)) == (10_000, None)
    now = chart.now
    assert chart(LineBack()).now == now


def test_a_turn_that_ends_while_the_line_is_lost_rests_without_prompts(chart):
    chart.speaking()(LineLost()).finished().drained()
    assert (chart.state, chart.armed(Timer.IDLE)) == (State.IDLE, None)


def test_a_voice_during_a_failing_phrase_keeps_the_floor(chart):
    chart.idle().fire(Timer.IDLE).voice().silence().failed()
    assert chart.state is State.LISTENING
    assert chart.armed(Timer.END_OF_TURN) == 3000
    chart.words("I'm here")
    assert chart.now.utterance.full == "I'm here"


def test_more_speech_in_one_segment_is_a_voice_again(chart):
    chart.idle().voice().silence()
    chart(VoiceStarted(0))
    assert chart.armed(Timer.END_OF_TURN) is None
    assert chart.armed(Timer.STALL) == 8000
