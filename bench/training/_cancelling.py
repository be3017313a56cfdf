"""Cancelling: with the number or without, the one just made, two at once, moved to another day, or not after all."""

from __future__ import annotations

from bench.training._booking import ELSE, Booking
from bench.training._desk import SAY
from bench.training._grammar import Value

__all__ = ["Cancelling"]


class Cancelling(Booking):
    def cancel(self) -> None:
        draw, talk = self.draw, self.talk
        if not self.shape.has("cancel_appointment"):
            return self._cannot("cancel_appointment", "cancel_open")
        if self.booked is not None and draw.chance(0.6):
            number, self.booked = self.booked, None
            talk.user(draw.text(draw.one(SAY["cancel_that"])))
            return self._cancel(number)
        value, how = self.ear.hear(self._number()), draw.random.random()
        if how < 0.33:
            self._ask(draw.expand(draw.one(SAY["cancel"])), {"number": value})
            return self._cancel(value.argument)
        if how < 0.41:
            return self._cancel_two(value)
        _, said = self._doctor()
        self._ask(draw.expand(draw.one(SAY["cancel_open"])), {"doctor": said, "date": self._day(plain=True)})
        if draw.chance(0.15):
            self._question("number", SAY["ask_number"])
            talk.user(draw.text(draw.one(SAY["no_number"])))
            return self._without_number(value)
        if draw.chance(0.08):
            self._question("number", SAY["ask_number"])
            return self._keep()
        return self._cancel(self._ask_number(value))

    def move(self) -> None:
        """Another day for an appointment: there is no function for it, but one to cancel and one to book."""
        draw, talk = self.draw, self.talk
        if not self.shape.has("cancel_appointment"):
            return self._cannot("cancel_appointment", "move")
        if draw.chance(0.5):
            return self._move_numbered()
        self._ask(draw.expand(draw.one(SAY["move"])), {"date": self._day(plain=True)})
        self._question("number", SAY["ask_number_to_move"])
        number = self.ear.hear(self._number())
        talk.user(draw.line(draw.expand(draw.one(SAY["number_only"])), {"number": number}))
        return self._moved(number.argument)

    def _moved(self, number: str) -> None:
        result = self._call("cancel_appointment", {"appointment_id": number})
        if "error" in result:
            return self._error(result, lambda again: self._cancel(again["appointment_id"]))
        return self._which_doctor(
            {}, f"Appointment {number} is cancelled. Which doctor would you like, and on which day?"
        )

    def _move_numbered(self) -> None:
        """With its number: still nothing is cancelled before the caller knows that this is how it is moved."""
        draw, talk, number = self.draw, self.talk, self.ear.hear(self._number())
        self._ask(draw.expand(draw.one(SAY["move_numbered"])), {"number": number, "date": self._day()})
        self._question("confirm", SAY["ask_to_move"])
        if draw.chance(0.35):
            return self._keep()
        talk.user(draw.text(draw.one(SAY["move_yes"])))
        return self._moved(number.argument)

    def _cancel_two(self, first: Value) -> None:
        draw, second = self.draw, self._number()
        self._ask(draw.expand(draw.one(SAY["cancel_two"])), {"number": first, "second": second})
        told = []
        for number in (first.argument, second.argument):
            result = self._call("cancel_appointment", {"appointment_id": number})
            told.append(
                f"I can't find appointment {number}." if "error" in result else f"Appointment {number} is cancelled."
            )
        self.talk.say(" ".join(told))

    def _without_number(self, value: Value) -> None:
        """No number, no cancelling; but sometimes it turns up."""
        draw, talk = self.draw, self.talk
        talk.say(draw.one(SAY["need_number"]))
        if draw.chance(0.5):
            talk.user(draw.line(draw.expand(draw.one(SAY["number_found"])), {"number": value}))
            return self._cancel(value.argument)
        return None

    def _keep(self) -> None:
        draw = self.draw
        self.talk.user(draw.text(draw.one(SAY["keep_it"])))
        self.talk.say(draw.one(SAY["kept"]))

    def _cancel(self, number: str) -> None:
        draw = self.draw
        result = self._call("cancel_appointment", {"appointment_id": number})
        if "error" in result:
            return self._error(result, lambda again: self._cancel(again["appointment_id"]))
        self.talk.say(draw.text(draw.one(SAY["cancelled"]), {"number": number}) + draw.one(ELSE))
        if draw.chance(0.15):
            self.talk.user(draw.text(draw.one(SAY["is_it_cancelled"])))
            self.talk.say(f"Yes, appointment {number} is cancelled.", may_be_cut=False)
        return None
