"""Backchannels: what a listener says to tell that they listen, and that needs no answer.

A backchannel is made of phrases from a small grammar, one after another ("oh, okay, that's nice"):

    acknowledging   "okay", "uh-huh", "that works"         (these also answer a question)
    listening       "I see", "really", "hm"                (these do not)
    praising        [that's | it sounds | how ...] [so | very ...] GOOD [to hear | news ...]
    knowing         [yes,] that's what I thought; makes sense [to me]; I remember

Transcribers slip, the more so on voices that they hear faintly, so a long last word may be *nearly* right ("that's
marvelus"). A short one must be right: between "that's great" and "that's late" lies a turn.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import product

from ._words import made_of, phrases, word_set

__all__ = ["HESITATION", "answers", "is_backchannel", "may_become_backchannel"]

_LAUGHTER = re.compile(r"(?:h[aeu]h?|hee|uhhu?)+")
_DRAWN_OUT = re.compile(r"(.)\1{2,}")
_LIKE = 0.8  #: how alike (0..1) the letters of nearly a word are
_LIKE_LETTERS = 7  #: a shorter word is like too much else

_ANSWERING = (
    *("yes", "yeah", "yep", "yup", "ya", "okay", "ok", "k", "sure", "right", "alright", "all right", "uh huh", "uhhuh"),
    *("mm hmm", "mm hm", "mmhmm", "mhm", "aha", "of course", "absolutely", "exactly", "correct", "definitely"),
    *("certainly", "fine", "good", "great", "perfect", "lovely", "nice", "cool", "excellent", "wonderful", "thanks"),
    *("thank you", "please", "that's right", "that's fine", "that's good", "that's great", "sounds good", "it is"),
    *("sounds great", "that works", "very good", "very well", "true", "indeed", "i do", "i am", "you too"),
)
_HESITATIONS = ("oh", "well", "um", "uh", "hm", "hmm", "ah", "and", "so")
_LISTENING = (
    *("i see", "got it", "gotcha", "i got it", "i understand", "understood", "i know", "really", "wow", "oh", "ah"),
    *("ooh", "m", "mm", "hm", "hmm", "huh", "ha", "uh", "um", "uhm", "er", "erm", "well", "so", "and", "go on"),
    *("fair enough", "oh my", "oh wow", "oh dear", "is that so", "you know", "yes yes"),
)
_KNOWING = (
    *(" ".join(words) for words in product(("makes sense", "that makes sense", "make sense"), ("", "to me", "now"))),
    *(f"that's what i {verb}" for verb in ("figured", "thought", "expected", "hoped", "heard")),
    *(f"i {verb}" for verb in ("remember", "remember that", "like that", "like it", "love that", "love it", "agree")),
    *("following", "i follow", "i'm following", "i get it", "i get that", "i thought so", "i figured"),
)
_PRAISE = (
    *("good", "great", "nice", "fine", "lovely", "wonderful", "brilliant", "fantastic", "amazing", "awesome", "super"),
    *("excellent", "perfect", "beautiful", "marvellous", "marvelous", "impressive", "interesting", "cool", "neat"),
    *("funny", "useful", "better"),
)
_SUBJECTS = ("", "that's", "that is", "it's", "that sounds", "sounds", "sound is", "how", "what", "what a", "a")
_DEGREES = ("very", "really", "so", "pretty", "quite")
_REASONS = ("to hear", "to know", "news", "idea", "then")


def _praise() -> Iterator[str]:
    yield from map(" ".join, product(_SUBJECTS, _PRAISE))
    yield from map(" ".join, product(_SUBJECTS, _DEGREES, _PRAISE))
    yield from map(" ".join, product(_SUBJECTS, _PRAISE, _REASONS))


HESITATION = phrases(*_HESITATIONS)
_ANSWER = phrases(*_ANSWERING, *_HESITATIONS)
_BACKCHANNELS = phrases(*_ANSWERING, *_LISTENING, *_KNOWING, *_praise())
_BEGINNINGS = frozenset(phrase[:n] for phrase in _BACKCHANNELS for n in range(1, len(phrase)))
#: Too common to announce a backchannel on their own.
_EMPTY = word_set("i i'm it it's that that's is so and well you what how to a thank")
_LONG = tuple(sorted({word for phrase in _BACKCHANNELS for word in phrase if len(word) >= _LIKE_LETTERS}))


def is_backchannel(spoken: Sequence[str]) -> bool:
    """Whether these words (see ``words``) only say "go on, I am listening", or are hesitation or laughter."""
    plain = [_stretched(word) for word in spoken]
    return made_of(plain, _BACKCHANNELS) or any(made_of([*plain[:-1], like], _BACKCHANNELS) for like in _likes(plain))


def may_become_backchannel(spoken: Sequence[str]) -> bool:
    """Whether these words, the last of them perhaps cut off, begin a backchannel that they are not yet, and in earnest:
    words that begin anything ("that's", "I") announce nothing by themselves."""
    plain = [_stretched(word) for word in spoken]
    for start in range(len(plain)):
        head, rest = plain[:start], tuple(plain[start:])
        earnest = made_of(head, _BACKCHANNELS) if head else not _EMPTY.issuperset(rest)
        if earnest and _begins(rest):
            return True
    return False


def answers(spoken: Sequence[str]) -> bool:
    """Whether these words answer a question, as far as words without content can: "yes", "that works"; not "hm"."""
    return made_of(spoken, _ANSWER) and not made_of(spoken, HESITATION)


def _begins(spoken: tuple[str, ...]) -> bool:
    return spoken in _BEGINNINGS or (*spoken[:-1], spoken[-1] + "s") in _BEGINNINGS


def _likes(spoken: Sequence[str]) -> Iterator[str]:
    """The words of backchannels that the last of these words may have been meant to be."""
    heard = spoken[-1] if spoken else ""
    matcher = SequenceMatcher(None, "", heard, autojunk=False)
    for word in _LONG if len(heard) >= _LIKE_LETTERS - 1 else ():
        matcher.set_seq1(word)
        if word[0] == heard[0] and matcher.ratio() >= _LIKE:
            yield word


def _stretched(word: str) -> str:
    """Laughter and drawn-out sounds in one spelling: "hahaha" -> "ha", "yeahhh" -> "yeah"."""
    return "ha" if _LAUGHTER.fullmatch(word) else _DRAWN_OUT.sub(r"\1", word)
