"""A job of the training: its functions, what callers say, what comes back. Read from TOML; pure but for the files."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import attrs

__all__ = [
    "FOLDER",
    "Action",
    "Domain",
    "Link",
    "Parameter",
    "common_actions",
    "read_domain",
    "read_domains",
    "shared_kinds",
]

FOLDER: Final = Path(__file__).with_name("domains")
_COMMON: Final = "_common.toml"
#: what a domain need not write itself: who speaks, and what an action that only does something returns and says
_ROLES: Final = (
    "You answer calls at <place>. Answer in one or two short spoken sentences.",
    "You are the phone assistant of <place>. Be brief.",
    "You help the callers of <place>. Keep it short and friendly.",
)
_STATUS: Final = {"status|state|result": "done|noted|confirmed|accepted|arranged"}
_DONE: Final = ("Done.", "All right, that is <status>.", "It is <status>.", "I have taken care of that.")


@attrs.frozen
class Parameter:
    names: tuple[str, ...]  # the first is its name in lines and answers
    kind: str
    required: bool


@attrs.frozen
class Link:
    """Of the list ``key`` in a result callers choose one, which becomes ``parameter`` of the action with ``tool``."""

    key: str
    tool: str
    parameter: str


@attrs.frozen
class Action:
    """Something that one function does, and how people ask for it.

    ``result``: names that a key may have, and what it holds. ``more``: questions that the result answers without
    another call. ``empty``: what is said where the result's list is empty. ``back``: how callers come back to what an
    earlier result named ("cancel that"). ``looks``: it only looks something up, so it may be asked again and again.
    """

    tools: tuple[str, ...]
    does: str
    parameters: tuple[Parameter, ...]
    lines: tuple[str, ...]
    result: Mapping[tuple[str, ...], str]
    answers: tuple[str, ...]
    errors: tuple[str, ...]
    more: tuple[tuple[str, str], ...] = ()
    empty: tuple[str, ...] = ()
    back: tuple[str, ...] = ()
    looks: bool = False
    then: Link | None = None
    avoid: frozenset[str] = frozenset()  # kinds of small talk that would be a wish here


@attrs.frozen
class Domain:
    """A job. ``run`` calls its real functions; without it results are drawn."""

    places: tuple[str, ...]
    roles: tuple[str, ...]
    kinds: Mapping[str, tuple[str, ...]]
    asks: Mapping[str, tuple[str, ...]]
    actions: tuple[Action, ...]
    run: Callable[[str, Mapping[str, str]], Any] | None = None
    greeting: str | None = None
    avoid: frozenset[str] = frozenset()


def read_domain(table: Mapping[str, Any]) -> Domain:
    """A domain from its table in a TOML file. KeyError where a key is missing that it needs."""
    return Domain(
        tuple(table["place"]),
        tuple(table.get("role", _ROLES)),
        {kind: tuple(values) for kind, values in table.get("kinds", {}).items()},
        {name: tuple(asks) for name, asks in table.get("asks", {}).items()},
        tuple(map(_action, table["action"])),
        avoid=frozenset(table.get("avoid", ())),
    )


@cache
def read_domains() -> tuple[Domain, ...]:
    """All domains of the folder, in the order of the files' names."""
    files = [path for path in sorted(FOLDER.glob("*.toml")) if path.name != _COMMON]
    return tuple(read_domain(table) for path in files for table in _table(path)["domain"])


@cache
def shared_kinds() -> Mapping[str, tuple[str, ...]]:
    """Kinds of values that any domain may use."""
    return {kind: tuple(values) for kind, values in _table(FOLDER / _COMMON)["kinds"].items()}


@cache
def common_actions() -> tuple[Action, ...]:
    """What any job may offer as well: opening hours, messages, a call back."""
    return tuple(map(_action, _table(FOLDER / _COMMON)["action"]))


def _table(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _action(entry: Mapping[str, Any]) -> Action:
    parameters = tuple(
        Parameter(tuple(names.rstrip("?").split("|")), kind, not names.endswith("?"))
        for names, kind in entry.get("params", ())
    )
    return Action(
        tuple(entry["tool"]),
        entry["does"],
        parameters,
        tuple(entry["lines"]),
        {tuple(keys.split("|")): str(said) for keys, said in entry.get("result", _STATUS).items()},
        tuple(entry.get("answers", _DONE)),
        tuple(entry.get("errors", ())),
        tuple((question, answer) for question, answer in entry.get("more", ())),
        tuple(entry.get("empty", ())),
        tuple(entry.get("back", ())),
        bool(entry.get("looks", False)),
        Link(*entry["then"]) if "then" in entry else None,
        frozenset(entry.get("avoid", ())),
    )
