"""Scripted callers answer what they are asked, and know whether they got what they called for."""

from datetime import datetime

import pytest

from bench._scripted import GOODBYE, PATIENCE, Booking, Change, Script, ScriptedCaller, load_callers, reached

NOW = datetime(2027, 3, 9, 9, 40)
BOOKING = Script(
    "x",
    NOW,
    "Dr. Chen on Thursday?",
    {"name": "Ann Lee.", "choose": "Three.", "choose_again": "Nine then."},
    booked=(Booking("Ann Lee", "Chen", "Thursday", "afternoon"),),
)
MADE = ("ann lee", "Chen", datetime(2027, 3, 11, 15))


def test_a_caller_answers_and_says_goodbye_when_content() -> None:
    caller = ScriptedCaller(BOOKING)
    assert caller.first_line() == "Dr. Chen on Thursday?"
    assert caller.next_line("Dr. Chen has 9 a.m. or 3 p.m.", 0) == "Three."
    assert caller.next_line("May I have your name?", 0) == "Ann Lee."
    assert caller.next_line("You're booked at 3 p.m.", 1) == GOODBYE
    assert caller.next_line("Goodbye.", 0) is None


def test_two_questions_at_once_get_two_answers() -> None:
    caller = ScriptedCaller(Script("x", NOW, "When am I due?", {"name": "Ann.", "birth": "May 1."}, heard=("chen",)))
    assert caller.next_line("May I have your full name and date of birth?", 0) == "Ann. May 1."
    assert caller.next_line("You see Dr. Chen.", 0) == GOODBYE


def test_the_second_offer_may_get_another_answer() -> None:
    caller = ScriptedCaller(BOOKING)
    caller.next_line("9 a.m. or 3 p.m.?", 0)
    assert caller.next_line("Would 9 a.m. do?", 0) == "Nine then."


def test_a_caller_who_is_not_understood_repeats_once_and_gives_up() -> None:
    caller = ScriptedCaller(BOOKING)
    assert caller.next_line("Pardon?", 0) == "Dr. Chen on Thursday?"
    assert caller.next_line("Pardon?", 0) == GOODBYE


def test_the_next_wish_follows_when_one_is_settled() -> None:
    caller = ScriptedCaller(Script("x", NOW, "Cancel 4821.", then=("And 4822.",), cancelled=frozenset({4821, 4822})))
    assert caller.next_line("Your appointment is cancelled.", 1) == "And 4822."
    assert caller.next_line("Your appointment is cancelled.", 1) == GOODBYE


@pytest.mark.parametrize("name", ["callers", "dev_callers"])
def test_no_call_goes_on_for_ever(name: str) -> None:
    for script in load_callers(name):
        caller = ScriptedCaller(script)
        lines = [
            caller.next_line("Which time would you like, what day, which doctor, what is your name?", 0)
            for _ in range(99)
        ]
        assert None in lines[:PATIENCE]


@pytest.mark.parametrize(
    ("change", "good"),
    [
        (Change((MADE,), frozenset()), True),
        (Change((), frozenset()), False),
        (Change((MADE, MADE), frozenset()), False),
        (Change((MADE,), frozenset({4821})), False),
        (Change((("Ann Lea", *MADE[1:]),), frozenset()), False),
        (Change(((*MADE[:2], datetime(2027, 3, 11, 9)),), frozenset()), False),
        (Change((("Ann Lee", "Kim", MADE[2]),), frozenset()), False),
    ],
)
def test_exactly_what_was_wanted_is_success(change: Change, good: bool) -> None:
    assert reached(BOOKING, change, []) == good


def test_what_was_to_be_heard_must_have_been_said() -> None:
    script = Script("x", NOW, "Where?", heard=("204|two oh four",))
    nothing = Change((), frozenset())
    assert reached(script, nothing, ["Hello.", "Office two oh four."])
    assert not reached(script, nothing, ["Office 205."])


def test_a_transcribed_name_may_be_as_transcribed() -> None:
    change = Change((("Anne Leigh", *MADE[1:]),), frozenset())
    assert reached(BOOKING, change, [], "i'm anne leigh")
    assert not reached(BOOKING, change, [])
