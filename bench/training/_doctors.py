"""Questions about doctors: the fact that was asked for and no other, and what is asked next, by pronoun."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bench.training._booking import ELSE, Booking
from bench.training._desk import SAY, plain
from bench.training._grammar import Value
from bench.training._hospital import Doctor
from bench.training._moments import Moments

__all__ = ["FACTS", "Doctors"]

FACTS: Final = ("doctor_specialty", "doctor_years", "doctor_office")
_FIELDS: Final = ("kids", "children", "hearts", "the heart", "skin", "the eyes", "eyes", "bones", "the brain", "nerves")


class Doctors(Booking, Moments):
    def doctor(self) -> None:
        draw = self.draw
        if not self.shape.has("get_doctor_info"):
            return self._cannot("get_doctor_info", "doctor_office")
        who, said = self._doctor()
        what = draw.one(("doctor_any", "doctor_specialty", "doctor_years", "doctor_years", "doctor_office"))
        line = draw.expand(draw.one(SAY[what]))
        if "<field>" in line:
            field = draw.one(_FIELDS)
            said = Value(field, field.removeprefix("the "))
        self._ask(line, {"doctor": said, "field": said})
        return self._describe({"doctor": said.argument}, what, who)

    def two_facts(self) -> None:
        """Two facts of one doctor in one line: one call, both told."""
        draw = self.draw
        if not self.shape.has("get_doctor_info"):
            return self._cannot("get_doctor_info", "doctor_years")
        who, said = self._doctor()
        first, second = draw.some(FACTS, 2)
        line = draw.expand(draw.one(SAY[first])).rstrip("?. ")
        self._ask(f"{line}{draw.one((', and ', ' and ', '? And '))}{draw.one(SAY[f'and_{second}'])}", {"doctor": said})
        result = self._call("get_doctor_info", {"doctor": said.argument})
        if "error" in result:
            return self._error(result, lambda again: self._describe(again, first, who))
        self.talk.say(f"{self._fact(result, first)} {self._fact(result, second)}")
        return None

    def described(self) -> None:
        """Who does that? By what the doctor treats."""
        draw, field = self.draw, self._field()
        if not self.shape.has("get_doctor_info"):
            return self._cannot("get_doctor_info", "doctor_office")
        self._ask(draw.expand(draw.one(SAY["described_who"])), {"field": field})
        result = self._call("get_doctor_info", {"doctor": field.argument})
        if "error" in result:
            return self._error(result, lambda again: self._describe(again, "doctor_specialty", None))
        name = result["name"]
        self.talk.say(draw.one((f"That's {name}.", f"That would be {name}.", self._fact(result, "doctor_specialty"))))
        return self._next(result, {"doctor_specialty"}, None)

    def described_free(self) -> None:
        """When is there somebody for that?"""
        draw = self.draw
        line = draw.expand(draw.one(SAY["described_free"]))
        values = {"field": self._field(), "date": self._day(), "patient": self._patient()}
        self._ask(line, values)
        if "<patient>" in line:
            self.name = values["patient"].argument
        asked = {"doctor": values["field"].argument}
        self._look({**asked, "date": values["date"].argument} if "<date>" in line else asked, None)

    def _describe(self, arguments: dict[str, str], what: str, who: Doctor | None) -> None:
        result = self._call("get_doctor_info", arguments)
        if "error" in result:
            return self._error(result, lambda again: self._describe(again, what, who))
        self.talk.say(self._fact(result, what) + self.draw.one(ELSE))
        if what != "doctor_any" and self._perhaps(0.15):
            self._take_note(result, what)
        return self._next(result, {what}, who)

    def _next(self, result: Mapping[str, Any], told: set[str], who: Doctor | None) -> None:
        """More about the same doctor: facts are known from the result, times are looked up."""
        draw, talk = self.draw, self.talk
        open_facts = [fact for fact in FACTS if fact not in told]
        while open_facts and self._perhaps(0.4):
            fact = draw.one(open_facts)
            open_facts.remove(fact)
            talk.user(draw.text(draw.one(SAY[f"then_{fact}"])))
            talk.say(self._fact(result, fact) + draw.one(ELSE))
        if self._perhaps(0.35):
            day = self._day()
            line = draw.expand(draw.one(SAY["them_free"]))
            talk.user(draw.line(line, {"date": day}))
            date = {"date": day.argument} if "<date>" in line else {}
            self._look({"doctor": plain(result["name"]), **date}, who)

    @staticmethod
    def _fact(result: Mapping[str, Any], what: str) -> str:
        name, field, years, office = (result[key] for key in ("name", "specialty", "years", "office"))
        return {
            "doctor_any": f"{name} works in {field}, has {years} years of experience and is in office {office}.",
            "doctor_specialty": f"{name}'s specialty is {field}.",
            "doctor_years": f"{name} has {years} years of experience.",
            "doctor_office": f"{name} is in office {office}.",
        }[what]
