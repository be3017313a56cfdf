"""Words as the turn-taking rules compare them: small letters, no punctuation."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["made_of", "phrases", "same_words", "word_set", "words"]

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_ANNOTATION = re.compile(r"[\[(*<][a-zA-Z_ ]+[\])*>]")  # "[BLANK_AUDIO]", "(laughs)", "*coughs*"


def words(text: str) -> tuple[str, ...]:
    """The words of a transcript: small letters, apostrophes kept, hyphens split, noises in brackets left out."""
    plain = _ANNOTATION.sub(" ", text).lower().replace("’", "'")  # noqa: RUF001 - the typographic apostrophe is meant
    return tuple(_WORD.findall(plain))


def same_words(a: str, b: str) -> bool:
    """Whether two transcripts differ in punctuation, capitals and spacing at most."""
    return words(a) == words(b)


def word_set(text: str) -> frozenset[str]:
    """The names in a string, split at white space."""
    return frozenset(text.split())


def phrases(*texts: str) -> frozenset[tuple[str, ...]]:
    """Phrases for :func:`made_of`, each given as words in small letters."""
    return frozenset(tuple(text.split()) for text in texts)


def made_of(spoken: Sequence[str], allowed: frozenset[tuple[str, ...]]) -> bool:
    """Whether the words are nothing but allowed phrases, one after another; no words are not."""
    longest = max(map(len, allowed))
    reached = {0}  # positions up to which the words can be split into phrases
    for end in range(1, len(spoken) + 1):
        starts = range(max(0, end - longest), end)
        if any(start in reached and tuple(spoken[start:end]) in allowed for start in starts):
            reached.add(end)
    return len(spoken) > 0 and len(spoken) in reached
