"""A grammar of spoken language: alternatives drawn at random, slots filled, and what speech does to a line. Pure.

    {hi|hello|} can I see <doctor>{ on <date>|}?

Braces hold alternatives (they nest; an empty one is allowed), angle brackets are slots. Everything comes from one
:class:`Draw`, so that the same seed gives the same lines for ever.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import Final, TypeVar

import attrs

__all__ = ["Draw", "Value", "cut", "slots"]

_T = TypeVar("_T")
_INNERMOST: Final = re.compile(r"\{([^{}]*)\}")
_SLOT: Final = re.compile(r"<(\w+)>")
_HESITATIONS: Final = ("um", "uh", "er", "erm", "well", "let me see", "you know", "hmm", "like", "I mean")
_CORRECTIONS: Final = (
    *("no", "no wait", "sorry", "I mean", "no, sorry", "wait no", "actually no", "oh sorry", "I meant"),
    *("make that", "or rather", "no, make it", "correction", "scratch that", "hang on, no", "not that,"),
)


@attrs.frozen
class Value:
    """What a caller says for a slot, and the argument that it stands for. ``others`` are further values of its kind,
    for slips of the tongue."""

    said: str
    argument: str
    slip: str = ""


class Draw:
    """Random choices. ``text`` expands a template."""

    def __init__(self, seed: int | str) -> None:
        self.random = Random(seed)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def one(self, of: Sequence[_T]) -> _T:
        return of[self.random.randrange(len(of))]

    def some(self, of: Sequence[_T], count: int) -> list[_T]:
        return self.random.sample(list(of), min(count, len(of)))

    def number(self, low: int, high: int) -> int:
        """From ``low`` to ``high``, both included."""
        return self.random.randint(low, high)

    def expand(self, template: str) -> str:
        """Draw among the alternatives; slots stay."""
        while (found := _INNERMOST.search(template)) is not None:
            choice = self.one(found[1].split("|"))
            template = template[: found.start()] + choice + template[found.end() :]
        return _tidy(template)

    def text(self, template: str, values: Mapping[str, object] | None = None) -> str:
        """Draw among the alternatives and fill the slots."""
        return _tidy(_SLOT.sub(lambda m: str((values or {})[m[1]]), self.expand(template)))

    def line(self, template: str, values: Mapping[str, Value]) -> str:
        """A caller's line: slots filled as people fill them, with slips corrected at once."""
        return _tidy(_SLOT.sub(lambda m: self._slip(values[m[1]]), template))

    def _slip(self, value: Value) -> str:
        if not value.slip or value.slip == value.said or not self.chance(0.10):
            return value.said
        return f"{value.slip}, {self.one(_CORRECTIONS)}, {value.said}".replace(",,", ",")

    def spoken(self, line: str) -> str:
        """The line as a transcriber or a hasty typist hands it over: hesitations, case and punctuation lost."""
        words = line.split()
        if len(words) > 2 and self.chance(0.22):
            for _ in range(self.number(1, 2)):
                at = self.number(0, min(len(words) - 1, 6))
                words.insert(at, self.one(_HESITATIONS) + self.one((",", ",", "", "...")))
                if at == 0:
                    words[0] = words[0][:1].upper() + words[0][1:]
        if len(words) > 5 and self.chance(0.05):  # a false start
            words[:0] = [*words[: self.number(1, 3)], self.one(("-", "...", ",", "—"))]
        line = _tidy(" ".join(words))
        style = self.random.random()
        if style < 0.27:
            return re.sub(r"[.,!?;]+(?=\s|$)", "", line).lower()
        if style < 0.34:
            return line.rstrip(".!?")
        return line[:1].upper() + line[1:]


def slots(template: str) -> list[str]:
    """The names of the slots, in order of appearance, each once."""
    return list(dict.fromkeys(_SLOT.findall(template)))


def cut(text: str, words: int) -> str:
    """What was heard of an agent's line that was cut off after so many words, marked as the history marks it."""
    return " ".join(text.split()[:words]).rstrip(" ,") + " —"


def _tidy(text: str) -> str:
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r"\s+([,.?!])", r"\1", text)
    return re.sub(r"([,.?!])\1+(?!\.)", r"\1", text) if "..." not in text else text
