"""The hospital's tools on a database of their own: seeded, with an injected clock and, as a rule, another staff.

Results are what the real functions return, errors included. Half the hospitals have other doctors, so that the model
learns to read a doctor's name and not to know one; all have other patients.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import attrs
import sqlalchemy as sa

from actors.agents.hospital import TIMEZONE, TOOLS
from actors.agents.hospital import _tables as t
from actors.agents.hospital._database import open_database
from actors.agents.hospital._records import Records
from actors.agents.hospital._seed import seed
from actors.ports import ToolSpec
from actors.tools import Resources, ToolArgumentError, find_tool, run_tool
from bench.training._grammar import Draw
from bench.training._names import LAST, first_name, full_name, last_name

__all__ = ["Doctor", "Hospital", "Patient", "hospital_specs", "open_hospital"]

_FIRST_DAY: Final = date(2025, 1, 6)
_DAYS: Final = 900
_FUNCTIONS: Final = {function.__name__: function for function in TOOLS}


@attrs.frozen
class Doctor:
    name: str  # the last name
    first: str
    specialty: str


@attrs.frozen
class Patient:
    name: str
    born: date


@attrs.define
class Hospital:
    """One hospital. ``desk`` begins a new call."""

    resources: Resources
    now: datetime
    doctors: tuple[Doctor, ...]
    patients: tuple[Patient, ...]
    numbers: tuple[str, ...]  # of appointments that exist
    calls: int = 0
    _session: dict[str, Any] = attrs.Factory(dict)
    _runs: int = 0

    def new_call(self) -> None:
        self.calls, self._runs, self._session = self.calls + 1, 0, {}

    def run(self, name: str, arguments: Mapping[str, str]) -> Any:
        """What the function returns, as the model gets it."""
        self._runs += 1
        call_id = f"{self.now:%Y%m%d}-{self.calls}"
        try:
            return run_tool(
                _FUNCTIONS[name],
                resources=self.resources,
                key=f"{call_id}:{self._runs}",
                call_id=call_id,
                now=lambda: self.now,
                session=self._session,
                **arguments,
            )
        except ToolArgumentError as error:
            return {"error": str(error)}


def hospital_specs() -> tuple[ToolSpec, ...]:
    """The hospital's functions as a model is shown them."""
    return tuple(declared.spec() for function in TOOLS if (declared := find_tool(function)) is not None)


@contextmanager
def open_hospital(draw: Draw) -> Iterator[Hospital]:
    """A hospital on a day drawn at random; it is gone when the block ends."""
    day = _FIRST_DAY + timedelta(days=draw.number(0, _DAYS))
    now = datetime(day.year, day.month, day.day, draw.number(8, 16), 30, tzinfo=ZoneInfo(TIMEZONE))
    others = draw.chance(0.5)

    def fill(db: sa.Connection) -> None:
        seed(db, now.replace(tzinfo=None))
        if others:
            _other_doctors(db, draw)
        _other_patients(db, draw)

    in_memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with (
        tempfile.TemporaryDirectory(dir=in_memory) as folder,
        open_database(f"sqlite:///{Path(folder) / 'h.db'}", fill) as engine,
    ):
        records = Records(engine)
        with engine.connect() as db:
            patients = tuple(
                Patient(row.name, row.date_of_birth)
                for row in db.execute(sa.select(t.patients.c.name, t.patients.c.date_of_birth))
            )
            held = t.appointments.c.held
            numbers = tuple(
                str(n) for n in db.execute(sa.select(t.appointments.c.id).where(held.is_not(None))).scalars()
            )
        yield Hospital(
            Resources(values=(records,), limiter=None),
            now,
            tuple(Doctor(who.last_name, who.first_name, who.specialty) for who in records.doctors),
            patients,
            numbers,
        )


def _other_doctors(db: sa.Connection, draw: Draw) -> None:
    """New names, years and offices; and in the reasons for days off, which name a doctor."""
    rows = db.execute(sa.select(t.doctors.c.id, t.doctors.c.last_name)).all()
    last = draw.some(sorted({*LAST, *(last_name(draw) for _ in LAST)} - {row.last_name for row in rows}), len(rows))
    for row, name in zip(rows, last, strict=True):
        office = str(draw.number(100, 420))
        changes = {"first_name": first_name(draw), "last_name": name, "years": draw.number(2, 38), "office": office}
        db.execute(sa.update(t.doctors).where(t.doctors.c.id == row.id).values(**changes))
        reason = t.closures.c.reason
        db.execute(
            sa.update(t.closures)
            .where(t.closures.c.doctor_id == row.id)
            .values(reason=sa.func.replace(reason, f"Dr. {row.last_name}", f"Dr. {name}"))
        )


def _other_patients(db: sa.Connection, draw: Draw) -> None:
    for number in db.execute(sa.select(t.patients.c.id)).scalars().all():
        born = date(draw.number(1936, 2017), draw.number(1, 12), draw.number(1, 28))
        changes = {"name": full_name(draw), "date_of_birth": born}
        phone = f"555-0{draw.number(100, 199)}"
        db.execute(sa.update(t.patients).where(t.patients.c.id == number).values(**changes, phone=phone))
