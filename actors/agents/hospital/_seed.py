"""A hospital to begin with: the same one for the same day."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final

import attrs
from sqlalchemy import Connection, insert

from actors.agents.hospital import _tables as t
from actors.agents.hospital._scheduling import Closure, Diary, Hours, all_times

__all__ = ["DOCTORS", "PATIENTS", "seed"]

_MORNING: Final = (time(9), time(12))
_EARLY: Final = (time(8), time(12))
_AFTERNOON: Final = (time(14), time(17))
_LATE: Final = (time(14), time(18))
_MON_TO_FRI: Final = (0, 1, 2, 3, 4)

_Week = dict[tuple[time, time], tuple[int, ...]]

#: first name, last name, specialty, years of experience, office, and the weekdays of each stretch of hours
DOCTORS: Final[tuple[tuple[str, str, str, int, str, _Week], ...]] = (
    ("Emily", "Chen", "cardiology", 14, "204", {_MORNING: (0, 1, 2, 3, 4), _AFTERNOON: (0, 1, 3, 4)}),
    ("Anil", "Patel", "dermatology", 9, "118", {_MORNING: (0, 1, 2, 4), _LATE: (0, 1, 2, 3)}),
    ("Ngozi", "Okafor", "pediatrics", 17, "131", {_EARLY: _MON_TO_FRI, _AFTERNOON: (0, 2, 4)}),
    ("Luis", "Garcia", "orthopedics", 22, "215", {_EARLY: (0, 2, 4), _AFTERNOON: (1, 3)}),
    ("Eva", "Novak", "neurology", 11, "302", {_MORNING: (1, 2, 3), _AFTERNOON: (1, 2, 3)}),
    ("Erik", "Larsen", "family medicine", 26, "101", {_EARLY: _MON_TO_FRI, _AFTERNOON: _MON_TO_FRI}),
    ("Susan", "Brooks", "family medicine", 7, "103", {_MORNING: (*_MON_TO_FRI, 5), _LATE: (1, 3)}),
    ("Daniel", "Kim", "ophthalmology", 12, "220", {_MORNING: (0, 1, 4), _AFTERNOON: (0, 1, 4)}),
)

PATIENTS: Final = (
    ("Mary Smith", date(1985, 3, 4), "555-0142"),
    ("John Miller", date(1972, 11, 30), "555-0117"),
    ("Aisha Khan", date(1990, 6, 30), "555-0163"),
    ("Robert Johnson", date(1958, 1, 12), "555-0129"),
    ("Linda Nguyen", date(1999, 5, 2), "555-0188"),
    ("Carlos Rivera", date(2001, 7, 12), "555-0151"),
    ("Emma Thompson", date(2012, 8, 19), "555-0134"),
    ("David Cohen", date(1966, 2, 28), "555-0175"),
    ("Sofia Rossi", date(1994, 9, 9), "555-0106"),
    ("George Papadopoulos", date(1949, 12, 25), "555-0190"),
    ("Hannah Lee", date(1987, 4, 21), "555-0112"),
    ("William O'Brien", date(1979, 10, 3), "555-0147"),
)

_FIRST_ID: Final = 4821  # of the seeded appointments: known numbers to try the agent with
_BOOKED_SHARE: Final = 0.25
_BOOKED_DAYS: Final = 14


def seed(connection: Connection, now: datetime) -> None:
    """Fill empty tables; ``now`` is the hospital's wall clock. A quarter of the next two weeks is booked."""
    closures = _closures(now.date())
    busy: set[tuple[int, datetime]] = set()
    chance = Random(now.date().toordinal())
    patients: list[int] = []
    for name, born, phone in PATIENTS:
        row = insert(t.patients).values(name=name, date_of_birth=born, phone=phone).returning(t.patients.c.id)
        patients.append(connection.execute(row).scalar_one())
    for doctor, (first, last, specialty, years, office, stretches) in enumerate(DOCTORS, 1):
        words = {"first_name": first, "last_name": last, "specialty": specialty, "office": office}
        connection.execute(insert(t.doctors).values(id=doctor, **words, years=years))
        hours = tuple(Hours(day, opens, closes) for (opens, closes), days in stretches.items() for day in days)
        for each in hours:
            connection.execute(insert(t.hours).values(doctor_id=doctor, **attrs.asdict(each)))
        days_off = tuple(closure for of, closure in closures if of in (None, doctor))
        _book_some(connection, doctor, Diary(hours, days_off, frozenset(), now), patients, busy, chance)
    for of, closure in closures:
        connection.execute(insert(t.closures).values(doctor_id=of, **attrs.asdict(closure)))


def _book_some(
    connection: Connection,
    doctor: int,
    diary: Diary,
    patients: list[int],
    busy: set[tuple[int, datetime]],
    chance: Random,
) -> None:
    for ahead in range(1, _BOOKED_DAYS + 1):
        for start in all_times(diary, diary.now.date() + timedelta(days=ahead)):
            patient = chance.choice(patients)
            if chance.random() >= _BOOKED_SHARE or (patient, start) in busy:
                continue
            row = {"id": _FIRST_ID + len(busy), "doctor_id": doctor, "patient_id": patient}
            connection.execute(insert(t.appointments).values(**row, starts_at=start, held=start))
            busy.add((patient, start))


def _closures(today: date) -> list[tuple[int | None, Closure]]:
    """The days off of this year and the next; with a doctor's number, or None for the whole hospital."""
    found: list[tuple[int | None, Closure]] = []
    for year in (today.year, today.year + 1):
        thanksgiving = date(year, 11, 22) + timedelta(days=(3 - date(year, 11, 22).weekday()) % 7)
        for day, name in (
            (date(year, 1, 1), "New Year's Day"),
            (date(year, 7, 4), "Independence Day"),
            (thanksgiving, "Thanksgiving"),
            (date(year, 12, 25), "Christmas"),
        ):
            found.append((None, Closure(day, day, f"closed for {name}")))
    numbers = {last: number for number, (_, last, *_) in enumerate(DOCTORS, 1)}
    monday = today + timedelta(days=7 - today.weekday())
    for name, first, days in (("Garcia", monday + timedelta(days=7), 5), ("Novak", monday + timedelta(days=2), 1)):
        away = Closure(first, first + timedelta(days=days - 1), f"Dr. {name} is away that day")
        found.append((numbers[name], away))
    return found
