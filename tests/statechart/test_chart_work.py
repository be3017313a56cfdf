"""The agent at work: answers, fillers, deadlines, side effects, and turns that nothing comes of."""

from __future__ import annotations

import pytest

from statechart import (
    CancelAnswer,
    CommitFinished,
    CommitRequested,
    ConfirmAnswer,
    EndCall,
    Flush,
    LineBack,
    LineLost,
    PartialTranscript,
    Phrase,
    Play,
    RunCommit,
    Say,
    Settled,
    Stage,
    StartAnswer,
    State,
    SttFailed,
    Tell,
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


# --- side effects -----------------------------------------------------------------------------------------------------


def test_a_side_effect_runs_at_once_where_nothing_is_in_doubt(chart):
    chart.processing()(CommitRequested(1, 0, "k"))
    assert chart.gave(RunCommit) == [RunCommit("k")]


@pytest.mark.parametrize("way", ["understood", "held", "judged"])
def test_a_side_effect_waits_while_it_is_in_doubt(chart, way):
    if way == "understood":
        chart.understood()
    elif way == "held":
        chart.interrupted()
    else:
        chart.processing().voice()
    chart(CommitRequested(1, 0, "k"))
    assert chart.gave(RunCommit) == []
    if way == "understood":
        chart.fire(Timer.END_OF_TURN)
    else:
        chart.silence(60)
    assert chart.gave(RunCommit) == [RunCommit("k")]


def test_a_withdrawn_side_effect_never_runs(chart):
    chart.understood()(CommitRequested(1, 0, "k"))
    chart.voice(segment=0)(PartialTranscript(0, HOURS + " no wait"))
    assert chart.now.commits == ()


def test_a_failed_answer_does_not_run_what_it_still_wanted(chart):
    chart.interrupted()(CommitRequested(1, 0, "k")).failed().silence(60)
    assert chart.gave(RunCommit) == []
    assert chart.now.commits == ()


def test_an_outcome_known_before_the_next_answer_begins_is_its_first_words(chart):
    chart.processing()(CommitRequested(1, 0, "k"), CommitFinished("k")).says("never mind that")
    chart.fire(Timer.END_OF_TURN)
    assert chart.now.commits[0].told_in == 2
    chart.span("It is booked.").ready().finished()
    assert chart.gave(Tell) == []
    chart.drained()(Settled(2, frozenset({"k"})))
    assert (chart.now.commits, chart.state) == ((), State.IDLE)


@pytest.mark.parametrize("when", ["before it is heard", "while it is written", "while it is heard", "while it is held"])
def test_an_outcome_known_after_the_next_answer_began_is_its_last_words(chart, when):
    known = CommitFinished("k")
    chart.outcome_of_a_cut_turn().fire(Timer.END_OF_TURN).span("All right.")
    match when:
        case "before it is heard":
            chart(known).finished().ready()
        case "while it is written":
            chart.ready()(known).finished()
        case "while it is heard":
            chart.ready().finished()(known)
        case _:
            chart.ready().voice().finished()(known)
            assert chart.gave(Tell) == []
            chart.silence(60)
    assert chart.gave(Tell) == [Tell(2, 0, ("k",))]
    assert (chart.state, chart.reply.finished) == (State.SPEAKING, False)
    chart.span("It is booked.").finished()
    assert chart.gave(Tell) == [], "it is told once"
    chart.drained()(Settled(2, frozenset({"k"})))
    assert (chart.now.commits, chart.state) == ((), State.IDLE)


def test_an_outcome_that_could_not_be_told_with_the_answer_is_told_right_behind_it(chart):
    chart.outcome_of_a_cut_turn().fire(Timer.END_OF_TURN).span("All right.").ready().finished()(CommitFinished("k"))
    chart.finished().drained()(Settled(2))
    assert chart.gave(StartAnswer) == [StartAnswer(3, 0, "", speculative=False, announce=("k",))]
    chart.span("It is booked.").ready().finished().drained()(Settled(3, frozenset({"k"})))
    assert (chart.now.commits, chart.state) == ((), State.IDLE)


def test_a_voice_that_fails_on_an_outcome_is_not_apologised_for(chart):
    chart.outcome_of_a_cut_turn().fire(Timer.END_OF_TURN).span("All right.").ready().finished()(CommitFinished("k"))
    chart.failed()
    assert chart.gave(Say) == []
    chart.drained()
    assert (chart.gave(Flush), chart.state) == ([Flush(2)], State.IDLE)
    chart(Settled(2))
    assert chart.gave(StartAnswer) == [StartAnswer(3, 0, "", speculative=False, announce=("k",))]


def test_an_answer_is_not_told_to_tell_of_its_own_side_effect(chart):
    chart.speaking()(CommitRequested(1, 0, "k"), CommitFinished("k")).span("It is booked.").finished()
    assert chart.gave(Tell) == []


def test_an_apology_tells_nothing(chart):
    chart.outcome_of_a_cut_turn().fire(Timer.END_OF_TURN).failed().span("Sorry.").ready().finished()
    assert chart(CommitFinished("k")).gave(Tell) == []


def test_trials_do_not_use_up_the_telling_of_an_outcome(chart):
    chart.outcome_of_a_cut_turn().fire(Timer.END_OF_TURN)(CommitFinished("k"))
    for text in ("one", "one two", "one two three", "one two three four"):
        chart.says(text)
        assert chart.now.commits[0].stage is Stage.DONE
    assert chart.gave(StartAnswer)[-1].announce == ("k",)


def test_an_outcome_that_could_not_be_told_alone_waits_for_the_next_turn(chart):
    chart.outcome_of_a_cut_turn().fire(Timer.END_OF_TURN)(CommitFinished("k"))
    chart.span("All right.").ready().finished().finished().drained()(Settled(2))
    assert chart.key == (3, 0)
    chart.failed()
    assert chart.state is State.IDLE
    chart(TextTyped("hello?"))
    assert chart.gave(StartAnswer)[0].announce == ("k",)


def test_an_outcome_waits_for_a_lost_caller(chart):
    chart.outcome_of_a_cut_turn().fire(Timer.END_OF_TURN).span().ready().finished().drained()
    chart(Settled(2), LineLost(), CommitFinished("k"))
    assert chart.state is State.IDLE
    chart(LineBack())
    assert chart.gave(StartAnswer) == [StartAnswer(3, 0, "", speculative=False, announce=("k",))]


def failing_turn(chart):
    chart(TextTyped(HOURS)).failed()
    said = [say.phrase for say in chart.gave(Say)]
    chart.span("Sorry.").ready().finished().drained()
    return said


# --- when nothing works -----------------------------------------------------------------------------------------------


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
