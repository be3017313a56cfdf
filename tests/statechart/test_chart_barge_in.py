"""A voice over the agent: held, then cut or resumed."""

from __future__ import annotations

import attrs
import pytest

from statechart import (
    ArmTimer,
    CancelAnswer,
    CommitRequested,
    FinalTranscript,
    Flush,
    Hold,
    IllegalEvent,
    PartialTranscript,
    Phrase,
    Play,
    RecordCaller,
    Resume,
    RunCommit,
    Say,
    ShowCaller,
    StartAnswer,
    State,
    Timer,
    VoiceSuspected,
    transition,
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


# --- a sound that may become a voice ----------------------------------------------------------------------------------


def test_a_suspicion_holds_and_lapses_without_a_trace(chart):
    before = chart.speaking().now
    chart(VoiceSuspected())
    assert (chart.state, chart.effects) == (
        State.INTERRUPTED,
        [Hold(1), ArmTimer(Timer.SUSPICION, before.serial + 1, 160)],
    )
    chart.fire(Timer.SUSPICION)
    assert chart.gave(Resume) == [Resume(1)]
    assert attrs.evolve(chart.now, serial=before.serial) == before


def test_a_suspicion_that_proves_right_is_judged_from_the_voice_on(make_chart):
    sooner, later = (chart.speaking() for chart in (make_chart(), make_chart()))
    sooner(VoiceSuspected()).voice()
    later.voice()
    assert sooner.gave(Hold) == []
    assert sooner.armed(Timer.OVERLAP) == later.armed(Timer.OVERLAP) == 600
    assert not sooner.now.suspecting
    sooner.silence(60)
    later.silence(60)
    unarmed = {"armed": frozenset(), "serial": 0}
    assert attrs.evolve(sooner.now, **unarmed) == attrs.evolve(later.now, **unarmed)


def test_whatever_happens_under_suspicion_happens_as_if_the_agent_spoke_on(chart):
    """The words of a voice that was let pass before come late: they cut where they would have, and wait where not."""
    chart.interrupted().silence(60)(VoiceSuspected())
    segment = chart.now.ignored_segment
    chart(FinalTranscript(segment, chart.now.pause, "uh-huh"))
    assert (chart.state, chart.gave(Resume)) == (State.INTERRUPTED, [])
    chart(FinalTranscript(segment, chart.now.pause, "no, on Wednesday"))
    assert (chart.state, chart.gave(Flush)) == (State.LISTENING, [Flush(1)])


def test_side_effects_wait_for_a_suspicion(chart):
    chart.speaking()(VoiceSuspected())(CommitRequested(*chart.key, "k"))
    assert chart.gave(RunCommit) == []
    chart.fire(Timer.SUSPICION)
    assert chart.gave(RunCommit) == [RunCommit("k")]


def test_a_reply_heard_out_under_suspicion_is_over_or_answered(make_chart):
    nobody, somebody = (chart.speaking().finished() for chart in (make_chart(), make_chart()))
    nobody(VoiceSuspected()).drained().fire(Timer.SUSPICION)
    assert (nobody.state, nobody.now.reply) == (State.IDLE, None)
    somebody(VoiceSuspected()).drained().voice()
    assert (somebody.state, somebody.key) == (State.LISTENING, (2, 0))


def test_a_reply_that_ran_dry_under_suspicion_goes_on_with_play(chart):
    chart.speaking()(VoiceSuspected()).drained().span().ready()
    assert chart.gave(Play) == []
    chart.fire(Timer.SUSPICION)
    assert [effect for effect in chart.effects if isinstance(effect, Resume | Play)] == [Resume(1), Play(1)]


def test_what_is_let_pass_is_no_suspicion(chart):
    """A voice that is up cannot set in: whoever runs the chart has made a mistake."""
    chart.interrupted()
    chart(PartialTranscript(chart.now.utterance.segment, "Doctor Chen is free")).fire(Timer.OVERLAP)
    assert chart.state is State.SPEAKING
    with pytest.raises(IllegalEvent):
        transition(chart.now, VoiceSuspected())


@pytest.mark.parametrize("way", ["idle", "listening", "processing", "interrupted"])
def test_only_over_an_agent_who_is_heard_is_anything_suspected(chart, way):
    now = getattr(chart, way)().now
    assert chart(VoiceSuspected()).now == now
    assert chart.effects == []
