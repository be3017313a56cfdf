"""The receptionist's five tools, as a model would call them. It is Sunday, November 22, 2026, ten in the morning."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from actors.agents.hospital import TIMEZONE
from actors.agents.hospital import _tables as t

Desk = Any  # the fixture's class lives in conftest


def test_from_availability_to_a_booking(any_desk: Desk) -> None:
    """The call of the README: ask, choose "half past four", book; the slot is gone afterwards."""
    offered = any_desk("check_availability", doctor="Doctor Chen", date="next Tuesday")
    assert offered == {
        "doctor": "Dr. Chen",
        "date": "Tuesday, November 24",
        "slots": ["10:30 a.m.", "4:30 p.m."],
    }
    booked = any_desk(
        "schedule_appointment", patient="ann lee", doctor="chen", date="next tuesday", time="half past four"
    )
    assert booked == {
        "status": "booked",
        "id": booked["id"],
        "doctor": "Dr. Chen",
        "date": "Tuesday, November 24",
        "time": "4:30 p.m.",
    }
    assert booked["id"].isdigit()
    assert len(booked["id"]) == 4
    assert any_desk("check_availability", doctor="Chen", date="next Tuesday")["slots"][-1] == "3:30 p.m."
    assert any_desk("cancel_appointment", appointment_id=booked["id"]) == {"status": "cancelled", "id": booked["id"]}
    assert any_desk("check_availability", doctor="Chen", date="next Tuesday")["slots"][-1] == "4:30 p.m."


@pytest.mark.parametrize(
    ("time", "booked"),
    [
        ("the first one", "10:30 a.m."),
        ("the last one", "4:30 p.m."),
        ("the second one", "4:30 p.m."),
        ("the afternoon one please", "4:30 p.m."),
        ("in the morning", "10:30 a.m."),
        ("any time", "10:30 a.m."),
        ("3 p.m.", "3 p.m."),  # free, if not offered
        ("at three", "3 p.m."),
        ("after four", "4:30 p.m."),
        ("two", "2 p.m."),
    ],
)
def test_choosing_among_what_was_offered(desk: Desk, time: str, booked: str) -> None:
    desk("check_availability", doctor="Chen", date="next Tuesday")
    for date in ("next Tuesday", "Tuesday, November 24"):
        result = desk("schedule_appointment", patient="Ann Lee", doctor="Chen", date=date, time=time)
        assert (result["time"], result["date"]) == (booked, "Tuesday, November 24")


def test_without_an_offer_the_earliest_that_fits_is_booked(desk: Desk) -> None:
    result = desk("schedule_appointment", patient="Ann Lee", doctor="Patel", date="tomorrow", time="afternoon")
    assert (result["doctor"], result["date"], result["time"]) == ("Dr. Patel", "Monday, November 23", "2 p.m.")


def test_a_day_with_a_part_of_the_day(desk: Desk) -> None:
    result = desk("check_availability", doctor="the dermatologist", date="tomorrow afternoon")
    assert result["doctor"] == "Dr. Patel"
    assert all(slot.endswith("p.m.") for slot in result["slots"])


def test_no_day_means_the_next_free_one(desk: Desk) -> None:
    assert desk("check_availability", doctor="Chen")["date"] == "Monday, November 23"
    assert desk("check_availability", doctor="Chen", date="as soon as possible")["date"] == "Monday, November 23"


@pytest.mark.parametrize(
    ("doctor", "date", "error", "instead"),
    [
        ("Chen", "the 26th", "closed for Thanksgiving", "Friday, November 27"),
        ("Chen", "today", "no appointments on a Sunday", "Monday, November 23"),
        ("Chen", "yesterday", "that day is in the past", "Monday, November 23"),
        ("Chen", "last week", "those days are in the past", "Monday, November 23"),
        ("Chen", "next Wednesday afternoon", "nothing free in the afternoon", "Wednesday, November 25"),
        ("Novak", "wednesday", "Dr. Novak is away that day", "Tuesday, December 1"),
        ("Garcia", "the week after next", "nothing free then", "Monday, December 7"),
        ("Chen", "christmas day please", "date not understood", None),
        ("Chen", "Monday, December 3", "December 3 is a Thursday", None),
        ("Chen", "the fifth of june", "that is too far ahead", None),
        ("Jones", "tomorrow", "no doctor called Jones", None),
        ("the doctor", "tomorrow", "which doctor?", None),
    ],
)
def test_refusals_offer_what_comes_nearest(desk: Desk, doctor: str, date: str, error: str, instead: str | None) -> None:
    result = desk("check_availability", doctor=doctor, date=date)
    assert result["error"] == error
    assert result.get("date") == instead
    assert list(result) == (["doctor", "date", "slots", "error"] if instead else ["error"])
    assert len(result.get("slots", [1])) in (1, 2)


def test_a_taken_slot_is_refused_with_its_neighbours(desk: Desk) -> None:
    desk("schedule_appointment", patient="Ann Lee", doctor="Chen", date="next tuesday", time="three")
    other = desk.another_call("c2")
    assert other("schedule_appointment", patient="Bo Lund", doctor="Chen", date="next tuesday", time="three") == {
        "doctor": "Dr. Chen",
        "date": "Tuesday, November 24",
        "slots": ["3:30 p.m.", "4:30 p.m."],
        "error": "3 p.m. is taken",
    }


def test_an_offer_taken_meanwhile_is_refused_not_replaced(desk: Desk) -> None:
    desk("check_availability", doctor="Chen", date="next Tuesday")
    desk.another_call("c2")(
        "schedule_appointment", patient="Bo Lund", doctor="Chen", date="next tuesday", time="10:30 am"
    )
    result = desk("schedule_appointment", patient="Ann Lee", doctor="Chen", date="next tuesday", time="the first one")
    assert result["error"] == "10:30 a.m. is taken"
    assert "10:30 a.m." not in result["slots"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"time": "eight p.m."}, "8 p.m. is not an appointment time"),
        ({"time": "quarter past two"}, "2:15 p.m. is not an appointment time"),
        ({"time": "banana"}, "time not understood"),
        ({"patient": "me"}, "the patient's name is missing"),
        ({"patient": "..."}, "the patient's name is missing"),
        ({"patient": "Patel"}, "the patient's name is missing"),
        ({"patient": "Dr. Chen"}, "the patient's name is missing"),
        ({"doctor": "nobody"}, "no doctor called Nobody"),
        ({"date": "yesterday"}, "that day is in the past"),
    ],
)
def test_bookings_that_cannot_be(desk: Desk, arguments: dict[str, str], error: str) -> None:
    wish = {"patient": "Ann Lee", "doctor": "Chen", "date": "next tuesday", "time": "three"} | arguments
    assert desk("schedule_appointment", **wish)["error"] == error


def test_a_specialty_means_whoever_is_free_first(desk: Desk) -> None:
    """Two family doctors: the earlier appointment is offered, and "a family doctor" is then the one who was offered."""
    offered = desk("check_availability", doctor="a family doctor", date="saturday")
    assert offered["doctor"] == "Dr. Brooks"  # the only one in on a Saturday
    booked = desk(
        "schedule_appointment", patient="Ann Lee", doctor="family doctor", date="saturday", time="the first one"
    )
    assert (booked["doctor"], booked["time"]) == ("Dr. Brooks", offered["slots"][0])
    assert desk("check_availability", doctor="family doctor", date="tomorrow")["doctor"] == "Dr. Larsen"
    which = {"error": "which one: Dr. Larsen or Dr. Brooks?"}
    assert desk("get_doctor_info", doctor="a family doctor") == which
    other = desk.another_call("c2")
    assert other("schedule_appointment", patient="Bo", doctor="a gp", date="tomorrow", time="nine") == which


def test_later_the_same_day(desk: Desk) -> None:
    desk.now = datetime(2026, 11, 24, 14, 45, tzinfo=ZoneInfo(TIMEZONE))
    result = desk("schedule_appointment", patient="Ann Lee", doctor="Chen", date="today", time="two")
    assert result["error"] == "2 p.m. has passed"
    assert desk("check_availability", doctor="Chen", date="today")["slots"][0] == "3 p.m."


@pytest.mark.parametrize(
    ("zone", "tomorrow"), [(TIMEZONE, "Tuesday, November 24"), ("Asia/Tokyo", "Wednesday, November 25")]
)
def test_the_present_is_that_of_the_clocks_zone(desk: Desk, zone: str, tomorrow: str) -> None:
    """At 2:00 UTC on Tuesday it is still Monday evening in New York."""
    desk.now = datetime.fromisoformat("2026-11-24T02:00:00+00:00").astimezone(ZoneInfo(zone))
    assert desk("check_availability", doctor="Larsen", date="tomorrow")["date"] == tomorrow


@pytest.mark.parametrize(
    "said", ["{}", "number {}", "{0[0]} {0[1]} {0[2]} {0[3]}", "{0[0]}{0[1]} {0[2]}{0[3]}", "#{}."]
)
def test_cancelling_by_number(desk: Desk, said: str) -> None:
    number = desk("schedule_appointment", patient="Ann Lee", doctor="Chen", date="tuesday", time="three")["id"]
    assert desk("cancel_appointment", appointment_id=said.format(number)) == {"status": "cancelled", "id": number}
    assert desk("cancel_appointment", appointment_id=number)["status"] == "cancelled"  # twice is as once


def test_numbers_as_words(desk: Desk) -> None:
    assert desk("cancel_appointment", appointment_id="four eight two one") == {"status": "cancelled", "id": "4821"}
    assert desk("cancel_appointment", appointment_id="forty eight twenty two") == {"status": "cancelled", "id": "4822"}


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("9999", "appointment not found"),
        ("12", "appointment number not understood"),
        ("it", "appointment number not understood"),
    ],
)
def test_numbers_that_are_none(desk: Desk, said: str, error: str) -> None:
    assert desk("cancel_appointment", appointment_id=said) == {"error": error}


def test_guessing_numbers_ends_after_five_tries(desk: Desk) -> None:
    for number in range(9991, 9996):
        assert desk("cancel_appointment", appointment_id=str(number)) == {"error": "appointment not found"}
    assert desk("cancel_appointment", appointment_id="4821") == {"error": "no more look-ups in this call"}


def test_past_appointments_stay(desk: Desk) -> None:
    desk.now += timedelta(days=60)
    assert desk("cancel_appointment", appointment_id="4821") == {"error": "that appointment is in the past"}


def test_doctor_information(desk: Desk) -> None:
    assert desk("get_doctor_info", doctor="Doctor Shen") == {
        "name": "Dr. Chen",
        "specialty": "cardiology",
        "years": 14,
        "office": "204",
    }


def test_patient_data_needs_name_and_date_of_birth(desk: Desk) -> None:
    known = desk("get_patient_info", name="mary smyth", date_of_birth="march fourth nineteen eighty five")
    assert (known["name"], known["phone"]) == ("Mary Smith", "555-0142")
    assert known["next_appointment"].startswith("Dr. ")
    no = {"error": "name and date of birth do not match"}
    assert desk("get_patient_info", name="Mary Smith", date_of_birth="march fifth 1985") == no
    assert desk("get_patient_info", name="Mary Jones", date_of_birth="march fourth 1985") == no
    assert desk("get_patient_info", name="Mary Smith", date_of_birth="march 1985") == {
        "error": "the date of birth needs day, month and year"
    }


def test_guessing_ends_after_five_tries(desk: Desk) -> None:
    for _ in range(5):
        desk("get_patient_info", name="Mary Smith", date_of_birth="march fifth 1985")
    assert desk("get_patient_info", name="Mary Smith", date_of_birth="march fourth 1985") == {
        "error": "no more look-ups in this call"
    }


def test_an_identified_caller_need_not_say_the_name_again(desk: Desk) -> None:
    desk("get_patient_info", name="Aisha Khan", date_of_birth="june thirtieth nineteen ninety")
    booked = desk("schedule_appointment", patient="me", doctor="Patel", date="tomorrow", time="9 am")
    assert patient_of(desk, booked["id"]) == "Aisha Khan"
    misheard = desk("schedule_appointment", patient="Aisha Kahn", doctor="Patel", date="tomorrow", time="3 pm")
    assert patient_of(desk, misheard["id"]) == "Aisha Khan"
    other = desk("schedule_appointment", patient="Bo Lund", doctor="Patel", date="tomorrow", time="4 pm")
    assert patient_of(desk, other["id"]) == "Bo Lund"


def patient_of(desk: Desk, number: str) -> str:
    query = sa.select(t.patients.c.name).join_from(t.appointments, t.patients).where(t.appointments.c.id == int(number))
    with desk.records._engine.connect() as db:
        return str(db.execute(query).scalar_one())


def test_somebody_new_gets_a_record_without_data(desk: Desk) -> None:
    assert (
        desk("schedule_appointment", patient="Zoe New", doctor="Kim", date="tomorrow", time="any")["status"] == "booked"
    )
    assert "error" in desk("get_patient_info", name="Zoe New", date_of_birth="1/1/1990")


def test_no_patient_data_in_logs(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        desk("get_patient_info", name="Mary Smith", date_of_birth="march fourth nineteen eighty five")
        desk("schedule_appointment", patient="Mary Smith", doctor="Chen", date="tuesday", time="three")
        desk("get_patient_info", name="Mary Smith", date_of_birth="nonsense")
        desk.records._engine.dispose()
        desk.records._engine.dialect.do_execute = _broken
        assert desk("get_patient_info", name="Mary Smith", date_of_birth="3/4/1985") == {
            "error": "That did not work because of a technical problem."
        }
    assert "get_patient_info" in caplog.text
    for secret in ("Mary", "Smith", "555", "1985", "march"):
        assert secret not in caplog.text


def _broken(*args: object, **kwargs: object) -> None:
    raise RuntimeError("no database for Mary Smith")


def test_results_are_short(desk: Desk) -> None:
    """A small model reads them: no result is longer than about 150 characters."""
    for name, arguments in (
        ("check_availability", {"doctor": "Larsen", "date": "next week"}),
        ("check_availability", {"doctor": "Chen", "date": "the 26th"}),
        ("get_doctor_info", {"doctor": "Larsen"}),
        ("get_patient_info", {"name": "George Papadopoulos", "date_of_birth": "12/25/1949"}),
    ):
        assert len(json.dumps(desk(name, **arguments))) < 150
