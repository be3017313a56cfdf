"""What is said in the examples: phrases.toml, families.toml and the development part, and what of it never may be.

Nothing here is what a held-out part says, its plain words apart ("okay", "yes"), nor what the part "lifelike" says, by
which one can see what is made of phrases that nobody taught.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final, Literal

from bench._overlap_cases import OverlapCase, load_overlaps
from bench.training._grammar import Draw
from statechart import words

__all__ = [
    "DEVELOPMENT",
    "FAMILIES",
    "KINDS",
    "PHRASES",
    "UNTAUGHT",
    "Kind",
    "Line",
    "Words",
    "spoken_phrases",
    "taught",
]

Kind = Literal["noise", "backchannel", "meant"]
KINDS: Final[tuple[Kind, ...]] = ("noise", "backchannel", "meant")
Words = tuple[str, ...]
Line = tuple[Words, int]  #: words, and 1 where they are meant for the agent

_PLAIN = ("core", "answer", "people")  # lists of the overlaps that all parts share
_HERE = Path(__file__).parent


def _read(name: str) -> Any:
    return tomllib.loads((_HERE / name).read_text())


def _families() -> dict[Kind, dict[str, list[str]]]:
    listed = _read("families.toml")
    apart: dict[Kind, dict[str, list[str]]] = {}
    for kind in KINDS[1:]:
        apart[kind] = {
            name: [each.strip() for each in said.split(";") if each.strip()] for name, said in listed[kind].items()
        }
    return apart


def _development(cases: tuple[OverlapCase, ...]) -> dict[Kind, list[str]]:
    mine = [c for c in cases if c.part == "development" and c.text]
    said: dict[Kind, list[str]] = {"noise": [], "backchannel": [c.text for c in mine if c.label == "ignore"]}
    return said | {"meant": [c.text for c in mine if c.label == "yield" and c.kind != "answer"]}


_CASES = load_overlaps()
PHRASES: Final[dict[str, list[str]]] = _read("phrases.toml")
FAMILIES: Final = _families()
DEVELOPMENT: Final = _development(_CASES)
UNTAUGHT: Final = frozenset(
    words(c.text) for c in _CASES if c.part != "development" and c.text and c.kind not in _PLAIN
)


def taught(lines: list[Line]) -> list[Line]:
    """These lines, each once, without those that may not be."""
    return [line for line in dict.fromkeys(lines) if line[0] and line[0] not in UNTAUGHT]


def spoken_phrases(seed: int, each: int = 200) -> dict[str, list[Line]]:
    """What people may say, by families (an entry of phrases.toml is one): so many draws of each entry."""
    draw = Draw(seed)

    def drawn(kind: Kind, entries: list[str]) -> list[Line]:
        texts = [draw.expand(entry) for entry in entries for _ in range(each if "{" in entry else 1)]
        return taught([(words(text), int(kind == "meant")) for text in texts])

    found: dict[str, list[Line]] = {}
    for kind in KINDS[1:]:
        found |= {f"{kind} {n}": drawn(kind, [entry]) for n, entry in enumerate(PHRASES[kind])}
        found |= {f"{kind} {name}": drawn(kind, entries) for name, entries in FAMILIES[kind].items()}
        found[f"{kind} development"] = drawn(kind, DEVELOPMENT[kind])
    return found
