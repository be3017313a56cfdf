"""The agent at work: answers, fillers, deadlines, and turns that nothing comes of."""

from __future__ import annotations

from statechart import (
    CancelAnswer,
    ConfirmAnswer,
    EndCall,
    Flush,
    PartialTranscript,
    Phrase,
    Play,
    Say,
    Settled,
    StartAnswer,
    State,
    SttFailed,
    TextTyped,
    Timer,
)

HOURS = "What are your hours?"


# --- the agent's work -------------------------------------------------------------------------------------------------


def test_the_answer_waits_for_what_was_heard_to_be_settled(chart):
    chart.speaking()(TextTyped("No, on Wednesday"))
    assert chart.gave(Flush) == [Flush(1)]
    assert chart.gave(StartAnswer) == []
    chart(Settled(0))
    assert chart.gave(StartAnswer) == []
    chart(Settled(1))
    assert chart.gave(StartAnswer) == [StartAnswer(2, 0, "No, on Wednesday", speculative=False)]


def test_a_trial_that_still_waits_is_confirmed_in_silence(chart):
    chart.speaking().voice()
    chart(PartialTranscript(chart.now.utterance.segment, "no, on Wednesday")).silence().words("No, on Wednesday.")
    chart.fire(Timer.END_OF_TURN)
    assert chart.gave(ConfirmAnswer) == []
    chart(Settled(1))
    assert chart.gave(StartAnswer) == [StartAnswer(2, 0, "No, on Wednesday.", speculative=False)]


def test_settled_before_the_turn_ends_is_not_waited_for(chart):
    chart.speaking().drained()
    chart(Settled(1))
    chart.finished()
    assert chart.now.unsettled is None


def test_should_it_never_be_settled_the_caller_gets_an_apology_and_the_next_turn_works(chart):
    chart.speaking()(TextTyped("No, on Wednesday")).fire(Timer.ANSWER)
    assert chart.gave(Say) == [Say(2, 1, Phrase.APOLOGY)]
    chart(TextTyped("hello?"))
    assert chart.gave(StartAnswer) == [StartAnswer(3, 0, "hello?", speculative=False)]


def test_a_failed_transcript_of_an_earlier_pause_decides_nothing_while_the_agent_works(chart):
    chart.processing().voice().silence().voice(segment=chart.now.utterance.segment).silence()
    before = chart.now
    chart(SttFailed(chart.now.utterance.segment, chart.now.pause - 1))
    assert chart.now == before
    assert chart.effects == []


def test_a_typed_line_without_words_changes_nothing_while_the_agent_works(chart):
    before = chart.processing().now
    assert chart(TextTyped(" ... ")).now == before


def test_a_filler_is_asked_for_once_and_not_where_the_answer_has_begun(chart):
    chart.processing().fire(Timer.FILLER)
    assert chart.gave(Say) == [Say(1, 0, Phrase.FILLER)]
    chart.voice().silence(60)
    assert chart.armed(Timer.FILLER) is None


def test_no_filler_once_a_sentence_is_on_its_way(chart):
    chart.processing().span().fire(Timer.FILLER)
    assert chart.effects == []


def test_after_a_heard_filler_the_work_goes_on_in_the_same_turn(chart):
    chart.processing().fire(Timer.FILLER).span("One moment.", filler=True).ready()
    assert chart.gave(Play) == [Play(1)]
    chart.drained()
    assert chart.state is State.PROCESSING
    chart.span().ready()
    assert chart.gave(Play) == [Play(1)]


def test_a_filler_finished_with_nothing_to_follow_is_followed_by_an_apology(chart):
    chart.processing().span("One moment.", filler=True).ready().finished()
    assert chart.gave(Say) == [Say(1, 0, Phrase.APOLOGY)]
    assert not chart.reply.finished


def test_an_answer_without_words_becomes_an_apology(chart):
    chart.processing().finished()
    assert chart.gave(Say) == [Say(1, 0, Phrase.APOLOGY)]


def test_a_trial_without_words_becomes_an_apology_once_confirmed(chart):
    chart.understood().finished().fire(Timer.END_OF_TURN)
    assert chart.gave(Say) == [Say(1, 0, Phrase.APOLOGY)]


def test_a_trial_that_finished_just_when_it_was_confirmed_is_still_played(chart):
    """ReplyFinished was under way when the chart confirmed; AudioReady can only come after it."""
    chart.understood().span().fire(Timer.END_OF_TURN).finished()
    assert chart.state is State.PROCESSING
    chart.ready()
    assert chart.gave(Play) == [Play(1)]
    chart.drained()
    assert chart.state is State.IDLE


def test_a_failure_in_mid_speech_is_apologised_for_behind_what_was_said(chart):
    chart.speaking().failed()
    assert chart.gave(Say) == [Say(1, 0, Phrase.APOLOGY)]
    assert chart.gave(Flush) == []


def test_when_even_the_apology_fails_the_call_goes_on_in_silence(chart):
    chart.processing().failed().failed()
    assert chart.state is State.IDLE
    assert chart.armed(Timer.IDLE) == 10_000


def test_when_the_apology_fails_in_mid_word_what_was_heard_is_settled_by_a_flush(chart):
    chart.speaking().failed().failed().drained()
    assert chart.gave(Flush) == [Flush(1)]
    assert chart.now.unsettled == 1


def test_a_deadline_cancels_and_apologises_and_a_second_one_gives_up(chart):
    chart.processing().fire(Timer.ANSWER)
    assert chart.gave(CancelAnswer) == [CancelAnswer(1, 0, "deadline")]
    assert chart.gave(Say) == [Say(1, 1, Phrase.APOLOGY)]
    chart.fire(Timer.ANSWER)
    assert chart.state is State.IDLE
    assert chart.gave(Say) == []


def test_at_the_deadline_audio_that_waits_for_a_voice_is_played(chart):
    chart.processing().voice().span().ready().fire(Timer.ANSWER)
    assert chart.gave(Play) == [Play(1)]


def test_half_a_phrase_that_waits_for_a_voice_is_still_played(chart):
    chart.idle().fire(Timer.IDLE).voice().span("Are you still").ready().failed()
    assert chart.state is State.PROCESSING
    chart.silence(60)
    assert chart.gave(Play) == [Play(1)]


def test_a_finished_answer_that_waits_for_a_voice_is_still_played(chart):
    chart.processing().voice().span().ready().finished().silence(60)
    assert chart.gave(Play) == [Play(1)]
    chart.drained()
    assert chart.state is State.IDLE


# --- when nothing works -----------------------------------------------------------------------------------------------


def failing_turn(chart):
    chart(TextTyped(HOURS)).failed()
    said = [say.phrase for say in chart.gave(Say)]
    chart.span("Sorry.").ready().finished().drained()
    return said


def test_after_several_failed_turns_the_call_ends_politely(chart):
    chart.idle()
    assert failing_turn(chart) == [Phrase.APOLOGY]
    chart(Settled(1))
    assert failing_turn(chart) == [Phrase.APOLOGY]
    chart(Settled(2))
    assert failing_turn(chart) == [Phrase.BREAKDOWN]
    assert chart.gave(EndCall) == [EndCall("failing")]


def test_an_answer_between_failures_starts_the_count_anew(make_chart):
    chart = make_chart(failed_turns=2).idle()
    failing_turn(chart)
    chart(Settled(1), TextTyped(HOURS)).span().ready().finished().drained()(Settled(2))
    assert chart.now.failures == 0
    assert failing_turn(chart) == [Phrase.APOLOGY]


def test_an_answer_that_was_heard_and_cut_counts_as_one(make_chart):
    chart = make_chart(failed_turns=2).idle()
    failing_turn(chart)
    chart(Settled(1), TextTyped(HOURS)).span().ready()(TextTyped("never mind"))
    assert chart.now.failures == 0


def test_a_filler_is_no_answer(make_chart):
    chart = make_chart(failed_turns=2).idle()
    failing_turn(chart)
    chart(Settled(1), TextTyped(HOURS)).span("One moment.", filler=True).ready()(TextTyped("never mind"))
    assert chart.now.failures == 1


def test_a_trial_that_was_ready_starts_the_count_anew(make_chart):
    chart = make_chart(failed_turns=2).idle()
    failing_turn(chart)
    chart(Settled(1)).says(HOURS).span().finished().fire(Timer.END_OF_TURN)
    assert chart.now.failures == 0


def test_speech_that_could_not_be_understood_counts_as_failed(make_chart):
    chart = make_chart(failed_turns=1).listening().silence()
    chart(SttFailed(chart.now.utterance.segment, chart.now.pause)).fire(Timer.END_OF_TURN)
    assert chart.gave(Say) == [Say(1, 0, Phrase.BREAKDOWN)]
    chart.span("Sorry, goodbye.").ready().finished().drained()
    assert chart.gave(EndCall) == [EndCall("failing")]


def test_the_call_ends_even_where_the_last_words_cannot_be_spoken(make_chart):
    chart = make_chart(failed_turns=1).processing().failed().failed()
    assert chart.gave(EndCall) == [EndCall("failing")]


def test_who_speaks_over_the_last_words_gets_another_try(make_chart):
    chart = make_chart(failed_turns=1).processing().failed().span("Sorry, goodbye.").ready()
    assert chart(TextTyped("wait")).now.failures == 1
    chart(Settled(1)).span().ready().finished().drained()
    assert not chart.now.ended
    assert chart.now.failures == 0
