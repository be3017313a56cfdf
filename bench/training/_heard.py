"""What a transcriber makes of names and phrases: a table measured once (see ``hear.py``), drawn from here. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from bench.training._grammar import Draw, Value

__all__ = ["TABLE", "Ear"]

TABLE: Final = Path(__file__).with_name("heard.json")
_TITLE: Final = re.compile(r"^(?:doctor|dr\.?)\s+", re.IGNORECASE)


class Ear:
    """``share`` of the values that the table knows are misheard: in the caller's line and, since the model can copy
    only what it reads, in the argument alike."""

    def __init__(self, draw: Draw, share: float = 0.3, table: Mapping[str, Sequence[str]] | None = None) -> None:
        self._draw, self._share = draw, share
        self._table = dict(load() if table is None else table)

    def hear(self, value: Value) -> Value:
        if value.argument not in value.said or not self._draw.chance(self._share):
            return value
        for key in (value.said, value.argument, _TITLE.sub("", value.said), value.argument.split()[-1]):
            if key in self._table:
                heard = self._draw.one(self._table[key])
                return Value(
                    value.said.replace(key, heard), _TITLE.sub("", value.argument.replace(key, heard)), value.slip
                )
        return value


def load() -> dict[str, list[str]]:
    """The measured table; empty where it was not made."""
    if not TABLE.is_file():
        return {}
    found: dict[str, list[str]] = json.loads(TABLE.read_text(encoding="utf-8"))
    return found
