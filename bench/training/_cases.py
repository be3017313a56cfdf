"""Jobs that do not exist, with several functions on the same thing ("permit 4412"), which its number tells nothing of.

Where every function has parameters of its own, a model may choose by what it can copy. Here only what the caller wants
tells which is due, and that is said as people do: as what happened, as a question, seldom in the function's own words.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bench.training._domains import sentence
from bench.training._grammar import Draw
from bench.training._jobs import Domain, read_domain

__all__ = ["case_domain"]

_CASES: Final[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("cases.toml").read_text(encoding="utf-8"))
_WORDS: Final[dict[str, list[str]]] = _CASES["words"]
_TOLD_BEFORE: Final = 0.35  # share of the lines that begin with the number
_UNTOLD: Final = 0.1  # and of the others those that say no number


def case_domain(draw: Draw) -> Domain:
    """A job with three to nine functions, most of them on one thing with a number."""
    thing = draw.one(_WORDS["things"])
    number = ["|".join(("ref", *draw.some(_WORDS["numbers"], 3))), draw.one(("ref", "ref", "ref", "code"))]
    numbered = draw.some(_CASES["numbered"], draw.one((3, 4, 4, 5, 6, 7)))
    actions = [
        *(_action(draw, family, thing, [number]) for family in numbered),
        *(_action(draw, family, thing, []) for family in draw.some(_CASES["general"], draw.one((0, 1, 1, 2)))),
    ]
    places = [draw.text(_named(place, thing)) for place in _WORDS["places"]]
    return read_domain({"place": places, "kinds": _CASES["kinds"], "action": actions, "avoid": ["unknown fact"]})


def _action(draw: Draw, family: Mapping[str, Any], thing: str, number: list[list[str]]) -> dict[str, Any]:
    extra = [family["param"]] if "param" in family else []
    entry: dict[str, Any] = {
        "does": _named(family["does"], thing),
        "tool": [_named(tool, thing) for tool in family["tool"]],
        "params": [[_named(names, thing), kind] for names, kind in (*number, *extra)],
        "lines": [_told(draw, line, thing) for line in family["lines"] for _ in range(2)],
        "errors": [f"no such {thing}", f"that {thing} is closed"] if number else [],
    }
    if "result" in family:
        keys, what, said = family["result"]
        entry |= {"result": {keys: what}, "answers": [said], "looks": True}
    return entry


def _told(draw: Draw, line: str, thing: str) -> str:
    """The line with the number told in it, or before it, or not at all."""
    line = draw.expand(line)
    if "@" in line and draw.chance(_TOLD_BEFORE):
        before = draw.one(_WORDS["before"])
        after = line.removeprefix("@, ").removesuffix(", @").replace("@", draw.one(("it", "it", "that")))
        line = f"{before}. {sentence(after)}" if draw.chance(0.5) else f"{before}, {after}"
    elif "@" in line and draw.chance(_UNTOLD):
        line = line.replace("@", "my #")
    return _named(line.replace("@", draw.one(_WORDS["told"])), thing)


def _named(text: str, thing: str) -> str:
    return text.replace("#", thing)
