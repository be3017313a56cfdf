"""Are these words meant for the agent? Judged by the words alone: praise, surprise and agreement are not.

No list can hold what people say while they listen. So each word is a point in the embedded language model's space of
words, where "terrific" lies beside "wonderful", and a small network tells the listener's phrases from what is said to
the agent. Fitted by ``bench/intent``, which says on what. 20,000 words of 32 numbers each; about 0.1 ms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from actors.local._files import data_file
from actors.local._network import likelihood
from statechart import words

__all__ = ["LONGEST", "Wording", "pooled"]

LONGEST = 10  #: how many words are looked at, from the first
_FLOOR = 1e-3  #: a likelihood is never nearer to 0 or 1


class Wording:
    """One for the process; loading blocks for about 0.1 s. ``weights``: as ``bench.intent.wordings`` names them."""

    def __init__(self, weights: Mapping[str, npt.NDArray[Any]]) -> None:
        known = weights["words"].tobytes().decode().split("\n")
        self._place = {word: place for place, word in enumerate(known)}
        self._table: npt.NDArray[np.int8] = weights["table"]
        names = ("look.weight", "look.bias", "near.weight", "near.bias", "tell.weight", "tell.bias")
        self._weights = {name: weights[name].astype(np.float32) for name in names}
        self._mix = weights["mix"].astype(np.float32)

    @classmethod
    def load(cls) -> Wording:
        with np.load(data_file("wording.npz")) as found:
            return cls({name: found[name] for name in found.files})

    def meant(self, text: str) -> float | None:
        """How likely (0..1) words like these are for the agent; None of no words."""
        spoken = words(text)[:LONGEST]
        return likelihood(self._points(spoken), self._weights) if spoken else None

    def beside(self, text: str, sound: float | None) -> float | None:
        """How likely with what the sound tells, too. ``sound``: that (0..1), None: not known."""
        by_words = self.meant(text)
        if by_words is None or sound is None:
            return sound if by_words is None else by_words
        return pooled(by_words, sound, self._mix)

    def _points(self, spoken: Sequence[str]) -> npt.NDArray[np.float32]:
        points = np.zeros((len(spoken), self._table.shape[1]), np.float32)  # an unknown word lies in the middle
        for number, word in enumerate(spoken):
            if (place := self._place.get(word)) is not None:
                points[number] = self._table[place]
        return points


def pooled(by_words: float, by_sound: float, mix: Sequence[float] | npt.NDArray[np.float32]) -> float:
    """Two likelihoods made one: their log odds weighted by ``mix[0]`` and ``mix[1]``, and ``mix[2]`` added. Pure."""
    odds = mix[0] * _log_odds(by_words) + mix[1] * _log_odds(by_sound) + mix[2]
    return float(1 / (1 + np.exp(-odds)))


def _log_odds(likely: float) -> float:
    clipped = min(max(likely, _FLOOR), 1 - _FLOOR)
    return float(np.log(clipped / (1 - clipped)))
