"""Any two wishes in one line: both are acted on, one after the other, and answered together; what the second lacks is
asked for as soon as the first is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from bench.training._births import birth_said
from bench.training._cancelling import Cancelling
from bench.training._desk import SAY, plain, reason
from bench.training._doctors import FACTS, Doctors
from bench.training._records import RecordsDesk

__all__ = ["Joined"]

_CHOICES: Final = (" Which would you like?", " Would you like that?")
_NOT_THAT: Final = (
    "I'm sorry, I can't do the other thing here.",
    "The rest I can't do here, I'm sorry.",
    "I'm afraid I can't do the other one.",
)


@attrs.frozen
class _Wish:
    """What is said for it, the calls, and what is told of their results. ``result``: of the first call, which holds
    the doctor that "she" is in the wish behind it."""

    line: str
    act: Callable[[], tuple[str, Mapping[str, Any]]]


class Joined(Doctors, Cancelling, RecordsDesk):
    def joined(self) -> None:
        draw = self.draw
        functions = ("schedule_appointment", "check_availability", "cancel_appointment", "get_doctor_info")
        offered = [name for name in (*functions, "get_patient_info") if self.shape.has(name)]
        first = draw.one(offered)
        wish = self._wish(first, also=False)
        kind = draw.random.random()
        others = [name for name in offered if name != first]
        if kind < 0.4 and first in functions[:2] and self.shape.has("get_doctor_info"):
            return self._and_of_them(wish)
        if kind < 0.65:
            return self._and_open(wish, first)
        if kind < 0.75 or not others:
            return self._and_beside(wish)
        second = self._wish(draw.one(others), also=True)
        self._line(wish.line, second.line)
        return self._tell_both(wish.act()[0], second.act()[0])

    def _tell_both(self, first: str, second: str) -> None:
        """A question of the first answer stands last, where it can be answered."""
        for choice in _CHOICES:
            if first.endswith(choice) and not second.endswith("?"):
                first, second = first.removesuffix(choice), second + choice
        self.talk.say(f"{first} {second}")

    def _line(self, first: str, second: str) -> None:
        joint = self.draw.one(SAY["joint"])
        if joint.endswith(". "):
            second = second[:1].upper() + second[1:]
        # Most of these wishes say a name.
        self._ask(f"{first.rstrip('?. ')}{joint}{second}", {}, named=True)

    def _wish(self, function: str, *, also: bool) -> _Wish:
        """``also``: in the short words that stand behind another wish."""
        return {
            "schedule_appointment": self._book_wish,
            "check_availability": self._look_wish,
            "cancel_appointment": self._cancel_wish,
            "get_doctor_info": self._fact_wish,
            "get_patient_info": self._record_wish,
        }[function](also)

    def _book_wish(self, also: bool) -> _Wish:
        draw = self.draw
        values = {"doctor": self._doctor()[1], "date": self._day(plain=True), "time": self._hour()}
        values["patient"] = self._patient()
        line = draw.line(draw.expand(draw.one(SAY["also_book" if also else "book_all"])), values)

        def act() -> tuple[str, Mapping[str, Any]]:
            self.name = values["patient"].argument
            result = self._call("schedule_appointment", {name: value.argument for name, value in values.items()})
            if result.get("status") != "booked":
                return (self._offer(result) if "slots" in result else reason(result["error"])), result
            self.booked = result["id"]
            when = f"{result['doctor']} on {result['date']} at {result['time']}"
            return f"You're booked with {when}. Your appointment number is {result['id']}.", result

        return _Wish(line, act)

    def _look_wish(self, also: bool) -> _Wish:
        draw = self.draw
        days = [
            line for line in SAY["available"] if "<days>" not in line and "soon" not in line and "first" not in line
        ]
        values = {"doctor": self._doctor()[1], "date": self._day(), "date2": self._day(plain=True)}
        template = draw.expand(draw.one(SAY["also_look"] if also else days))
        line = draw.line(template, values)
        asked = {"doctor": values["doctor"].argument}
        if "<date>" in template:
            asked["date"] = values["date"].argument

        def act() -> tuple[str, Mapping[str, Any]]:
            result = self._call("check_availability", asked)
            return (self._offer(result) if "slots" in result else reason(result["error"])), result

        return _Wish(line, act)

    def _cancel_wish(self, also: bool) -> _Wish:
        draw, number = self.draw, self._number()
        line = draw.line(draw.expand(draw.one(SAY["also_cancel" if also else "cancel"])), {"number": number})

        def act() -> tuple[str, Mapping[str, Any]]:
            result = self._call("cancel_appointment", {"appointment_id": number.argument})
            if "error" in result:
                return "I can't find that appointment.", result
            return f"Appointment {number.argument} is cancelled.", result

        return _Wish(line, act)

    def _fact_wish(self, also: bool) -> _Wish:
        draw, fact, (_, said) = self.draw, self.draw.one(FACTS), self._doctor()
        line = draw.line(draw.expand(draw.one(SAY[f"also_fact{fact[6:]}" if also else fact])), {"doctor": said})
        return _Wish(line, lambda: self._told(said.argument, fact))

    def _told(self, doctor: str, fact: str) -> tuple[str, Mapping[str, Any]]:
        result = self._call("get_doctor_info", {"doctor": doctor})
        return (reason(result["error"]) if "error" in result else self._fact(result, fact)), result

    def _record_wish(self, also: bool) -> _Wish:
        del also  # both places take the same words
        draw, on_file = self.draw, self.draw.one(self.hospital.patients)
        named, born = self._named(on_file.name), self.ear.hear(birth_said(draw, on_file.born))
        what = draw.one(("when", "when", "phone"))
        line = draw.line(draw.expand(draw.one(SAY[f"also_record_{what}"])), {"patient": named, "born": born})

        def act() -> tuple[str, Mapping[str, Any]]:
            result = self._call("get_patient_info", {"name": named.argument, "date_of_birth": born.argument})
            if "error" in result:
                return "The name and date of birth do not match, I'm sorry.", result
            self.name = result["name"]
            if what == "phone":
                return f"The phone number on file is {result['phone']}.", result
            return self._when(result["next_appointment"]), result

        return _Wish(line, act)

    def _and_of_them(self, wish: _Wish) -> None:
        """... and a fact of the same doctor, by pronoun."""
        draw, fact = self.draw, self.draw.one(("doctor_office", "doctor_office", *FACTS))
        self._line(wish.line, draw.text(draw.one(SAY[f"same_fact{fact[6:]}"])))
        told, result = wish.act()
        if "doctor" not in result:  # nobody of that name: nothing to say of her
            return self.talk.say(told)
        return self._tell_both(told, self._told(plain(result["doctor"]), fact)[0])

    def _and_open(self, wish: _Wish, first: str) -> None:
        """... and something that needs a question."""
        draw, shape = self.draw, self.shape
        kinds = {"doctor": "check_availability", "record": "get_patient_info", "cancel": "cancel_appointment"}
        kind = draw.one([name for name, function in kinds.items() if shape.has(function) and function != first] or [""])
        if not kind:
            return self._and_beside(wish)
        self._line(wish.line, draw.text(draw.one(SAY[f"also_open_{kind}"])))
        told, result = wish.act()
        if "slots" in result:
            told = f"{result['doctor']} has {' and '.join(result['slots'])} on {result['date']}."
        if kind == "doctor":
            return self._which_doctor({}, f"{told} Which doctor would you like to see?")
        if kind == "cancel":
            self._question("number", f"{told} What is the appointment number?")
            value = self.ear.hear(self._number())
            self.talk.user(draw.line(draw.expand(draw.one(SAY["number_only"])), {"number": value}))
            return self._cancel(value.argument)
        self._question("name", f"{told} {draw.one(SAY['ask_both']).removeprefix('Of course. ')}")
        on_file = draw.one(self.hospital.patients)
        values = {"patient": self._named(on_file.name), "born": self.ear.hear(birth_said(draw, on_file.born))}
        self.talk.user(draw.line(draw.expand(draw.one(SAY["both"])), values))
        return self._identify({"name": values["patient"].argument, "date_of_birth": values["born"].argument})

    def _and_beside(self, wish: _Wish) -> None:
        """... and something that nobody can do here."""
        draw = self.draw
        self._line(wish.line, draw.text(draw.one(SAY["also_beside"])))
        told, _ = wish.act()
        self._tell_both(told, draw.one(_NOT_THAT))
