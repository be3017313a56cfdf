"""What is said when a function refuses, and how the call goes on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from bench.training._asking import Asking
from bench.training._births import birth_said
from bench.training._desk import SAY, doctor_said, reason
from bench.training._grammar import Value

__all__ = ["CANNOT", "Refusals"]

CANNOT: Final = {
    "schedule_appointment": "I'm sorry, I can't book appointments here. Is there anything else?",
    "cancel_appointment": "I'm sorry, I can't cancel appointments here. Is there anything else?",
    "get_doctor_info": "I'm sorry, I don't have that information. Is there anything else?",
    "get_patient_info": "I'm sorry, I can't look that up here. Is there anything else?",
}


class Refusals(Asking):
    def _error(self, result: Mapping[str, Any], retry: Any, known: dict[str, str] | None = None) -> None:
        """Say what is wrong, and try again with what the caller answers, if that is the way."""
        draw, talk, error = self.draw, self.talk, result["error"]
        doctor_wrong = error.startswith(("no doctor", "which one", "which doctor"))
        if doctor_wrong:
            wrong = error.removeprefix("no doctor called ")
            talk.say(
                f"I'm sorry, there is no doctor called {wrong} here. Which doctor would you like?"
                if error.startswith("no doctor")
                else error.replace("which one:", "Which one,")
                if error.startswith("which one")
                else "Which doctor would you like?"
            )
            if draw.chance(0.75):
                who = draw.one(self.hospital.doctors)
                if error.startswith("which one"):
                    names = re.findall(r"Dr\. ([\w'-]+)", error)
                    meant = draw.one(names)
                    who = next(doctor for doctor in self.hospital.doctors if doctor.name == meant)
                said = doctor_said(draw, who)
                talk.user(draw.line(draw.expand(draw.one(SAY["doctor_only"])), {"doctor": said}))
                retry({"doctor": said.argument})
            return
        if "number not understood" in error or "not found" in error:
            talk.say(
                "I can't find an appointment with that number. Could you repeat it?"
                if "not found" in error
                else "I'm sorry, I didn't get the number. Could you repeat it?"
            )
            if draw.chance(0.6):
                value = self._number()
                talk.user(draw.line(draw.expand(draw.one(SAY["number_only"])), {"number": value}))
                retry({"appointment_id": value.argument})
            return
        if "do not match" in error:
            talk.say(
                draw.one(
                    (
                        "I'm sorry, the name and date of birth do not match. Could you say them again?",
                        "That name and date of birth do not match, I'm sorry. Could you repeat them?",
                    )
                )
            )
            if known is not None and draw.chance(0.4):
                on_file = draw.one(self.hospital.patients)
                born = birth_said(draw, on_file.born)
                talk.user(
                    draw.line(
                        draw.expand(draw.one(SAY["both"])),
                        {"patient": Value(on_file.name, on_file.name), "born": born},
                    )
                )
                retry({"name": on_file.name, "date_of_birth": born.argument})
            return
        if "date of birth" in error:
            talk.say(
                draw.one(
                    (
                        "I'm sorry, I need the day, month and year of birth.",
                        "Could you tell me the day, month and year of birth?",
                    )
                )
            )
            return
        if "date not understood" in error:
            talk.say("I'm sorry, I didn't get the day. Which day would you like?")
            day = self._day(plain=True)
            talk.user(draw.line(draw.expand(draw.one(SAY["day_corrected"])), {"date": day}))
            retry({"date": day.argument})
            return
        if "time not understood" in error:
            talk.say("I'm sorry, I didn't get the time. What time would you like?")
            hour = self._hour()
            talk.user(draw.line(draw.expand("{<time>|<time>, please|at <time>}"), {"time": hour}))
            retry({"time": hour.argument})
            return
        if "too far ahead" in error:
            talk.say("I'm sorry, that is too far ahead. Which other day would you like?")
            return
        talk.say(reason(error))

    def _cannot(self, name: str, line: str) -> None:
        """The function is not in the list of this prompt."""
        _, said = self._doctor()
        values = {"doctor": said, "date": self._day(plain=True), "time": self._hour()}
        self._ask(self.draw.expand(self.draw.one(SAY[line])), values)
        self.talk.say(CANNOT[name])
