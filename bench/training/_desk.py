"""What passes over the hospital's desk: how callers name doctors, days and people, and the calls of functions."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bench.training._grammar import Draw, Value
from bench.training._heard import Ear
from bench.training._hospital import Doctor, Hospital
from bench.training._names import NOBODY
from bench.training._shape import Shape
from bench.training._small_talk import SmallTalk
from bench.training._spelling import person_named
from bench.training._talk import Talk
from bench.training._values import KINDS, digits_said

__all__ = ["SAY", "Desk", "doctor_said", "plain", "reason", "spoken"]


def _read(*names: str) -> Mapping[str, list[str]]:
    """The lists of all files; those of one name joined."""
    lists: dict[str, list[str]] = {}
    for name in names:
        for key, lines in tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8")).items():
            lists.setdefault(key, []).extend(lines)
    return lists


SAY: Final = _read("hospital.toml", "wishes.toml", "reception.toml")
_FIELDS: Final = {
    "cardiology": ("hearts", "heart", "heart trouble"),
    "dermatology": ("skin", "skin problems", "skin things"),
    "pediatrics": ("kids", "children"),
    "orthopedics": ("bones", "joints", "bone"),
    "neurology": ("nerves", "brains", "brain"),
    "ophthalmology": ("eyes", "eye", "eye problems"),
}
_PRACTISES: Final = {
    "cardiology": ("the cardiologist", "a cardiologist", "the heart doctor", "a heart specialist", "cardiology"),
    "dermatology": ("the dermatologist", "a dermatologist", "the skin doctor", "a skin specialist", "dermatology"),
    "pediatrics": ("the pediatrician", "a pediatrician", "the children's doctor", "someone in pediatrics"),
    "orthopedics": ("the orthopedist", "a bone doctor", "an orthopedic doctor", "someone in orthopedics"),
    "neurology": ("the neurologist", "a neurologist", "someone in neurology"),
    "family medicine": ("a family doctor", "the family doctor", "a general practitioner", "a GP"),
    "ophthalmology": ("the eye doctor", "an eye specialist", "the ophthalmologist", "someone in ophthalmology"),
}
_REASONS: Final = (
    (re.compile(r"^nothing free (.+)$"), r"There is nothing free \1."),
    (re.compile(r"^no appointments on (.+)$"), r"There are no appointments on \1."),
    (re.compile(r"^closed for (.+)$"), r"We are closed for \1."),
    (re.compile(r"^(that|those) (.+)$"), r"I'm sorry, \1 \2."),
    (re.compile(r"^(.+)$"), r"\1."),
)


_ROOM: Final = 2900  #: characters after which callers keep to the point, so that dialogues stay short enough to train


class Desk:
    """The state of one call and its vocabulary."""

    def __init__(self, talk: Talk, hospital: Hospital, shape: Shape, ear: Ear, chat: SmallTalk, job: str) -> None:
        self.talk, self.hospital, self.shape, self.ear, self.chat = talk, hospital, shape, ear, chat
        self.job = job  # what the agent can do: "book appointments and cancel appointments"
        self.draw = talk.draw
        self.name: str | None = None  # of the patient, once told
        self.booked: str | None = None  # the number of an appointment just made
        self.opened = False

    def _call(self, name: str, arguments: Mapping[str, str]) -> dict[str, Any]:
        result = self.talk.call(*self.shape.shown(name, arguments))
        assert isinstance(result, dict)
        return result

    def _perhaps(self, probability: float) -> bool:
        """Whether the caller digresses: never late in a long call."""
        return self.draw.chance(probability) and self.talk.length() < _ROOM

    def _ask(self, line: str, values: Mapping[str, Value], *, named: bool = False) -> None:
        """The caller's request, with words before and after it. ``named``: somebody's name is in it already."""
        draw = self.draw
        text = draw.line(line, values)
        opening = draw.expand(draw.one(SAY["open"]))
        if "<caller>" in opening:
            if self.opened or named or "patient" in line or self.name is not None:
                opening = ""
            else:
                patient = self._patient()
                opening = draw.line(opening, {"caller": patient})
                self.name = patient.argument
        if self.opened and draw.chance(0.7):
            opening = draw.one(("also", "and", "oh, and", "one more thing", "okay, and", "another question", "", ""))
        self.opened = True
        polite = draw.one(SAY["please"]) if "please" not in text and "thank" not in text else ""
        end = (
            text[-1]
            if text[-1:] in "?."
            else draw.one((".", ".", "?" if text.lower().startswith(("can", "could", "is", "does")) else "."))
        )
        text = text.rstrip("?.")
        joint = draw.one((", ", ". ", " ", ", ")) if opening else ""
        if opening and joint == ". ":
            text = text[:1].upper() + text[1:]
        self.talk.user(f"{opening}{joint}{text}{', ' + polite if polite else ''}{end}")

    def _doctor(self) -> tuple[Doctor | None, Value]:
        """Somebody to see: by name, by specialty, or somebody who is not here."""
        draw = self.draw
        who = draw.one(self.hospital.doctors)
        if draw.chance(0.27):
            said = draw.one(_PRACTISES[who.specialty])
            slip = draw.one(_PRACTISES[draw.one(self.hospital.doctors).specialty])
            return None, Value(said, re.sub(r"^(?:the|an?) |someone in ", "", said), slip)
        if draw.chance(0.06):
            name = draw.one(NOBODY)
            return None, Value(f"Doctor {name}", name)
        slip = doctor_said(draw, draw.one(self.hospital.doctors)).said
        said_as = doctor_said(draw, who, slip)
        return who, self.ear.hear(said_as)

    def _field(self) -> Value:
        """What a doctor treats, in plain words: "hearts"."""
        draw = self.draw
        return Value(said := draw.one(_FIELDS[draw.one(list(_FIELDS))]), said)

    def _day(self, *, plain: bool = False) -> Value:
        return self.ear.hear(KINDS["date" if plain else "date_part"](self.draw))

    def _hour(self) -> Value:
        return self.ear.hear(KINDS["time"](self.draw))

    def _patient(self) -> Value:
        draw = self.draw
        if draw.chance(0.15):
            return person_named(draw, draw.one(self.hospital.patients).name)
        return self.ear.hear(KINDS["person"](draw))

    def _number(self) -> Value:
        draw = self.draw
        value = KINDS["ref"](draw)
        if draw.chance(0.6):
            number = draw.one(self.hospital.numbers)
            return Value(digits_said(draw, number), number, value.said)
        return value


def doctor_said(draw: Draw, who: Doctor, slip: str = "") -> Value:
    title = draw.one(("Doctor", "Doctor", "Dr.", "Dr."))
    if draw.chance(0.1):
        return Value(f"{title} {who.first} {who.name}", f"{who.first} {who.name}", slip)
    if draw.chance(0.10):
        return Value(who.name, who.name, slip)
    if draw.chance(0.06):
        return Value(f"{who.first} {who.name}", f"{who.first} {who.name}", slip)
    return Value(f"{title} {who.name}", who.name, slip)


def plain(doctor: str) -> str:
    return doctor.removeprefix("Dr. ")


def reason(error: str) -> str:
    text = next(pattern.sub(say, error) for pattern, say in _REASONS if pattern.match(error)).replace("..", ".")
    return text[0].upper() + text[1:]


_HOUR_WORDS: Final = ("twelve", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven")


def spoken(draw: Draw, time: str) -> str:
    """An offered time ("4:30 p.m.") as a caller names it again."""
    clock, sign = time.split()
    hour, _, minute = clock.partition(":")
    word = _HOUR_WORDS[int(hour) % 12]
    if minute == "30":
        return draw.one((f"{word} thirty", f"half past {word}", f"{hour}:30", time))
    part = "in the morning" if sign == "a.m." else "in the afternoon"
    return draw.one((word, f"{word} o'clock", hour, time, f"{hour} {sign}", f"{word} {part}", word))
