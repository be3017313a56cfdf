"""Callers with a goal: what they answer to which question, and whether they got what they called for. Pure.

A caller knows what to say to the questions that a receptionist asks, goes on to the next wish when one is settled, says
goodbye when all are, and gives up after ``PATIENCE`` answers.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import attrs

from actors.agents.hospital._dates import parse_date
from actors.agents.hospital._names import same_person
from actors.agents.hospital._times import parse_time
from actors.agents.hospital._words import even
from bench._scenes import FOLDER
from bench._values import plain_name

__all__ = ["GOODBYE", "PATIENCE", "Booking", "Change", "Script", "ScriptedCaller", "load_callers", "reached"]

PATIENCE: Final = 12  #: answers of the agent, then the caller hangs up
GOODBYE: Final = "Thank you, goodbye."
_REPEATS: Final = 2  #: how often the same answer is given before the caller stops playing along
_SUBJECTS: Final = (  # in the order of the answers, where several are asked for at once
    ("doctor", r"(which|what) (kind of |type of )?(doctor|specialist|specialty)|(who|whom) would you like"),
    ("day", r"(which|what) (day|date)\b(?! of birth)|(when|on what day) would|for when"),
    ("choose", r"\d ?[ap]m\b|\d:\d\d|(which|what) (one|time)|prefer|would (that|either)|\bsuits?\b"),
    ("name", r"\bnames?\b|who is (it|this|that|the (patient|appointment)) for"),
    ("birth", r"date of birth|birth ?date|birthday|\bborn\b"),
    (
        "number",
        r"(appointment|booking|reservation|reference) (number|id)|number of (the|your|that) (appointment|booking)",
    ),
    ("confirm", r"(is that|is this) (right|correct|okay)|(shall|should) i|(would|do) you (like|want) me to|correct\?"),
)


@attrs.frozen
class Booking:
    """An appointment wanted; ``date`` and ``time`` may be spans of time in words."""

    patient: str
    doctor: str
    date: str
    time: str


@attrs.frozen
class Script:
    """A caller: see ``bench/accuracy/README.md``."""

    id: str
    now: datetime
    opening: str
    says: Mapping[str, str] = attrs.field(factory=dict)
    then: tuple[str, ...] = ()
    booked: tuple[Booking, ...] = ()
    cancelled: frozenset[int] = frozenset()
    heard: tuple[str, ...] = ()


@attrs.frozen
class Change:
    """What became of one call in the database: appointments made (patient, doctor's last name, start), numbers of
    cancelled ones."""

    made: tuple[tuple[str, str, datetime], ...]
    cancelled: frozenset[int]


def load_callers(name: str, folder: Path = FOLDER) -> tuple[Script, ...]:
    """All scripted callers of a set."""
    found: list[Script] = []
    for path in sorted((folder / name).glob("*.toml")):
        content = tomllib.loads(path.read_text())
        for number, entry in enumerate(content["callers"], 1):
            found.append(_script(f"{path.stem}-{number:02}", datetime.fromisoformat(content["now"]), entry))
    return tuple(found)


def _script(ident: str, now: datetime, entry: Mapping[str, Any]) -> Script:
    known = {"number", "birth", "name", "doctor", "choose", "choose_again", "day", "confirm"}
    if set(entry.get("says", {})) - known:
        raise ValueError(f"{ident}: says knows {', '.join(sorted(known))}")
    return Script(
        id=ident,
        now=now,
        opening=entry["opening"],
        says=entry.get("says", {}),
        then=tuple(entry.get("then", ())),
        booked=tuple(Booking(**wanted) for wanted in entry.get("booked", ())),
        cancelled=frozenset(entry.get("cancelled", ())),
        heard=tuple(entry.get("heard", ())),
    )


@attrs.define
class ScriptedCaller:
    """One call of one caller. ``next_line`` takes what the agent said and did; None: the caller hangs up."""

    script: Script
    _wishes: list[str] = attrs.field(init=False)
    _used: Counter[str] = attrs.field(factory=Counter, init=False)
    _heard: str = attrs.field(default="", init=False)
    _commits: int = attrs.field(default=0, init=False)
    _answers: int = attrs.field(default=0, init=False)
    _repeated: bool = attrs.field(default=False, init=False)
    _leaving: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._wishes = [self.script.opening, *self.script.then]

    def first_line(self) -> str:
        return self._wishes[0]

    def next_line(self, said: str, commits: int) -> str | None:
        """``commits``: appointments made and cancelled in this answer."""
        self._heard += f"\n{said}"
        self._commits += commits
        self._answers += 1
        if self._leaving or self._answers >= PATIENCE:
            return None
        if self._content():
            return self._leave()
        answer = None if commits else self._answer(said)
        if answer is not None:
            return answer
        if len(self._wishes) > 1:
            self._wishes.pop(0)
            return self._wishes[0]
        if self._wanting() and not commits and not self._repeated:
            self._repeated = True
            return self._wishes[0]
        return self._leave()

    def _wanting(self) -> bool:
        return bool(self.script.booked or self.script.cancelled or self.script.heard)

    def _content(self) -> bool:
        wanted = len(self.script.booked) + len(self.script.cancelled)
        return self._wanting() and self._commits >= wanted and _all_heard(self.script, self._heard)

    def _leave(self) -> str:
        self._leaving = True
        return GOODBYE

    def _answer(self, said: str) -> str | None:
        lines: list[str] = []
        for name, pattern in _SUBJECTS:
            line = self.script.says.get(name)
            asked = re.search(pattern, f"{said.casefold()}\n{even(said)}")
            if line is None or not asked or self._used[name] >= _REPEATS:
                continue
            self._used[name] += 1
            again = name == "choose" and self._used[name] > 1
            lines.append(self.script.says.get("choose_again", line) if again else line)
        return " ".join(lines) or None


def reached(script: Script, change: Change, said: Sequence[str], transcript: str | None = None) -> bool:
    """Whether exactly the wanted changes were made, and what was to be heard was said. ``transcript``: what a
    transcriber made of the caller's words; then a patient's name may also be as it stands there, or nearly right."""
    today = script.now.date()
    left = list(change.made)
    for wanted in script.booked:
        found = next((made for made in left if _is_wanted(wanted, made, today, transcript)), None)
        if found is None:
            return False
        left.remove(found)
    return not left and change.cancelled == script.cancelled and _all_heard(script, "\n".join(said))


def _is_wanted(wanted: Booking, made: tuple[str, str, datetime], today: date, transcript: str | None) -> bool:
    patient, doctor, start = made
    named = plain_name(patient) == plain_name(wanted.patient)
    if transcript is not None:
        named = named or same_person(patient, wanted.patient) or plain_name(patient) in plain_name(transcript)
    day, hour = parse_date(wanted.date, today), parse_time(wanted.time)
    return (
        named
        and plain_name(doctor) == plain_name(wanted.doctor)
        and day.first <= start.date() <= day.last
        and hour.holds(start.time())
    )


def _all_heard(script: Script, said: str) -> bool:
    text = f"{said}\n{even(said)}"
    return all(re.search(pattern, text, re.IGNORECASE) for pattern in script.heard)
