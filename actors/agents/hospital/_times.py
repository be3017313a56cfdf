"""Times of day as people say them. Pure.

A time without "a.m." or "p.m." is the one within 7:00 to 18:59, where each spoken hour occurs exactly once: "at four"
is 16:00, "nine" is 9:00. A wish is a window: an exact time is a window of length nothing.
"""

from __future__ import annotations

import re
from datetime import time
from typing import Final

import attrs

from actors.agents.hospital._words import SpokenError, even

__all__ = ["AFTERNOON", "ANY_TIME", "EVENING", "MORNING", "TimeWish", "cut_time", "parse_time", "say_time"]

_LAST: Final = time(23, 59)
_FIRST_OFFICE_HOUR: Final = 7


@attrs.frozen
class TimeWish:
    """Any time from ``first`` to ``last``; ``nth`` picks among what was offered (1: the first, -1: the last)."""

    first: time
    last: time
    nth: int | None = None
    words: str = ""  #: how to name the window to a caller: "in the afternoon"

    @property
    def exact(self) -> time | None:
        return self.first if self.first == self.last and self.nth is None else None

    def holds(self, moment: time) -> bool:
        return self.first <= moment <= self.last


ANY_TIME: Final = TimeWish(time.min, _LAST)
MORNING: Final = TimeWish(time.min, time(11, 59), words="in the morning")
AFTERNOON: Final = TimeWish(time(12), time(17, 59), words="in the afternoon")
EVENING: Final = TimeWish(time(17), _LAST, words="in the evening")

_PARTS: Final = (
    (MORNING, r"morning|before lunch|before noon|forenoon"),
    (AFTERNOON, r"afternoon|after lunch"),
    (EVENING, r"evening|tonight|night|after work"),
)
_PART: Final = re.compile(
    "|".join(rf"(?P<p{i}>\b(?:in the |this |during the )?(?:{words})\b)" for i, (_, words) in enumerate(_PARTS))
)
_ANY: Final = re.compile(
    r"any|any time|anytime|whenever|either|either one|any of them|whatever|no preference|doesn't matter|"
    r"it|that|that one|one|the one|"
)
_NTH: Final = {
    1: r"1st|earliest|soonest|first|next|next available|1st available|earliest available|soonest possible|asap|"
    r"as soon as possible|early|as early as possible",
    2: r"2nd|middle",
    3: r"3rd",
    4: r"4th",
    -1: r"last|latest|final|late|as late as possible",
}
_FROM: Final = r"past|after"
_TO: Final = r"to|till|until|of|before"
_FRACTION: Final = {"half": 30, "quarter": 15}
_CLOCK: Final = re.compile(
    rf"""(?:(?P<fraction>a\ quarter|quarter|half|\d{{1,2}})(?:\ minutes?)?(?:\ (?:(?P<past>{_FROM})|(?P<to>{_TO})))\ )?
    (?P<hour>\d{{1,2}}|noon|midday|midnight)(?:(?:[:.]|\ oh\ |\ o\ |\ (?=\d\d\b))(?P<minute>\d{{1,2}}))?
    (?:\ ?(?P<sign>am|pm)|\ oclock|\ hours)*""",
    re.VERBOSE,
)
_BRITISH_HALF: Final = re.compile(r"half (?=\d)")  # "half four" is half past four
_RUN_TOGETHER: Final = re.compile(r"\b(?:oh |0)?(\d{1,2})([0-5]\d)\b")  # "430", "0930", "1600"
_BETWEEN: Final = re.compile(r"(?:between|from) (.+?) (?:and|to|till|until) (.+)")
_AFTER: Final = re.compile(r"(?:any ?time )?(?:after|from|past|not before|later than) (.+)")
_BEFORE: Final = re.compile(r"(?:any ?time )?(?:before|until|by|not after|earlier than) (.+)")
_ASIDES: Final = re.compile(r"\b(?:the|at|in|on|slot|appointment|available|time|works?|is|good|fine)\b")


def parse_time(text: str) -> TimeWish:
    """Understand a spoken time or preference: "half past four", "nine thirty a.m.", "the first one", "after three".

    Raises :class:`SpokenError` for anything else.
    """
    said = re.sub(r"^(?:(?:at|on|the) )+", "", even(text))
    said = re.sub(r"\b(\d{1,2}) ?ish\b", r"\1", said)
    said = re.sub(r"(?<=morning|evening) 1$|(?<=afternoon) 1$", "", said)  # "the morning one" is not "one o'clock"
    part, rest = _cut_part(said)
    rest = " ".join((_ASIDES.sub(" ", rest) if part else rest).split())
    moment = _clock(rest, part)
    if moment is not None:
        return TimeWish(moment, moment)
    ordered = re.sub(r" (?:1|one|slot|appointment|time|option|of them)$", "", rest)
    for nth, words in _NTH.items():
        if re.fullmatch(words, ordered):
            window = part or ANY_TIME
            return attrs.evolve(window, nth=nth)
    window_wish = _window(rest)
    if window_wish is not None:
        return window_wish
    if _ANY.fullmatch(ordered):
        return part or ANY_TIME
    raise SpokenError("time not understood")


def cut_time(said: str) -> tuple[str, TimeWish]:
    """Cut a time or part of the day out of an evened phrase about a day: "tuesday at half past 4"."""
    before, at, after = said.partition(" at ")
    if at:
        try:
            return before, parse_time(after)
        except SpokenError:
            pass
    found = re.search(r"\b\d{1,2}(?::\d\d)? ?[ap]m\b|\b\d{1,2}:\d\d\b", said)
    if found:
        part, rest = _cut_part(f"{said[: found.start()]} {said[found.end() :]}")
        moment = _clock(found[0], part)
        if moment is not None:
            return rest, TimeWish(moment, moment)
    part, rest = _cut_part(said)
    if part is EVENING and re.search(r"\btonight\b", said):
        rest = f"today {rest}".strip()
    if part is not None and re.search(r"\bthis (?:morning|afternoon|evening)\b", said):
        rest = f"today {rest}".strip()
    return rest, part or ANY_TIME


def say_time(moment: time) -> str:
    """The time as an agent should read it out: "9 a.m.", "4:30 p.m."."""
    minutes = f":{moment.minute:02d}" if moment.minute else ""
    return f"{moment.hour % 12 or 12}{minutes} {'a.m.' if moment.hour < 12 else 'p.m.'}"


def _cut_part(said: str) -> tuple[TimeWish | None, str]:
    found = _PART.search(said)
    if found is None:
        return None, said
    index = next(i for i in range(len(_PARTS)) if found[f"p{i}"])
    return _PARTS[index][0], " ".join((said[: found.start()] + " " + said[found.end() :]).split())


def _clock(said: str, part: TimeWish | None) -> time | None:
    said = _BRITISH_HALF.sub("half past ", said)
    run_together = _RUN_TOGETHER.fullmatch(said.removesuffix(" hours"))
    if run_together:
        said = f"{run_together[1]}:{run_together[2]}"
    found = _CLOCK.fullmatch(re.sub(r"^(?:oh|0) ?(?=\d)", "", said))
    if found is None:
        return None
    named = {"noon": 12, "midday": 12, "midnight": 0}.get(found["hour"])
    hour = int(found["hour"]) if named is None else named
    minute = int(found["minute"] or 0)
    if hour > 23 or minute > 59:
        return None
    total = hour * 60 + minute
    if found["fraction"]:
        word = found["fraction"].removeprefix("a ")
        shift = _FRACTION[word] if word in _FRACTION else int(word)
        if shift > 59 or found["minute"] or (word == "half" and found["to"]):
            return None
        total += -shift if found["to"] else shift
    if named is None:
        total = _half_of_day(total, hour, found["sign"], part)
    return time(total // 60 % 24, total % 60)


def _half_of_day(total: int, hour: int, sign: str | None, part: TimeWish | None) -> int:
    """Move a spoken time (minutes after midnight) to the half of the day that is meant."""
    if hour == 0 or hour > 12:
        return total
    noon = 12 * 60
    early = total % noon
    if sign or part:
        return early if sign == "am" or (not sign and part is MORNING) else early + noon
    return early if early >= _FIRST_OFFICE_HOUR * 60 else early + noon


def _window(said: str) -> TimeWish | None:
    if between := _BETWEEN.fullmatch(said):
        first, last = _clock(between[1], None), _clock(between[2], None)
        return TimeWish(first, last, words="then") if first and last and first <= last else None
    if (after := _AFTER.fullmatch(said)) and (first := _clock(after[1], None)):
        return TimeWish(first, _LAST, words=f"after {say_time(first)}")
    if (before := _BEFORE.fullmatch(said)) and (last := _clock(before[1], None)):
        return TimeWish(time.min, last, words=f"before {say_time(last)}")
    return None
