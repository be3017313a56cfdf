"""Is something being dictated: a telephone number, a date of birth, a spelt name, an e-mail address?"""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence

from ._asked import Asked
from ._calendar_words import DATE_AT_END, FULL_DATE_AT_END, MONTH, TEEN, TENS, TIME_AT_END, UNIT
from ._words import word_set

__all__ = ["Dictation", "dictation"]


class Dictation(enum.Enum):
    NONE = enum.auto()  #: nothing is being dictated, as far as one can tell
    UNDER_WAY = enum.auto()
    DONE = enum.auto()  #: it has all the parts that such a thing has


_PHONE = re.compile(r"\b(?:phone|telephone|mobile|cell|call (?:me|us) (?:back )?(?:on|at)|reach me|my number)\b")
_BIRTH = re.compile(r"\b(?:birth|born|birthday)\b")
_NUMBERED = word_set("appointment booking reference confirmation room extension number id record")
_PLACES = word_set("room ward floor bed suite building gate level")
_LETTERED = word_set("vitamin hepatitis plan option type group part ward wing building block room grade level gate")
_DIGIT_WORD = re.compile(rf"(?:zero|oh|o|nought|{UNIT})")
_NUMBER = re.compile(rf"(?:\d+|{UNIT}|{TEEN}|{TENS}|zero|oh|o|nought|hundred|thousand|double|triple|plus|dash)")
_NUMBER_WORD = re.compile(rf"(?:{TEEN}|{TENS}|hundred|thousand)")
_DATE_BEGUN = re.compile(
    rf"\b(?:{MONTH}|{MONTH} the|\d+|\d+(?:st|nd|rd|th)|{UNIT}|{TEEN}|{TENS}|thousand|\w*(?:first|second|third)|\w+th)$"
)
_ADDRESS_DONE = re.compile(r"@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}$")
_ADDRESS_SPOKEN = re.compile(r"\b(?:com|org|net|edu|gov|info|biz|io|co uk|ac uk|de|fr|es|it|ca|us|eu)$")
_ADDRESS_BEGUN = re.compile(
    r"@|\bat (?:gmail|yahoo|hotmail|outlook|icloud|aol|proton\w*)\b|\bat \w+ dot\b|\b(?:dot|underscore)$"
    r"|\be ?mail(?: address)? is \w+"
)

_FULL_PHONE = 10  # digits; 11 with a leading 0 or 1
_SHORTEST_ID = 4  # digits of an appointment or booking number
_REFERRED_TO = re.compile(r"\b(?:cancel|appointment|booking|reference|confirmation)\b")
_SHORTEST_RUN = 3  # digits that look like the beginning of something longer


def dictation(text: str, spoken: Sequence[str], asked: frozenset[Asked]) -> Dictation:
    """Judge the end of the caller's words (``spoken``: the words of ``text``), given what the agent asked for."""
    plain = " ".join(spoken)
    for found in (
        _email(text, plain, asked=Asked.EMAIL in asked),
        _birth(plain, asked=Asked.BIRTH in asked),
        _spelling(spoken, asked=Asked.SPELLING in asked),
    ):
        if found is not Dictation.NONE:
            return found
    if DATE_AT_END.search(plain) or (TIME_AT_END.search(plain) and Asked.PHONE not in asked):
        return Dictation.NONE
    phone = Asked.PHONE in asked or _PHONE.search(plain) is not None
    return _digits(spoken, phone=phone, reference=Asked.REFERENCE in asked)


def _email(text: str, plain: str, *, asked: bool) -> Dictation:
    written = text.lower().strip(" .,!?")
    if not _ADDRESS_BEGUN.search(f"{written} {plain}") and not (
        asked and re.search(r"\b(?:dot|at|dash|hyphen)\b", plain)
    ):
        return Dictation.NONE
    if _ADDRESS_DONE.search(written) or _ADDRESS_SPOKEN.search(plain):
        return Dictation.DONE
    # "I'm at gmail" names a provider, the address still lacks its end.
    return Dictation.UNDER_WAY


def _birth(plain: str, *, asked: bool) -> Dictation:
    if not asked and not _BIRTH.search(plain):
        return Dictation.NONE
    if FULL_DATE_AT_END.search(plain):
        return Dictation.DONE
    return Dictation.UNDER_WAY if _DATE_BEGUN.search(plain) else Dictation.NONE


def _spelling(spoken: Sequence[str], *, asked: bool) -> Dictation:
    start = len(spoken)
    while start and (len(spoken[start - 1]) == 1 and spoken[start - 1].isalpha()):
        start -= 1
    letters = "".join(spoken[start:])
    if letters in ("am", "pm") and TIME_AT_END.search(" ".join(spoken)):
        return Dictation.NONE
    if len(letters) >= 2:
        return Dictation.DONE if letters in spoken[:start] else Dictation.UNDER_WAY
    if tuple(spoken[-3:-1]) == ("as", "in") or tuple(spoken[-2:-1]) == ("double",):
        return Dictation.UNDER_WAY
    if letters and letters not in "ai":
        labelled = start > 0 and spoken[start - 1] in _LETTERED
        return Dictation.NONE if labelled else Dictation.UNDER_WAY
    return Dictation.UNDER_WAY if asked and letters else Dictation.NONE


def _digits(spoken: Sequence[str], *, phone: bool, reference: bool) -> Dictation:
    start = len(spoken)
    while start and _NUMBER.fullmatch(spoken[start - 1]):
        start -= 1
    run = spoken[start:]
    if not run:
        return Dictation.NONE
    if run[-1] in ("double", "triple", "plus", "dash"):
        return Dictation.UNDER_WAY
    count = sum(
        _count(word, before, after) for before, word, after in zip(("", *run), run, (*run[1:], ""), strict=False)
    )
    if count >= _FULL_PHONE:
        whole = _FULL_PHONE + (run[0][0] in "01" or run[0] in ("zero", "oh", "plus", "one"))
        return Dictation.DONE if count >= whole else Dictation.UNDER_WAY
    if phone:
        return Dictation.UNDER_WAY
    if tuple(spoken[max(0, start - 2) : start]) in (("live", "at"), ("address", "is")):
        return Dictation.UNDER_WAY
    if start and spoken[start - 1] in _PLACES:
        return Dictation.NONE
    if len(run) == 1 and run[0].isdecimal() and count >= _SHORTEST_ID:
        if reference:
            return Dictation.DONE
        if start and spoken[start - 1] in _NUMBERED:
            return Dictation.NONE
    if reference:
        return Dictation.UNDER_WAY
    if count >= _SHORTEST_ID and _REFERRED_TO.search(" ".join(spoken[:start])):
        return Dictation.NONE  # it may be whole: nobody knows how long such numbers are
    single_number = len(run) == 1 or (len(run) == 2 and _NUMBER_WORD.fullmatch(run[0]) and not run[1].isdecimal())
    if single_number and count < _SHORTEST_RUN:
        return Dictation.NONE
    return Dictation.UNDER_WAY


def _count(word: str, before: str, after: str) -> int:
    """How many digits a word of a dictated number stands for."""
    if word.isdecimal():
        digits = len(word)
    elif _NUMBER_WORD.fullmatch(word):
        digits = 0 if word in ("hundred", "thousand") else 1 if _DIGIT_WORD.fullmatch(after) else 2
    else:
        digits = int(_DIGIT_WORD.fullmatch(word) is not None)
    return digits * {"double": 2, "triple": 3}.get(before, 1)
