"""Calls at the hospital's reception: a caller with a wish, an agent that does it right, the real functions between."""

from __future__ import annotations

from typing import Final

from bench.training._after import After
from bench.training._desk import SAY
from bench.training._grammar import Draw, Value, slots
from bench.training._heard import Ear
from bench.training._hospital import Hospital
from bench.training._joined import Joined
from bench.training._shape import Shape
from bench.training._small_talk import SmallTalk
from bench.training._talk import Dialogue, Talk
from bench.training._two import TwoWishes

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
_LONG: Final = 2300  #: characters after which no new wish is begun
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
    return _Call(talk, hospital, shape, ear, SmallTalk(talk, place, job), job).run()


def _listed(parts: list[str]) -> str:
    return ", ".join(parts[:-1]) + f" and {parts[-1]}" if len(parts) > 1 else parts[0]


class _Call(TwoWishes, Joined, After):
    def run(self) -> Dialogue:
        """One to four wishes, until the call is as long as a training's dialogue may be."""
        scenes = (
            *(self.availability,) * 7,
            *(self.book,) * 8,
            *(self.collect,) * 8,
            *(self.cancel,) * 7,
            *(self.move,) * 2,
            *(self.doctor,) * 4,
            *(self.two_facts,) * 1,
            *(self.patient,) * 8,
            *(self.chat.any,) * 5,
            *(self.beside,) * 5,
            *(self.symptom,) * 2,
            *(self.two,) * 4,
            *(self.joined,) * 6,
            *(self.described,) * 2,
            *(self.described_free,) * 2,
            *(self.moment,) * 7,
            *(self.emergency,) * 3,
        )
        first = self.draw.one(scenes)
        first()
        about = getattr(first, "__name__", "chat")
        for _ in range(self.draw.one((0, 1, 1, 2, 2, 3, 3))):
            if self.draw.chance(0.12):
                self.again()
            if self.draw.chance(0.15):
                self.chat.say(self.draw.one(("thanks", "wait", "there", "unclear", "unknown fact")))
            if self.talk.length() > _LONG:
                break
            self.draw.one(scenes)()
        if self.draw.chance(0.5):
            self.chat.say("nothing else")
        return self.talk.done(f"hospital {about}")

    def beside(self) -> None:
        """A wish that a hospital's caller may well have, and for which there is no function."""
        talk, draw = self.talk, self.draw
        subject = draw.one(("beside", "beside", "beside_fact"))
        talk.user(draw.text(draw.one(SAY[subject])))
        talk.say(draw.text(draw.one(SAY[f"{subject}_reply"]), {"job": self.job}))

    def availability(self) -> None:
        draw = self.draw
        who, said = self._doctor()
        line = draw.expand(draw.one(SAY["symptom_doctor"] if draw.chance(0.2) else SAY["available"]))
        days = draw.one(("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays"))
        values = {"doctor": said, "date": self._day(), "date2": self._day(plain=True), "days": Value(days, days)}
        if draw.chance(0.03):
            values["date"] = Value(never := draw.text(draw.one(SAY["impossible"])), never.removeprefix("the "))
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
        if draw.chance(0.25):
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
        if draw.chance(0.15):
            self.talk.say(f"{sorry} Which doctor would you like to see?")
            self.talk.user(draw.text(draw.one(SAY["symptom"])))
        self._which_doctor({}, f"{sorry} Which doctor would you like to see?")

    def emergency(self) -> None:
        self.chat.emergency()

    def again(self) -> None:
        """What did you say?"""
        last = self.talk.lines[-1]
        if last.role == "assistant" and last.learn and not last.calls:
            self.talk.user(self.draw.text(self.draw.one(SAY["again"])))
            self.talk.say(last.text, may_be_cut=False)
