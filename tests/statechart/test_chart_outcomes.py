"""The chart, by example: side effects, when they run, and which answer tells what came of them."""

from __future__ import annotations

import pytest

from statechart import (
    CommitFinished,
    CommitRequested,
    Flush,
    LineBack,
    LineLost,
    PartialTranscript,
    RunCommit,
    Say,
    Settled,
    Stage,
    StartAnswer,
    State,
    Tell,
    TextTyped,
    Timer,
)

HOURS = "What are your hours?"


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
