"""The caller's turn: words, pauses, trials, ends of turn."""

from __future__ import annotations

import pytest

from statechart import (
    CancelAnswer,
    CloseSegment,
    CommitRequested,
    ConfirmAnswer,
    FinalTranscript,
    Flush,
    PartialTranscript,
    Phrase,
    Play,
    RecordCaller,
    Say,
    Settled,
    ShowCaller,
    StartAnswer,
    State,
    SttFailed,
    TextTyped,
    Timer,
    Transcribe,
)

HOURS = "What are your hours?"


# --- the caller's turn ------------------------------------------------------------------------------------------------


def test_a_pause_starts_an_answer_on_trial_and_silence_confirms_it(chart):
    chart.understood(HOURS)
    assert chart.gave(StartAnswer) == [StartAnswer(1, 0, HOURS, speculative=True)]
    assert chart.armed(Timer.END_OF_TURN) == 1000  # few words
    chart.fire(Timer.END_OF_TURN)
    assert chart.effects[:4] == [
        ShowCaller(1, HOURS, final=True),
        RecordCaller(1, HOURS),
        CloseSegment(),
        ConfirmAnswer(1, 0),
    ]
    assert chart.armed(Timer.FILLER) == 400  # the wait was longer than a filler is due after


@pytest.mark.parametrize(("filler_ms", "due"), [(1300, 300), (1010, 50), (1000, 90), (700, 90)])
def test_a_filler_counts_from_the_last_voiced_sample_or_from_an_end_that_came_later(make_chart, filler_ms, due):
    chart = make_chart(filler_ms=filler_ms, late_filler_ms=90).understood(HOURS).fire(Timer.END_OF_TURN)
    assert chart.armed(Timer.FILLER) == due


def test_more_words_withdraw_the_trial(chart):
    chart.understood(HOURS).voice(segment=0)
    chart(PartialTranscript(0, HOURS + " On Sunday"))
    assert chart.gave(CancelAnswer) == [CancelAnswer(1, 0, "more words")]
    assert chart.key == (1, 1)


def test_the_same_words_again_keep_the_trial(chart):
    chart.understood(HOURS).voice(segment=0)
    chart(PartialTranscript(0, "what are your hours")).silence().words("What are your hours.")
    assert chart.key == (1, 0)


def test_without_speculation_the_answer_starts_when_the_turn_is_over(make_chart):
    chart = make_chart(speculate=False).understood(HOURS)
    assert chart.gave(StartAnswer) == []
    chart.fire(Timer.END_OF_TURN)
    assert chart.gave(StartAnswer) == [StartAnswer(1, 0, HOURS, speculative=False)]


def test_an_answer_that_failed_on_trial_is_tried_in_earnest(chart):
    chart.understood(HOURS).failed().fire(Timer.END_OF_TURN)
    assert chart.gave(StartAnswer) == [StartAnswer(1, 1, HOURS, speculative=False)]


def test_words_that_change_at_the_last_moment_are_answered_anew(chart):
    chart.idle().voice().silence()
    chart.fire(Timer.END_OF_TURN)
    chart.words(HOURS)
    assert chart.gave(StartAnswer) == [StartAnswer(1, 0, HOURS, speculative=False)]


def test_a_trial_is_replaced_when_the_final_transcript_differs_and_the_turn_is_over(chart):
    chart.understood(HOURS).voice(segment=0).silence().fire(Timer.END_OF_TURN)
    chart.words("What are your fees?")
    assert chart.gave(CancelAnswer) == [CancelAnswer(1, 0, "more words")]
    assert chart.gave(StartAnswer) == [StartAnswer(1, 1, "What are your fees?", speculative=False)]


def test_a_transcript_of_an_earlier_pause_settles_nothing(chart):
    chart.idle().voice().silence().voice(segment=0).silence()
    chart(FinalTranscript(0, 1, HOURS))
    assert chart.armed(Timer.END_OF_TURN) == 3000
    assert chart.gave(StartAnswer) == []


def test_a_partial_transcript_after_the_final_one_changes_nothing(chart):
    now = chart.understood(HOURS).now
    assert chart(PartialTranscript(0, "What are")).now == now


def test_a_stale_segment_says_nothing_new(chart):
    now = chart.processing().now
    assert chart(PartialTranscript(0, "wait wait")).now == now
    now = chart.says("and on Tuesday").voice().now
    assert chart(PartialTranscript(0, "wait wait")).now == now


def test_two_segments_make_one_utterance(chart):
    chart.idle().says("I'd like to see Doctor").says("Chen")
    assert chart.now.utterance.full == "I'd like to see Doctor Chen"


def test_silence_without_words_goes_back_to_idle(chart):
    chart.idle().says("").fire(Timer.END_OF_TURN)
    assert chart.state is State.IDLE
    assert chart.gave(Say) == []


def test_a_trial_for_words_that_were_none_after_all_is_withdrawn(chart):
    chart.understood(HOURS).voice(segment=0).silence().fire(Timer.END_OF_TURN).words("")
    assert chart.gave(CancelAnswer) == [CancelAnswer(1, 0, "nothing was said")]
    assert chart.state is State.IDLE


def test_where_speech_cannot_be_understood_the_caller_is_told(chart):
    chart.idle().voice().silence()
    chart(SttFailed(0, 1))
    assert chart.armed(Timer.END_OF_TURN) == 1500
    chart.fire(Timer.END_OF_TURN)
    assert chart.gave(Say) == [Say(1, 0, Phrase.APOLOGY)]


def test_without_a_final_transcript_the_partial_one_counts(chart):
    chart.idle().voice()
    chart(PartialTranscript(0, HOURS)).silence()
    chart.fire(Timer.END_OF_TURN).fire(Timer.TRANSCRIPT)
    assert chart.gave(RecordCaller) == [RecordCaller(1, HOURS)]


def test_a_failed_transcript_that_is_not_the_latest_does_not_matter(chart):
    now = chart.idle().voice().now
    assert chart(SttFailed(0, 0)).now == now
    now = chart.says("x").fire(Timer.END_OF_TURN).voice().now
    assert chart(SttFailed(9, 0)).now == now


def test_a_noise_that_never_ends_does_not_hold_the_floor(chart):
    chart.idle().voice()
    chart.fire(Timer.STALL)
    assert chart.state is State.IDLE
    chart(PartialTranscript(0, "what are your hours"))
    assert chart.state is State.LISTENING


def test_words_in_a_noise_that_never_ends_are_answered(chart):
    chart.idle().voice()
    chart(PartialTranscript(0, HOURS))
    chart.fire(Timer.STALL)
    assert chart.state is State.PROCESSING
    assert chart.gave(CloseSegment) == []
    now = chart.now
    chart(PartialTranscript(0, HOURS))
    assert (chart.key, chart.state) == ((1, 0), State.PROCESSING), now
    chart(PartialTranscript(0, HOURS + " And on Sunday"))
    assert chart.state is State.LISTENING
    assert chart.now.utterance.full == HOURS + " And on Sunday"


def test_typed_words_follow_spoken_ones_and_the_voice_goes_on(chart):
    chart.idle().voice()
    chart(PartialTranscript(0, "I'd like to see"), TextTyped("Doctor Chen"))
    assert chart.gave(RecordCaller) == [RecordCaller(1, "I'd like to see Doctor Chen")]
    assert chart.armed(Timer.OVERLAP) == 1500
    chart(PartialTranscript(0, "I'd like to see him tomorrow"))
    assert chart.now.utterance.full == "I'd like to see Doctor Chen him tomorrow"


# --- the caller goes on -----------------------------------------------------------------------------------------------


def test_who_goes_on_before_anything_was_heard_is_answered_as_a_whole(chart):
    chart.processing("I'd like to see Doctor Chen").says("and on Tuesday")
    assert chart.gave(StartAnswer)[-1] == StartAnswer(1, 1, "I'd like to see Doctor Chen and on Tuesday", True)
    chart.fire(Timer.END_OF_TURN)
    assert chart.gave(RecordCaller) == [RecordCaller(1, "I'd like to see Doctor Chen and on Tuesday")]


@pytest.mark.parametrize("what", ["filler", "commit"])
def test_once_something_was_heard_or_done_the_new_words_are_a_new_turn(chart, what):
    chart.processing("I'd like to see Doctor Chen")
    if what == "filler":
        chart.span("One moment.", filler=True).ready().drained()
    else:
        chart(CommitRequested(1, 0, "k"))
    chart.voice()(PartialTranscript(chart.now.utterance.segment, "and also on Tuesday"))
    assert (chart.key, chart.state) == ((2, 0), State.LISTENING)
    assert chart.now.utterance.full == "and also on Tuesday"
    assert chart.gave(Flush) == [Flush(1)] * (what == "filler")


def test_a_backchannel_delays_an_answer_and_does_not_withdraw_it(chart):
    chart.processing().voice().span().ready()
    assert chart.gave(Play) == []
    chart.silence().words("okay")
    assert chart.gave(Play) == [Play(1)]
    assert chart.gave(CloseSegment) == [CloseSegment()]


def test_a_voice_that_comes_and_goes_delays_an_answer_once(chart):
    chart.processing().voice()
    serial = chart.now.timer(Timer.OVERLAP).serial
    chart.silence().voice(segment=chart.now.utterance.segment)
    assert chart.now.timer(Timer.OVERLAP).serial == serial


def test_the_words_of_a_noise_still_count_when_they_come_late(chart):
    chart.processing().voice().silence(60)
    segment = chart.now.ignored_segment
    assert chart.armed(Timer.OVERLAP) is None
    chart(FinalTranscript(segment, chart.now.pause, "no, Tuesday"))
    assert chart.state is State.LISTENING
    assert chart.now.utterance.full == HOURS + " no, Tuesday"


def test_a_noise_whose_late_words_say_nothing_is_let_pass(chart):
    chart.processing().voice().silence(60)
    now = chart.now
    assert chart(FinalTranscript(now.ignored_segment, now.pause, "uh-huh")).now == now


def test_a_voice_that_outlasts_its_time_is_closed_when_it_ends(chart):
    chart.processing().voice().fire(Timer.OVERLAP).silence()
    assert chart.gave(Transcribe) != []
    assert chart.gave(CloseSegment) == [CloseSegment()]
    assert chart.state is State.PROCESSING


def test_typing_while_the_agent_works_joins_the_turn(chart):
    chart.processing("I'd like to see Doctor Chen")(TextTyped("on Tuesday"))
    assert chart.gave(StartAnswer) == [StartAnswer(1, 1, "I'd like to see Doctor Chen on Tuesday", speculative=False)]


def test_speech_before_the_greeting_was_heard_takes_the_floor(chart):
    from statechart import CallStarted

    chart(CallStarted()).span("Hello.").voice()
    chart.ready()
    assert chart.gave(Play) == []
    chart(PartialTranscript(0, HOURS))
    assert chart.gave(CancelAnswer) == [CancelAnswer(0, 0, "barge-in turn=0")]
    assert (chart.key, chart.now.utterance.full) == ((1, 0), HOURS)


def test_words_of_an_older_turn_do_not_come_back(chart):
    chart.processing().span().ready().finished().drained()
    chart(Settled(1)).fire(Timer.IDLE).voice()
    chart(PartialTranscript(chart.now.utterance.segment, "yes I am"))
    assert chart.now.utterance.full == "yes I am"
