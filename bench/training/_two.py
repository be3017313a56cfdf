"""Two wishes in one line: one after the other, and one answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bench.training._booking import Booking
from bench.training._desk import SAY, reason
from bench.training._grammar import Value
from bench.training._names import first_name

__all__ = ["TwoWishes"]


class TwoWishes(Booking):
    def two(self) -> None:
        kinds: list[Callable[[], None]] = [self._two_days, self._two_doctors]
        if self.shape.has("get_doctor_info"):
            kinds += [self._both_doctors, self._office_and_free]
        if self.shape.has("schedule_appointment"):
            kinds.append(self._two_bookings)
        if self.shape.has("cancel_appointment"):
            kinds += [self._cancel_and_look] * 2
        self.draw.one(kinds)()

    def _both_doctors(self) -> None:
        draw, ((_, first), (_, second)) = self.draw, (self._doctor(), self._doctor())
        self._ask(draw.expand(draw.one(SAY["both_doctors"])), {"doctor": first, "second": second})
        told = []
        for said in (first, second):
            result = self._call("get_doctor_info", {"doctor": said.argument})
            told.append(
                reason(result["error"])
                if "error" in result
                else f"{result['name']} works in {result['specialty']}, office {result['office']}."
            )
        self.talk.say(" ".join(told))

    def _office_and_free(self) -> None:
        draw, (_, said), day = self.draw, self._doctor(), self._day()
        line = draw.expand(draw.one(SAY["office_and_look"]))
        self._ask(line, {"doctor": said, "date": day})
        about = self._call("get_doctor_info", {"doctor": said.argument})
        found = self._call("check_availability", self._asked(said.argument, day.argument if "<date>" in line else ""))
        where = reason(about["error"]) if "error" in about else f"{about['name']} is in office {about['office']}."
        if "error" in about and "slots" not in found:
            return self.talk.say(where)
        return self.talk.say(f"{where} {self._free(found)}")

    def _two_days(self) -> None:
        draw, (_, said), days = self.draw, self._doctor(), (self._day(), self._day())
        self._ask(draw.expand(draw.one(SAY["two_days"])), {"doctor": said, "date": days[0], "date2": days[1]})
        found = [self._call("check_availability", self._asked(said.argument, day.argument)) for day in days]
        self.talk.say(" ".join(dict.fromkeys(map(self._free, found))))

    def _two_doctors(self) -> None:
        draw, ((_, first), (_, second)), day = self.draw, (self._doctor(), self._doctor()), self._day()
        self._ask(draw.expand(draw.one(SAY["two_looks"])), {"doctor": first, "second": second, "date": day})
        found = [self._call("check_availability", self._asked(said.argument, day.argument)) for said in (first, second)]
        self.talk.say(" ".join(dict.fromkeys(map(self._free, found))))

    def _two_bookings(self) -> None:
        draw, (_, said), day = self.draw, self._doctor(), self._day(plain=True)
        patients, times = (self._patient(), self._patient()), (self._hour(), self._hour())
        values = {"doctor": said, "date": day, "patient": patients[0], "patient2": patients[1]}
        values |= {"time": times[0], "time2": times[1]}
        if draw.chance(0.4):  # of one family: the last name is said once
            last = patients[0].argument.partition(" ")[2] or "Chen"
            firsts = [first_name(draw), first_name(draw)]
            one, other = (f"{first} {last}" for first in firsts)
            patients = (Value(one, one), Value(other, other))
            values |= {name: Value(first, first) for name, first in zip(("first", "first2"), firsts, strict=True)}
            values["last"] = Value(last, last)
            self._ask(draw.expand(draw.one(SAY["two_of_a_family"])), values)
        else:
            self._ask(draw.expand(draw.one(SAY["two_bookings"])), values)
        told = []
        for patient, time in zip(patients, times, strict=True):
            asked = {**self._asked(said.argument, day.argument), "time": time.argument}
            result = self._call("schedule_appointment", {"patient": patient.argument, **asked})
            if result.get("status") == "booked":
                told.append(
                    f"{patient.argument} is booked with {result['doctor']} on {result['date']} at {result['time']}, "
                    f"number {result['id']}."
                )
            else:
                told.append(self._free(result))
        self.talk.say(" ".join(dict.fromkeys(told)))

    def _asked(self, doctor: str, day: str) -> dict[str, str]:
        return {"doctor": doctor, **({"date": day} if day else {})}

    def _free(self, found: Mapping[str, Any]) -> str:
        """What a look-up found, in a sentence."""
        if "slots" not in found:
            return reason(found["error"])
        why = reason(found["error"]) + " " if "error" in found else ""
        return f"{why}{found['doctor']} has {' and '.join(found['slots'])} on {found['date']}."

    def _cancel_and_look(self) -> None:
        draw, talk, (who, first) = self.draw, self.talk, self._doctor()
        day, number = self._day(), self._number()
        values = {"doctor": first, "date": day, "date2": self._day(plain=True), "number": number}
        cancel = draw.expand(draw.one(SAY["cancel"])).rstrip("?.")
        look = draw.expand(draw.one(SAY["available"])).replace("<days>", "<date>")
        joint = draw.one((", and ", ". And ", ", and then ", " and after that "))
        self._ask(f"{cancel}{joint}{look}", values)
        result = self._call("cancel_appointment", {"appointment_id": number.argument})
        arguments = {"doctor": first.argument, **({"date": day.argument} if "<date>" in look else {})}
        found = self._call("check_availability", arguments)
        done = "I can't find that appointment." if "error" in result else f"Appointment {number.argument} is cancelled."
        if "slots" not in found:
            return talk.say(f"{done} {reason(found['error'])}")
        talk.say(f"{done} {self._offer(found)}")
        return self._after_offer(found, arguments, who)
