"""What the agent's last question asked for."""

from __future__ import annotations

import enum
import re

from ._words import words

__all__ = ["Asked", "asked_for", "asking"]


class Asked(enum.Enum):
    """A kind of answer."""

    YES_NO = enum.auto()
    CHOICE = enum.auto()
    NAME = enum.auto()
    DOCTOR = enum.auto()
    DATE = enum.auto()
    TIME = enum.auto()
    PHONE = enum.auto()
    BIRTH = enum.auto()
    EMAIL = enum.auto()
    SPELLING = enum.auto()
    REFERENCE = enum.auto()


_KINDS = (
    (Asked.SPELLING, r"\bspell"),
    (Asked.EMAIL, r"\be ?mail"),
    (Asked.BIRTH, r"\b(?:date of birth|birth ?date|birthday|were you born|year of birth)\b"),
    (Asked.PHONE, r"\b(?:(?:phone|telephone|mobile|cell|contact|callback)(?: number)?|number to reach|best number)\b"),
    (Asked.REFERENCE, r"\b(?:appointment|booking|confirmation|reference|patient|record) (?:number|id|code)\b"),
    (
        Asked.NAME,
        r"\b(?:your|patient's|full|first|last|the) name\b|\bwho am i speaking\b|\bmay i ask who\b|\bwho is calling\b",
    ),
    (Asked.DOCTOR, r"\bwh(?:ich|at) (?:doctor|specialist|physician)\b|\bwho would you like to see\b|\bwith whom\b"),
    (
        Asked.DATE,
        r"\b(?:what|which) (?:day|date)\b|\bday and time\b|\bdate and time\b|\bwhen (?:would|do|should|can|is)\b",
    ),
    (Asked.TIME, r"\b(?:what|which) time\b|\b(?:day|date) and time\b|\bhow early\b|\bhow late\b"),
)
_POLAR = re.compile(
    r"^(?:(?:and|so|okay|great|perfect|thank you|alright|sorry|now) )*(?:(?:is|are|was|were|do|does|did|have|has|had"
    r"|can|could|will|would|shall|should|may|anything|you mean|you said) |isn't|aren't|don't|won't|correct|right|ready"
    r"|still there)"
)
_TAG = re.compile(r"\b(?:right|correct|is that so|okay|yes)$")
_ABBREVIATED = re.compile(r"\b(a|p|dr|mr|mrs|ms|st|prof)\.(m(?=\.))?", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?]+[.!?]*")
_REQUEST = re.compile(r"\b(?:please|tell me|give me|need your|let me know|have your|spell)\b")


def asked_for(question: str) -> frozenset[Asked]:
    """The kinds of answer that the end of the agent's words calls for; empty where they ask nothing."""
    sentence = asking(question)
    plain = " ".join(words(sentence))
    if not plain:
        return frozenset()
    kinds = {kind for kind, pattern in _KINDS if re.search(pattern, plain)}
    if Asked.SPELLING in kinds:
        kinds.discard(Asked.NAME)
    if not kinds and sentence.rstrip().endswith("?"):
        if re.search(r"\bor\b", plain):
            kinds.add(Asked.CHOICE)
        if _POLAR.match(plain) or _TAG.search(plain):
            kinds.add(Asked.YES_NO)
    return frozenset(kinds)


def asking(question: str) -> str:
    """The last question or demand among the agent's last two sentences, or ""."""
    sentences: list[str] = _SENTENCE.findall(_ABBREVIATED.sub(r"\1\2", question))
    for sentence in reversed([part for part in sentences if words(part)][-2:]):
        if "?" in sentence or _REQUEST.search(sentence.lower()):
            return sentence
    return ""
