"""Whether two function calls mean the same. Pure.

Dates and times are read by the hospital's own parsers at a fixed clock, doctors found as its tools find them; what
those do not understand is compared as words. In a booking, what was just offered decides as it does in the tool: "the
later one" is the later of the times offered.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, Final

import attrs

from actors.agents.hospital._births import parse_birth_date
from actors.agents.hospital._dates import parse_date
from actors.agents.hospital._names import Doctor, find_doctors, same_person
from actors.agents.hospital._seed import DOCTORS
from actors.agents.hospital._times import ANY_TIME, TimeWish, parse_time
from actors.agents.hospital._words import SpokenError, even
from bench._scenes import Call

__all__ = ["HOSPITAL_KINDS", "Comparison", "Offer", "offered_in", "plain_name"]

HOSPITAL_KINDS: Final = {
    "doctor": "doctor",
    "date": "date",
    "time": "time",
    "patient": "name",
    "name": "name",
    "date_of_birth": "birth",
    "appointment_id": "digits",
}
_STAFF: Final = tuple(
    Doctor(number, first, last, specialty, years, office)
    for number, (first, last, specialty, years, office, _) in enumerate(DOCTORS, 1)
)
_TITLES: Final = re.compile(r"\b(?:mr|mrs|ms|miss|dr|doctor|prof|the|little)\b\.?")
_ARTICLES: Final = re.compile(r"\b(?:a|an|the|my|some|our)\b")


@attrs.frozen
class Offer:
    """What the caller was last offered."""

    doctors: tuple[int, ...]
    day: date
    times: tuple[time, ...]


def offered_in(results: Sequence[str], today: date) -> Offer | None:
    """The offer in the latest result (JSON texts, oldest first) that has one."""
    for text in reversed(results):
        found = json.loads(text)
        if isinstance(found, dict) and {"doctor", "date", "slots"} <= set(found):
            times = tuple(parse_time(slot).first for slot in found["slots"])
            return Offer(_doctors(found["doctor"]), parse_date(found["date"], today).first, times)
    return None


def plain_name(said: str) -> str:
    """A name's letters alone: without titles, accents, spaces and case; "Lee, Ann" is "Ann Lee"."""
    last, comma, first = said.partition(",")
    letters = unicodedata.normalize("NFKD", (f"{first} {last}" if comma else said).casefold())
    return re.sub(r"[\W_]", "", _TITLES.sub(" ", letters))


@attrs.frozen
class Comparison:
    """Compares calls at the moment ``now`` after ``offer``. ``heard``: what the caller's words were transcribed to;
    with it, names may be off by as much as the hospital allows; with ``as_heard`` also be what the transcriber made of
    them, to the letter."""

    kinds: Mapping[str, str]
    now: datetime
    offer: Offer | None = None
    heard: str | None = None
    as_heard: bool = False

    def same(self, wanted: Sequence[Call], made: Sequence[Call]) -> bool:
        """Whether the same calls were made, in whatever order, and no others."""
        left = list(made)
        for call in wanted:
            twin = next((other for other in left if self.same_call(call, other)), None)
            if twin is None:
                return False
            left.remove(twin)
        return not left

    def same_call(self, wanted: Call, made: Call) -> bool:
        if wanted.name != made.name:
            return False
        if {"doctor", "date", "time"} <= set(wanted.arguments):
            if self._booking(wanted) != self._booking(made):
                return False
            names = {"patient"}
        else:
            names = {n for call in (wanted, made) for n, value in call.arguments.items() if value not in ("", None)}
        return all(self._equal(name, wanted.arguments.get(name, ""), made.arguments.get(name, "")) for name in names)

    def _equal(self, name: str, wanted: Any, made: Any) -> bool:
        kind = self.kinds.get(name, "text")
        if self._value(kind, wanted) == self._value(kind, made):
            return True
        if self.heard is None or kind not in ("name", "text", "code"):
            return False
        copied = self.as_heard and plain_name(str(made)) != "" and plain_name(str(made)) in plain_name(self.heard)
        return copied or (kind == "name" and same_person(str(made), str(wanted)))

    def _value(self, kind: str, value: Any) -> object:
        read = _READERS.get(kind)
        if read is None:
            return _words(str(value))
        try:
            return read(str(value), self.now.date())
        except (SpokenError, ValueError):
            return _words(str(value))

    def _booking(self, call: Call) -> object:
        """Doctor, day and time of a booking as the tool takes them."""
        doctors = _doctors(str(call.arguments.get("doctor", "")))
        try:
            wish = parse_date(str(call.arguments.get("date", "")), self.now.date())
            hour = parse_time(str(call.arguments.get("time", "")))
        except SpokenError:
            return (doctors, _words(str(call.arguments.get("date", ""))), _words(str(call.arguments.get("time", ""))))
        if hour == ANY_TIME:
            hour = wish.time
        offer = self.offer
        if offer is None or not set(offer.doctors) & set(doctors) or not wish.first <= offer.day <= wish.last:
            return (doctors, wish.first, wish.last, _window(hour))
        fitting = [moment for moment in offer.times if hour.holds(moment)]
        index = (hour.nth or 1) - (1 if (hour.nth or 1) > 0 else 0)
        if hour != ANY_TIME and -len(fitting) <= index < len(fitting):
            return (offer.doctors, offer.day, offer.day, _window(TimeWish(fitting[index], fitting[index])))
        return (offer.doctors, offer.day, offer.day, _window(hour))


def _doctors(said: str) -> tuple[Any, ...]:
    try:
        return tuple(doctor.id for doctor in find_doctors(said, _STAFF))
    except SpokenError:
        return (plain_name(said),)


def _day(said: str, today: date) -> object:
    wish = parse_date(said, today)
    return (wish.first, wish.last, _window(wish.time))


def _window(wish: TimeWish) -> object:
    return (wish.first, wish.last, wish.nth)


def _words(said: str) -> str:
    return re.sub(r"\W", "", _ARTICLES.sub(" ", even(said)))


def _digits(said: str) -> str:
    return re.sub(r"\D", "", even(said))


_READERS: Final[Mapping[str, Callable[[str, date], object]]] = {
    "doctor": lambda said, _: _doctors(said),
    "date": _day,
    "time": lambda said, _: _window(parse_time(said)),
    "name": lambda said, _: plain_name(said),
    "birth": parse_birth_date,
    "digits": lambda said, _: _digits(said),
    "number": lambda said, _: int(_digits(said)),
    "code": lambda said, _: re.sub(r"\W", "", even(said)),
}
