"""Whether the caller's words are a whole answer to what the agent asked."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ._asked import Asked, asking
from ._calendar_words import DATE_AT_END, HAS_DATE, TIME_AT_END
from ._dictation import Dictation
from ._words import made_of, phrases, word_set, words

__all__ = ["answered"]


_AGREEMENT = phrases(
    *("yes", "yeah", "yep", "yup", "no", "nope", "nah", "sure", "okay", "ok", "please", "correct", "right", "exactly"),
    *(
        "that's right",
        "that's correct",
        "that is right",
        "that is correct",
        "that's fine",
        "that's good",
        "that's great",
    ),
    *("that's perfect", "that's it", "that's all", "that's me", "that works", "that works for me", "of course", "fine"),
    *("absolutely", "definitely", "certainly", "perfect", "great", "good", "sounds good", "sounds great", "please do"),
    *(
        "that would be great",
        "that would be good",
        "that would be perfect",
        "that would be fine",
        "that'll work",
        "i do",
    ),
    *("i don't", "i am", "i'm not", "it is", "it isn't", "it's not", "it does", "it doesn't", "i have", "i haven't"),
    *(
        "i would",
        "i can",
        "i can't",
        "you can",
        "you may",
        "go ahead",
        "thank you",
        "thanks",
        "not really",
        "not at all",
    ),
    *("i think so", "i don't think so", "i guess so", "i believe so", "not yet", "all right", "alright", "uh huh"),
    *(
        "mm hmm",
        "mhm",
        "that's wrong",
        "that's not right",
        "nothing else",
        "not today",
        "not now",
        "maybe",
        "oh",
        "well",
    ),
    *("very much", "that's not me", "we are", "we do", "he is", "she is", "he does", "she does", "i'm ready", "i was"),
)
_INDIFFERENT = re.compile(
    r"\b(?:the (?:first|second|third|last|other|earlier|later|latter|former) one|either|both|neither|whichever"
    r"|doesn't matter|don't mind|don't care|any|whatever)\b"
)
_SMALL_WORDS = word_set(
    "would you like do does did is are was were the a an or and to for of in on at with your my it that this have can"
    " could will should may i we be prefer want there some any please"
)
_NAME_LEAD = re.compile(
    r"^(?:(?:yes|yeah|sure|okay|hi|hello|oh|well|um|uh) )*(?:my (?:full |first |last )?name is|my name's|it's|it is"
    r"|this is|i'm|i am|the name is|that's|that is|her name is|his name is)? ?"
)
_NO_NAME = word_set(
    "i i'd i'm i've my me you your we want need like not don't can can't could would have was yes no sure okay hello"
    " what who why when where how the a an to for about is are it's that's calling wait just please actually sorry"
    " maybe doctor think do does because but and or with at on in of"
)
_TITLED = re.compile(r"\b(?:doctor|dr) [\w']+(?: [\w']+)?(?: please)?$")
_POLITE = word_set("please thanks thank you sir ma'am")


def answered(
    text: str, spoken: Sequence[str], asked: frozenset[Asked], told: Dictation, question: str = ""
) -> bool | None:
    """True: a whole answer. False: an answer that is still lacking a part. None: not an answer, as far as one can tell.

    ``spoken``: the words of ``text``; ``told``: what was being dictated; ``question``: the agent's words.
    """
    plain = " ".join(_without_courtesy(spoken))
    if not plain:
        return True if Asked.YES_NO in asked else None  # "thank you", "please"
    if told is Dictation.DONE:
        return True if asked & _DICTATED else None
    if Asked.NAME in asked and asked & _DICTATED:
        # Name and date of birth: the name alone is half of it.
        return False if _is_name(plain) else None
    if asked & {Asked.DATE, Asked.TIME}:
        return _when(plain, asked)
    if Asked.YES_NO in asked and made_of(spoken, _AGREEMENT):
        return True
    if Asked.CHOICE in asked and _is_choice(plain, question):
        return True
    if Asked.NAME in asked and _is_name(plain):
        return True if len(_NAME_LEAD.sub("", plain).split()) > 1 else None
    if Asked.DOCTOR in asked and (_TITLED.search(plain) or (_is_name(plain) and not text.rstrip().endswith("?"))):
        return True
    return None


_DICTATED = frozenset({Asked.PHONE, Asked.BIRTH, Asked.EMAIL, Asked.REFERENCE, Asked.SPELLING})


def _without_courtesy(spoken: Sequence[str]) -> Sequence[str]:
    end = len(spoken)
    while end and spoken[end - 1] in _POLITE:
        end -= 1
    return spoken[:end]


def _when(plain: str, asked: frozenset[Asked]) -> bool | None:
    dated, timed = DATE_AT_END.search(plain), TIME_AT_END.search(plain)
    if asked >= {Asked.DATE, Asked.TIME}:
        return True if timed and HAS_DATE.search(plain) else None
    return True if (dated and Asked.DATE in asked) or timed else None


def _is_choice(plain: str, question: str) -> bool:
    options = set(words(asking(question))) - _SMALL_WORDS
    last = plain.split()[-1]
    return (
        last in options
        or _INDIFFERENT.search(plain) is not None
        or (last == "one" and bool(options & set(plain.split())))
    )


def _is_name(plain: str) -> bool:
    """One to four words that may be somebody's name, with or without "my name is"."""
    name = _NAME_LEAD.sub("", plain).split()
    return 0 < len(name) <= 4 and not any(
        word in _NO_NAME or any(map(str.isdigit, word)) or len(word) == 1 for word in name
    )
