"""Conversations in other jobs than the hospital's, from ``domains.toml`` or from a user's own file of that form.

A domain's functions get one of several names each, their parameters too; order and number vary. What a function
returns is drawn, or, where the domain names an ``agent``, is what the agent's real function returns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import attrs

from bench.training._grammar import Draw, Value, slots
from bench.training._heard import Ear
from bench.training._small_talk import SmallTalk
from bench.training._talk import Dialogue, Talk
from bench.training._values import ASKS, KINDS, value

__all__ = ["Action", "Domain", "converse", "read_domain"]

_OPEN: Final = (
    "",
    "",
    "",
    "",
    "{hi|hello|hey|good morning}",
    "{hi|hello}, um",
    "yes {hi|hello}",
    "okay",
    "so",
    "right",
    "excuse me",
    "oh hi",
)
_ALSO: Final = ("also", "and", "oh, and", "one more thing", "okay, and", "", "", "another thing", "next")
_PLEASE: Final = ("", "", "", "please", "thanks", "if you can", "thank you")
_ANSWERS: Final = (
    *("<v>", "<v>", "<v>", "<v>, please", "{it's|it is|that's|that would be} <v>", "{um|uh|well|hmm}, <v>"),
    *("{sure|okay|yes}, <v>", "{let me see|let's say|I think}, <v>", "<v>, thanks", "<v> {I guess|I think}"),
)
_SORRY: Final = ("I'm sorry, <error>.", "I'm sorry, <error>.", "Unfortunately <error>.")
_ELSE: Final = ("", "", "", " Anything else?", " Is there anything else?")
_CANNOT: Final = (
    "I'm sorry, I can't do that here. I can <job>.",
    "I can only <job>. What would you like?",
    "I'm sorry, I can't help with that. I can <job>.",
)
_ARTICLE: Final = re.compile(r"^(?:the|an?) ")


@attrs.frozen
class Parameter:
    names: tuple[str, ...]  # the first is its name in lines and answers
    kind: str
    required: bool


@attrs.frozen
class Action:
    """Something that one function does, and how people ask for it."""

    tools: tuple[str, ...]
    does: str
    parameters: tuple[Parameter, ...]
    lines: tuple[str, ...]
    result: Mapping[str, str]
    answers: tuple[str, ...]
    errors: tuple[str, ...]


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


def read_domain(table: Mapping[str, Any]) -> Domain:
    """A domain from its table in a TOML file. KeyError where a key is missing that it needs."""
    actions = []
    for entry in table["action"]:
        parameters = []
        for names, kind in entry.get("params", ()):
            parameters.append(Parameter(tuple(names.rstrip("?").split("|")), kind, not names.endswith("?")))
        result = {key: str(said) for key, said in entry.get("result", {}).items()}
        actions.append(
            Action(
                tuple(entry["tool"]),
                entry["does"],
                tuple(parameters),
                tuple(entry["lines"]),
                result,
                tuple(entry["answers"]),
                tuple(entry.get("errors", ())),
            )
        )
    return Domain(
        tuple(table["place"]),
        tuple(table["role"]),
        {kind: tuple(values) for kind, values in table.get("kinds", {}).items()},
        {name: tuple(asks) for name, asks in table.get("asks", {}).items()},
        tuple(actions),
    )


def converse(draw: Draw, domain: Domain, ear: Ear) -> Dialogue:
    """One whole conversation."""
    return _Conversation(draw, domain, ear).run()


@attrs.frozen
class _Shown:
    """An action as it stands in this prompt."""

    action: Action
    tool: str
    names: Mapping[str, str]  # a parameter's first name -> the name shown, in the order shown


class _Conversation:
    def __init__(self, draw: Draw, domain: Domain, ear: Ear) -> None:
        self.draw, self.domain, self.ear = draw, domain, ear
        own = domain.run is not None
        shown = [self._show(action, own) for action in domain.actions]
        if not own:
            shown = draw.some(shown, len(shown))
        hidden = not own and len(shown) > 1 and draw.chance(0.35)
        self.absent = shown.pop() if hidden else None
        self.shown = shown
        tools = []
        for each in shown:
            required = {p.names[0]: p.required for p in each.action.parameters}
            tools.append((each.tool, tuple(n if required[f] else f"{n}?" for f, n in each.names.items())))
        place = draw.one(domain.places)
        greeting = domain.greeting or draw.text(
            f"{{Hello, this is {place}. How can I help you?|{place}, what can I do for you?|{place}, good day.|"
            f"Hello. How can I help you?}}"
        )
        system = draw.text(draw.one(domain.roles), {"place": place})
        greeting = greeting[:1].upper() + greeting[1:]
        self.talk = Talk(draw, system, tuple(tools), self._run, greeting=greeting if draw.chance(0.7) else None)
        self.job = _listed([each.action.does for each in shown])
        self.chat = SmallTalk(self.talk, place, self.job)
        self.values: dict[str, Value] = {}
        self.known: dict[str, Value] = {}  # a name once told is not asked for again

    def run(self) -> Dialogue:
        draw = self.draw
        for turn in range(draw.one((1, 2, 2, 3, 3, 4))):
            if draw.chance(0.22):
                self.chat.any()
            elif self.absent is not None and draw.chance(0.3):
                self._refuse(self.absent)
            elif draw.chance(0.06) and len(self.shown) > 1:
                self._two(turn)
            else:
                self._one(draw.one(self.shown), turn)
        if draw.chance(0.4):
            self.chat.say("nothing else")
        return self.talk.done(f"domain {self.shown[0].tool}")

    # --- what happens ------------------------------------------------------------------------------------------------

    def _one(self, shown: _Shown, turn: int) -> None:
        line, values = self._wish(shown)
        self.talk.user(self._framed(self.draw.line(line, values), turn))
        self.talk.say(self._carry_out(shown, line, values) + self.draw.one(_ELSE))

    def _two(self, turn: int) -> None:
        """Two wishes in one line, both complete: one after the other, one answer."""
        first, second = self.draw.some(self.shown, 2)
        lines = []
        for shown in (first, second):
            line, values = self._wish(shown, complete=True)
            if line is None:
                return self._one(shown, turn)
            lines.append((shown, line, values, self.draw.line(line, values).rstrip("?.")))
        joint = self.draw.one((", and ", ". And ", " and also ", ", and then "))
        self.talk.user(self._framed(lines[0][3] + joint + lines[1][3], turn))
        answers = [self._carry_out(shown, line, values) for shown, line, values, _ in lines]
        return self.talk.say(" ".join(answers))

    def _carry_out(self, shown: _Shown, line: str, values: Mapping[str, Value]) -> str:
        """Ask for what is missing, call the function, and return what is to be said."""
        draw, talk = self.draw, self.talk
        given = {name: values[name] for name in slots(line)}
        for name, one in self.known.items():
            if name in shown.names and name not in given:
                given[name] = one
        for parameter in self._in_order(shown):
            name = parameter.names[0]
            if not parameter.required or name in given:
                continue
            talk.say(self._question(parameter, shown.names[name]))
            said = values[name]
            talk.user(draw.line(draw.expand(draw.one(_ANSWERS)).replace("<v>", f"<{name}>"), values))
            given[name] = said
        for parameter in shown.action.parameters:
            if parameter.kind == "person" and parameter.names[0] in given and draw.chance(0.5):
                self.known[parameter.names[0]] = given[parameter.names[0]]
        self.values = dict(given)
        arguments = {as_shown: given[name].argument for name, as_shown in shown.names.items() if name in given}
        result = talk.call(shown.tool, arguments)
        spoken = {name: one.argument for name, one in given.items()} | {k: str(v) for k, v in result.items()}
        if "error" in result:
            return _sentence(draw.text(draw.one(_SORRY), spoken))
        fitting = [answer for answer in shown.action.answers if set(slots(answer)) <= set(spoken)]
        return _sentence(draw.text(draw.one(fitting), spoken)) if fitting else "Done."

    def _refuse(self, absent: _Shown) -> None:
        line, values = self._wish(absent)
        self.talk.user(self._framed(self.draw.line(line, values), 1))
        self.talk.say(self.draw.text(self.draw.one(_CANNOT), {"job": self.job}))

    # --- words -------------------------------------------------------------------------------------------------------

    def _wish(self, shown: _Shown, *, complete: bool = False) -> tuple[Any, dict[str, Value]]:
        draw = self.draw
        values = {p.names[0]: self.ear.hear(value(draw, p.kind, self.domain.kinds)) for p in shown.action.parameters}
        needed = {p.names[0] for p in shown.action.parameters if p.required}
        for _ in range(12):
            line = draw.expand(draw.one(shown.action.lines))
            if not complete or needed <= set(slots(line)):
                return line, values
        return None, values

    def _framed(self, text: str, turn: int) -> str:
        draw = self.draw
        opening = draw.expand(draw.one(_ALSO if turn else _OPEN))
        polite = draw.one(_PLEASE) if "please" not in text else ""
        end = text[-1] if text[-1:] in "?.!" else "."
        text = text.rstrip("?.!")
        return f"{opening}{', ' if opening else ''}{text}{', ' + polite if polite else ''}{end}"

    def _question(self, parameter: Parameter, shown: str) -> str:
        words = shown.replace("_", " ")
        asks = self.domain.asks.get(parameter.names[0]) or ASKS.get(parameter.kind)
        if asks is None:
            asks = (
                f"Which {parameter.names[0].replace('_', ' ')}, please?",
                "What <name> would you like?",
                "What is the <name>?",
            )
        return self.draw.text(self.draw.one(asks), {"name": words})

    def _show(self, action: Action, own: bool) -> _Shown:
        draw = self.draw
        parameters = list(action.parameters)
        if not own and draw.chance(0.3):
            parameters = draw.some(parameters, len(parameters))
        names: dict[str, str] = {}
        for parameter in parameters:
            choices = [name for name in parameter.names if name not in names.values()]
            names[parameter.names[0]] = parameter.names[0] if own else draw.one(choices)
        return _Shown(action, action.tools[0] if own else draw.one(action.tools), names)

    def _in_order(self, shown: _Shown) -> Sequence[Parameter]:
        by_name = {parameter.names[0]: parameter for parameter in shown.action.parameters}
        return [by_name[name] for name in shown.names]

    def _run(self, tool: str, arguments: Mapping[str, str]) -> Any:
        if self.domain.run is not None:
            return self.domain.run(tool, arguments)
        draw = self.draw
        shown = next(each for each in self.shown if each.tool == tool)
        spoken = {name: one.argument for name, one in self.values.items()}
        if shown.action.errors and draw.chance(0.12):
            error = draw.one(shown.action.errors)
            if set(slots(error)) <= set(spoken):
                return {"error": draw.text(error, spoken)}
        found = {}
        for key, said in shown.action.result.items():
            if said.startswith("#"):
                kind = said[1:]
                found[key] = KINDS[kind](draw).argument
            else:
                found[key] = draw.text(draw.one(said.split("|")), spoken)
        return found


def _listed(parts: list[str]) -> str:
    return ", ".join(parts[:-1]) + f" and {parts[-1]}" if len(parts) > 1 else parts[0]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
