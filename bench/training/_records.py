"""A patient's record: name and date of birth first, in any order and maybe piece by piece, then what is asked next."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from bench.training._births import birth_parts, birth_said
from bench.training._booking import ELSE, Booking
from bench.training._desk import SAY, plain
from bench.training._grammar import Value
from bench.training._spelling import person_named

__all__ = ["RecordsDesk"]

_WAYS: Final = (
    *("record",) * 4,
    *("record_open",) * 6,
    *("record_name", "record_name", "record_born", "record_born"),
    *("record_phone", "record_phone", "record_phone_open", "record_phone_open"),
    "record_half",
)


class RecordsDesk(Booking):
    def patient(self) -> None:
        draw, talk = self.draw, self.talk
        if not self.shape.has("get_patient_info"):
            return self._cannot("get_patient_info", "record_open")
        on_file = draw.one(self.hospital.patients)
        name = self._named(on_file.name if draw.chance(0.8) else self._patient().argument)
        born = self.ear.hear(birth_said(draw, on_file.born))
        halves = birth_parts(draw, on_file.born)
        values = {"patient": name, "born": born, "date": self._day(plain=True), "half": Value(halves.first, "")}
        how = draw.one(_WAYS)
        line = draw.expand(draw.one(SAY[how]))
        self._ask(line, values)
        phone = "record_phone" in how or re.search(r"phone|what's my number|which number|what number", line) is not None
        argument = born.argument
        opening = how in ("record_open", "record_phone_open")
        if how == "record_half":
            argument = self._ask_rest(halves)
        elif opening and draw.chance(0.3):
            self._question("name", SAY["ask_both"])
            if draw.chance(0.7):
                talk.user(draw.line(draw.expand(draw.one(SAY["both"])), values))
                return self._identify({"name": name.argument, "date_of_birth": argument}, phone=phone)
            talk.user(draw.line(draw.expand(draw.one(SAY["name_only"])), values))
        elif opening or how == "record_born":
            self._ask_name(name)
        if opening or how == "record_name":
            argument = self._ask_birth(on_file.born)
        return self._identify({"name": name.argument, "date_of_birth": argument}, phone=phone)

    def _named(self, name: str) -> Value:
        return self.ear.hear(person_named(self.draw, name))

    def _identify(self, arguments: dict[str, str], *, phone: bool = False) -> None:
        draw, talk = self.draw, self.talk
        result = self._call("get_patient_info", arguments)
        if "error" in result:
            return self._error(result, lambda again: self._identify(again, phone=phone), arguments)
        self.name = result["name"]
        booked = result["next_appointment"]
        if phone:
            talk.say(f"The phone number on file is {result['phone']}." + draw.one(ELSE))
            if draw.chance(0.3):
                talk.user(draw.text(draw.one(SAY["then_appointment"])))
                talk.say(self._when(booked), may_be_cut=False)
            return None
        talk.say(self._when(booked) + (draw.one(ELSE) if booked else ""))
        if draw.chance(0.2):
            talk.user(draw.text(draw.one(SAY["then_phone"])))
            talk.say(f"The phone number on file is {result['phone']}.", may_be_cut=False)
        return self._and_then(result)

    def _when(self, booked: str | None) -> str:
        if booked is None:
            return self.draw.one(SAY["no_appointment"])
        return f"{self.draw.one(('Your next appointment is with', 'You have an appointment with'))} {booked}."

    def _and_then(self, result: Mapping[str, Any]) -> None:
        """What people do about the appointment that they have: the room, another one, cancel it."""
        draw, talk, booked = self.draw, self.talk, result["next_appointment"]
        if booked is None or not self._perhaps(0.45):
            return None
        doctor = plain(booked.partition(" on ")[0])
        what = draw.random.random()
        if what < 0.3 and self.shape.has("get_doctor_info"):
            talk.user(draw.text(draw.one(SAY["then_doctor_office"])))
            about = self._call("get_doctor_info", {"doctor": doctor})
            return talk.say(f"{about['name']} is in office {about['office']}.")
        if what < 0.6 and self.shape.has("cancel_appointment"):
            talk.user(draw.text(draw.one(SAY["cancel_that"])))
            number = self._ask_number()
            done = self._call("cancel_appointment", {"appointment_id": number})
            if "error" in done:
                return talk.say("I can't find an appointment with that number. Could you repeat it?")
            return talk.say(f"Appointment {number} is cancelled.")
        if what < 0.8:
            line, day = draw.expand(draw.one(SAY["them_free"])), self._day()
            talk.user(draw.line(line, {"date": day}))
            return self._look({"doctor": doctor, **({"date": day.argument} if "<date>" in line else {})}, None)
        talk.user(draw.text(draw.one(SAY["who_again"])))
        return talk.say(f"With Dr. {doctor}.", may_be_cut=False)
