"""From a wish to an appointment: look, offer, choose, ask for the name, book."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bench.training._desk import SAY, plain, reason, spoken
from bench.training._grammar import Value
from bench.training._hospital import Doctor
from bench.training._refusals import CANNOT, Refusals

__all__ = ["ELSE", "Booking"]

ELSE: Final = ("", "", "", " Is there anything else?", " Anything else?")


class Booking(Refusals):
    def _which_doctor(self, known: dict[str, str], ask: str | None = None) -> None:
        draw, talk = self.draw, self.talk
        talk.say(
            ask
            or draw.one(
                (
                    "Which doctor would you like to see?",
                    "Of course. Which doctor would you like to see?",
                    "Sure. Which doctor or specialty, please?",
                )
            )
        )
        if draw.chance(0.1):
            talk.user(
                draw.text("{I don't know|no idea|who do you have|any doctor|whoever is free|I'm not sure|anyone}{?|.}")
            )
            talk.say(draw.one(("Which specialty do you need, please?", "What specialty would that be?")))
        who, said = self._doctor()
        day = self._day()
        if not known and draw.chance(0.3):
            talk.user(
                draw.line(
                    f"{draw.expand(draw.one(SAY['doctor_only'])).rstrip('?.')}, <date>", {"doctor": said, "date": day}
                )
            )
            known = {"date": day.argument}
        else:
            talk.user(draw.line(draw.expand(draw.one(SAY["doctor_only"])), {"doctor": said}))
        self._look({"doctor": said.argument, **known}, who)

    def _look(self, arguments: dict[str, str], who: Doctor | None) -> None:
        """Look for free times, tell them, and go on from there."""
        draw, talk = self.draw, self.talk
        if draw.chance(0.04):  # the caller cuts the look-up short
            shown = self.shape.shown("check_availability", arguments)
            talk.interrupted_call(*shown)
            who, said = self._doctor()
            talk.user(draw.line(draw.expand(draw.one(SAY["other_doctor"])), {"doctor": said}))
            arguments = {**arguments, "doctor": said.argument}
        result = self._call("check_availability", arguments)
        if "slots" not in result:
            return self._error(result, lambda again: self._look({**arguments, **again}, who))
        talk.say(self._offer(result))
        if len(result["slots"]) == 2 and draw.chance(0.06):
            which = draw.one((0, 1))
            talk.user(draw.text(draw.one(SAY["which_second" if which else "which_first"])))
            talk.say(f"{result['slots'][which]} on {result['date']}. Would you like that?", may_be_cut=False)
        elif "error" not in result and draw.chance(0.05):
            talk.user(
                draw.one(
                    (
                        "which doctor was that?",
                        "what day was that again?",
                        "sorry, when?",
                        "which day?",
                        "with whom?",
                        "what times?",
                    )
                )
            )
            talk.say(self._offer(result), may_be_cut=False)
        self._after_offer(result, arguments, who)
        return None

    def _offer(self, result: Mapping[str, Any]) -> str:
        draw, times = self.draw, result["slots"]
        why = reason(result["error"]) + " " if "error" in result else ""
        when = f"{' and '.join(times)} on {result['date']}"
        ask = "Which would you like?" if len(times) > 1 else "Would you like that?"
        return why + draw.one(
            (
                f"{result['doctor']} has {when}. {ask}",
                f"{result['doctor']} has {when}. {ask}",
                f"{result['doctor']} is free at {when}. {ask}",
            )
        )

    def _after_offer(self, result: Mapping[str, Any], asked: dict[str, str], who: Doctor | None) -> None:
        draw, talk = self.draw, self.talk
        what = draw.random.random()
        if what < 0.15:
            day = self._day()
            talk.user(draw.line(draw.expand(draw.one(SAY["other_day"])), {"date": day}))
            return self._look({"doctor": asked["doctor"], "date": day.argument}, who)
        if what < 0.22:
            who, said = self._doctor()
            talk.user(draw.line(draw.expand(draw.one(SAY["other_doctor"])), {"doctor": said}))
            day_of = {"date": asked["date"]} if "date" in asked else {}
            return self._look({"doctor": said.argument, **day_of}, who)
        if what < 0.28:
            talk.user(draw.text(draw.one(SAY["decline"])))
            talk.say(draw.one(("What day would suit you better?", "Which other day would you like?")))
            day = self._day()
            talk.user(
                draw.line(
                    draw.expand(
                        "{<date>|<date>, please|maybe <date>|{is|do you have} anything <date>?|<date> would be good}"
                    ),
                    {"date": day},
                )
            )
            return self._look({"doctor": asked["doctor"], "date": day.argument}, who)
        if what < 0.33:
            talk.user(draw.text(draw.one(SAY["think"])))
            return talk.say(
                draw.one(("Of course. Is there anything else?", "No problem. Anything else I can do for you?"))
            )
        if not self.shape.has("schedule_appointment"):
            talk.user(self._pick(result)[0])
            return talk.say(CANNOT["schedule_appointment"])
        if what < 0.45 and len(result["slots"]) == 2:
            return self._pick_and_name(result)
        line, time = self._pick(result)
        talk.user(line)
        arguments = {"doctor": plain(result["doctor"]), "date": result["date"], "time": time}
        if what > 0.95 and time in result["slots"]:
            talk.lines.pop()
            talk.user(draw.line(draw.expand(draw.one(SAY["unsure_pick"])), {"time": Value(spoken(draw, time), time)}))
            talk.say(f"So {time} on {result['date']}, is that right?")
            talk.user(draw.text(draw.one(SAY["yes"])))
        if self.name is None:
            self._ask_name(self._patient())
        return self._book(arguments, who)

    def _pick_and_name(self, result: Mapping[str, Any]) -> None:
        draw, time = self.draw, self.draw.one(result["slots"])
        patient = self._patient()
        values = {"time": Value(spoken(draw, time), time), "patient": patient}
        self.talk.user(draw.line(draw.expand(draw.one(SAY["pick_and_name"])), values))
        self.name = patient.argument
        self._book({"doctor": plain(result["doctor"]), "date": result["date"], "time": time}, None)

    def _pick(self, result: Mapping[str, Any]) -> tuple[str, str]:
        """The caller's choice, and the time that it means."""
        draw, times = self.draw, list(result["slots"])
        if len(times) == 1:
            return draw.text(draw.one(SAY["yes"])), times[0]
        what = draw.random.random()
        if what < 0.22:
            return draw.text(draw.one(SAY["pick_first"])), times[0]
        if what < 0.38:
            return draw.text(draw.one(SAY["pick_last"])), times[-1]
        if what < 0.46:
            return draw.text(draw.one(SAY["pick_any"])), times[0]
        halves = ["morning" if "a.m." in time else "afternoon" for time in times]
        if what < 0.62 and halves[0] != halves[1]:
            time = draw.one(times)
            return draw.text(draw.one(SAY["pick_part"]), {"part": halves[times.index(time)]}), time
        if what > 0.93:  # a time that was not offered
            wanted = self._hour()
            return draw.line(draw.expand(draw.one(SAY["pick_time"])), {"time": wanted}), wanted.argument
        time = draw.one(times)
        other = times[1 - times.index(time)]
        value = Value(spoken(draw, time), time, spoken(draw, other))
        return draw.line(draw.expand(draw.one(SAY["pick_time"])), {"time": value}), time

    def _ask_name(self, patient: Value) -> None:
        draw, talk = self.draw, self.talk
        talk.say(
            draw.one(
                (
                    "May I have your full name?",
                    "May I have your full name, please?",
                    "What is your full name?",
                    "Of course. May I have your full name?",
                )
            )
        )
        if draw.chance(0.04):
            talk.user(draw.one(("why?", "what for?", "do you need that?")))
            talk.say("I need it for the appointment. May I have your full name?")
        talk.user(draw.line(draw.expand(draw.one(SAY["name_only"])), {"patient": patient}))
        self.name = patient.argument

    def _book(self, arguments: dict[str, str], who: Doctor | None) -> None:
        draw, talk = self.draw, self.talk
        assert self.name is not None
        result = self._call("schedule_appointment", {"patient": self.name, **arguments})
        if result.get("status") == "booked":
            self.booked = result["id"]
            day, time = result["date"], result["time"]
            who_says, number = result["doctor"], f"Your appointment number is {result['id']}."
            done = draw.one((f"You're booked with {who_says} on", f"{who_says} will see you on"))
            talk.say(f"{done} {day} at {time}. {number}" + draw.one(ELSE))
            if draw.chance(0.07):
                new = self._hour()
                talk.user(draw.text(draw.one(SAY["make_it"]), {"old": spoken(draw, time), "time": new.said}))
                self._book({"doctor": plain(result["doctor"]), "date": day, "time": new.argument}, who)
            return None
        if "slots" in result:
            talk.say(self._offer(result))
            return self._after_offer(result, {"doctor": arguments["doctor"]}, who)
        return self._error(result, lambda again: self._book({**arguments, **again}, who))
