"""A voice over the agent: held, then cut or resumed."""

from __future__ import annotations

from statechart import (
    CancelAnswer,
    Flush,
    Hold,
    PartialTranscript,
    Phrase,
    Play,
    RecordCaller,
    Resume,
    Say,
    ShowCaller,
    StartAnswer,
    State,
    Timer,
)


def test_a_voice_holds_the_agent_and_a_cough_lets_it_go_on(chart):
    chart.interrupted()
    assert chart.gave(Hold) == [Hold(1)]
    assert chart.armed(Timer.OVERLAP) == 600
    chart.silence(60)
    assert chart.gave(Resume) == [Resume(1)]
    assert chart.key == (1, 0)


def test_words_cut_and_open_the_next_turn(chart):
    chart.interrupted()(PartialTranscript(chart.now.utterance.segment, "no, on Wednesday"))
    assert chart.effects[:2] == [Flush(1), CancelAnswer(1, 0, "barge-in turn=1")]
    assert chart.gave(ShowCaller) == [ShowCaller(2, "no, on Wednesday", final=False)]
    assert (chart.key, chart.state, chart.now.last_said) == ((2, 0), State.LISTENING, "Doctor Chen is free")


def test_an_overlap_in_two_segments_is_judged_as_one(chart):
    chart.interrupted()
    chart(PartialTranscript(chart.now.utterance.segment, "Wednesday")).silence().voice()
    chart(PartialTranscript(chart.now.utterance.segment, "would suit"))
    assert chart.now.utterance.full == "Wednesday would suit"
    assert chart.state is State.LISTENING


def test_a_stale_segment_does_not_interrupt(chart):
    now = chart.interrupted().now
    assert chart(PartialTranscript(0, "stop")).now == now


def test_the_end_of_a_finished_reply_counts_as_answered(chart):
    chart.speaking().finished().voice(unheard_ms=200)
    assert chart.gave(Hold) == []
    assert chart.gave(Flush) == [Flush(1)]
    chart.silence().words("").fire(Timer.END_OF_TURN)
    assert chart.state is State.IDLE, "it was all but heard: nothing to be sorry for"


def test_who_was_cut_off_for_nothing_is_not_left_in_silence(chart):
    chart.interrupted().fire(Timer.OVERLAP)
    assert chart.state is State.LISTENING
    chart.silence().words("")
    assert chart.armed(Timer.END_OF_TURN) == 1500
    chart.fire(Timer.END_OF_TURN)
    assert chart.gave(Say) == [Say(2, 0, Phrase.APOLOGY)]


def test_the_agent_does_not_answer_its_own_echo(chart):
    chart.interrupted().fire(Timer.OVERLAP).silence().words("Doctor Chen is free")
    assert chart.gave(StartAnswer) == []
    chart.fire(Timer.END_OF_TURN)
    assert chart.gave(RecordCaller) == []


def test_a_caller_who_speaks_up_within_an_echo_is_heard(chart):
    chart.interrupted()
    chart(PartialTranscript(chart.now.utterance.segment, "Doctor Chen is free")).fire(Timer.OVERLAP)
    assert chart.state is State.SPEAKING
    chart(PartialTranscript(chart.now.utterance.segment, "stop, that is wrong"))
    assert chart.state is State.LISTENING


def answering_within_the_same_breath(chart):
    """The words are answered, and the voice goes on: a noise, or more words."""
    said = PartialTranscript(0, "What are your hours?")
    chart.idle().voice(segment=0)(said).fire(Timer.STALL)
    chart.span().ready().fire(Timer.OVERLAP)
    assert chart.state is State.SPEAKING
    return said


def test_words_do_not_cut_the_answer_to_themselves(chart):
    said = answering_within_the_same_breath(chart)
    assert chart(said).state is State.SPEAKING
    chart.finished().drained()
    assert chart(said).state is State.IDLE, "nor are they a turn again once it was heard"


def test_words_behind_those_being_answered_cut_and_are_a_turn_of_their_own(chart):
    answering_within_the_same_breath(chart)
    chart(PartialTranscript(0, "What are your hours? Wait, on Sundays?"))
    assert (chart.state, chart.now.utterance.full) == (State.LISTENING, "Wait, on Sundays?")
    chart.silence().words("What are your hours? Wait, on Sundays?")
    assert chart.now.utterance.full == "Wait, on Sundays?"


def test_an_echo_that_outlasts_the_agent_is_no_turn(chart):
    chart.interrupted()
    chart(PartialTranscript(chart.now.utterance.segment, "Doctor Chen is free")).fire(Timer.OVERLAP)
    chart.finished().drained().silence()
    chart.words("Doctor Chen is free", segment=chart.now.ignored_segment)
    assert chart.state is State.IDLE


def test_held_audio_that_ran_dry_goes_on_with_play(chart):
    chart.interrupted().drained().span().ready()
    assert chart.gave(Play) == []
    chart.silence(60)
    assert [effect for effect in chart.effects if isinstance(effect, Resume | Play)] == [Resume(1), Play(1)]


def test_a_reply_heard_before_it_could_be_held_is_answered(chart):
    chart.speaking().finished().voice().drained()
    assert (chart.state, chart.key) == (State.LISTENING, (2, 0))


def test_an_echo_of_a_reply_that_was_heard_to_its_end_ends_the_turn(chart):
    chart.interrupted()
    chart(PartialTranscript(chart.now.utterance.segment, "Doctor Chen is free"))
    chart.drained().finished().fire(Timer.OVERLAP)
    assert chart.state is State.IDLE
