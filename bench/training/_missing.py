"""Asking for what is missing, one thing at a time, with what callers answer instead. Nothing is called meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import attrs

from bench.training._grammar import Draw, Value
from bench.training._jobs import Domain, Parameter
from bench.training._small_talk import SmallTalk
from bench.training._talk import Talk
from bench.training._values import ASKS

__all__ = ["ANSWERS", "Asking"]

ANSWERS: Final = (
    *("<v>", "<v>", "<v>", "<v>, please", "{it's|it is|that's|that would be} <v>", "{um|uh|well|hmm}, <v>"),
    *("{sure|okay|yes}, <v>", "{let me see|let's say|I think}, <v>", "<v>, thanks", "<v> {I guess|I think}"),
    *(
        "oh, {right|yes}, <v>",
        "<v>{, if possible|. Does that work?|, I believe|. Is that enough?}",
        "{of course|yeah}, <v>",
    ),
)
_WITH_NEXT: Final = ("<v>, <w>", "<v>, and <w>", "<v> and then it's <w>", "it's <v>, and <w>", "<v>. <w>.")
_CHANGED: Final = (
    "<v>. {Oh, and|And} {make it|make that|I meant} <w> instead of <old>",
    "<v>, {but|and} {can we make it|I'd rather have|change that to} <w>{, not <old>| instead of <old>}",
    "{actually|wait}, not <old>, <w>. And {it's |}<v>",
)
_STALLS: Final = (
    "{hm|um|uh|oh}, let me {think|look|see|check}{ that up|}",
    "{one|just a|wait a} {second|moment|minute}{, I have it somewhere|, I'm looking for it|}",
    "{hold on|hang on}, {I have to find it|where did I put it|I wrote it down}",
    "{good question|oh|right}, {where is it|I had it here|give me a second}",
)
_PATIENT: Final = ("Take your time.", "Of course, take your time.", "Sure, I'll wait.")
_WHAT: Final = (
    "{sorry|pardon}{, what was that|, what did you say|, can you repeat that|}?",
    "{what|come again|say that again|what do you need}?",
    "I didn't {hear|get|catch} {that|you}{, sorry|}",
)
_WHY: Final = ("{why|what} do you need {that|to know that} for?", "is that necessary?", "why{?| is that?| do you ask?}")
_DROPPED: Final = (
    "{oh|ah|hm}, {never mind|forget it|leave it}{ then|}",
    "{actually|no}, {never mind|I changed my mind|let's leave it|I don't want it anymore}",
    "{I'll|let me} {call back|think about it|do that later}{, thanks|}",
)
_UNKNOWN: Final = (
    "I {don't know|have no idea|can't remember|forgot}{, sorry|}",
    "{I don't have that|no idea|I'm not sure|I lost it}{, sorry| right now|}",
)
_FIXED: Final = ("person", "phone", "address", "ref", "code", "birth")  # what nobody changes their mind about
#: names of parameters that make no question ("what is the which?")
_NO_NOUN: Final = frozenset(
    ("which", "what", "where", "when", "who", "to", "at", "on", "with", "under", "until", "for_what", "for_whom", "for")
)
_FORGOTTEN: Final = ("phone", "address", "ref", "code")  # what callers may not know


class Asking:
    """``fresh`` draws another value for a parameter. ``chat`` is for what callers say instead of answering; None where
    some of it would be a wish to this agent."""

    def __init__(
        self, draw: Draw, talk: Talk, chat: SmallTalk | None, domain: Domain, fresh: Callable[[Parameter], Value]
    ) -> None:
        self._draw, self._talk, self._chat, self._domain, self._fresh = draw, talk, chat, domain, fresh

    def question(self, parameter: Parameter, shown: str) -> str:
        words = (parameter.names[0] if shown in _NO_NOUN else shown).replace("_", " ")
        asks = self._domain.asks.get(parameter.names[0]) or ASKS.get(parameter.kind)
        if asks is None:
            asks = (
                f"Which {parameter.names[0].replace('_', ' ')}, please?",
                "What <name> would you like?",
                "What is the <name>?",
            )
        return self._draw.text(self._draw.one(asks), {"name": words})

    def complete(
        self,
        missing: Sequence[tuple[Parameter, str]],
        given: dict[str, Value],
        values: Mapping[str, Value],
        said: Sequence[Parameter],
    ) -> bool:
        """Ask until ``given`` has all; false where the caller gives up. ``missing``: parameters and their names as
        shown; ``said``: those that the caller has said before, which may change."""
        draw, talk = self._draw, self._talk
        changeable = [p for p in said if p.names[0] in given and p.kind not in _FIXED]
        for at, (parameter, shown) in enumerate(missing):
            name = parameter.names[0]
            if name in given:
                continue
            question = self.question(parameter, shown)
            talk.say(question)
            what = draw.random.random()
            if what < 0.05:
                return self._given_up(_DROPPED, ("No problem. Is there anything else?", "All right. Anything else?"))
            if what < 0.10 and parameter.kind in _FORGOTTEN:
                sorry = f"I'm sorry, I need the {shown.replace('_', ' ')} for that."
                return self._given_up(_UNKNOWN, (sorry, f"{sorry} Is there anything else?"))
            if what < 0.19:
                self._aside(_STALLS, _PATIENT)
            elif what < 0.25:
                self._aside(_WHAT, (question,))
            elif what < 0.28:
                self._aside(_WHY, (f"I can't do it without that. {question}", f"I need it for that. {question}"))
            elif what < 0.34 and self._chat is not None:
                self._chat.aside("value", question)
            others = [p for p, _ in missing[at + 1 :] if p.names[0] not in given]
            if others and draw.chance(0.22):
                second = others[0].names[0]
                self._answer(_WITH_NEXT, {"v": values[name], "w": values[second]})
                given[second] = values[second]
            elif changeable and draw.chance(0.12):
                changed = draw.one(changeable)
                old, new = given[changed.names[0]], self._fresh(changed)
                plain = {"w": new, "old": old, "v": values[name]}
                self._answer(_CHANGED, {key: attrs.evolve(value, slip="") for key, value in plain.items()})
                given[changed.names[0]] = new
            else:
                self._answer(ANSWERS, {"v": values[name]})
            given[name] = values[name]
        return True

    def _answer(self, frames: Sequence[str], values: Mapping[str, Value]) -> None:
        self._talk.user(self._draw.line(self._draw.expand(self._draw.one(frames)), values))

    def _aside(self, lines: Sequence[str], replies: Sequence[str]) -> None:
        self._talk.user(self._draw.text(self._draw.one(lines)))
        self._talk.say(self._draw.one(replies))

    def _given_up(self, lines: Sequence[str], replies: Sequence[str]) -> bool:
        self._aside(lines, replies)
        return False
