"""What a full stop at the end of a token means. Pure look-ups for the sentence buffer; one token at a time.

A token is what stands between two white spaces. Whether its full stop ends a sentence is either known at once
(``END``, ``INSIDE``) or settled by the first character that follows the white space (the other kinds).
"""

from __future__ import annotations

import re
import unicodedata
from enum import Enum, auto

from ._words import word_set

__all__ = ["CALENDAR", "CLOSERS", "OPENERS", "Ending", "ending", "is_emoji"]


class Ending(Enum):
    """What a token's last mark means for the sentence."""

    INSIDE = auto()  #: no end: ordinary word, title ("Dr."), list number, initial
    END = auto()  #: the sentence is over
    QUOTED = auto()  #: over, unless a small letter follows: `"Really?" she said`, "Well... maybe"
    ABBREVIATION = auto()  #: over, unless a small letter, a digit or a day follows: "4 p.m. on", "4 p.m. Tuesday"
    NUMBER = auto()  #: over, unless a digit follows: "No. 5"
    CLAUSE = auto()  #: a comma, colon or dash; no end, but a place to breathe


#: May stand between the terminator and the white space.
CLOSERS = frozenset("\"'”’»›)]}」』）】〉》*_~`")  # noqa: RUF001 - typographic marks are meant
#: May stand before a word.
OPENERS = frozenset("\"'“‘«‹([{「『（【〈《*_~`¿¡#>-–—")  # noqa: RUF001 - typographic marks are meant

_HARD = frozenset("!?؟।۔‽！？。｡")  # noqa: RUF001
_CLAUSE = frozenset(",;:،؛，、；：")  # noqa: RUF001
_DASHES = frozenset({"-", "--", "–", "—", "―"})  # noqa: RUF001

_TITLES = word_set(
    "dr drs mr mrs ms mx messrs prof rev fr hon sen rep gov gen col maj capt cmdr lt sgt cpl pres"
    " supt sr sra srta dra ud uds mt ft vs cf viz approx ca e.g i.e eg ie esp incl attn"
)
_PERHAPS = word_set(
    "etc inc ltd co corp bros jr esq ave blvd rd ln hwy dept univ assn est min mins max hr hrs mg ml kg cm"
    " mm lb lbs oz tsp tbsp temp pm am md phd rn al"
)
_MONTHS_AND_DAYS = word_set(
    "Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec"
)
_BEFORE_NUMBER = word_set("no nos fig ext tel p pp vol ch sec rm apt art nr núm")
_LETTERED = word_set(
    "vitamin plan option hepatitis type group building block room wing ward floor gate section unit suite"
    " grade class exhibit appendix part level zone and or"
)
_CLOCK = re.compile(r"(?:\d[\d:.]*)?[ap]\.?m", re.IGNORECASE)
_DOTTED = re.compile(r"[^\W\d_]{1,3}(?:\.[^\W\d_]{1,3})+")

#: What follows "4 p.m." with a capital and yet continues the sentence. "May" is left out: "4 p.m. May I ...".
CALENDAR = (
    *("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "January", "February", "March"),
    *("April", "June", "July", "August", "September", "October", "November", "December", "Eastern", "Central"),
    *("Mountain", "Pacific", "GMT", "UTC"),
)

_EMOJI_RANGES = ((0x1F000, 0x1FAFF), (0x2600, 0x27BF), (0x2B00, 0x2BFF), (0x231A, 0x23FF), (0xE0020, 0xE007F))
_EMOJI_JOINERS = frozenset("\u200d\ufe0e\ufe0f\u20e3")


def is_emoji(char: str) -> bool:
    """Whether this one character is an emoji or part of one (joiner, variation selector, skin tone, flag)."""
    code = ord(char)
    return code > 0x2000 and (char in _EMOJI_JOINERS or any(low <= code <= high for low, high in _EMOJI_RANGES))


def ending(token: str, *, before: str, line_start: bool, list_number: int | None) -> Ending:
    """What the end of ``token`` means, white space having followed it.

    ``before`` is the token before it ("" at the start of a span), ``line_start`` tells that it opens a line or span,
    ``list_number`` is the last list number seen, so that "2." after "1. Rest" is known for what it is.
    """
    core = token
    while core and (core[-1] in CLOSERS or is_emoji(core[-1])):
        core = core[:-1]
    if not core:
        return Ending.INSIDE
    last = core[-1]
    if last in _HARD:
        return Ending.END if core == token else Ending.QUOTED
    if last == "…" or core.endswith(".."):
        return Ending.QUOTED
    if last != ".":
        return Ending.CLAUSE if last in _CLAUSE or core in _DASHES or last in "—―" else Ending.INSIDE
    stem = core[:-1].lstrip("".join(OPENERS))
    if not stem:
        return Ending.QUOTED  # a lone dot: ". . ."
    if stem.isdecimal():
        follows_list = list_number is not None and len(stem) <= 3 and int(stem) == list_number + 1
        return Ending.INSIDE if line_start or before.endswith(":") or follows_list else Ending.END
    kind = _after_full_stop(stem, before)
    return Ending.QUOTED if kind is Ending.END and core != token else kind


def _after_full_stop(stem: str, before: str) -> Ending:
    low = stem.lower()
    if low in _TITLES:
        return Ending.INSIDE
    if low in _BEFORE_NUMBER:
        return Ending.NUMBER
    if low == "st":  # "St. Mary" or "12 Main St."
        return Ending.ABBREVIATION if before[:1].isupper() else Ending.INSIDE
    if low in _PERHAPS or stem in _MONTHS_AND_DAYS or _CLOCK.fullmatch(stem) or _DOTTED.fullmatch(stem):
        return Ending.ABBREVIATION
    if len(stem) == 1 and stem.isupper() and unicodedata.category(stem) == "Lu":
        # An initial ("J. Smith"), but "So do I." and "vitamin C." end their sentences.
        return Ending.END if stem == "I" or before.lower() in _LETTERED else Ending.INSIDE
    return Ending.END
