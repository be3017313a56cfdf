"""Two calls mean the same, or they do not."""

import json
from datetime import date, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.agents.hospital._births import parse_birth_date
from actors.agents.hospital._dates import parse_date
from actors.agents.hospital._times import parse_time
from bench._scenes import Call, load_set
from bench._values import HOSPITAL_KINDS, Comparison, Offer, offered_in, plain_name

NOW = datetime(2027, 3, 9, 9, 40)  # a Tuesday
PLAIN = Comparison(HOSPITAL_KINDS, NOW)
OFFER = Offer((2,), date(2027, 3, 15), (time(9), time(17)))


def _call(name: str = "check_availability", **arguments: Any) -> Call:
    return Call(name, arguments)


def _booking(**changes: str) -> Call:
    values = {"patient": "Ann Lee", "doctor": "Dr. Patel", "date": "Monday", "time": "5 p.m."} | changes
    return Call("schedule_appointment", values)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (_call(doctor="Dr. Chen", date="Tuesday"), _call(doctor="chen", date="March 16")),
        (_call(doctor="skin doctor"), _call(doctor="dermatologist", date="")),
        (_call(doctor="doctor chan", date="tomorrow morning"), _call(doctor="Chen", date="Wednesday morning")),
        (_call(doctor="Ramirez"), _call(doctor="doctor ramirez")),
        (_call(doctor="Chen"), _call(doctor="Chen", date="next available")),
        (Call("cancel_appointment", {"appointment_id": "4821"}), Call("cancel_appointment", {"appointment_id": 4821})),
        (
            Call("cancel_appointment", {"appointment_id": "four eight two one"}),
            Call("cancel_appointment", {"appointment_id": "4821"}),
        ),
        (
            Call("get_patient_info", {"name": "Mr. josé o'brien", "date_of_birth": "March 4 1985"}),
            Call("get_patient_info", {"name": "Jose O Brien", "date_of_birth": "3/4/85"}),
        ),
        (_booking(time="half past four"), _booking(time="4:30 p.m.")),
        (_booking(date="Monday at five", time=""), _booking(time="five")),
    ],
)
def test_said_otherwise_it_is_the_same(one: Call, other: Call) -> None:
    assert PLAIN.same([one], [other])
    assert PLAIN.same([other], [one])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (_call(doctor="Chen", date="Thursday"), _call(doctor="Chen", date="next Thursday")),
        (_call(doctor="Chen", date="Thursday"), _call(doctor="Chen")),
        (_call(doctor="Chen", date="Thursday"), _call(doctor="Chen", date="Thursday afternoon")),
        (_call(doctor="Chen"), _call(doctor="Kim")),
        (_call(doctor="family doctor"), _call(doctor="Larsen")),
        (_call(doctor="Chen"), Call("get_doctor_info", {"doctor": "Chen"})),
        (_booking(), _booking(patient="Ann Lea")),
        (_booking(), _booking(time="5 a.m.")),
        (_booking(date="banana"), _booking()),
        (_call(doctor="Chen"), _call(doctor="Chen", when="now")),
    ],
)
def test_what_differs_is_not_the_same(one: Call, other: Call) -> None:
    assert not PLAIN.same([one], [other])
    assert not PLAIN.same([other], [one])


def test_the_order_of_calls_does_not_count_but_their_number_does() -> None:
    chen, kim = _call(doctor="Chen"), _call(doctor="Kim")
    assert PLAIN.same([chen, kim], [kim, chen])
    assert not PLAIN.same([chen, kim], [chen])
    assert not PLAIN.same([chen], [chen, chen])
    assert PLAIN.same([], [])


@pytest.mark.parametrize("said", ["the later one", "the second", "the afternoon one", "five", "after three"])
def test_a_time_on_offer_is_that_time_however_it_is_named(said: str) -> None:
    offered = Comparison(HOSPITAL_KINDS, NOW, OFFER)
    same = offered.same([_booking()], [_booking(time=said, date="next week", doctor="dermatologist")])
    assert same == (said != "the later one")  # the hospital's parser does not know "later"
    assert not offered.same([_booking(time="the first one")], [_booking()])


def test_the_offer_is_the_latest_in_the_conversation() -> None:
    texts = [
        json.dumps({"doctor": "Dr. Kim", "date": "Friday, March 12", "slots": ["9 a.m."]}),
        json.dumps({"doctor": "Dr. Patel", "date": "Monday, March 15", "slots": ["9 a.m.", "5 p.m."], "error": "x"}),
        json.dumps({"status": "cancelled"}),
    ]
    assert offered_in(texts, NOW.date()) == OFFER
    assert offered_in([], NOW.date()) is None


def test_a_transcribers_names_are_forgiven_only_where_they_were_transcribed() -> None:
    misheard = _booking(patient="Anne Leigh")
    assert not PLAIN.same([_booking()], [misheard])
    heard = Comparison(HOSPITAL_KINDS, NOW, heard="it's for anne leigh")
    assert not heard.same([_booking()], [misheard])
    assert heard.same([_booking(patient="Abigail Fonseca")], [_booking(patient="Abigal Fonseca")])
    as_heard = Comparison(HOSPITAL_KINDS, NOW, heard="it's for anne leigh", as_heard=True)
    assert as_heard.same([_booking()], [misheard])
    assert not as_heard.same([_booking()], [_booking(patient="Bob Lo")])


@given(st.text(max_size=30))
def test_no_words_break_the_comparison(said: str) -> None:
    for kind in ("doctor", "date", "time", "name", "birth", "digits", "number", "code", "text"):
        call = Call("f", {"x": said})
        assert Comparison({"x": kind}, NOW).same([call], [call])
    assert PLAIN.same([_booking(date=said, time=said)], [_booking(date=said, time=said)])


@pytest.mark.parametrize("name", ["dev", "dev3"])
def test_every_wanted_call_equals_itself(name: str) -> None:
    for scene in load_set(name):
        comparison = Comparison(scene.kinds or HOSPITAL_KINDS, scene.now)
        for turn in scene.turns:
            for calls in turn.accepted:
                assert comparison.same(calls, calls)


@pytest.mark.parametrize("name", ["dev", "dev3"])
def test_days_times_and_births_that_are_wanted_are_such_as_the_tools_understand(name: str) -> None:
    for scene in load_set(name):
        for turn in (turn for turn in scene.turns if turn.category != "tool-error"):
            for call in (call for calls in turn.accepted for call in calls):
                for argument, value in call.arguments.items():
                    match HOSPITAL_KINDS[argument]:
                        case "date":
                            parse_date(value, scene.now.date())
                        case "time":
                            parse_time(value)
                        case "birth":
                            parse_birth_date(value, scene.now.date())


def test_plain_names() -> None:
    assert plain_name("Mrs. Zoë  van-Dyck") == plain_name("zoe van dyck") == plain_name("van Dyck, Zoe")
