"""Spoken words made even: one spelling for what can be said in many ways, so that the parsers stay short. Pure."""

from __future__ import annotations

import re
from typing import Final

from rapidfuzz import fuzz, process
from text_to_num import alpha2digit

__all__ = ["MONTHS", "WEEKDAYS", "SpokenError", "even", "fold", "weekday_by_sound"]

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_SHORT: Final = {name[:n]: name for name in (*WEEKDAYS, *MONTHS) for n in (3, 4) if len(name) > n} | {
    "thurs": "thursday",
    "tmrw": "tomorrow",
}
_OFTEN_MISHEARD: Final = (*WEEKDAYS, *MONTHS, "tomorrow", "morning", "afternoon", "evening", "quarter")
_OUGHT_TO_MATCH: Final = 80  # of 100: "wendsday" yes, "someday" no
_OUGHT_TO_SOUND: Final = 80  # of 100, between spellings by sound: "monly" yes, "mostly" no
_CLEARLY: Final = 5  # the best weekday must be better than the next by this much
_SAME_SOUND: Final = (("th", "0"), ("ph", "f"), ("[aeiouyw]+", "a"), ("[zcx]", "s"), ("d", "t"), (r"(.)\1+", r"\1"))
_NOT_A_DAY: Final = frozenset(
    (
        "next",
        "this",
        "that",
        "last",
        "week",
        "month",
        "time",
        "date",
        "someday",
        "sometime",
        "birthday",
        "sooner",
        "later",
    )
)
_NOISE: Final = re.compile(
    r"\b(um|uh|er|hmm|please|maybe|perhaps|say|like|let's|lets|i'd|i|we|want|would|how about|what about|for|about|"
    r"around|preferably|actually|well|ok|okay|yes|make it|that's|it's|sometime|some time)\b"
)


class SpokenError(ValueError):
    """What was said cannot be understood; the message is meant for the model."""


def fold(text: str) -> str:
    """Lower case, plain apostrophes, single spaces, no punctuation but what belongs to times, dates and names."""
    text = text.casefold().replace("\u2019", "'")
    text = re.sub(r"\b([ap])\.? ?m\b\.?", r"\1m", text)  # "a.m.", "p m"
    text = re.sub(r"[^\w\s:/.'-]|\.(?!\d)|(?<!\d)\.|(?<![\w])-|-(?!\w)", " ", text)
    return " ".join(text.split())


def even(text: str) -> str:
    """Fold, then write numbers as digits ("the third" as "the 3rd"), repair weekdays and months, drop hesitations."""
    folded = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", fold(text))
    folded = re.sub(r"\bo'? ?clock\b", "oclock", folded)
    digits = alpha2digit(_NOISE.sub(" ", folded), "en", threshold=0)
    return " ".join(_repaired(word) for word in digits.split())


def weekday_by_sound(text: str) -> str | None:
    """``text`` with the first word that sounds like a weekday replaced by it ("next tozy" by "next tuesday").

    For what the parsers could not read otherwise: transcribers turn weekdays into words that merely sound like them.
    None when no word does, or when one sounds like two weekdays.
    """
    words = text.split()
    for place, word in enumerate(words):
        if len(word) < 4 or not word.isalpha() or word in _NOT_A_DAY:
            continue
        scored = sorted(((fuzz.ratio(_sound(word), _sound(day)), day) for day in WEEKDAYS), reverse=True)
        if scored[0][0] >= _OUGHT_TO_SOUND and scored[0][0] >= scored[1][0] + _CLEARLY:
            return " ".join((*words[:place], scored[0][1], *words[place + 1 :]))
    return None


def _sound(word: str) -> str:
    """Consonants that sound alike made equal, and all vowels: "thirsty" and "thursday" are both "0arsta"."""
    for spelt, sound in _SAME_SOUND:
        word = re.sub(spelt, sound, word)
    return word


def _repaired(word: str) -> str:
    if word in _SHORT:
        return _SHORT[word]
    if len(word) < 6 or not word.isalpha():
        return word
    best = process.extract(word, _OFTEN_MISHEARD, scorer=fuzz.ratio, score_cutoff=_OUGHT_TO_MATCH, limit=2)
    if not best or (len(best) == 2 and best[0][1] == best[1][1]):
        return word  # nothing like it, or two alike: "munday" may be either end of the weekend
    return str(best[0][0])
