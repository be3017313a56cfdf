"""The hospital's records: every question to the database, and the two changes. Synchronous; run in worker threads.

A change and its outcome (by key) are one transaction. Two changes that clash are settled by the database's own
constraints: the loser's transaction is undone, and what won is read in a new one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, Final

import attrs
from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from actors.agents.hospital import _tables as t
from actors.agents.hospital._database import WRITES
from actors.agents.hospital._names import Doctor, same_person
from actors.agents.hospital._scheduling import Closure, Diary, Hours

__all__ = ["Appointment", "GivenUp", "Patient", "Records", "SlotTaken"]

_TRIES: Final = 20
_NOTHING: Final[dict[str, Any]] = {}  # the answer of a commit that was given up; NULL in the table


class SlotTaken(Exception):
    """Somebody else holds the slot."""


class GivenUp(Exception):
    """The outcome of this key was asked for before it was there; now it must not happen any more."""


@attrs.frozen
class Patient:
    """``repr`` shows the number only."""

    id: int
    name: str = attrs.field(repr=False)
    phone: str | None = attrs.field(repr=False)


@attrs.frozen
class Appointment:
    id: int
    doctor: Doctor
    starts_at: datetime
    cancelled: bool


class Records:
    """``engine`` comes from :func:`open_database`; closing it is its owner's part."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @cached_property
    def doctors(self) -> tuple[Doctor, ...]:
        with self._engine.connect() as db:
            return tuple(Doctor(**row) for row in db.execute(select(t.doctors).order_by(t.doctors.c.id)).mappings())

    def diary(self, doctor: Doctor, now: datetime, last: date) -> Diary:
        """The doctor's diary from ``now`` (wall clock) to the end of the day ``last``."""
        hours, closures, booked = t.hours.c, t.closures.c, t.appointments.c
        with self._engine.connect() as db:
            week = db.execute(
                select(hours.weekday, hours.opens, hours.closes).where(hours.doctor_id == doctor.id)
            ).all()
            days_off = db.execute(
                select(closures.first, closures.last, closures.reason)
                .where(closures.doctor_id.is_(None) | (closures.doctor_id == doctor.id))
                .order_by(closures.doctor_id.is_not(None), closures.first)
            ).all()
            taken = db.execute(
                select(booked.held).where(
                    booked.doctor_id == doctor.id, booked.held >= now, booked.held < last + timedelta(days=1)
                )
            ).scalars()
            return Diary(
                hours=tuple(Hours(*row) for row in week),
                closures=tuple(Closure(*row) for row in days_off),
                taken=frozenset(taken),
                now=now,
            )

    def identify(self, name: str, born: date) -> Patient | None:
        """The patient with exactly this date of birth and nearly this name; None also when several fit."""
        patients = t.patients.c
        query = select(patients.id, patients.name, patients.phone).where(patients.date_of_birth == born)
        with self._engine.connect() as db:
            found = [Patient(*row) for row in db.execute(query) if same_person(name, row.name)]
        return found[0] if len(found) == 1 else None

    def next_appointment(self, patient: Patient, now: datetime) -> Appointment | None:
        booked = t.appointments.c
        query = (
            select(booked.id, booked.doctor_id, booked.starts_at, booked.held)
            .where(booked.patient_id == patient.id, booked.held >= now)
            .order_by(booked.held)
            .limit(1)
        )
        with self._engine.connect() as db:
            row = db.execute(query).first()
        return None if row is None else self._appointment(row)

    def appointment(self, number: int) -> Appointment | None:
        booked = t.appointments.c
        query = select(booked.id, booked.doctor_id, booked.starts_at, booked.held).where(booked.id == number)
        with self._engine.connect() as db:
            row = db.execute(query).first()
        return None if row is None else self._appointment(row)

    def book(
        self,
        patient: str,
        known: Patient | None,
        doctor: Doctor,
        start: datetime,
        answer: Callable[[int], dict[str, Any]],
        *,
        key: str,
        call_id: str,
    ) -> dict[str, Any]:
        """Book a slot and return ``answer(number)``, where ``number`` is the appointment's.

        ``known`` is the patient on file, if the caller was identified as one; else the one person on file of exactly
        this name, or a new record without data. A run repeated under ``key``, and the same wish again within the call,
        return what the first one did. Raises :class:`SlotTaken` and :class:`GivenUp`.
        """

        def change(db: Connection) -> dict[str, Any]:
            holder = _holder(db, doctor, start)
            if holder is not None:
                if call_id and holder.call_id == call_id and same_person(patient, holder.name):
                    return answer(holder.id)
                raise SlotTaken
            number = _new_number(db, key)
            owner = _patient_id(db, patient) if known is None else known.id
            row = {"id": number, "doctor_id": doctor.id, "patient_id": owner, "call_id": call_id}
            db.execute(insert(t.appointments).values(**row, starts_at=start, held=start))
            return answer(number)

        return self._commit(key, "schedule_appointment", change)

    def cancel(self, number: int, answer: dict[str, Any], *, key: str) -> dict[str, Any]:
        """Free an appointment's slot and return ``answer``; again is as once. Raises :class:`GivenUp`."""

        def change(db: Connection) -> dict[str, Any]:
            db.execute(update(t.appointments).where(t.appointments.c.id == number).values(held=None))
            return answer

        return self._commit(key, "cancel_appointment", change)

    def outcome(self, key: str, tool: str) -> dict[str, Any] | None:
        """What the commit under ``key`` did; None if it did nothing, and from now on it cannot."""
        try:
            return self._commit(key, tool, lambda _: _NOTHING) or None
        except GivenUp:
            return None

    def _commit(self, key: str, tool: str, change: Callable[[Connection], dict[str, Any]]) -> dict[str, Any]:
        """Run ``change`` and note its answer under ``key``, both or neither; or return what is noted there already."""
        for _ in range(_TRIES):
            try:
                with self._engine.execution_options(**WRITES).begin() as db:
                    noted = db.execute(select(t.outcomes.c.result).where(t.outcomes.c.key == key)).first()
                    if noted is not None:
                        if noted.result is None:
                            raise GivenUp
                        found: dict[str, Any] = json.loads(noted.result)
                        return found
                    answer = change(db)
                    result = json.dumps(answer) if answer else None
                    db.execute(insert(t.outcomes).values(key=key, tool=tool, result=result))
                    return answer
            except IntegrityError:
                continue  # somebody was faster: look at what is there now
        raise RuntimeError("a commit kept clashing with others")

    def _appointment(self, row: Any) -> Appointment:
        doctor = next(doctor for doctor in self.doctors if doctor.id == row.doctor_id)
        return Appointment(row.id, doctor, row.starts_at, cancelled=row.held is None)


def _holder(db: Connection, doctor: Doctor, start: datetime) -> Any:
    booked, patients = t.appointments.c, t.patients.c
    query = (
        select(booked.id, booked.call_id, patients.name)
        .join_from(t.appointments, t.patients)
        .where(booked.doctor_id == doctor.id, booked.held == start)
    )
    return db.execute(query).first()


def _new_number(db: Connection, key: str) -> int:
    """A number nobody has: four digits while there are any to find, the same for the same key."""
    for digits in (4, 5, 6):
        low = int(10 ** (digits - 1))
        seeds = (hashlib.sha256(f"{key} {digits} {i}".encode()).digest() for i in range(_TRIES))
        numbers = [low + int.from_bytes(seed[:8], "big") % (9 * low) for seed in seeds]
        used = set(db.execute(select(t.appointments.c.id).where(t.appointments.c.id.in_(numbers))).scalars())
        for number in numbers:
            if number not in used:
                return number
    raise RuntimeError("no appointment numbers left")


def _patient_id(db: Connection, name: str) -> int:
    patients = t.patients.c
    found = db.execute(select(patients.id).where(func.lower(patients.name) == name.lower()).limit(2)).scalars().all()
    if len(found) == 1:
        return int(found[0])
    return int(db.execute(insert(t.patients).values(name=name).returning(patients.id)).scalar_one())
