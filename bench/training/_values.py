"""What callers say for a name, a day, a number, and what a function is given for it. Pure, but for the word lists.

Arguments are copied as the caller said them ("next Tuesday", "half past four"): the tools resolve them. Numbers that
name something ("four eight two one") become digits, spelled names become names, counts become digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from bench.training._births import birth
from bench.training._grammar import Draw, Value
from bench.training._numerals import DIGITS, MONTHS, ORDINALS, suffix, two
from bench.training._spelling import person

__all__ = ["ASKS", "KINDS", "digits_said", "value"]

_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HOURS: Final = ("eight", "nine", "ten", "eleven", "one", "two", "three", "four", "five")


def digits_said(draw: Draw, digits: str) -> str:
    """A number as people read it out: digit by digit, in pairs, with "double" and "oh", or as figures."""
    style = draw.number(0, 9)
    if style <= 2:
        return digits
    if style == 3:
        apart = draw.one((" ", "-", ", ")).join(digits)
        return re.sub(r"(\d) \1", r"double \1", apart) if draw.chance(0.4) else apart
    if style == 4 and len(digits) == 4 and digits[0] != "0" and digits[2] != "0":
        return f"{two(int(digits[:2]))} {two(int(digits[2:]))}"
    if style == 5 and len(digits) == 4 and digits[0] != "0":
        hundreds = f" {DIGITS[int(digits[1])]} hundred" if digits[1] != "0" else ""
        rest = f" {draw.one(('', 'and '))}{two(int(digits[2:]))}" if digits[2:] != "00" else ""
        return f"{DIGITS[int(digits[0])]} thousand{hundreds}{rest}"
    zero = draw.one(("zero", "oh", "zero"))
    words = [zero if digit == "0" else DIGITS[int(digit)] for digit in digits]
    if style == 6:
        for at in range(len(words) - 1):
            if words[at] == words[at + 1]:
                words[at : at + 2] = [f"double {words[at]}"]
                break
    return draw.one((" ", " ", ", ")).join(words)


def _ref(draw: Draw, length: int = 4) -> Value:
    digits, slip = ("".join(str(draw.number(1 if not at else 0, 9)) for at in range(length)) for _ in range(2))
    return Value(digits_said(draw, digits), digits, digits_said(draw, slip))


def _code(draw: Draw) -> Value:
    letters = "".join(draw.one("ABCDEFGHJKLMNPRSTUVWXYZ") for _ in range(draw.number(1, 2)))
    digits = "".join(str(draw.number(0, 9)) for _ in range(draw.number(2, 4)))
    said = draw.one((f"{letters}{digits}", f"{' '.join(letters)} {digits_said(draw, digits)}", f"{letters}-{digits}"))
    return Value(said, letters + digits)


def _day(draw: Draw) -> str:
    style = draw.number(0, 9)
    weekday, day, month = draw.one(_WEEKDAYS[:5]), draw.number(1, 28), draw.one(MONTHS)
    if style <= 2:
        return draw.text(f"{{next |this |||coming }}{weekday}")
    if style <= 4:
        return draw.text("{tomorrow|tomorrow|today|the day after tomorrow}")
    if style == 5:
        return draw.text(f"{month} {{the |}}{ORDINALS[day - 1]}")
    if style == 6:
        return draw.text(f"{{{month} {day}|the {ORDINALS[day - 1]} of {month}|the {day}{suffix(day)}}}")
    if style == 7:
        return draw.text(f"{{a week from {weekday}|{weekday} next week|{weekday} after next|in two weeks|next week}}")
    return weekday


def _date(draw: Draw) -> Value:
    return _alike(_day(draw), _day(draw))


def _date_part(draw: Draw) -> Value:
    """A day, or a part of one."""
    if draw.chance(0.3):
        part = draw.text("{tomorrow|Monday|Tuesday|Wednesday|Thursday|Friday|next Thursday|today} {morning|afternoon}")
        if draw.chance(0.25):
            day = draw.one(_WEEKDAYS[:5])
            part = draw.text(f"{{{day} {{in the afternoon|after lunch|before noon}}|before lunch on {day}}}")
        return Value(part.replace("today ", "this "), part.replace("today ", "this "), _day(draw))
    if draw.chance(0.08):
        said = draw.text("{next week|this week|early next week|later this week|late next week|this afternoon}")
        return Value(said, said)
    return _date(draw)


def _time(draw: Draw) -> Value:
    return _alike(_clock(draw), _clock(draw))


def _clock(draw: Draw) -> str:
    at = draw.number(0, len(_HOURS) - 1)
    hour, number = _HOURS[at], (8, 9, 10, 11, 1, 2, 3, 4, 5)[at]
    sign = "a.m." if number >= 8 else "p.m."
    day = "in the morning" if number >= 8 else "in the afternoon"
    return draw.text(
        f"{{{hour}|{hour}|{hour} o'clock|{number} {sign}|{number}:30|{number}|{hour} thirty|half past {hour}|"
        f"{hour} {day}|quarter past {hour}|{number}:30 {sign}|{number}:15|{hour} {sign}|{hour} fifteen|"
        f"a quarter to {hour}|noon|{number} o'clock}}"
    )


def _alike(said: str, slip: str = "") -> Value:
    argument = said.removeprefix("the ") if said.startswith("the ") and " of " not in said else said
    return Value(said, argument, slip)


def _count(draw: Draw) -> Value:
    number = draw.one((1, 2, 2, 2, 3, 3, 4, 4, 5, 6, 8, 10, 12, 15, 20))
    return Value(draw.one((two(number), two(number), str(number))), str(number))


def _amount(draw: Draw) -> Value:
    number = draw.one((5, 10, 12, 15, 20, 25, 30, 40, 50, 60, 75, 80, 90))
    return Value(draw.one((str(number), two(number), f"${number}", f"{two(number)} dollars")), str(number))


def _phone(draw: Draw) -> Value:
    digits = f"555{draw.number(0, 9999):04d}"
    said = draw.one((digits_said(draw, digits), f"555-{digits[3:]}", digits_said(draw, digits)))
    return Value(said, digits)


def _address(draw: Draw) -> Value:
    number = draw.number(2, 199)
    street = draw.one(("Oak", "Maple", "Elm", "Park", "Mill", "River", "Church", "High", "Lake", "Station", "Cedar"))
    said = f"{number} {street} {draw.one(('Street', 'Road', 'Avenue', 'Lane', 'Drive'))}"
    return Value(said, said)


_CITIES: Final = (
    *("Boston", "Denver", "Chicago", "Lisbon", "Nairobi", "Osaka", "Leeds", "Toronto", "Madrid", "Cairo", "Porto"),
    *("Vienna", "Lagos", "Hamburg", "Lima", "Austin", "Seattle", "Dublin", "Glasgow", "Kyoto", "Perth", "Oslo"),
    *("the airport", "the train station", "the city hall", "the stadium", "the harbour", "the old market"),
)


def _city(draw: Draw) -> Value:
    return Value(one := draw.one(_CITIES), one, draw.one(_CITIES))


def _duration(draw: Draw) -> Value:
    said = draw.text("{two|three|four|five|ten|half a|one|a couple of} {days|weeks|hours|minutes}")
    said = {"half a days": "half a day", "half a weeks": "a week", "half a hours": "half an hour"}.get(said, said)
    said = said.replace("half a minutes", "a minute")
    said = said.replace("one days", "one day").replace("one weeks", "one week").replace("one hours", "one hour")
    return Value(said := said.replace("one minutes", "one minute"), said)


KINDS: Final[Mapping[str, Callable[[Draw], Value]]] = {
    "person": person,
    "date": _date,
    "date_part": _date_part,
    "time": _time,
    "birth": birth,
    "ref": _ref,
    "code": _code,
    "count": _count,
    "amount": _amount,
    "phone": _phone,
    "address": _address,
    "city": _city,
    "duration": _duration,
}

ASKS: Final[Mapping[str, tuple[str, ...]]] = {
    "person": ("May I have your full name?", "What is your full name, please?", "What name is it under?"),
    "date": ("What day would you like?", "Which day would you like?", "What date, please?"),
    "date_part": ("What day would you like?", "Which day suits you?"),
    "time": ("What time would you like?", "At what time?"),
    "birth": ("What is your date of birth?", "And your date of birth?"),
    "ref": ("What is the <name>?", "May I have the <name>?", "What <name> is it?"),
    "code": ("What is the <name>?", "May I have the <name>, please?"),
    "count": ("How many, please?", "How many would you like?", "How many is it?"),
    "amount": ("How much, please?", "What <name>?"),
    "phone": ("What is your phone number?", "May I have a phone number?"),
    "address": ("What is the address?", "What address, please?"),
    "city": ("What <name>, please?", "What is the <name>?"),
    "duration": ("For how long?", "How long, please?"),
}
"""What the agent asks for a missing value; a parameter's own name is ``<name>``."""


def value(draw: Draw, kind: str, own: Mapping[str, tuple[str, ...]]) -> Value:
    """A value of a kind: one of the common ones, or of the domain's ``own`` ("said = argument", or both alike)."""
    if kind not in own:
        return KINDS[kind](draw)
    said, _, argument = draw.one(own[kind]).partition(" = ")
    return Value(said, argument or said, draw.one(own[kind]).partition(" = ")[0] if draw.chance(0.5) else "")
