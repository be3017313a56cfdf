"""Whether a wish has nothing to do with a job: then, and only then, may it be refused without asking. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from bench.training._jobs import Action

__all__ = ["fits_nothing", "words_of"]

_WORD: Final = re.compile(r"[a-z]{4,}")
#: words that tell nothing about a job
_PLAIN: Final = frozenset(
    """with from this that have what when where which would could please want need like there here them they your mine
    will does about some into just make give tell know much many long been were take come going over time date name
    number code today tomorrow monday tuesday wednesday thursday friday morning afternoon january february march april
    june july august september october november december hundred thousand three four five seven eight nine eleven
    twelve twenty thirty forty fifty double zero next after half past quarter street road avenue lane drive thanks
    thank maybe possible someone something last still only also then good""".split()  # noqa: SIM905
)


def words_of(actions: Sequence[Action], kinds: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """The stems of all words that belong to these functions: their names, what is said to them, their values."""
    texts = [" ".join((*action.tools, action.does, *action.lines)) for action in actions]
    texts += [" ".join(values) for values in kinds.values()]
    return _stems(" ".join(texts))


def fits_nothing(line: str, known: frozenset[str]) -> bool:
    """Whether the line has words of its own, and none of these."""
    stems = _stems(line)
    return bool(stems) and not stems & known


def _stems(text: str) -> frozenset[str]:
    """The first letters of the words that mean something: "booking" and "booked" are one."""
    plain = re.sub(r"<\w+>", " ", text.lower()).replace("_", " ")
    return frozenset(word[:4] for word in _WORD.findall(plain) if word not in _PLAIN)
