"""What callers say right after a booking: asking back, thanks, the room, a change, one more for somebody else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.training._collecting import Collecting
from bench.training._desk import SAY, plain, spoken
from bench.training._hospital import Doctor

__all__ = ["After"]


class After(Collecting):
    def _after_booking(self, result: Mapping[str, Any], who: Doctor | None) -> None:
        draw, talk = self.draw, self.talk
        day, time, doctor = result["date"], result["time"], result["doctor"]
        what = draw.random.random()
        if what < 0.07:
            new = self._hour()
            talk.user(draw.text(draw.one(SAY["make_it"]), {"old": spoken(draw, time), "time": new.said}))
            return self._book({"doctor": plain(doctor), "date": day, "time": new.argument}, who)
        if what < 0.15:
            talk.user(draw.text(draw.one(SAY["sum_up"]), {"day": day.partition(",")[0], "time": spoken(draw, time)}))
            return talk.say(f"Yes, {doctor} on {day} at {time}.", may_be_cut=False)
        if what < 0.22:
            talk.user(draw.text(draw.one(SAY["number_again"])))
            return talk.say(f"Your appointment number is {result['id']}.", may_be_cut=False)
        if what < 0.25:
            talk.user(draw.text(draw.one(SAY["who_again"])))
            return talk.say(f"With {doctor}.", may_be_cut=False)
        if what < 0.28:
            talk.user(draw.text(draw.one(SAY["when_again"])))
            return talk.say(f"On {day} at {time}.", may_be_cut=False)
        if what < 0.36 and self.shape.has("get_doctor_info"):
            talk.user(draw.text(draw.one(SAY["then_doctor_office"])))
            about = self._call("get_doctor_info", {"doctor": plain(doctor)})
            return talk.say(f"{about['name']} is in office {about['office']}.")
        if what < 0.44 and self.shape.has("cancel_appointment"):
            return self._rebook(result, who)
        if what < 0.52:
            return self._one_more(result, who)
        if what < 0.6:
            self.chat.say("thanks")
        return None

    def _rebook(self, result: Mapping[str, Any], who: Doctor | None) -> None:
        """Cancel the appointment just made and look for another day, in one line."""
        draw, day = self.draw, self._day(plain=True)
        self.booked = None
        self.talk.user(draw.line(draw.expand(draw.one(SAY["cancel_and_other_day"])), {"date": day}))
        self._call("cancel_appointment", {"appointment_id": result["id"]})
        asked = {"doctor": plain(result["doctor"]), "date": day.argument}
        found = self._call("check_availability", asked)
        if "slots" not in found:
            return self._error(found, lambda again: self._look({**asked, **again}, who))
        self.talk.say(f"Appointment {result['id']} is cancelled. {self._offer(found)}")
        return self._after_offer(found, asked, who)

    def _one_more(self, result: Mapping[str, Any], who: Doctor | None) -> None:
        """The same doctor and day for somebody else."""
        draw, hour, patient = self.draw, self._hour(), self._patient()
        line = draw.expand(draw.one(SAY["one_more"]))
        self.talk.user(draw.line(line, {"time": hour, "patient": patient}))
        if "<patient>" not in line:
            self._ask_name(patient)
        self.name = patient.argument
        time = hour.argument if "<time>" in line else self._ask_time()
        return self._book({"doctor": plain(result["doctor"]), "date": result["date"], "time": time}, who)
