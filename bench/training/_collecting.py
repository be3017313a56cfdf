"""A booking whose parts come in any order over several turns; a call only once nothing is missing."""

from __future__ import annotations

from typing import Final

from bench.training._booking import Booking
from bench.training._desk import SAY
from bench.training._grammar import Value
from bench.training._hospital import Doctor

__all__ = ["Collecting"]

_PARTS: Final = {
    "doctor": ("with <doctor>", "with <doctor>", "to see <doctor>"),
    "date": ("<date>", "<date>", "for <date>"),
    "time": ("at <time>", "at <time>", "around <time>"),
    "patient": ("for <patient>", "in the name of <patient>", "for <patient>", "under <patient>"),
}


class Collecting(Booking):
    def collect(self) -> None:
        if not self.shape.has("schedule_appointment"):
            return self._cannot("schedule_appointment", "book_no_name")
        draw = self.draw
        who, said = self._doctor()
        values = {"doctor": said, "date": self._day(plain=True), "time": self._hour(), "patient": self._patient()}
        if self.name is not None:
            del values["patient"]
        share = draw.one((0.2, 0.4, 0.4, 0.75, 0.9))  # often nearly all of it: then nothing that was said is asked for
        told = [name for name in values if draw.chance(share)]
        fragments = [draw.one(_PARTS[name]) for name in draw.some(told, len(told))]
        self._ask(f"{draw.expand(draw.one(SAY['wish_to_come']))} {' '.join(fragments)}", values)
        known = {name: values[name] for name in told}
        if "doctor" not in known:
            who = self._get(known, values, "doctor", who)
        if "time" not in known:
            return self._look_with(known, who)
        if "date" not in known:
            self._get(known, values, "date", who)
        if "patient" in known:
            self.name = known["patient"].argument
        elif self.name is None:
            self._ask_name(values["patient"])
            if draw.chance(0.12):
                self._change(known)
        return self._book({name: known[name].argument for name in ("doctor", "date", "time")}, who)

    def _get(self, known: dict[str, Value], values: dict[str, Value], name: str, who: Doctor | None) -> Doctor | None:
        """Ask for one part; the caller may add others."""
        draw = self.draw
        self._question("doctor" if name == "doctor" else "day", SAY["ask_doctor" if name == "doctor" else "ask_day"])
        line = draw.expand(draw.one(SAY["doctor_only" if name == "doctor" else "day_only"]))
        known[name] = values[name]
        for more in draw.some([part for part in ("date", "time", "patient") if part in values], 3):
            if more not in known and draw.chance(0.22):
                line = f"{line.rstrip('?.')}{draw.one((', ', ' '))}{draw.one(_PARTS[more])}"
                known[more] = values[more]
        self.talk.user(draw.line(line, values))
        return who

    def _look_with(self, known: dict[str, Value], who: Doctor | None) -> None:
        if "patient" in known:
            self.name = known["patient"].argument
        return self._look({name: known[name].argument for name in ("doctor", "date") if name in known}, who)

    def _change(self, known: dict[str, Value]) -> None:
        """The caller adds a change to the answer that was just given."""
        draw, lines = self.draw, self.talk.lines
        name, new = draw.one((("date", self._day(plain=True)), ("time", self._hour())))
        known[name] = new
        change = draw.line(draw.expand(draw.one(SAY[f"change_{name}"])), {name: new})
        last = lines.pop()
        self.talk.user(f"{last.text.rstrip('.!?')}, {change}")
