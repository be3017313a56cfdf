"""From notes to times: fillers do not count, steps add up, and each way of cutting a caller off is told apart."""

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.line import TranscriptUpdate, TurnMetrics
from bench._caller import Came
from bench._probe import Work
from bench._turn import STEPS, Trace, _deltas, answer_start, read_turn
from bench.speech import VOICES, Spoken, Utterance
from statechart import ArmTimer, CallStarted, StartAnswer, Timer

FILLER, ANSWER = b"\1\2" * 100, b"\3\4" * 100
LAST = 10.0  # when the last voiced sample arrived


def final(at, text="a b", turn=1):
    return Came(at, TranscriptUpdate(turn, "user", text, True))


def audio(at, pcm, turn=1):
    return Came(at, None, turn, pcm)


def trace(*came, work=(), chart=()):
    spoken = Spoken(Utterance(7, "a [500] b"), VOICES[0], np.zeros(4, np.int16), 0, 3, (1,))
    notes = sorted(came, key=lambda each: each.at)
    heard = {"spoken": spoken, "first_at": 8.0, "last_at": LAST, "pauses": [(8.5, 9.0)], "fillers": [FILLER]}
    return Trace(**heard, came=notes, work=work, chart=chart)


def test_a_plain_answer():
    turn = read_turn(trace(final(10.25), audio(10.6, ANSWER), Came(10.6, TurnMetrics(1, ttfa_ms=590.0))))
    assert (turn.ttfa_ms, turn.endpoint_ms, turn.filler_ms) == (600.0, 250.0, None)
    assert turn.metrics_ttfa_ms == 590.0
    assert not turn.cut_off
    assert not turn.mended


def test_a_filler_is_not_an_answer():
    turn = read_turn(trace(final(10.6), audio(10.8, FILLER[:120]), audio(10.9, FILLER[120:]), audio(12.0, ANSWER)))
    assert (turn.filler_ms, turn.ttfa_ms) == (800.0, 2000.0)


def test_a_frame_that_holds_the_end_of_the_filler_and_the_answer_counts():
    turn = read_turn(trace(final(10.6), audio(10.8, FILLER[:120]), audio(11.5, FILLER[120:] + ANSWER)))
    assert turn.ttfa_ms == 1500.0


def test_only_a_filler_is_no_answer():
    assert read_turn(trace(final(10.6), audio(10.8, FILLER))).ttfa_ms is None


def test_an_apology_is_no_answer():
    heard = trace(final(10.6), audio(10.8, ANSWER))
    turn = read_turn(attrs.evolve(heard, apology=ANSWER))
    assert turn.apologised
    assert turn.ttfa_ms is None


def test_the_greeting_does_not_talk_over():
    assert not read_turn(trace(audio(9.0, ANSWER, turn=0), final(10.3), audio(10.7, ANSWER))).cut_off


def test_audio_before_the_end_cuts_off():
    turn = read_turn(trace(final(8.8, "a"), audio(8.9, FILLER), final(10.3, "b", turn=2), audio(10.7, ANSWER, turn=2)))
    assert turn.talked_over
    assert turn.ttfa_ms is None
    assert (turn.early_text, turn.early_pause_ms) == ("a", 500)


def test_two_turns_are_a_split():
    turn = read_turn(trace(final(8.8, "a"), final(10.3, "b", turn=2), audio(10.7, ANSWER, turn=2)))
    assert turn.split
    assert turn.cut_off
    assert turn.final_text == "a | b"


def test_lost_words_are_a_split():
    assert read_turn(trace(final(8.8, "a"), audio(10.7, ANSWER))).split


def test_a_turn_taken_back_unheard_is_mended():
    turn = read_turn(trace(final(8.8, "a"), final(10.3, "a b"), audio(10.7, ANSWER)))
    assert turn.mended
    assert not turn.cut_off
    assert turn.ttfa_ms == 700.0


def test_steps_add_up_and_name_what_was_waited_for():
    work = [
        Work("final", 10.15, end=10.25, what="a b"),
        Work("llm", 10.26, first=10.4, end=10.6),
        Work("tts", 10.45, first=10.5, end=11.0),
    ]
    chart = [
        (10.25, CallStarted(), [ArmTimer(Timer.END_OF_TURN, 1, 600), StartAnswer(1, 0, "a b", True)]),
        (10.6, CallStarted(), []),
    ]
    turn = read_turn(trace(final(10.6), audio(10.61, ANSWER), work=work, chart=chart))
    steps = dict(zip(STEPS, turn.steps, strict=True))
    assert turn.wait_ms == 600
    assert sum(turn.steps) == pytest.approx(turn.ttfa_ms)
    assert steps["silence noticed"] == pytest.approx(150)
    assert steps["first token"] == pytest.approx(150)
    assert steps["held until sure"] == pytest.approx(100)


def test_a_side_effect_waits_until_the_end_is_sure():
    work = [
        Work("final", 10.15, end=10.2, what="a b"),
        Work("llm", 10.2, first=10.3, end=10.3, tools=("cancel_appointment",)),
        Work("llm", 10.7, first=10.8, end=11.0),
        Work("tts", 10.9, first=11.0, end=11.5),
    ]
    chart = [(10.2, CallStarted(), [StartAnswer(1, 0, "a b", True)])]
    turn = read_turn(trace(final(10.6), audio(11.0, ANSWER), work=work, chart=chart))
    steps = dict(zip(STEPS, turn.steps, strict=True))
    assert steps["held until sure"] == pytest.approx(300)
    assert steps["function runs"] == pytest.approx(100)
    assert sum(turn.steps) == pytest.approx(turn.ttfa_ms)


@given(st.lists(st.floats(0, 100), min_size=2, max_size=12))
def test_steps_never_run_backwards(marks):
    deltas = _deltas(marks)
    assert all(delta >= 0 for delta in deltas)
    assert sum(deltas) == pytest.approx(max(marks) - marks[0])


@given(st.lists(st.sampled_from([FILLER, b"\5\6" * 50]), max_size=3))
def test_all_fillers_in_front_are_found(fillers):
    audio = b"".join(fillers) + ANSWER
    assert answer_start(audio, [FILLER, b"\5\6" * 50, b""]) == len(audio) - len(ANSWER)
