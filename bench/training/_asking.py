"""Questions for what is missing, and how callers answer them: at once, after something else, or piece by piece."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from bench.training._births import BirthParts, birth_parts, birth_said
from bench.training._desk import SAY, Desk
from bench.training._grammar import Value

__all__ = ["Asking"]

#: the functions that need what is asked for
_FOR: Final = {
    "name": (("schedule_appointment", "patient"), ("get_patient_info", "name")),
    "birth": (("get_patient_info", "date_of_birth"),),
    "number": (("cancel_appointment", "appointment_id"),),
    "doctor": (("check_availability", "doctor"), ("schedule_appointment", "doctor")),
    "day": (("schedule_appointment", "date"),),
    "time": (("schedule_appointment", "time"),),
}
_TOO_SOON: Final = 0.06  # share of the questions before which the function was called in vain


class Asking(Desk):
    def _question(self, kind: str, ask: str | Sequence[str], *, again: str | None = None) -> None:
        """Ask about ``kind``. One time in four the caller first says something else, and is asked on (``again``).

        Sometimes the question stands in another agent's wording, which is read and not learnt; sometimes the function
        was called too soon.
        """
        self._too_soon(kind)
        draw, text = self.draw, ask if isinstance(ask, str) else self.draw.text(self.draw.one(ask))
        others = SAY.get(f"other_{kind}_question")
        if not isinstance(ask, str) and others is not None and draw.chance(0.2):
            text = draw.text(draw.one(others))
            self.talk.say(text, learn=False)
        else:
            self.talk.say(text)
        repeat = again or re.split(r"(?<=[.!?]) ", text)[-1]
        while self._perhaps(0.24):
            self.chat.aside(kind, repeat)

    def _too_soon(self, kind: str) -> None:
        draw, talk = self.draw, self.talk
        offered = [each for each in _FOR.get(kind, ()) if self.shape.has(each[0])]
        if offered and talk.lines and talk.lines[-1].role == "user" and draw.chance(_TOO_SOON):
            name, parameter = draw.one(offered)
            shown, named = self.shape.shown(name, {parameter: ""})
            talk.lacked(shown, {}, list(named))

    def _ask_name(self, patient: Value) -> None:
        """The full name, maybe the first one first."""
        draw, talk = self.draw, self.talk
        self._question("name", SAY["ask_name"])
        first, _, last = patient.argument.partition(" ")
        if patient.said == patient.argument and last and draw.chance(0.16):
            talk.user(draw.line(draw.expand(draw.one(SAY["first_name_only"])), {"first": Value(first, first)}))
            self._question("name", SAY["ask_last_name"])
            talk.user(draw.line(draw.expand(draw.one(SAY["last_name_only"])), {"last": Value(last, last)}))
        else:
            talk.user(draw.line(draw.expand(draw.one(SAY["name_only"])), {"patient": patient}))
        self.name = patient.argument

    def _ask_birth(self, born: date) -> str:
        """The date of birth, maybe in two parts; what the function is given for it."""
        draw, talk = self.draw, self.talk
        self._question("birth", SAY["ask_birth"])
        if draw.chance(0.25):
            parts = birth_parts(draw, born)
            talk.user(draw.text(f"{{|it's |I was born |my birthday's |}}{parts.first}{{||, like my sister}}"))
            return self._ask_rest(parts)
        value = self.ear.hear(birth_said(draw, born))
        talk.user(draw.line(draw.expand(draw.one(SAY["born_only"])), {"born": value}))
        return value.argument

    def _ask_rest(self, parts: BirthParts) -> str:
        """The other half of a date of birth."""
        self._question("birth", SAY["ask_birth_day" if parts.year_first else "ask_birth_year"])
        self.talk.user(self.draw.text(f"{{|it's |that's |oh, |}}{parts.then}"))
        return parts.argument

    def _ask_number(self, value: Value | None = None) -> str:
        """The number of an appointment."""
        draw = self.draw
        value = value or self.ear.hear(self._number())
        self._question("number", SAY["ask_number"])
        self.talk.user(draw.line(draw.expand(draw.one(SAY["number_only"])), {"number": value}))
        return value.argument

    def _ask_day(self) -> str:
        draw, day = self.draw, self._day(plain=True)
        self._question("day", SAY["ask_day"])
        self.talk.user(draw.line(draw.expand(draw.one(SAY["day_only"])), {"date": day}))
        return day.argument

    def _ask_time(self) -> str:
        draw, hour = self.draw, self._hour()
        self._question("time", SAY["ask_time"])
        self.talk.user(draw.line(draw.expand(draw.one(SAY["time_only"])), {"time": hour}))
        return hour.argument
