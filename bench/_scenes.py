"""The evaluation's conversations, read from ``bench/accuracy``: what a caller says and what a good answer does.

The format is told in ``bench/accuracy/README.md``. Pure, but for reading the files.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs

__all__ = ["FOLDER", "Call", "Scene", "Turn", "load_set", "parse_call", "parse_scenes"]

FOLDER = Path(__file__).with_name("accuracy")
_LINE = re.compile(r"(caller|call|or|has|not|filler|agent): (\S.*)")
_NOTHING = "nothing"


@attrs.frozen
class Call:
    """A function with its arguments."""

    name: str
    arguments: Mapping[str, Any] = attrs.field(factory=dict)

    def __str__(self) -> str:
        return f"{self.name}({', '.join(f'{key}={value!r}' for key, value in self.arguments.items())})"


@attrs.frozen
class Turn:
    """What a caller says, and what is right then: one of the ``accepted`` lists of calls, in any order (an empty one:
    no call). The answer's words match every pattern of ``has`` and none of ``lacks``, whatever the case.

    The first accepted list, the ``filler`` said with it and the ``agent``'s answer are what later turns find in the
    conversation.
    """

    id: str
    category: str
    caller: str
    accepted: tuple[tuple[Call, ...], ...]
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    filler: str = ""
    agent: str = ""

    @property
    def calls(self) -> tuple[Call, ...]:
        return self.accepted[0]


@attrs.frozen
class Scene:
    """A conversation at the moment ``now`` (the agent's wall clock). ``agent`` is what ``load_agent`` takes,
    ``opening`` what the agent said first (None: its greeting), ``kinds`` how an argument's values are compared, by its
    name."""

    id: str
    turns: tuple[Turn, ...]
    now: datetime
    agent: str = "hospital"
    opening: str | None = None
    kinds: Mapping[str, str] = attrs.field(factory=dict)


def load_set(name: str, folder: Path = FOLDER) -> tuple[Scene, ...]:
    """All scenes of a set. ValueError names the scene that is not as the format wants it."""
    scenes: list[Scene] = []
    for path in sorted((folder / name).glob("*.toml")):
        scenes += parse_scenes(tomllib.loads(path.read_text()), path.stem, path.parent)
    return tuple(scenes)


def parse_scenes(content: Mapping[str, Any], name: str, folder: Path) -> Iterator[Scene]:
    """The scenes of one file; ``folder`` is where an agent's file lies."""
    agent = content.get("agent", "hospital")
    number = 0
    for group in content["scenes"]:
        for text in re.split(r"\n\s*\n", group["text"].strip()):
            number += 1
            ident = f"{name}-{number:03}"
            opening, turns = _turns(text, ident, group["category"])
            yield Scene(
                id=ident,
                turns=turns,
                now=datetime.fromisoformat(content["now"]),
                agent=str(folder / agent) if agent.endswith(".py") else agent,
                opening=opening,
                kinds=content.get("kinds", {}),
            )


def parse_call(text: str) -> Call:
    """``name(argument='value', ...)``. ValueError for anything else."""
    try:
        call = ast.parse(text, mode="eval").body
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and not call.args:
            return Call(call.func.id, {str(word.arg): ast.literal_eval(word.value) for word in call.keywords})
    except (SyntaxError, ValueError):
        pass
    raise ValueError(f"not a call: {text}")


def _turns(text: str, ident: str, category: str) -> tuple[str | None, tuple[Turn, ...]]:
    blocks: list[list[tuple[str, str]]] = [[]]
    for line in text.splitlines():
        found = _LINE.fullmatch(line.strip())
        if found is None:
            raise ValueError(f"{ident}: {line!r} is not 'caller: ...', 'call: ...' or another line of the format")
        if found[1] == "caller":
            blocks.append([])
        blocks[-1].append((found[1], found[2]))
    before, *rest = blocks
    if any(word != "agent" for word, _ in before) or len(before) > 1 or not rest:
        raise ValueError(f"{ident}: a scene is what the agent says first, if need be, and then what the caller says")
    turns = tuple(_turn(f"{ident}.{number}", category, block) for number, block in enumerate(rest, 1))
    for turn in turns[:-1]:
        if not turn.agent:
            raise ValueError(f"{turn.id}: the agent's answer is missing, and the caller goes on")
    return (before[0][1] if before else None), turns


def _turn(ident: str, category: str, block: Sequence[tuple[str, str]]) -> Turn:
    def lines(word: str) -> tuple[str, ...]:
        return tuple(text for key, text in block if key == word)

    others = tuple(() if text == _NOTHING else (parse_call(text),) for text in lines("or"))
    wanted = tuple(map(parse_call, lines("call")))
    return Turn(
        id=ident,
        category=category,
        caller=lines("caller")[0],
        accepted=(wanted, *others),
        has=lines("has"),
        lacks=lines("not"),
        filler="".join(lines("filler")),
        agent="".join(lines("agent")),
    )
