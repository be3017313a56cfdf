"""Values of a domain's kinds; what its functions return, in the shapes that real ones have; its answers. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from bench.training._grammar import Draw, Value, slots
from bench.training._jobs import Action, Domain, shared_kinds
from bench.training._values import value

__all__ = ["answer", "drawn", "joined", "result_of", "wrapped"]

_RANGE: Final = re.compile(r"^(\d+)\.\.(\d+)$")
_LIST: Final = re.compile(r"^\[(\w+)\]$")
_CLAUSE: Final = re.compile(
    r" (?:is|are|was|were|has|should|can't|doesn't|won't|hates|broke|fell|came|makes|smells|barks|stops|runs|goes|lay"
    r"|stands|lost)\b"
)
_IF: Final = re.compile(r"^\[(\w+)=([^\]]*)\] ?")


def result_of(draw: Draw, action: Action, spoken: Mapping[str, str], kind: Callable[[str], str]) -> dict[str, Any]:
    """A result by its first keys: ``#kind`` draws a value, ``[kind]`` two or three of them, ``3..9`` a number,
    ``<param>`` repeats an argument (null where it was left out), ``true|false`` is one of them, as all else."""
    found: dict[str, Any] = {}
    for keys, said in action.result.items():
        if between := _RANGE.match(said):
            found[keys[0]] = draw.number(int(between[1]), int(between[2]))
        elif listed := _LIST.match(said):
            several = dict.fromkeys(kind(listed[1]) for _ in range(draw.one((2, 2, 3))))
            found[keys[0]] = [] if action.empty and draw.chance(0.15) else list(several)
        elif said.startswith("#"):
            drawn = kind(said[1:])
            number = said in ("#count", "#amount") and drawn.isdecimal()
            found[keys[0]] = int(drawn) if number else drawn
        elif set(slots(said)) <= set(spoken):
            text = draw.text(draw.one(said.split("|")), spoken)
            found[keys[0]] = {"true": True, "false": False}.get(text, text)
    return found


def wrapped(shape: int, found: dict[str, Any]) -> Any:
    """The same in one of the shapes that functions return: plain, or within something else."""
    if shape == 1:
        return {"ok": True, **found}
    if shape == 2:
        return {"result": found}
    if shape == 3:
        return [found]
    return found


def joined(value: Any, word: str = "and") -> str:
    """A value of a result as it is spoken."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f" {word} ".join(filter(None, (", ".join(map(str, value[:-1])), *map(str, value[-1:]))))
    return str(value)


def answer(draw: Draw, action: Action, spoken: Mapping[str, str], found: Mapping[str, Any]) -> str:
    """A sentence of the action's that says nothing which is not there; "Done." where there is none."""
    if any(value == [] for value in found.values()):
        candidates: Sequence[str] = action.empty
    else:
        candidates = action.answers
    fitting = []
    for candidate in candidates:
        condition = _IF.match(candidate)
        text = _IF.sub("", candidate)
        if condition is not None and spoken.get(condition[1]) != condition[2]:
            continue
        if set(slots(text)) <= set(spoken):
            fitting.append(text)
    return draw.text(draw.one(fitting), spoken) if fitting else "Done."


def drawn(draw: Draw, kind: str, domain: Domain) -> Value:
    """One of a kind: of the domain's own, of those shared by all domains, or a common one."""
    entries = domain.kinds.get(kind) or shared_kinds().get(kind)
    if entries is None:
        return value(draw, kind, {})
    return value(draw, kind, {kind: tuple(_entry(draw, draw.one(entries)) for _ in range(2))})


def _entry(draw: Draw, entry: str) -> str:
    """With its alternatives drawn; what is said with an article is meant without."""
    if "{" not in entry:
        return entry
    said = draw.expand(entry)
    whole = " = " in said or _CLAUSE.search(said) is not None  # a sentence keeps its first word
    return said if whole else f"{said} = {re.sub(r'^(?:the|an?|my|our|some) ', '', said)}"
