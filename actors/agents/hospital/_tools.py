"""What the receptionist can do. Arguments come as the caller said them; everything is resolved here.

Results keep the keys that the embedded model was trained on. A refusal that has something better to offer is that offer
(doctor, date, slots) followed by "error": a small model reads out the offer, a large one both. Reasons are a few words
without dates, for the small model mixes dates up.
"""

# ruff: noqa: D417 -- the docstrings describe what the model sees, and not what is injected

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any, Final, NoReturn, TypeVar

import attrs

from actors.agents.hospital._births import parse_birth_date
from actors.agents.hospital._dates import HORIZON, DateWish, parse_date, say_date
from actors.agents.hospital._names import Doctor, find_doctors, only, same_person, tidy_name
from actors.agents.hospital._records import GivenUp, Patient, Records, SlotTaken
from actors.agents.hospital._scheduling import Diary, free_times, nearest, next_free, spread, why_closed
from actors.agents.hospital._times import ANY_TIME, TimeWish, parse_time, say_time
from actors.agents.hospital._words import SpokenError, even
from actors.tools import Injected, ToolContext, ToolError, tool

__all__ = [
    "cancel_appointment",
    "check_availability",
    "get_doctor_info",
    "get_patient_info",
    "schedule_appointment",
]

_Said = TypeVar("_Said")
_Meant = TypeVar("_Meant")
# Two full or two half hours, as "3 p.m." or "4:30 p.m.", is what the embedded model repeats correctly most often: four
# times out of five. Of three it got every second one wrong, of a mixture every second one, however they were written.
_OFFERED_AT_ONCE: Final = 2
_LOOKUPS: Final = 5  # wrong names or dates of birth a call, before nothing is looked up any more; and wrong numbers
_SELF: Final = frozenset({"", "me", "i", "myself", "the patient", "patient", "the caller", "caller", "self", "unknown"})


@attrs.frozen
class _Offer:
    """What the caller was last offered: "the first one" is one of these."""

    doctor: Doctor
    day: date
    times: tuple[time, ...]


@tool(effect="read")
def check_availability(doctor: str, ctx: ToolContext, records: Injected[Records], date: str = "") -> dict[str, Any]:
    """Find free appointments with a doctor.

    Args:
        doctor: Name or specialty, as the caller said it.
        date: Day, span of days or part of a day, as the caller said it ("next Tuesday", "tomorrow afternoon"). Leave it
            out for the next free day.
    """
    now = _now(ctx)
    wish = _date(date, now)
    best: tuple[Any, list[Any], Doctor] | None = None
    for who in _doctors(doctor, records):  # several for a specialty: whoever is free first
        diary = records.diary(who, now, max(wish.last, now.date()) + HORIZON)
        found = next_free(diary, wish.first, wish.last, wish.time)
        if found is not None and (best is None or found < best[:2]):
            best = (*found, who)
    if best is None:
        _refuse(ctx, who, diary, wish, _why_nothing(diary, wish))
    day, times, who = best
    return _offer(ctx, who, day, spread(times, _OFFERED_AT_ONCE))


def _resolve_booking(ctx: ToolContext, records: Injected[Records]) -> dict[str, Any] | None:
    return records.outcome(ctx.key, "schedule_appointment")


@tool(effect="commit", resolve=_resolve_booking)
def schedule_appointment(
    patient: str, doctor: str, date: str, time: str, ctx: ToolContext, records: Injected[Records]
) -> dict[str, Any]:
    """Book an appointment.

    Args:
        patient: Full name of the patient.
        doctor: Name or specialty, as the caller said it.
        date: Day, as the caller said it.
        time: Time, as the caller said it ("half past four", "the first one").
    """
    now = _now(ctx)
    known: Patient | None = ctx.session.get("identified")
    name = tidy_name(patient)
    if even(patient) in _SELF or not re.search(r"[^\W\d_]{2}", name) or _is_a_doctors(name, records):
        if known is None:
            raise ToolError("the patient's name is missing")
        name = known.name
    elif known is not None and not same_person(name, known.name):
        known = None
    wish = _date(date, now)
    offer: _Offer | None = ctx.session.get("offered")
    candidates = _doctors(doctor, records)
    who = offer.doctor if offer is not None and offer.doctor in candidates else _only(candidates)
    if offer is not None and (offer.doctor != who or not wish.first <= offer.day <= wish.last):
        offer = None
    hour = _understood(parse_time, time)
    if hour == ANY_TIME:
        hour = wish.time
    diary = records.diary(who, now, max(wish.last, now.date()) + HORIZON)
    start = _choose(diary, wish, hour, offer)
    if start is None:
        _refuse(ctx, who, diary, attrs.evolve(wish, time=hour), _why_not_then(diary, wish, hour))
    when = {"date": say_date(start.date()), "time": say_time(start.time())}

    def answer(number: int) -> dict[str, Any]:
        return {"status": "booked", "id": str(number), "doctor": who.name, **when}

    try:
        return records.book(name, known, who, start, answer, key=ctx.key, call_id=ctx.call_id)
    except SlotTaken:
        diary = attrs.evolve(diary, taken=diary.taken | {start})
        exactly = DateWish(start.date(), start.date(), TimeWish(start.time(), start.time()))
        _refuse(ctx, who, diary, exactly, f"{when['time']} is taken")
    except GivenUp:
        raise ToolError("that booking was given up") from None


def _resolve_cancelling(ctx: ToolContext, records: Injected[Records]) -> dict[str, Any] | None:
    return records.outcome(ctx.key, "cancel_appointment")


@tool(effect="commit", undoes=("schedule_appointment",), resolve=_resolve_cancelling)
def cancel_appointment(appointment_id: str, ctx: ToolContext, records: Injected[Records]) -> dict[str, Any]:
    """Cancel an appointment.

    Args:
        appointment_id: The number of the appointment, as digits.
    """
    # Whoever knows the number may cancel: it was told to nobody else, and the result holds nothing of the patient.
    digits = re.sub(r"\D", "", even(appointment_id))
    if not 4 <= len(digits) <= 6:
        raise ToolError("appointment number not understood")
    if ctx.session.get("wrong_numbers", 0) >= _LOOKUPS:
        raise ToolError("no more look-ups in this call")
    found = records.appointment(int(digits))
    if found is None:
        ctx.session["wrong_numbers"] = ctx.session.get("wrong_numbers", 0) + 1
        raise ToolError("appointment not found")
    if not found.cancelled and found.starts_at <= _now(ctx):
        raise ToolError("that appointment is in the past")
    try:
        return records.cancel(found.id, {"status": "cancelled", "id": digits}, key=ctx.key)
    except GivenUp:
        raise ToolError("that cancellation was given up") from None


@tool(effect="read")
def get_patient_info(name: str, date_of_birth: str, ctx: ToolContext, records: Injected[Records]) -> dict[str, Any]:
    """Look up a patient's phone number and next appointment. Ask for full name and date of birth first.

    Args:
        name: Full name of the patient.
        date_of_birth: Day, month and year, as the caller said it.
    """
    now = _now(ctx)
    if ctx.session.get("failed_lookups", 0) >= _LOOKUPS:
        raise ToolError("no more look-ups in this call")
    born = _understood(lambda text: parse_birth_date(text, now.date()), date_of_birth)
    patient = records.identify(name, born)
    if patient is None:
        # The same words whether the name or the date is wrong: who is a patient here is nobody's business.
        ctx.session["failed_lookups"] = ctx.session.get("failed_lookups", 0) + 1
        raise ToolError("name and date of birth do not match")
    ctx.session["identified"] = patient
    found = records.next_appointment(patient, now)
    said = None
    if found is not None:
        said = f"{found.doctor.name} on {say_date(found.starts_at.date())} at {say_time(found.starts_at.time())}"
    return {"name": patient.name, "phone": patient.phone, "next_appointment": said}


@tool(effect="read")
def get_doctor_info(doctor: str, records: Injected[Records]) -> dict[str, Any]:
    """Tell a doctor's specialty, years of experience and office.

    Args:
        doctor: Name or specialty, as the caller said it.
    """
    who = _only(_doctors(doctor, records))
    return {"name": who.name, "specialty": who.specialty, "years": who.years, "office": who.office}


def _now(ctx: ToolContext) -> datetime:
    """The hospital's wall clock: the call's clock goes by its time zone."""
    return ctx.now().replace(tzinfo=None)


def _understood(parse: Callable[[_Said], _Meant], said: _Said) -> _Meant:
    """What was said, understood; or the reason why not, for the model."""
    try:
        return parse(said)
    except SpokenError as error:
        raise ToolError(str(error)) from None


def _is_a_doctors(name: str, records: Records) -> bool:
    """A doctor's last name alone is nobody's full name: a small model puts it there when it has not asked yet."""
    bare = name.casefold().removeprefix("dr ").removeprefix("doctor ")
    return bare in {doctor.last_name.casefold() for doctor in records.doctors}


def _doctors(said: str, records: Records) -> tuple[Doctor, ...]:
    return _understood(lambda text: find_doctors(text, records.doctors), said)


def _only(doctors: tuple[Doctor, ...]) -> Doctor:
    return _understood(only, doctors)


def _date(said: str, now: datetime) -> DateWish:
    wish = _understood(lambda text: parse_date(text, now.date()), said)
    if wish.first > now.date() + HORIZON:
        raise ToolError("that is too far ahead")
    return wish


def _choose(diary: Diary, wish: DateWish, hour: TimeWish, offer: _Offer | None) -> datetime | None:
    """The appointment that is meant: among what was offered if it fits there, else the earliest that fits the wish."""
    if offer is not None:
        # What was offered may have been taken since; then it is refused by name, not replaced in silence.
        fitting = [moment for moment in offer.times if hour.holds(moment)]
        chosen = _nth(fitting, hour.nth or 1)
        if chosen is not None:
            return datetime.combine(offer.day, chosen)
    found = next_free(diary, wish.first, wish.last, hour)
    if found is None:
        # A taken slot is tried all the same: it may be this very call that took it, and then saying so again is right.
        exactly = datetime.combine(wish.first, hour.exact) if hour.exact and wish.first == wish.last else None
        return exactly if exactly in diary.taken else None
    chosen = _nth(found[1], hour.nth or 1)
    return None if chosen is None else datetime.combine(found[0], chosen)


def _nth(times: list[time], nth: int) -> time | None:
    index = nth - 1 if nth > 0 else nth
    return times[index] if -len(times) <= index < len(times) else None


def _why_nothing(diary: Diary, wish: DateWish) -> str:
    one_day = wish.first == wish.last
    closed = why_closed(diary, wish.first) if one_day else None
    if closed is None and wish.last < diary.now.date():
        closed = "those days are in the past"
    if closed is not None:
        return closed
    return f"nothing free {wish.time.words or ('that day' if one_day else 'then')}"


def _why_not_then(diary: Diary, wish: DateWish, hour: TimeWish) -> str:
    if hour.exact is None or wish.first != wish.last or why_closed(diary, wish.first) is not None:
        return _why_nothing(diary, attrs.evolve(wish, time=hour))
    start = datetime.combine(wish.first, hour.exact)
    if start <= diary.now:
        return f"{say_time(hour.exact)} has passed"
    return f"{say_time(hour.exact)} is {'taken' if start in diary.taken else 'not an appointment time'}"


def _refuse(ctx: ToolContext, doctor: Doctor, diary: Diary, wish: DateWish, reason: str) -> NoReturn:
    """Say no, and offer what comes nearest: the same day near the wished time, else the next free day."""
    day = max(wish.first, diary.now.date())
    times = free_times(diary, day)
    if times and wish.time != ANY_TIME:
        near = wish.time.exact or (wish.time.first if wish.time.first > time.min else wish.time.last)
        raise ToolError(reason, **_offer(ctx, doctor, day, nearest(times, near, _OFFERED_AT_ONCE)))
    found = next_free(diary, day, day + HORIZON)
    if found is None:
        raise ToolError(reason)
    raise ToolError(reason, **_offer(ctx, doctor, found[0], spread(found[1], _OFFERED_AT_ONCE)))


def _offer(ctx: ToolContext, doctor: Doctor, day: date, times: list[time]) -> dict[str, Any]:
    ctx.session["offered"] = _Offer(doctor, day, tuple(times))
    return {"doctor": doctor.name, "date": say_date(day), "slots": [say_time(moment) for moment in times]}
