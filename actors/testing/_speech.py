"""Words as samples: every spoken word is a run of samples that all have the word's own value."""

from __future__ import annotations

import attrs
import numpy as np

from actors.ports import Pcm

__all__ = ["Dictionary", "Pronounced", "runs"]

FIRST_VALUE = 1000  #: far above what the fake voice detector takes for silence, also behind an echo gate


@attrs.frozen
class Pronounced:
    """One word as it was spoken: ``value`` stands in each of its ``samples``. ``text`` empty: a noise."""

    value: int
    text: str
    samples: int


class Dictionary:
    """All words spoken so far, on one side of a call, by value."""

    def __init__(self, rate: int, *, ms_per_character: int = 60) -> None:
        self.rate = rate
        self._ms = ms_per_character
        self._words: dict[int, Pronounced] = {}

    def pronounce(self, text: str, *, ms: int | None = None) -> list[Pronounced]:
        """Speak ``text`` word by word; each takes time by its length, or ``ms`` each."""
        return [self._new(word, ms or self._ms * max(2, len(word))) for word in text.split()]

    def word(self, value: int) -> Pronounced | None:
        """The word that sounds like this."""
        return self._words.get(value)

    def noise(self, ms: int) -> Pronounced:
        """A sound without words."""
        return self._new("", ms)

    def _new(self, text: str, ms: int) -> Pronounced:
        value = FIRST_VALUE + len(self._words)
        if value > np.iinfo(np.int16).max:
            raise ValueError("too many words for one call")
        self._words[value] = Pronounced(value, text, self.rate * ms // 1000)
        return self._words[value]

    def heard(self, samples: Pcm, *, whole: bool = True) -> list[str]:
        """The words in ``samples``, in order; with ``whole`` only those of which every sample is there."""
        counts: dict[int, int] = {}
        for value, length in runs(samples):
            counts[value] = counts.get(value, 0) + length
        found = []
        for value, count in counts.items():
            word = self._words.get(value)
            if word is not None and word.text and (count >= word.samples if whole else count * 2 >= word.samples):
                found.append(word.text)
        return found

    def begun(self, samples: Pcm) -> bool:
        """Whether there is anything of a word in ``samples``."""
        return any(value in self._words and self._words[value].text for value, _ in runs(samples))


def runs(samples: Pcm) -> list[tuple[int, int]]:
    """(value, length) of each stretch of equal samples, silence left out."""
    if not len(samples):
        return []
    begins = [0, *(np.flatnonzero(samples[1:] != samples[:-1]) + 1).tolist()]
    ends = [*begins[1:], len(samples)]
    values = samples[begins].tolist()
    return [(v, end - begin) for v, begin, end in zip(values, begins, ends, strict=True) if v]
