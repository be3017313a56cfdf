"""The hospital's tables.

A slot is held by a row whose ``held`` equals its start; cancelling sets ``held`` to NULL. As NULLs never collide, one
plain UNIQUE(doctor, held) makes a double booking impossible in every database, whoever writes.

``outcomes`` remembers what became of each commit by its key, in the same transaction as the commit. A row without a
result says "given up": whoever asked for an outcome that was not there put it there, and a straggler that tries
to commit under this key later fails on it.
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    Time,
    UniqueConstraint,
)

__all__ = ["appointments", "closures", "doctors", "hours", "metadata", "outcomes", "patients"]

metadata = MetaData()

doctors = Table(
    "doctors",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("first_name", String(80), nullable=False),
    Column("last_name", String(80), nullable=False, unique=True),
    Column("specialty", String(80), nullable=False),
    Column("years", Integer, nullable=False),
    Column("office", String(20), nullable=False),
)

hours = Table(
    "hours",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("doctor_id", ForeignKey("doctors.id"), nullable=False, index=True),
    Column("weekday", Integer, nullable=False),
    Column("opens", Time, nullable=False),
    Column("closes", Time, nullable=False),
)

closures = Table(
    "closures",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("doctor_id", ForeignKey("doctors.id"), nullable=True, index=True),  # NULL: the whole hospital
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
    Column("reason", String(80), nullable=False),
)

patients = Table(
    "patients",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("date_of_birth", Date, nullable=True, index=True),  # NULL: known by name only, from a booking
    Column("phone", String(40), nullable=True),
)

appointments = Table(
    "appointments",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("doctor_id", ForeignKey("doctors.id"), nullable=False),
    Column("patient_id", ForeignKey("patients.id"), nullable=False, index=True),
    Column("starts_at", DateTime, nullable=False),
    Column("held", DateTime, nullable=True),
    Column("call_id", String(120), nullable=False, default=""),
    UniqueConstraint("doctor_id", "held", name="one_patient_a_slot"),
    Index("appointments_by_day", "doctor_id", "starts_at"),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("tool", String(80), nullable=False),
    Column("result", Text, nullable=True),
)
