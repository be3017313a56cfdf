"""What callers say for a name, a day, a number, and what a function is given for it. Pure, but for the word lists.

Arguments are copied as the caller said them ("next Tuesday", "half past four"): the tools resolve them. Numbers that
name something ("four eight two one") become digits, spelled names become names, counts become digits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from bench.training._grammar import Draw, Value
from bench.training._names import full_name

__all__ = ["ASKS", "KINDS", "birth_said", "digits_said", "person", "person_named", "value"]

_DIGITS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS: Final = (
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS: Final = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ORDINALS: Final = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh"),
    *("twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth"),
    *("twentieth", "twenty-first", "twenty-second", "twenty-third", "twenty-fourth", "twenty-fifth", "twenty-sixth"),
    *("twenty-seventh", "twenty-eighth", "twenty-ninth", "thirtieth", "thirty-first"),
)
_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_HOURS: Final = ("eight", "nine", "ten", "eleven", "one", "two", "three", "four", "five")


def _two(number: int) -> str:
    """A number below 100 in words."""
    if number < 10:
        return _DIGITS[number]
    if number < 20:
        return _TEENS[number - 10]
    return _TENS[number // 10] + (f"-{_DIGITS[number % 10]}" if number % 10 else "")


def digits_said(draw: Draw, digits: str) -> str:
    """A number as people read it out: digit by digit, in pairs, with "double" and "oh", or as figures."""
    style = draw.number(0, 9)
    if style <= 2:
        return digits
    if style == 3:
        return draw.one((" ", "-", ", ")).join(digits)
    if style == 4 and len(digits) == 4 and digits[0] != "0" and digits[2] != "0":
        return f"{_two(int(digits[:2]))} {_two(int(digits[2:]))}"
    if style == 5 and len(digits) == 4 and digits[0] != "0":
        hundreds = f" {_DIGITS[int(digits[1])]} hundred" if digits[1] != "0" else ""
        rest = f" {draw.one(('', 'and '))}{_two(int(digits[2:]))}" if digits[2:] != "00" else ""
        return f"{_DIGITS[int(digits[0])]} thousand{hundreds}{rest}"
    zero = draw.one(("zero", "oh", "zero"))
    words = [zero if digit == "0" else _DIGITS[int(digit)] for digit in digits]
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


def person(draw: Draw) -> Value:
    return person_named(draw, full_name(draw), full_name(draw))


def person_named(draw: Draw, name: str, slip: str = "") -> Value:
    """A full name; now and then spelled out, in part or whole."""
    first, _, last = name.rpartition(" ")
    style = draw.random.random()
    if style < 0.80:
        return Value(name, name, slip)
    spelled = draw.one(("-", " ", ", ", ". ")).join(last.upper())
    if style < 0.90:
        return Value(draw.text(f"{name}{{, that's |, |, spelled }}{spelled}"), name)
    if style < 0.94:
        return Value(draw.text(f"{first}{{, last name | }}{spelled}"), name)
    if style < 0.97:
        return Value(f"{spelled}, {last}, {first}", name)
    if style < 0.985:
        return Value(f"{name}, {draw.one(('-', ' ', ', ')).join(first.upper())}", name)
    return Value(f"{'-'.join(first.upper())} {'-'.join(last.upper())}", name)


def _day(draw: Draw) -> str:
    style = draw.number(0, 9)
    weekday, day, month = draw.one(_WEEKDAYS[:5]), draw.number(1, 28), draw.one(_MONTHS)
    if style <= 2:
        return draw.text(f"{{next |this |||coming }}{weekday}")
    if style <= 4:
        return draw.text("{tomorrow|tomorrow|today|the day after tomorrow}")
    if style == 5:
        return draw.text(f"{month} {{the |}}{_ORDINALS[day - 1]}")
    if style == 6:
        return draw.text(f"{{{month} {day}|the {_ORDINALS[day - 1]} of {month}|the {day}{_suffix(day)}}}")
    if style == 7:
        return draw.text(f"{{a week from {weekday}|{weekday} next week|{weekday} after next|in two weeks|next week}}")
    return weekday


def _suffix(day: int) -> str:
    return "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _date(draw: Draw) -> Value:
    return _alike(_day(draw), _day(draw))


def _date_part(draw: Draw) -> Value:
    """A day, or a part of one."""
    if draw.chance(0.3):
        part = draw.text("{tomorrow|Monday|Tuesday|Wednesday|Thursday|Friday|next Thursday|today} {morning|afternoon}")
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


def _birth(draw: Draw) -> Value:
    day, month, year = draw.number(1, 28), draw.one(_MONTHS), draw.number(1936, 2017)
    return birth_said(draw, day, month, year)


def birth_said(draw: Draw, day: int, month: str, year: int) -> Value:
    """A date of birth as people say it; the argument is the same words."""
    century = "nineteen" if year < 2000 else "two thousand"
    rest = _two(year % 100) if year % 100 else ""
    if year < 2000 and 0 < year % 100 < 10:
        rest = f"oh {rest}"
    number = _MONTHS.index(month) + 1
    if 2000 < year < 2010 and draw.chance(0.3):
        century = "two thousand and"
    if year >= 2010 and draw.chance(0.7):
        century = "twenty"
    words = f"{century} {rest}".strip() if rest or year == 2000 else "nineteen hundred"
    short = f"oh {_DIGITS[year % 10]}" if year % 100 < 10 else _two(year % 100)
    said = draw.text(
        f"{{{month} {_ORDINALS[day - 1]}, {short}|"
        f"the {_ORDINALS[day - 1]} of {month}, {short}|{_two(number)} {_two(day)} {short}|"
        f"{number} {day} {year}|{_ORDINALS[day - 1]} of {month} {words}|{month} {_two(day)} {words}|"
        f"{month} {day}, {year}|{month} {day} {year}|{month} {_ORDINALS[day - 1]}, {words}|"
        f"{month} {_ORDINALS[day - 1]} {year}|the {_ORDINALS[day - 1]} of {month} {words}|{day} {month} {year}|"
        f"{month} the {_ORDINALS[day - 1]} {year}|{number}/{day}/{year}|{month} {day}{_suffix(day)} {year}}}"
    )
    if draw.chance(0.10):
        slip = draw.text(
            f"{{{_ORDINALS[draw.number(0, 27)]}{{ of|}}|{draw.one(_MONTHS)}|the {_ORDINALS[draw.number(0, 27)]}}}"
        )
        return Value(
            f"{slip}, {draw.one(('no', 'sorry', 'I mean', 'no wait', 'er, no'))}, {said}", said.removeprefix("the ")
        )
    return Value(said, said.removeprefix("the "))


def _count(draw: Draw) -> Value:
    number = draw.one((1, 2, 2, 2, 3, 3, 4, 4, 5, 6, 8, 10, 12, 15, 20))
    return Value(draw.one((_two(number), _two(number), str(number))), str(number))


def _amount(draw: Draw) -> Value:
    number = draw.one((5, 10, 12, 15, 20, 25, 30, 40, 50, 60, 75, 80, 90))
    return Value(draw.one((str(number), _two(number), f"${number}", f"{_two(number)} dollars")), str(number))


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
    "birth": _birth,
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
    "count": ("How many, please?", "How many would you like?", "What <name>?"),
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
