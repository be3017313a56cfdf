"""Calls at the hospital's reception: a caller with a wish, an agent that does it right, the real functions between."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from bench.training._booking import ELSE
from bench.training._desk import SAY, plain
from bench.training._grammar import Draw, Value, slots
from bench.training._heard import Ear
from bench.training._hospital import Hospital
from bench.training._shape import Shape
from bench.training._small_talk import SmallTalk
from bench.training._talk import Dialogue, Talk
from bench.training._two import TwoWishes
from bench.training._values import birth_said, person_named

__all__ = ["receive"]

_PLACES: Final = (
    *("Green Valley Hospital",) * 4,
    *(
        "Saint Mary's Clinic",
        "Lakeside Medical Center",
        "the Northgate Surgery",
        "Riverside Hospital",
        "Oak Hill Clinic",
    ),
)
_ABILITIES: Final = {
    "check_availability": "find free times",
    "schedule_appointment": "book appointments",
    "cancel_appointment": "cancel appointments",
    "get_doctor_info": "tell you about our doctors",
    "get_patient_info": "look up your next appointment",
}


def receive(draw: Draw, hospital: Hospital, shape: Shape, ear: Ear) -> Dialogue:
    """One whole call."""
    place = draw.one(_PLACES)
    system = f"You are the receptionist of {place}. Answer in one or two short spoken sentences."
    if draw.chance(0.08):
        system = f"You answer the phone at {place}. Be brief and friendly."
    greeting = draw.text(
        f"{{{place}, good day. How can I help you?|{place}, good day. How can I help you?|"
        f"Hello, this is {place}. What can I do for you?|{place}, how can I help?}}"
    )
    hospital.new_call()
    talk = Talk(
        draw,
        system,
        shape.tools,
        lambda name, arguments: hospital.run(*shape.real(name, arguments)),
        greeting=greeting[0].upper() + greeting[1:] if draw.chance(0.75) else None,
    )
    job = _listed([words for name, words in _ABILITIES.items() if shape.has(name)])
    return _Call(talk, hospital, shape, ear, SmallTalk(talk, place, job)).run()


def _listed(parts: list[str]) -> str:
    return ", ".join(parts[:-1]) + f" and {parts[-1]}" if len(parts) > 1 else parts[0]


class _Call(TwoWishes):
    def run(self) -> Dialogue:
        scenes = (
            *(self.availability,) * 7,
            *(self.book,) * 9,
            *(self.cancel,) * 5,
            *(self.doctor,) * 4,
            *(self.patient,) * 9,
            *(self.chat.any,) * 4,
            *(self.symptom,) * 2,
            *(self.two,) * 2,
            self.emergency,
        )
        first = self.draw.one(scenes)
        first()
        about = getattr(first, "__name__", "chat")
        for _ in range(self.draw.one((0, 1, 1, 2))):
            self.draw.one(scenes)()
            if self.draw.chance(0.12):
                self.again()
        if self.draw.chance(0.5):
            self.chat.say("nothing else")
        return self.talk.done(f"hospital {about}")

    def availability(self) -> None:
        draw = self.draw
        who, said = self._doctor()
        line = draw.expand(draw.one(SAY["symptom_doctor"] if draw.chance(0.2) else SAY["available"]))
        days = draw.one(("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays"))
        values = {"doctor": said, "date": self._day(), "days": Value(days, days)}
        if draw.chance(0.08):
            line, values = draw.expand(draw.one(SAY["book_named"])), {**values, "patient": self._patient()}
            self.name = values["patient"].argument
        self._ask(line, values)
        named: tuple[str, ...] = ("doctor", "date")
        arguments = {name: values[name].argument for name in named if name in slots(line)}
        if "<days>" in line:
            arguments["date"] = days.removesuffix("s")
        if "as soon as possible" in line or "earliest" in line or "first thing" in line or "soonest" in line:
            arguments.pop("date", None)
        self._look(arguments, who)

    def book(self) -> None:
        """Doctor, day and time at once; the name too, or when asked for."""
        draw = self.draw
        if not self.shape.has("schedule_appointment"):
            return self._cannot("schedule_appointment", "book_no_name")
        if draw.chance(0.4):
            return self.no_doctor()
        who, said = self._doctor()
        values = {"doctor": said, "date": self._day(plain=True), "time": self._hour(), "patient": self._patient()}
        named = draw.chance(0.65)
        line = draw.expand(draw.one(SAY["book_all" if named else "book_no_name"]))
        if "name is <patient>" not in line and "for <patient>" not in line and not named and self.name is None:
            self._ask(line, values)
            self._ask_name(values["patient"])
        else:
            self._ask(line, values)
            if named:
                self.name = values["patient"].argument
        arguments = {name: values[name].argument for name in ("doctor", "date", "time")}
        self._book(arguments, who)
        return None

    def no_doctor(self) -> None:
        draw = self.draw
        line, day = draw.expand(draw.one(SAY["no_doctor"])), self._day()
        self._ask(line, {"date": day})
        self._which_doctor({"date": day.argument} if "<date>" in line else {})

    def symptom(self) -> None:
        draw = self.draw
        self._ask(draw.expand(draw.one(SAY["symptom"])), {})
        sorry = draw.one(("I'm sorry to hear that.", "Oh, I'm sorry.", "I'm sorry to hear that."))
        self._which_doctor({}, f"{sorry} Which doctor would you like to see?")

    def cancel(self) -> None:
        draw, talk = self.draw, self.talk
        if not self.shape.has("cancel_appointment"):
            return self._cannot("cancel_appointment", "cancel_open")
        if self.booked is not None and draw.chance(0.6):
            number, self.booked = self.booked, None
            talk.user(draw.text(draw.one(SAY["cancel_that"])))
            return self._cancel(number)
        value = self.ear.hear(self._number())
        _, said = self._doctor()
        if draw.chance(0.45):
            self._ask(draw.expand(draw.one(SAY["cancel"])), {"number": value})
            return self._cancel(value.argument)
        self._ask(draw.expand(draw.one(SAY["cancel_open"])), {"doctor": said, "date": self._day(plain=True)})
        if draw.chance(0.04):
            shown, _ = self.shape.shown("cancel_appointment", {})
            talk.mistake(shown, {}, f"{shown} needs 'appointment_id'. Ask the caller.")
        talk.say(
            draw.one(
                (
                    "What is the appointment number?",
                    "Of course. What is the appointment number?",
                    "May I have the appointment number, please?",
                    "Sure. What is the number of the appointment?",
                )
            )
        )
        if draw.chance(0.15):
            talk.user(draw.text(draw.one(SAY["no_number"])))
            talk.say(
                draw.one(
                    (
                        "I'm sorry, I can't cancel it without the number. Is there anything else?",
                        "I'm sorry, I need the appointment number to cancel it.",
                    )
                )
            )
            return None
        talk.user(draw.line(draw.expand(draw.one(SAY["number_only"])), {"number": value}))
        return self._cancel(value.argument)

    def doctor(self) -> None:
        draw, talk = self.draw, self.talk
        if not self.shape.has("get_doctor_info"):
            return self._cannot("get_doctor_info", "doctor_office")
        who, said = self._doctor()
        what = draw.one(("doctor_any", "doctor_specialty", "doctor_years", "doctor_office", "doctor_office"))
        line = draw.expand(draw.one(SAY[what]))
        if "<field>" in line:
            field = draw.one(
                ("kids", "children", "hearts", "the heart", "skin", "the eyes", "eyes", "bones", "the brain", "nerves")
            )
            said = Value(field, field.removeprefix("the "))
        self._ask(line, {"doctor": said, "field": said})
        result = self._call("get_doctor_info", {"doctor": said.argument})
        if "error" in result:
            return self._error(result, lambda again: self._tell(self._call("get_doctor_info", again), what))
        self._tell(result, what)
        if draw.chance(0.35):
            more = draw.one(("doctor_years", "doctor_office", "doctor_specialty"))
            if more != what:  # the answer is in what was returned already
                talk.user(
                    draw.one(
                        {
                            "doctor_years": ("And how experienced is that?", "how many years of experience?"),
                            "doctor_office": ("And where is the office?", "which room?", "where do I find them?"),
                            "doctor_specialty": ("And what kind of doctor is that?", "what's the specialty?"),
                        }[more]
                    )
                )
                self._tell(result, more)
        elif draw.chance(0.35):
            again = draw.text(
                "{okay, |great, |}{can I see|is|do you have anything with} {them|that doctor}{ <date>|}?",
                {"date": (day := self._day()).said},
            )
            talk.user(again.replace("is them", "is that doctor").replace("is that doctor", "is that doctor free"))
            self._look({"doctor": plain(result["name"]), **({"date": day.argument} if day.said in again else {})}, who)
        return None

    def patient(self) -> None:
        draw, talk = self.draw, self.talk
        if not self.shape.has("get_patient_info"):
            return self._cannot("get_patient_info", "record_open")
        on_file = draw.one(self.hospital.patients)
        name = person_named(draw, on_file.name if draw.chance(0.8) else self._patient().argument)
        born = birth_said(draw, on_file.born.day, f"{on_file.born:%B}", on_file.born.year)
        values = {"patient": self.ear.hear(name), "born": self.ear.hear(born), "date": self._day(plain=True)}
        how = draw.one(("record", "record_open", "record_open", "record_name"))
        self._ask(draw.expand(draw.one(SAY[how])), values)
        if how == "record_open":
            talk.say(
                draw.one(
                    (
                        "May I have your full name?",
                        "Of course. What is your full name?",
                        "I can look that up. What is your full name?",
                    )
                )
            )
            if draw.chance(0.3):
                how = "record"
                talk.user(draw.line(draw.expand(draw.one(SAY["both"])), values))
            else:
                talk.user(draw.line(draw.expand(draw.one(SAY["name_only"])), values))
        if how != "record":
            talk.say(
                draw.one(
                    (
                        "And what is your date of birth?",
                        "Thank you. And your date of birth?",
                        "What is your date of birth, please?",
                    )
                )
            )
            talk.user(draw.line(draw.expand(draw.one(SAY["born_only"])), values))
        return self._identify({"name": values["patient"].argument, "date_of_birth": values["born"].argument})

    def _identify(self, arguments: dict[str, str]) -> None:
        draw, talk = self.draw, self.talk
        result = self._call("get_patient_info", arguments)
        if "error" in result:
            return self._error(result, self._identify, arguments)
        self.name = result["name"]
        booked = result["next_appointment"]
        if re.search("phone|number", talk.lines[-3].text) and "appointment" not in talk.lines[-3].text:
            return talk.say(f"The phone number on file is {result['phone']}.")
        if booked is None:
            return talk.say(
                draw.one(
                    (
                        "You have no appointment with us at the moment. Would you like to make one?",
                        "There is no appointment for you at the moment.",
                    )
                )
            )
        return talk.say(
            f"{draw.one(('Your next appointment is with', 'You have an appointment with'))} {booked}." + draw.one(ELSE)
        )

    def emergency(self) -> None:
        self.chat.emergency()

    def again(self) -> None:
        """What did you say?"""
        last = self.talk.lines[-1]
        if last.role == "assistant" and last.learn and not last.calls:
            self.talk.user(self.draw.text(self.draw.one(SAY["again"])))
            self.talk.say(last.text, may_be_cut=False)

    def _cancel(self, number: str) -> None:
        draw, talk = self.draw, self.talk
        result = self._call("cancel_appointment", {"appointment_id": number})
        if "error" in result:
            return self._error(result, lambda again: self._cancel(again["appointment_id"]))
        talk.say(
            draw.one(
                (
                    f"Appointment {number} is cancelled.",
                    f"I have cancelled appointment {number}.",
                    f"Your appointment {number} is cancelled.",
                )
            )
            + draw.one(ELSE)
        )
        return None

    def _tell(self, result: Mapping[str, Any], what: str) -> None:
        if "error" in result:
            return self._error(result, lambda _: None)
        name, field, years, office = (result[key] for key in ("name", "specialty", "years", "office"))
        say = {
            "doctor_any": f"{name} works in {field}, has {years} years of experience and is in office {office}.",
            "doctor_specialty": f"{name}'s specialty is {field}.",
            "doctor_years": f"{name} has {years} years of experience.",
            "doctor_office": f"{name} is in office {office}.",
        }[what]
        return self.talk.say(say + self.draw.one(ELSE))
