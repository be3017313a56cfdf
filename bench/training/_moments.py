"""Lines at the reception that want words and no function: kindness, an apology, a no; and facts taken note of."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bench.training._desk import Desk
from bench.training._grammar import Value
from bench.training._values import KINDS, digits_said

__all__ = ["Moments"]

_MOMENTS: Final[list[dict[str, Any]]] = tomllib.loads(
    Path(__file__).with_name("moments.toml").read_text(encoding="utf-8")
)["moment"]
_WEIGHTS: Final = [entry.get("weight", 2) for entry in _MOMENTS]
_NOTED: Final = (
    "got it",
    "noted",
    "right",
    "I've written it down",
    "okay",
    "I'll find it",
    "good",
    "perfect",
    "thanks",
)
_ENOUGH: Final = (
    "{oh, |wow, |}{that's|that is} {a lot|impressive|quite something|long enough|reassuring}{, good|, okay|}",
    "{oh good|good|ah}, {somebody with experience|that's fine|that's what I hoped|then I'm not worried}",
    "{I see|okay|fine|right}, {that's enough for me|that was all I wondered|good to hear}",
)
_WELCOME: Final = (
    "You're welcome. Is there anything else?",
    "Good. Is there anything else I can do for you?",
    "All right. Is there anything else?",
)


class Moments(Desk):
    def moment(self) -> None:
        """An exchange out of ``moments.toml``."""
        draw, (entry,) = self.draw, self.draw.random.choices(_MOMENTS, _WEIGHTS)
        line = draw.expand(draw.one(entry["say"]))
        values = {
            "patient": self._patient(),
            "phone": KINDS["phone"](draw),
            "doctor": self._doctor()[1],
            "room": self._room(),
        }
        self.talk.user(draw.line(line, values))
        self.talk.say(draw.text(draw.one(entry["reply"]), {"place": self.chat.place, "job": self.job}))

    def _room(self) -> Value:
        number = str(self.draw.number(100, 420))
        return Value(digits_said(self.draw, number), number)

    def _take_note(self, result: Mapping[str, Any], what: str) -> None:
        """The caller repeats a doctor's fact, or is content with it: nothing is looked up for that."""
        draw = self.draw
        if what == "doctor_years":
            line = draw.text(draw.one(_ENOUGH))
        else:
            fact = result["specialty"] if what == "doctor_specialty" else digits_said(draw, result["office"])
            noted = draw.one(_NOTED)
            line = draw.one((f"{fact}, {noted}", f"{fact}. {noted.capitalize()}", f"{noted}, {fact}", f"so {fact}"))
        self.talk.user(line + draw.one((".", "", ".")))
        self.talk.say(draw.one(_WELCOME))
