"""What an agent says that it cannot know: what stands neither in the prompt nor in the conversation nor in a function's
result. Pure.

Looked for are doctors' names, times, days, numbers (prices among them), other names, a doctor's specialty, and claims
that something was booked or cancelled. A fact that is known but wrong here (another doctor's office) is not found: that
is what the patterns of a turn are for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from actors.agents.hospital._words import MONTHS, WEEKDAYS, even

__all__ = ["invented"]

_DOCTOR: Final = re.compile(r"\b(?:Dr\.?|Doctor)\s+([A-Z][\w'-]+)")
_TIME: Final = re.compile(
    r"""\b(?:(?P<part>half|quarter|\d{1,2})\ (?P<side>past|to)\ )?
    (?P<hour>\d{1,2})(?:(?::|\ (?=[0-5]\d\b))(?P<minute>\d\d))?
    (?P<oclock>\ oclock)?(?:\ ?(?P<sign>am|pm)\b)?(?!\w)""",
    re.VERBOSE,
)
_NUMBER: Final = re.compile(r"\b\d+(?:st|nd|rd|th)?\b")
_SAFE_NUMBERS: Final = frozenset({"1", "911", "988", "112", "999", "1st", "2nd", "3rd"})  # "one moment"; emergencies
_NAME: Final = re.compile(r"(?<![.!?:] )(?<!^)\b[A-Z][a-z][\w'-]*")
_NO_NAMES: Final = frozenset({"dr", "doctor", "mr", "mrs", "ms", "miss", "i'm", "i'll", "i've", "i'd", "ok", "okay"})
_SPECIALTIES: Final = (
    ("cardiolog", "heart"),
    ("dermatolog", "skin"),
    ("pediatric", "child", "kid"),
    ("orthoped", "bone", "joint"),
    ("neurolog", "nerve", "brain"),
    ("family", "general"),
    ("ophthalmolog", "eye"),
)
_DONE: Final = re.compile(
    r"\b(?:is|are|was|'re|'s|been|have|i've|now|successfully) (?:now |all |been )?"
    r"(?P<verb>booked|scheduled|reserved|cancell?ed|renewed)\b"
)
_STATUS: Final = {"scheduled": "booked", "canceled": "cancelled"}
_BOOKED: Final = frozenset({"booked", "reserved"})


def invented(said: str, known: Iterable[str]) -> tuple[str, ...]:
    """The facts in ``said`` that ``known`` (the prompt, the conversation, results as JSON) does not hold, as
    "kind: words"."""
    texts = list(known)
    everything = "\n".join(texts)
    found = [
        *(f"doctor: {name}" for name in _unknown_doctors(said, everything)),
        *(f"time: {words}" for words in _unknown_times(said, texts)),
        *(f"number: {number}" for number in _unknown_numbers(said, texts)),
        *(f"day: {word}" for word in _unknown_days(said, everything)),
        *(f"name: {name}" for name in _unknown_names(said, everything)),
        *(f"specialty: {word}" for word in _unknown_specialties(said, everything)),
        *(f"outcome: {verb}" for verb in _unknown_outcomes(said, everything)),
    ]
    return tuple(dict.fromkeys(found))


def _unknown_doctors(said: str, known: str) -> Iterator[str]:
    words = _vocabulary(known)
    for found in _DOCTOR.finditer(said):
        if _bare(found[1]) not in words:
            yield found[1]


def _unknown_names(said: str, known: str) -> Iterator[str]:
    words = _vocabulary(known)
    doctors = set(_DOCTOR.findall(said))
    for name in _NAME.findall(re.sub(r"\b(Dr|Mr|Mrs|Ms)\. ", r"\1 ", said)):
        bare = _bare(name)
        if (
            name in doctors
            or bare in _NO_NAMES
            or name.casefold() in _NO_NAMES
            or name.casefold() in (*WEEKDAYS, *MONTHS)
        ):
            continue
        if bare not in words and not all(part in words for part in re.split(r"[-']", name.casefold()) if part):
            yield name


def _unknown_times(said: str, known: list[str]) -> Iterator[str]:
    """A time is known in either half of the day unless known with the other one."""
    held = {time for text in known for time, _ in _times(text, loose=True)}
    for (minutes, sign), words in _times(said, loose=False):
        halves = {half for when, half in held if when == minutes}
        if not halves or (sign and halves <= {"am", "pm"} - {sign}):
            yield words


def _times(text: str, *, loose: bool) -> Iterator[tuple[tuple[int, str], str]]:
    """Times as minutes in the half day with "am", "pm" or "", and their words; ``loose``: bare numbers, too."""
    plain = re.sub(r"\bnoon\b|\bmidday\b", "12 pm", re.sub(r"\bmidnight\b", "12 am", even(text)))
    for found in _TIME.finditer(plain):
        if not loose and not _is_time(found):
            continue
        minutes = int(found["hour"]) * 60 + int(found["minute"] or 0)
        if found["part"]:
            shift = {"half": 30, "quarter": 15}.get(found["part"]) or int(found["part"])
            minutes += -shift if found["side"] == "to" else shift
        yield (minutes % 720, found["sign"] or ""), found[0].strip()
        if loose and found["minute"] and ":" not in found[0]:
            yield (int(found["hour"]) * 60 % 720, ""), found["hour"]  # "9 11" may as well be two times
            yield (int(found["minute"]) * 60 % 720, found["sign"] or ""), found["minute"]


def _unknown_numbers(said: str, known: list[str]) -> Iterator[str]:
    plain = _TIME.sub(lambda found: " " if _is_time(found) else found[0], even(said))
    held = {digits for text in known for digits in _numbers(text)}
    joined = re.sub(r"(?<=\b\d) (?=\d\b)", "", plain)
    for number in _NUMBER.findall(joined):
        if number not in _SAFE_NUMBERS and not _composed(re.sub(r"\D", "", number), held):
            yield number


def _numbers(text: str) -> Iterator[str]:
    """The numbers of a text, and those that its digits make where they stand side by side ("555-0142", "4 8 2 1")."""
    plain = even(text)
    for run in re.findall(r"\d(?:[ -]?\d)*", plain):
        yield re.sub(r"\D", "", run)
    yield from (re.sub(r"\D", "", number) for number in _NUMBER.findall(plain))


def _composed(digits: str, held: set[str]) -> bool:
    """Whether the digits are a number that is known, or several of at least two digits ("48", then "66")."""
    if digits in held:
        return True
    return any(digits[:n] in held and _composed(digits[n:], held) for n in range(2, len(digits) - 1))


def _is_time(found: re.Match[str]) -> bool:
    return bool(found["part"] or found["oclock"] or found["sign"] or ":" in found[0])


def _unknown_days(said: str, known: str) -> Iterator[str]:
    held = set(re.findall(r"[a-z]+", even(known)))
    held |= {word.removesuffix("s") for word in held}
    for found in re.finditer(r"[A-Za-z]+", said):
        word = found[0].casefold().removesuffix("s")
        is_day = word in (*WEEKDAYS, "tomorrow", "yesterday") or (word in MONTHS and found[0][0].isupper())
        if is_day and word == "may" and not re.match(r"\W+(?:the )?\d", said[found.end() :]):
            continue  # "May I have your name?"
        if is_day and word not in held:
            yield found[0]


def _unknown_specialties(said: str, known: str) -> Iterator[str]:
    held = known.casefold()
    for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z])", re.sub(r"\bDr\. ", "Dr ", said)):
        if not re.search(r"\bDr |\bDoctor ", sentence):
            continue
        for words in _SPECIALTIES:
            if words[0] in sentence.casefold() and not any(word in held for word in words):
                yield words[0]


def _unknown_outcomes(said: str, known: str) -> Iterator[str]:
    statuses = {status.casefold() for status in re.findall(r'"status": ?"([^"]+)"', known)}
    for sentence in re.findall(r"[^.!?]+[.!?]?", said.casefold()):
        found = _DONE.search(sentence)
        if found is None or sentence.endswith("?"):
            continue
        verb = _STATUS.get(found["verb"], found["verb"])
        if not statuses & (_BOOKED if verb in _BOOKED else {verb}):
            yield verb


def _vocabulary(known: str) -> set[str]:
    """All words without punctuation, and words that were spelled letter by letter."""
    words = {_bare(word) for word in re.findall(r"[\w'-]+", known)}
    words |= {part for word in re.findall(r"[\w'-]+", known.casefold()) for part in re.split(r"[-']", word)}
    words |= {re.sub(r"\W", "", run.casefold()) for run in re.findall(r"\b(?:[A-Za-z][ ,.-]+){2,}[A-Za-z]\b", known)}
    return words


def _bare(word: str) -> str:
    return re.sub(r"'s$|\W", "", word.casefold())
