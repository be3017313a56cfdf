"""A conversation in the making: what was said, which functions ran, and what the agent is trained to say.

The builder is where the promise is kept that the agent says nothing it does not know: every number, time, day and
doctor in its words must occur earlier in the conversation (:class:`Unfounded` otherwise).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import attrs

from actors.ports import ToolSpec
from bench.training._grammar import Draw, cut

__all__ = ["FILLERS", "Call", "Dialogue", "Line", "Talk", "Unfounded", "unfounded"]

FILLERS: Final = ("One moment.", "Let's see.", "Okay.")
_INTERRUPTED: Final = {"error": "interrupted"}
_FACT: Final = re.compile(
    r"\d+(?::\d\d)?|\bDr\.? (?:[A-Z]')?[A-Z][\w-]*|\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b"
    r"|\b(?:January|February|March|April|June|July|August|September|October|November|December)\b"
)
_BUT_SORRY: Final = (
    *("Sorry, go on.", "Sorry, what was that?", "I interrupted you, sorry. Go on.", "Say that again?", "Yes?", "Yes."),
    *("Hello?", "Hello? Are you there?", "Uh huh.", "Mhm.", "Okay, go on.", "Go ahead.", "I'm listening.", "What?"),
    *("You were saying?", "Sorry, I talked over you.", "Pardon?", "Oh sorry, you first.", "Right.", "Yeah."),
    *(
        "I lost you there.",
        "You're breaking up.",
        "Sorry, I coughed.",
        "No no, please finish.",
        "I didn't get the end.",
    ),
)


class Unfounded(Exception):
    """The agent was made to say something that it cannot know: a mistake in the grammar."""


@attrs.frozen
class Call:
    name: str
    arguments: Mapping[str, str]


@attrs.frozen
class Line:
    """A message. ``learn``: whether the model is trained to write it (only the agent's)."""

    role: str
    text: str
    calls: tuple[Call, ...] = ()
    learn: bool = False


@attrs.frozen
class Dialogue:
    """A whole conversation: the system prompt, the functions it may call, and the messages."""

    system: str
    tools: tuple[tuple[str, tuple[str, ...]], ...]  # name, parameters (an optional one ends in "?")
    lines: tuple[Line, ...]
    about: str = ""

    @classmethod
    def tools_of(cls, specs: Sequence[ToolSpec]) -> tuple[tuple[str, tuple[str, ...]], ...]:
        return tuple(
            (
                spec.name,
                tuple(
                    name if name in spec.parameters["required"] else f"{name}?"
                    for name in spec.parameters["properties"]
                ),
            )
            for spec in specs
        )


class Talk:
    """Builds one dialogue. ``run(name, arguments)`` is what a function returns."""

    def __init__(
        self,
        draw: Draw,
        system: str,
        tools: tuple[tuple[str, tuple[str, ...]], ...],
        run: Callable[[str, Mapping[str, str]], Any],
        *,
        greeting: str | None = None,
    ) -> None:
        self.draw, self.system, self.tools = draw, system, tools
        self._run = run
        self.lines: list[Line] = []
        self._pending = ""
        if greeting is not None:
            self.lines.append(Line("assistant", cut(greeting, 5) if draw.chance(0.1) else greeting))

    def done(self, about: str) -> Dialogue:
        return Dialogue(self.system, self.tools, tuple(self.lines), about)

    # --- the caller ------------------------------------------------------------------------------------------------

    def user(self, line: str) -> None:
        self.lines.append(Line("user", self.draw.spoken(line)))

    # --- the agent -------------------------------------------------------------------------------------------------

    def call(self, name: str, arguments: Mapping[str, str]) -> Any:
        """Call a function, note the result and return it. Sometimes a filler was heard meanwhile; sometimes the caller
        interrupts a look-up, and the agent makes it again when told to go on."""
        call = Call(name, self._as_written(arguments))
        result = self._run(name, call.arguments)
        filler = self.draw.one(FILLERS) if self.draw.chance(0.15) else ""
        self.lines.append(Line("assistant", filler, (call,), learn=True))
        self.lines.append(Line("tool", _json(result)))
        return result

    def interrupted_call(self, name: str, arguments: Mapping[str, str]) -> None:
        """A look-up that the caller's words cut short."""
        self.lines.append(Line("assistant", "", (Call(name, self._as_written(arguments)),), learn=True))
        self.lines.append(Line("tool", _json(_INTERRUPTED)))

    def lacked(self, name: str, arguments: Mapping[str, str], missing: Sequence[str]) -> None:
        """A call that the agent should not have made, with what the toolbox says to it; never trained, only the
        question that follows. At run time such a call may be the model's own (actors/local/_founded.py)."""
        quoted = " and ".join(f"'{each}'" for each in missing)
        self.lines.append(Line("assistant", "", (Call(name, self._as_written(arguments)),)))
        self.lines.append(Line("tool", _json({"error": f"{name} needs {quoted}. Ask the caller."})))

    def say(self, text: str, *, may_be_cut: bool = True, learn: bool = True) -> None:
        """Speak. Sometimes the caller talks over it and asks again. ``learn``: without, the line is only read: another
        agent's wording, which this one need not take up."""
        text = re.sub(r"\.\.(?!\.)", ".", text)
        if missing := unfounded(text, self.known()):
            raise Unfounded(f"{missing} in {text!r}")
        words = len(text.split())
        if may_be_cut and words > 5 and self.draw.chance(0.08):
            self.lines.append(Line("assistant", cut(text, self.draw.number(2, words - 2))))
            if self.draw.chance(0.3):
                return  # and the caller simply goes on
            self.user(self.draw.one(_BUT_SORRY))
        self.lines.append(Line("assistant", text, learn=learn))
        if self.draw.chance(0.02):
            self.lines.append(Line("assistant", self.draw.one(("Are you still there?", "Hello, can you hear me?"))))

    def _as_written(self, arguments: Mapping[str, str]) -> dict[str, str]:
        """In lower case what was never written otherwise: to copy is what a small model can do, to correct is not."""
        known = self.known()
        return {
            name: value.lower() if value not in known and value.lower() in known else value
            for name, value in arguments.items()
        }

    def length(self) -> int:
        """About the characters of the rendered text so far."""
        return 500 + sum(len(line.text) + 35 + 120 * len(line.calls) for line in self.lines)

    def known(self) -> str:
        """Everything the agent has in front of it."""
        parts = [self.system]
        for line in self.lines:
            parts.append(line.text)
            parts.extend(str(value) for call in line.calls for value in call.arguments.values())
        return "\n".join(parts)


def unfounded(text: str, known: str) -> list[str]:
    """The facts in an agent's words that occur nowhere in what it knows."""
    plain = _plain(known)
    return [fact for fact in _FACT.findall(text) if _plain(fact) not in plain]


def _plain(text: str) -> str:
    return re.sub(r"\b(?:doctor|dr)\b\.?", "dr", text.casefold())


def _json(result: Any) -> str:
    return json.dumps(result, ensure_ascii=False, separators=(",", ":"))
