"""Stand-ins: nothing personal left, and the rules decide as they did."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.journal._standins import StandIns
from actors.journal._texts import same_decisions, with_json_texts, with_texts
from statechart import (
    ArmTimer,
    CancelAnswer,
    EndpointWaits,
    Overlap,
    OverlapLimits,
    PartialTranscript,
    Snapshot,
    Timer,
    Utterance,
    is_farewell,
    judge,
    wait_ms,
    words,
)
from statechart.testing import agent_lines, caller_lines

KEYS = [bytes([n]) * 16 for n in range(20)]

CALLER = [
    "I'd like to see Doctor Chen about my knee next Tuesday at half past four, please.",
    "My name is Lisa Kowalczyk-Brown.",
    "It's Miller, M-I-L-L-E-R.",
    "M I L L",
    "five five five, zero one two three",
    "My number is 555-0123 and",
    "my number is oh one six three two",
    "March fourth nineteen eighty two",
    "the 14th of April 1979",
    "lisa.kowalczyk@gmail.com",
    "lisa dot kowalczyk at gmail",
    "wait, no",
    "uh-huh",
    "I have diabetes and hepatitis",
    "That's all, thank you, goodbye.",
    "Is Doctor Weber free at 10:30 a.m.?",
    "Could you tell me",
    "[BLANK_AUDIO]",
    "",
]
QUESTIONS = ["", "What is your phone number?", "Which doctor would you like to see?", "What is your date of birth?"]


@pytest.mark.parametrize("text", CALLER)
@pytest.mark.parametrize("question", QUESTIONS)
def test_the_end_of_a_turn_is_judged_as_before(text, question):
    waits = EndpointWaits(complete_ms=1, default_ms=2, open_ms=3, patient_ms=4, max_ms=5)
    for key in KEYS:
        stand_ins = StandIns(key)
        shown, asked = stand_ins.text(text), stand_ins.text(question)
        assert wait_ms(shown, waits, question=asked) == wait_ms(text, waits, question=question), shown
        assert is_farewell(shown) == is_farewell(text)
        assert len(words(shown)) == len(words(text))


@given(caller_lines(), agent_lines(), st.booleans(), st.integers(0, 700), st.binary(min_size=16, max_size=16))
def test_an_overlap_is_judged_as_before(said, agent, final, elapsed, key):
    overlap = Overlap(
        voiced_ms=300, still_voiced=not final, text=said, final=final, agent_said=agent, elapsed_ms=elapsed
    )
    text = StandIns(key).text
    masked = with_texts(overlap, text)
    assert judge(masked, OverlapLimits()) is judge(overlap, OverlapLimits())


@pytest.mark.parametrize(
    ("text", "personal"),
    [
        (CALLER[0], "chen knee"),
        (CALLER[1], "lisa kowalczyk brown"),
        (CALLER[2], "miller m-i-l-l-e-r"),
        (CALLER[4], "five_five_five one_two_three"),
        (CALLER[5], "555 0123"),
        (CALLER[7], "fourth"),
        (CALLER[8], "14th 1979"),
        (CALLER[9], "lisa kowalczyk"),
        (CALLER[13], "diabetes hepatitis"),
        ("Ärztin Łukasiewicz, 张伟", "ärztin łukasiewicz 张伟"),
    ],
)
def test_what_is_personal_is_gone(text, personal):
    shown = [StandIns(key).text(text).lower() for key in KEYS]
    for each in personal.split():
        hits = sum(each.replace("_", " ") in text for text in shown)
        assert hits <= 4, shown  # a stand-in for a digit may be that digit by chance
    assert len(set(shown)) > 1


def test_the_same_word_has_the_same_stand_in():
    stand_ins = StandIns(KEYS[0])
    first = stand_ins.text("Doctor Chen? Chen, CHEN and chen's")
    name = first.split()[1].strip("?,")
    assert first == f"Doctor {name}? {name}, {name.upper()} and {name.lower()}'s"
    assert stand_ins.text("Chen") == name
    assert name != "Chen"
    assert len(name) == 4
    assert StandIns(KEYS[1]).text("Chen") != name


def test_a_longer_number_begins_as_the_shorter_one():
    """The recogniser writes more of it each time; the chart compares."""
    stand_ins = StandIns(KEYS[0])
    said = "my number is five five one nine"
    whole = stand_ins.text(said).split()
    for length in range(4, 8):
        assert stand_ins.text(" ".join(said.split(" ")[:length])).split() == whole[:length]


@given(st.text(), st.binary(min_size=16, max_size=16))
def test_any_text_has_its_stand_ins(text, key):
    shown = StandIns(key).text(text)
    assert re.sub(r"[^\W_]|['’]", "", text).split() == re.sub(r"[^\W_]|['’]", "", shown).split()  # noqa: RUF001
    assert bool(words(text)) == bool(words(shown))


def test_short_words_do_not_run_out():
    stand_ins = StandIns(KEYS[0])
    many = [chr(0x4E00 + n) for n in range(300)]
    assert len({stand_ins.text(word) for word in many}) == 300


def test_texts_in_the_charts_values_are_found():
    snapshot = Snapshot(utterance=Utterance(pieces=("one", "two"), text="three"), heard="four", closing="farewell")
    shown = with_texts(snapshot, str.upper)
    assert shown.utterance.pieces == ("ONE", "TWO")
    assert (shown.utterance.text, shown.heard, shown.closing) == ("THREE", "FOUR", "farewell")
    assert with_texts(CancelAnswer(1, 0, "barge-in turn=1"), str.upper).reason == "barge-in turn=1"
    assert with_texts(ArmTimer(Timer.IDLE, 1, 2), str.upper) == ArmTimer(Timer.IDLE, 1, 2)


def test_decisions_are_the_same_whatever_the_words():
    one, other = PartialTranscript(1, "hello there", 100), PartialTranscript(1, "goodbye", 100)
    assert same_decisions(one, other)
    assert not same_decisions(one, PartialTranscript(1, "", 100))
    assert not same_decisions(one, PartialTranscript(2, "hello there", 100))


def test_json_keeps_its_form():
    value = {"patient": "Lisa", "id": 7762, "ok": True, "none": None, "Lisa B": [1.5, float("inf"), {"a": -31}]}
    shown = with_json_texts(value, StandIns(KEYS[0]).text)
    assert list(shown)[:4] == ["patient", "id", "ok", "none"]
    assert shown["patient"] != "Lisa"
    assert shown["id"] != 7762
    assert isinstance(shown["id"], int)
    assert shown["ok"] is True
    assert shown["none"] is None
    assert "Lisa B" not in shown
