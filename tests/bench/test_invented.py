"""What an agent states and cannot know is found; what it knows is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench._invented import invented

PROMPT = "You are the receptionist of Green Valley Hospital. Answer in one or two short spoken sentences."
OFFER = '{"doctor":"Dr. Chen","date":"Thursday, March 11","slots":["9 a.m.","3:30 p.m."]}'
BOOKED = '{"status":"booked","id":"3158","doctor":"Dr. Larsen","date":"Monday, October 19","time":"8 a.m."}'
PATIENT = '{"name":"Mary Smith","phone":"555-0142","next_appointment":null}'


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("Dr. Chen is free on Thursday, March 11 at 9 a.m. or 3:30 p.m.", [OFFER]),
        ("Dr. Chen has nine or half past three on Thursday.", [OFFER]),
        ("Thursday the 11th, at nine o'clock or three thirty?", [OFFER]),
        ("You're booked, and your number is 3 1 5 8.", [BOOKED]),
        ("You are booked with Doctor Larsen. Your number is three one five eight.", [BOOKED]),
        ("Your phone number is 5 5 5, 0 1 4 2, Mary.", [PATIENT]),
        ("One moment. May I have your full name, please?", []),
        ("Please call 911 at once.", []),
        ("I can help with the first one or the second one.", []),
        ("Shall I book it? It is not booked yet.", []),
        ("I'm sorry, I find no doctor called Vandenberg.", ["dr vandenberg please"]),
        ("Your number is 4 8 6 6.", ["four eight", "six six"]),
        ("Thank you, Niamh.", ["that is N-I-A-M-H"]),
        ("Thank you, Mr. O'Brien.", ["william o'brien"]),
        ("Tomorrow works, at half past four.", ["tomorrow at 4:30 pm"]),
        ("Welcome to Green Valley Hospital.", []),
        ("Dr. Chen is a cardiologist.", ["the heart doctor chen"]),
        ("Dr. Chen's times are 9 a.m. and 3:30 p.m.", [OFFER]),
    ],
)
def test_what_is_known_is_no_invention(said: str, known: list[str]) -> None:
    assert invented(said, [PROMPT, *known]) == ()


@pytest.mark.parametrize(
    ("said", "known", "kind"),
    [
        ("Dr. Miller is free.", [OFFER], "doctor: Miller"),
        ("Dr. Chen is free at 10 a.m.", [OFFER], "time: 10 am"),
        ("Dr. Chen is free at 9 p.m.", [OFFER], "time: 9 pm"),
        ("Dr. Chen is free at half past nine.", [OFFER], "time: half past 9"),
        ("She is free on Friday.", [OFFER], "day: Friday"),
        ("She is free on April 11.", [OFFER], "day: April"),
        ("I can offer May 11.", [OFFER], "day: May"),
        ("That is $45.", [OFFER], "number: 45"),
        ("We are at 12 Green Valley.", [OFFER], "number: 12"),
        ("It is 11 miles from town.", ['{"office":"118"}'], "number: 11"),
        ("Our office is 118.", [OFFER], "number: 118"),
        ("Your number is 3 1 5 9.", [BOOKED], "number: 3159"),
        ("Thank you, Susan.", [OFFER], "name: Susan"),
        ("Thank you, Mrs. Jones.", [OFFER], "name: Jones"),
        ("You're booked with Dr. Chen.", [OFFER], "outcome: booked"),
        ("Your appointment is now cancelled.", [BOOKED], "outcome: cancelled"),
        ("Dr. Chen is a dermatologist.", [OFFER], "specialty: dermatolog"),
    ],
)
def test_what_is_not_known_is_an_invention(said: str, known: list[str], kind: str) -> None:
    assert kind in invented(said, [PROMPT, *known])


@given(st.text(max_size=60))
def test_repeating_the_conversation_invents_no_time_number_or_day(text: str) -> None:
    kinds = {fact.split(":")[0] for fact in invented(text, [text])}
    assert not kinds & {"doctor", "number", "day"}
