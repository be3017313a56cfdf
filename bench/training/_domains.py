"""Conversations in other jobs than the hospital's, from ``domains/*.toml`` or from a user's own file of that form.

A domain's functions get one of several names each, their parameters too; order and number vary. What a function
returns is drawn, or, where the domain names an ``agent``, is what the agent's real function returns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs

from bench.training._grammar import Draw, Value, slots
from bench.training._heard import Ear
from bench.training._jobs import Action, Domain, Parameter, common_actions
from bench.training._missing import Asking
from bench.training._results import answer, drawn, joined, result_of, wrapped
from bench.training._small_talk import SmallTalk
from bench.training._strangers import fits_nothing, words_of
from bench.training._talk import Talk

__all__ = ["Conversation", "Outcome", "Shown", "sentence", "show"]

_OPEN: Final = (
    *("", "", "", "", "{hi|hello|hey|good morning}", "{hi|hello}, um", "yes {hi|hello}", "okay", "so", "right"),
    *("excuse me", "oh hi", "{good afternoon|good evening}", "hi there", "{yeah|yes}", "{sorry to bother you|well}"),
)
_ALSO: Final = (
    *("also", "and", "oh, and", "one more thing", "okay, and", "", "", "", "another thing", "next", "then"),
    *("right, and", "{thanks|great|perfect|good}. {And|Now|Then}", "{thank you|thanks}", "while I have you"),
)
_PLEASE: Final = ("", "", "", "please", "thanks", "if you can", "thank you")
_SORRY: Final = ("I'm sorry, <error>.", "I'm sorry, <error>.", "Unfortunately <error>.", "I'm afraid <error>.")
_DOWN: Final = ("the system is down", "it does not work at the moment", "there was no answer", "that did not work")
_TOO_SOON: Final = 0.1  # share of the incomplete wishes on which the function was called in vain
_CANNOT: Final = (
    "I'm sorry, I can't do that here. I can <job>.",
    "I can only <job>. What would you like?",
    "I'm sorry, I can't help with that. I can <job>.",
)
_ABLE: Final = (
    "{can you|could you|are you able to|is it possible to|I'd like you to|I want someone to} <does>?",
    "{I've been told|I heard|they say} you <does>",
    "{I need|I'd like} someone to <does>",
)
_STYLES: Final = (
    *("<role>", "<role>", "<role>"),
    "You are the {voice|phone|automatic} assistant of <place>. {Be brief.|Keep answers short.|Use short sentences.}",
    "You answer the phone at <place>. You can <job>. {Be short and friendly.|Answer in one or two sentences.}",
    "<role> Use the tools for {every fact|all facts}{ and invent nothing|}.{ Ask for what is missing.|}",
    "You help callers of <place> by phone: you <job>. Ask when something is missing{, never guess|}.",
    "<place>. You <job>. {One or two sentences.|Be polite and brief.|Speak plainly.}",
)


@attrs.frozen
class Shown:
    """An action as it stands in this prompt."""

    action: Action
    tool: str
    names: Mapping[str, str]  # a parameter's first name -> the name shown, in the order shown
    keys: Mapping[str, str]  # the same of the result's keys
    shape: int  # of the result, see _results

    def in_order(self) -> list[tuple[Parameter, str]]:
        by_name = {parameter.names[0]: parameter for parameter in self.action.parameters}
        return [(by_name[name], shown) for name, shown in self.names.items()]


@attrs.frozen
class Outcome:
    """What a call came to: ``given`` went in, ``found`` came back, ``text`` is to be said."""

    shown: Shown
    given: Mapping[str, Value]
    found: Mapping[str, Any]
    text: str

    @property
    def spoken(self) -> dict[str, str]:
        word = "or" if self.shown.action.then else "and"
        arguments = {name: one.argument for name, one in self.given.items()}
        return arguments | {key: joined(held, word) for key, held in self.found.items()}


class Conversation:
    """What every turn needs: the prompt, the wish, the call, the refusal. ``others``: domains of which wishes are
    refused."""

    def __init__(self, draw: Draw, domain: Domain, ear: Ear, others: Sequence[Domain] = ()) -> None:
        self.draw, self.domain, self.ear, self.others = draw, domain, ear, others
        own = domain.run is not None
        shown = [show(draw, action, own=own) for action in domain.actions]
        if not own:
            shown = draw.some(shown, len(shown))[: draw.one((2, 3, 4, 5, 6, 7, 8, 8, 8))]
        # Not a look-up that leads to a function which stays: "I'd like to play on Friday" may be meant for either.
        hidden = not own and len(shown) > 1 and shown[-1].action.then is None and draw.chance(0.25)
        self.absent = shown.pop() if hidden else None
        if not own and draw.chance(0.2):
            taken = {each.tool for each in shown}
            common = show(draw, draw.one(common_actions()), own=False)
            if common.tool not in taken:
                shown.insert(draw.number(0, len(shown)), common)
        self.shown = shown
        self.avoid = frozenset().union(domain.avoid, *(each.action.avoid for each in shown))
        self._known_words = words_of([*domain.actions, *(each.action for each in shown)], domain.kinds)
        tools = tuple(
            (each.tool, tuple(name if p.required else f"{name}?" for p, name in each.in_order())) for each in shown
        )
        place = draw.one(domain.places)
        greeting = domain.greeting or draw.text(
            f"{{Hello, this is {place}. How can I help you?|{place}, what can I do for you?|{place}, good day.|"
            f"Hello. How can I help you?|Welcome to {place}. How can I help?|{place}, how may I help you?}}"
        )
        self.job = _listed(list(dict.fromkeys(each.action.does for each in shown)))
        role = draw.text(draw.one(domain.roles), {"place": place})
        style = draw.one(_STYLES) if not own else "<role>"
        job = re.sub(r"\byou\b", "callers", re.sub(r"\byour\b", "their", self.job))
        system = sentence(draw.text(style, {"place": place, "job": job, "role": role}))
        self.talk = Talk(draw, system, tools, self._run, greeting=sentence(greeting) if draw.chance(0.7) else None)
        self.chat = SmallTalk(self.talk, place, self.job)
        self.asking = Asking(draw, self.talk, None if self.avoid else self.chat, domain, self.fresh)
        self._running: tuple[Shown, Mapping[str, Value]] | None = None
        self._found: Mapping[str, Any] = {}
        self.known: dict[str, Value] = {}  # a name once told is not asked for again, nor is what a function returned

    # --- what happens ------------------------------------------------------------------------------------------------

    def carry_out(self, shown: Shown, line: str, values: Mapping[str, Value]) -> Outcome | None:
        """Ask for what is missing, and call the function. None where the caller gave up."""
        given = {name: values[name] for name in slots(line) if name in values}
        said = [parameter for parameter, _ in shown.in_order() if parameter.names[0] in given]
        for name, one in self.known.items():
            if name in shown.names and name not in given:
                given[name] = one
        missing = [(p, as_shown) for p, as_shown in shown.in_order() if p.required and p.names[0] not in given]
        if missing and self.draw.chance(_TOO_SOON):
            known = {as_shown: given[name].argument for name, as_shown in shown.names.items() if name in given}
            self.talk.lacked(shown.tool, known, [as_shown for _, as_shown in missing])
        if not self.asking.complete(missing, given, values, said):
            return None
        return self.call(shown, given)

    def call(self, shown: Shown, given: Mapping[str, Value]) -> Outcome:
        """Call the function with what is known."""
        draw = self.draw
        for parameter in shown.action.parameters:
            if parameter.kind == "person" and parameter.names[0] in given and draw.chance(0.5):
                self.known[parameter.names[0]] = given[parameter.names[0]]
        self._running = shown, given
        arguments = {as_shown: given[name].argument for name, as_shown in shown.names.items() if name in given}
        self.talk.call(shown.tool, arguments)
        found = self._found
        for name, held in found.items():
            if isinstance(held, str) and self._asked_for(name):
                self.known[name] = Value(held, held)
        outcome = Outcome(shown, given, found, "")
        if "error" in found:
            text = draw.text(draw.one(_SORRY), outcome.spoken)
        else:
            text = answer(draw, shown.action, outcome.spoken, found)
        return attrs.evolve(outcome, text=sentence(text))

    def refuse(self) -> None:
        """A wish that no function of this prompt serves: this job's, or quite another's."""
        draw = self.draw
        line = ""
        if self.absent is not None and draw.chance(0.6):
            if draw.chance(0.2):
                line = draw.text(draw.one(_ABLE), {"does": _to_caller(self.absent.action.does)})
            else:
                wish, values = self.wish(self.absent, self.domain)
                line = draw.line(wish, values)
        elif self.others:
            line = self._strange()
        if not line:
            return self.chat.any(self.avoid)
        self.talk.user(self.framed(line, draw.number(0, 1)))
        return self.talk.say(draw.text(draw.one(_CANNOT), {"job": self.job}))

    def _strange(self) -> str:
        """A wish from another domain that has nothing to do with this one."""
        for _ in range(6):
            domain = self.draw.one(self.others)
            line, values = self.wish(show(self.draw, self.draw.one(domain.actions), own=True), domain)
            said = self.draw.line(line, values)
            if fits_nothing(said, self._known_words):
                return said
        return ""

    def _asked_for(self, name: str) -> bool:
        """Whether some function of this prompt takes what this result's key names."""
        return any(
            p.names[0] == name and p.kind in ("ref", "code") for each in self.shown for p in each.action.parameters
        )

    # --- words -------------------------------------------------------------------------------------------------------

    def wish(self, shown: Shown, domain: Domain, *, complete: bool = False) -> tuple[str, dict[str, Value]]:
        """A line with its slots, and values for all parameters; an empty line where none is complete."""
        draw = self.draw
        values = {p.names[0]: self.fresh(p, domain) for p in shown.action.parameters}
        needed = {p.names[0] for p in shown.action.parameters if p.required}
        partial = bool(needed) and not complete and draw.chance(0.25)
        if partial and draw.chance(0.15):
            return draw.text(draw.one(_ABLE), {"does": _to_caller(shown.action.does)}), values
        line = ""
        for _ in range(12):
            line = draw.expand(draw.one(shown.action.lines))
            whole = needed <= set(slots(line))
            if whole != partial or not (partial or complete):
                return line, values
        return "" if complete else line, values

    def framed(self, text: str, turn: int) -> str:
        draw = self.draw
        opening = draw.expand(draw.one(_ALSO if turn else _OPEN))
        polite = draw.one(_PLEASE) if "please" not in text else ""
        end = text[-1] if text[-1:] in "?.!" else "."
        text = text.strip("?.!, ")
        return f"{opening}{', ' if opening else ''}{text}{', ' + polite if polite else ''}{end}"

    def fresh(self, parameter: Parameter, domain: Domain | None = None) -> Value:
        """A value for a parameter, perhaps misheard."""
        return self.ear.hear(drawn(self.draw, parameter.kind, domain or self.domain))

    def _run(self, tool: str, arguments: Mapping[str, str]) -> Any:
        if self.domain.run is not None:
            result = self.domain.run(tool, arguments)
            self._found = result if isinstance(result, dict) else {"result": result}
            return result
        draw = self.draw
        assert self._running is not None
        shown, given = self._running
        spoken = {name: one.argument for name, one in given.items()}
        if draw.chance(0.13):
            error = draw.one(shown.action.errors or _DOWN) if draw.chance(0.85) else draw.one(_DOWN)
            if set(slots(error)) <= set(spoken):
                self._found = {"error": draw.text(error, spoken)}
                return dict(self._found)
        found = result_of(draw, shown.action, spoken, lambda kind: drawn(draw, kind, self.domain).argument)
        self._found = found
        return wrapped(shown.shape, {shown.keys[key]: held for key, held in found.items()})


def show(draw: Draw, action: Action, *, own: bool) -> Shown:
    """With names of the prompt's; ``own``: with the first ones, in order."""
    parameters = list(action.parameters)
    keys = {names[0]: names[0] if own else draw.one(names) for names in action.result}
    if own:
        return Shown(action, action.tools[0], {p.names[0]: p.names[0] for p in parameters}, keys, 0)
    if draw.chance(0.3):
        parameters = draw.some(parameters, len(parameters))
    names: dict[str, str] = {}
    for parameter in parameters:
        choices = [name for name in parameter.names if name not in names.values()]
        names[parameter.names[0]] = draw.one(choices)
    return Shown(action, draw.one(action.tools), names, keys, draw.one((0, 0, 0, 0, 0, 0, 1, 2, 3)))


def _to_caller(does: str) -> str:
    """From "tell you your balance" to "tell me my balance"."""
    return re.sub(r"\byou\b", "me", re.sub(r"\byour\b", "my", does))


def _listed(parts: list[str]) -> str:
    return ", ".join(parts[:-1]) + f" and {parts[-1]}" if len(parts) > 1 else parts[0]


def sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
