"""From a wish to an appointment: look, offer, choose, ask for the name, book."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Final

from bench.training._desk import SAY, plain, reason, spoken
from bench.training._grammar import Value
from bench.training._hospital import Doctor
from bench.training._refusals import CANNOT, Refusals

__all__ = ["ELSE", "Booking"]

ELSE: Final = ("", "", "", " Is there anything else?", " Anything else?")


class Booking(Refusals, ABC):
    @abstractmethod
    def _after_booking(self, result: Mapping[str, Any], who: Doctor | None) -> None:
        """What the caller says to an appointment just made."""

    def _which_doctor(self, known: dict[str, str], ask: str | None = None) -> None:
        draw, talk = self.draw, self.talk
        self._question("doctor", ask or SAY["ask_doctor"])
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
        self._tell_offer(result)
        if len(result["slots"]) == 2 and draw.chance(0.06):
            which = draw.one((0, 1))
            talk.user(draw.text(draw.one(SAY["which_second" if which else "which_first"])))
            talk.say(f"{result['slots'][which]} on {result['date']}. Would you like that?", may_be_cut=False)
        elif self._perhaps(0.12):
            talk.user(self._offer_asked_again(result["slots"]))
            talk.say(self._offer(result), may_be_cut=False)
        elif self._perhaps(0.08) and self.shape.has("get_doctor_info"):
            self._about_them(result)
        self._after_offer(result, arguments, who)
        return None

    def _offer_asked_again(self, times: list[str]) -> str:
        """Open, or whether it was this time or that, of which one may be wrong."""
        draw = self.draw
        if len(times) < 2 or draw.chance(0.5):
            return draw.text(draw.one(SAY["offer_again"]))
        two = [spoken(draw, times[0]), spoken(draw, times[-1]) if draw.chance(0.4) else self._hour().said]
        one, other = draw.some(two, 2)
        return draw.text(draw.one(SAY["offer_check"]), {"one": one, "two": other})

    def _tell_offer(self, result: Mapping[str, Any]) -> None:
        """The free times; sometimes in words that are only read. Then maybe something else is said before a choice."""
        draw, times = self.draw, result["slots"]
        if len(times) == 2 and "error" not in result and draw.chance(0.25):
            words = {"doctor": result["doctor"], "date": result["date"], "first": times[0], "second": times[1]}
            self.talk.say(draw.text(draw.one(SAY["other_offer"]), words), learn=False)
        else:
            self.talk.say(self._offer(result))
        again = "Which would you like?" if len(times) > 1 else "Would you like that?"
        while self._perhaps(0.22) and not self.talk.lines[-1].text.endswith(" —"):
            self.chat.aside("offer", again)

    def _about_them(self, result: Mapping[str, Any]) -> None:
        """A question about the doctor of the offer, by pronoun."""
        draw = self.draw
        fact = draw.one(("specialty", "years", "office"))
        self.talk.user(draw.text(draw.one(SAY[f"then_doctor_{fact}"])))
        about = self._call("get_doctor_info", {"doctor": plain(result["doctor"])})
        name = about["name"]
        told = {
            "specialty": f"{name}'s specialty is {about['specialty']}.",
            "years": f"{name} has {about['years']} years of experience.",
            "office": f"{name} is in office {about['office']}.",
        }[fact]
        self.talk.say(f"{told} Which time would you like?" if len(result["slots"]) > 1 else told)

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
        what = draw.random.random() if self._perhaps(1) else 1 - 0.67 * draw.random.random()
        if what < 0.15:
            day = self._day()
            talk.user(draw.line(draw.expand(draw.one(SAY["other_day"])), {"date": day}))
            return self._look({"doctor": asked["doctor"], "date": day.argument}, who)
        if what < 0.22:
            who, said = self._doctor()
            talk.user(draw.line(draw.expand(draw.one(SAY["other_doctor"])), {"doctor": said}))
            day_of = {"date": asked["date"]} if "date" in asked else {}
            return self._look({"doctor": said.argument, **day_of}, who)
        if what < 0.30:
            talk.user(draw.text(draw.one(SAY["decline"])))
            self._question("day", SAY["ask_other_day"])
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
        if what < 0.34:
            talk.user(draw.text(draw.one(SAY["think"])))
            return talk.say(draw.one(SAY["think_about_it"]))
        if not self.shape.has("schedule_appointment"):
            talk.user(self._pick(result)[0])
            return talk.say(CANNOT["schedule_appointment"])
        if what < 0.54 and len(result["slots"]) == 2 and self.name is None:
            return self._pick_and_name(result)
        line, time = self._pick(result)
        talk.user(line)
        arguments = {"doctor": plain(result["doctor"]), "date": result["date"], "time": time}
        if what > 0.95 and time in result["slots"]:
            talk.lines.pop()
            talk.user(draw.line(draw.expand(draw.one(SAY["unsure_pick"])), {"time": Value(spoken(draw, time), time)}))
            self._question("confirm", f"So {time} on {result['date']}, is that right?", again="Is that right?")
            talk.user(draw.text(draw.one(SAY["yes"])))
        if self.name is None:
            self._ask_name(self._patient())
        return self._book(arguments, who)

    def _pick_and_name(self, result: Mapping[str, Any]) -> None:
        """The choice and the name in one line, maybe a question besides."""
        draw, time = self.draw, self.draw.one(result["slots"])
        patient = self._patient()
        values = {"time": Value(spoken(draw, time), time), "patient": patient}
        if draw.chance(0.6):
            line, time = self._pick(result)
            tail = draw.line(draw.expand(draw.one(SAY["name_tail"])), values)
            line = f"{line.rstrip('?. ')}{draw.one((', ', '. ', ', ', ' '))}{tail}"
        else:
            line = draw.line(draw.expand(draw.one(SAY["pick_and_name"])), values)
        wants_room = draw.chance(0.15) and self.shape.has("get_doctor_info")
        if wants_room:
            joint, more = draw.one(SAY["joint"]), draw.text(draw.one(SAY["same_fact_office"]))
            line = f"{line.rstrip('?. ')}{joint}{more[:1].upper() + more[1:] if joint.endswith('. ') else more}"
        self.talk.user(line)
        self.name = patient.argument
        self._book({"doctor": plain(result["doctor"]), "date": result["date"], "time": time}, None, room=wants_room)

    def _pick(self, result: Mapping[str, Any]) -> tuple[str, str]:
        """The caller's choice, and the time that it means."""
        draw, times = self.draw, list(result["slots"])
        if len(times) == 1:
            return draw.text(draw.one(SAY["yes"])), times[0]
        what = draw.random.random()
        if what < 0.06:
            return draw.text(draw.one(SAY["pick_not"])), times[-1]
        if what > 0.92:
            time = draw.one(times)
            other = spoken(draw, times[1 - times.index(time)])
            return draw.text(draw.one(SAY["pick_against"]), {"other": other}), time
        if what < 0.22:
            return draw.text(draw.one(SAY["pick_first"])), times[0]
        if what < 0.38:
            return draw.text(draw.one(SAY["pick_last"])), times[-1]
        if what < 0.46:
            return draw.text(draw.one(SAY["pick_any"])), times[0]
        halves = ["morning" if "a.m." in time else "afternoon" for time in times]
        if what < 0.62 and halves[0] != halves[1]:
            time = draw.one(times)
            half = halves[times.index(time)]
            if draw.chance(0.4):
                return draw.text(draw.one(SAY["pick_am" if half == "morning" else "pick_pm"])), time
            return draw.text(draw.one(SAY["pick_part"]), {"part": half}), time
        if what > 0.87:  # a time that was not offered
            wanted = self._hour()
            return draw.line(draw.expand(draw.one(SAY["pick_time"])), {"time": wanted}), wanted.argument
        time = draw.one(times)
        other = times[1 - times.index(time)]
        value = Value(spoken(draw, time), time, spoken(draw, other))
        return draw.line(draw.expand(draw.one(SAY["pick_time"])), {"time": value}), time

    def _book(self, arguments: dict[str, str], who: Doctor | None, *, room: bool = False) -> None:
        """``room``: the caller asked for the office along with it."""
        draw, talk = self.draw, self.talk
        assert self.name is not None
        result = self._call("schedule_appointment", {"patient": self.name, **arguments})
        if result.get("status") == "booked":
            self.booked = result["id"]
            day, time = result["date"], result["time"]
            who_says, number = result["doctor"], f"Your appointment number is {result['id']}."
            done = draw.one((f"You're booked with {who_says} on", f"{who_says} will see you on"))
            if room:
                about = self._call("get_doctor_info", {"doctor": plain(who_says)})
                return talk.say(f"{done} {day} at {time}. {number} {about['name']} is in office {about['office']}.")
            talk.say(f"{done} {day} at {time}. {number}" + draw.one(ELSE))
            if self._perhaps(0.75):
                self._after_booking(result, who)
            return None
        if "slots" in result:
            self._tell_offer(result)
            return self._after_offer(result, {"doctor": arguments["doctor"]}, who)
        return self._error(result, lambda again: self._book({**arguments, **again}, who))
