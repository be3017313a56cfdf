"""How long to wait in silence before the caller's turn counts as over, and what a farewell is.

Theory. The recogniser ends nearly everything with a full stop, so punctuation alone proves nothing; what the words
leave open does. In this order:

 1. something is under way -> PATIENT: the last words want a continuation ("I'd like to see", "my name is", "and",
    "um"), or a number, a date of birth, a spelt name or an e-mail address is not complete
    (:mod:`statechart._dictation`), or less than what the agent asked for has come;
 2. the agent's question is answered, or a question or a request is complete with nothing left that people usually add
    -> COMPLETE;
 3. anything else -> DEFAULT. A plain statement stays here: "I have a headache" may well go on.

In doubt the longer wait wins: cutting a caller off is worse than answering a little later. So a question or request
of few words, though complete, gets the default wait: "Where can I park?" often goes on ("when I come in?"), a longer
one hardly ever. Of what is under way, a number or a spelt name gets more time than a clause.
"""

from __future__ import annotations

import enum
import re

import attrs

from ._answers import answered
from ._asked import asked_for
from ._dictation import Dictation, dictation
from ._grammar import (
    ends_in_mid_air,
    is_open_ended,
    is_whole_but_for_its_end,
    is_whole_question,
    is_whole_request,
)
from ._words import made_of, phrases, same_words, word_set, words

__all__ = ["Completeness", "EndpointWaits", "classify", "is_farewell", "same_words", "wait_ms", "words"]


class Completeness(enum.Enum):
    """How finished the caller's words are."""

    COMPLETE = "complete"
    DEFAULT = "default"
    PATIENT = "patient"


@attrs.frozen(kw_only=True)
class EndpointWaits:
    """Silence, in ms, that ends a turn: after complete words, by default, while a clause is under way, while a number,
    a spelt name or the answer asked for is, and at most (also where there is no transcript). Complete sentences of
    fewer than ``brief_words`` that do not answer a question get the default.

    The defaults suit callers who pause for up to 0.9 s within a sentence, read from a transcript of which one word in
    five is wrong: 10 of 252 such utterances would be cut off (``bench.waits --recognise --castings 4``).

    Raises ValueError unless 0 < complete <= default <= open <= patient <= max.
    """

    complete_ms: int = 600
    default_ms: int = 1000
    open_ms: int = 1100
    patient_ms: int = 1500
    max_ms: int = 3000
    brief_words: int = 6

    def __attrs_post_init__(self) -> None:
        if not 0 < self.complete_ms <= self.default_ms <= self.open_ms <= self.patient_ms <= self.max_ms:
            raise ValueError(f"waits must be above 0 and in rising order: {self}")


def wait_ms(text: str, waits: EndpointWaits, *, question: str = "") -> int:
    """The silence to wait for after ``text``; with no word in it, the longest. ``question``: see :func:`classify`."""
    spoken = words(text)
    if not spoken:
        return waits.max_ms
    state = _state(text, spoken, question)
    if state is _State.WHOLE:
        return waits.complete_ms if len(spoken) >= waits.brief_words else waits.default_ms
    return {
        _State.DONE: waits.complete_ms,
        _State.UNSURE: waits.default_ms,
        _State.OPEN: waits.open_ms,
        _State.UNDER_WAY: waits.patient_ms,
    }[state]


def classify(text: str, *, question: str = "") -> Completeness:
    """How finished ``text`` is, the whole of the caller's turn so far.

    ``question``: what the agent said last; if it asked something, the answer to it is complete by itself.
    """
    spoken = words(text)
    if not spoken:
        return Completeness.DEFAULT
    return {
        _State.DONE: Completeness.COMPLETE,
        _State.WHOLE: Completeness.COMPLETE,
        _State.UNSURE: Completeness.DEFAULT,
        _State.OPEN: Completeness.PATIENT,
        _State.UNDER_WAY: Completeness.PATIENT,
    }[_state(text, spoken, question)]


class _State(enum.Enum):
    DONE = enum.auto()  # a farewell, an answer, a number with nothing missing
    WHOLE = enum.auto()  # a complete question or request
    UNSURE = enum.auto()
    OPEN = enum.auto()  # a clause is under way
    UNDER_WAY = enum.auto()  # a number, a spelt name, or part of what was asked for


def _state(text: str, spoken: tuple[str, ...], question: str) -> _State:
    if is_farewell(text):
        return _State.DONE
    asked = asked_for(question)
    told = dictation(text, spoken, asked)
    answer = answered(text, spoken, asked, told, question)
    if answer is False or told is Dictation.UNDER_WAY:
        return _State.UNDER_WAY
    if is_open_ended(text, spoken):
        return _State.OPEN
    if ends_in_mid_air(text):
        return _State.UNSURE if answer or is_whole_but_for_its_end(text, spoken) else _State.OPEN
    if answer or told is Dictation.DONE:
        return _State.DONE
    if is_whole_question(text, spoken) or is_whole_request(spoken) or _is_closed(spoken):
        return _State.WHOLE
    return _State.UNSURE


def is_farewell(text: str) -> bool:
    """Whether the caller says goodbye, and nothing else is asked or told."""
    spoken = words(text)
    if not spoken or spoken[-1] in _UNFINISHED:
        return False
    return made_of(spoken, _FAREWELL) and _GOODBYE.search(" ".join(spoken)) is not None


_GOODBYES = (
    *(
        "bye",
        "goodbye",
        "good bye",
        "bye bye",
        "god bye",
        "goodby",
        "good night",
        "see you",
        "see ya",
        "farewell",
        "hang up",
        "take care",
    ),
    *("talk to you later", "talk to you soon", "speak to you soon", "catch you later", "so long"),
    *(
        f"have a {kind} {time}"
        for kind in ("good", "nice", "great", "lovely", "wonderful")
        for time in ("day", "one", "evening", "night", "weekend", "afternoon", "morning", "week", "time")
    ),
)
_DAYS = "monday tuesday wednesday thursday friday saturday sunday tomorrow today tonight soon later then around there"
_BY_WHEN = "|".join((*_DAYS.split(), "next"))
# The recogniser also writes "good-by"; "good by Friday" is none.
_GOODBYE = re.compile(rf"\b(?:{'|'.join(map(re.escape, _GOODBYES))}|good by(?! (?:{_BY_WHEN})\b))\b")
_PLEASANTRIES = (
    *("thanks", "thank you", "many thanks", "thanks a lot", "thank you so much", "thank you very much", "so much"),
    *("stang you", "thang you", "tank you", "good by"),  # as the recogniser writes "thank you" and "goodbye"
    *("thanks so much", "very much", "for your help", "for the help", "for all your help", "for everything", "cheers"),
    *("ok", "okay", "oh", "well", "great", "perfect", "lovely", "wonderful", "excellent", "good", "right", "alright"),
    *("all right", "no", "yes", "yeah", "nope", "fine", "cool", "awesome", "um", "uh", "and", "you too", "now", "then"),
    *("that's all", "that's it", "that is all", "that'll be all", "that was all", "that's everything", "nothing else"),
    *("that's all i needed", "that is everything", "i'm good", "i'm all set", "all set", "i'm done", "we're done"),
    *("that's fine", "that's great", "that's perfect", "that's good", "for now", "not today", "no thank you"),
    *("no thanks", "i have to go", "i've got to go", "i gotta go", "i'll", "you can", "please", "doctor", "next week"),
    *("everybody", "everyone", "my dear", "dear", "on", "next", "you"),
    *_DAYS.split(),
)
_UNFINISHED = word_set("and um uh oh well on next i'll please")
_FAREWELL = phrases(*_GOODBYES, *_PLEASANTRIES)

_CLOSING = (
    *("that's all", "that's it", "that is all", "that'll be all", "that's everything", "nothing else", "no thank you"),
    *("no thanks", "thank you very much", "thank you so much", "thanks a lot", "thanks so much", "i'm all set"),
    *("thanks for your help", "thank you for your help", "that was helpful", "that was very helpful"),
    *("that's very helpful", "that's helpful", "no other questions", "any other questions", "the wrong number"),
)
_CLOSED = phrases(
    *_CLOSING,
    *("thank you", "thanks", "for your help", "for the help", "okay", "ok", "no", "great", "perfect", "sorry", "well"),
    *("let me think", "i don't have", "i have", "i've got", "i think", "oh", "um", "uh"),
)
_HAS_CLOSING = re.compile(rf"\b(?:{'|'.join(_CLOSING)})\b")


def _is_closed(spoken: tuple[str, ...]) -> bool:
    """Whole utterances after which nobody goes on, whatever was asked."""
    return made_of(spoken, _CLOSED) and _HAS_CLOSING.search(" ".join(spoken)) is not None
