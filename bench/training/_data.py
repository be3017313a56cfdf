"""Tokenised dialogues, end to end in two arrays, and the order in which training takes them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from random import Random

import attrs
import numpy as np
import numpy.typing as npt

from bench.training._tokens import Tokenized

__all__ = ["Corpus", "batches"]


@attrs.frozen(eq=False)
class Corpus:
    """``starts`` has one entry more than there are dialogues."""

    tokens: npt.NDArray[np.int32]
    weights: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, dialogues: Iterable[Tokenized]) -> Corpus:
        held = list(dialogues)
        return cls(
            np.array([token for one in held for token in one.tokens], np.int32),
            np.array([weight for one in held for weight in one.weights], np.uint8),
            np.cumsum([0, *(len(one.tokens) for one in held)]),
        )

    @classmethod
    def load(cls, path: Path) -> Corpus:
        with np.load(path) as file:
            return cls(file["tokens"], file["weights"], file["starts"])

    def save(self, path: Path) -> None:
        np.savez_compressed(path, tokens=self.tokens, weights=self.weights, starts=self.starts)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, index: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
        part = slice(self.starts[index], self.starts[index + 1])
        return self.tokens[part], self.weights[part]


def batches(count: int, size: int, seed: int, step: int) -> list[int]:
    """The dialogues of a step: each epoch is another permutation, and no state is needed to go on from any step."""
    found = []
    for at in range(step * size, (step + 1) * size):
        epoch, index = divmod(at, count)
        order = list(range(count))
        if epoch:
            Random(f"{seed} {epoch}").shuffle(order)
        found.append(order[index])
    return found
