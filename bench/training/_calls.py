"""How a whole conversation in a domain goes: wishes, what follows an answer, and much for which nothing is called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bench.training._domains import Conversation, Outcome, Shown, sentence
from bench.training._grammar import Draw, Value, slots
from bench.training._heard import Ear
from bench.training._jobs import Domain, Parameter
from bench.training._talk import Dialogue

__all__ = ["converse"]

_ELSE: Final = ("", "", "", " Anything else?", " Is there anything else?", " What else can I do for you?")
_MORE: Final = (
    "",
    "",
    "",
    "{okay|thanks|good|great}, ",
    "and ",
    "{oh,|sorry,} ",
    "wait, ",
    "just {to be sure|one question}, ",
)
_AGAIN: Final = (
    "{sorry|pardon|excuse me}, {what was that|what did you say|can you repeat that|could you say that again}?",
    "{can|could} you {repeat|say} that{ again|}{, please|}?",
    "I didn't {catch|get|hear} that{, sorry|}",
    "{what|come again|sorry}?",
)
_RECALL: Final = (
    "{what was|what's|tell me|can you repeat} the <key> again?",
    "{sorry|wait}, {what was the <key>|the <key> was what}?",
    "what <key> did you say?",
)
_OTHER: Final = (
    *("{and|what about|how about|and what about} <v>?", "{and|then} <v>{, please|}?", "{okay,|thanks,} and <v>?"),
    *(
        "the same {question |}for <v>{, please|}",
        "can you {check|try} <v> {too|as well|instead}?",
        "I meant <v>{, sorry|}",
    ),
)
_SAME_FOR: Final = (
    "{and |}the same {again |}{for|with} <v>{, please|}",
    "{another one|one more} {for|with} <v>{, please|}",
)
_INSTEAD: Final = (
    "{then|okay, then|in that case|hm, then} <v>{, please|}",
    "{what|how} about <v>{ then| instead|}?",
    "{can we|let's|I'd} {make it|take|try} <v>{ then|}",
    "{and|is} <v>{ possible|}?",
)
_CHOSEN: Final = (
    *(
        "<v>",
        "<v>, please",
        "{I'll take|let's do|I'd like|give me|book me} <v>{, please|}",
        "<v> {is good|works|sounds good|please}",
    ),
    "{okay|yes|great|perfect}, <v>",
)
_NTH: Final = (
    ("{the|I'll take the|let's do the|can I have the} first{ one|}{, please|}", 0),
    ("{the|I'll take the|let's do the} second{ one|}{, please|}", 1),
    ("{the|I'll take the} last{ one|}{, please|}", -1),
    ("the {former|one you said first}", 0),
)
_NONE: Final = (
    "{no|hm, no}, {none of {them|those}|that doesn't work for me|I'd rather not|I have to think about it}{, thanks|}",
    "{not now|maybe later|I'll think about it}{, thanks|, thank you|}",
)
_READY: Final = (
    "{hi|hello|hey}, {I have a question|can you help me|I need some help|could you help me with something}{, please|}?",
    "{yes|yes please|yeah}{, one more thing|, there is something else|, I have another question}",
    "I have {a|one more|another|a quick} {question|request|thing}",
    "{can|may} I ask you something?",
    "{okay|alright|so}, {listen|here's the thing|here is what I need}",
)
_GO_ON: Final = (
    "Of course, how can I help you?",
    "Sure, what can I do for you?",
    "Yes, what would you like?",
    "Go ahead, please.",
)
#: kinds of which a value tells by itself what it is for
_TELLING: Final = ("date", "date_part", "time", "count", "city", "duration", "amount", "person", "phone", "address")


def converse(draw: Draw, domain: Domain, ear: Ear, others: Sequence[Domain] = ()) -> Dialogue:
    """One whole conversation. ``others``: domains whose wishes this one refuses."""
    return _Whole(draw, domain, ear, others).run()


class _Whole(Conversation):
    def run(self) -> Dialogue:
        draw = self.draw
        for turn in range(draw.one((1, 2, 2, 3, 3, 4))):
            what = draw.random.random()
            if what < 0.13:
                self.chat.any(self.avoid)
            elif what < 0.16:
                self._aside(_READY, _GO_ON)
            elif what < 0.20 and len(self.shown) > 1:
                self._two(turn)
            elif what < (0.31 if self.absent else 0.25):
                self.refuse()
            else:
                self._one(draw.one(self.shown), turn)
        if draw.chance(0.4):
            self.chat.say("nothing else")
        return self.talk.done(f"domain {self.shown[0].tool}")

    def _one(self, shown: Shown, turn: int) -> None:
        line, values = self.wish(shown, self.domain)
        self.talk.user(self.framed(self.draw.line(line, values), turn))
        self._answered(self.carry_out(shown, line, values))

    def _two(self, turn: int) -> None:
        """Two wishes in one line, both complete: one after the other, one answer."""
        first, second = self.draw.some(self.shown, 2)
        lines = []
        for shown in (first, second):
            line, values = self.wish(shown, self.domain, complete=True)
            if not line:
                return self._one(shown, turn)
            lines.append((shown, line, values, self.draw.line(line, values).rstrip("?.")))
        joint = self.draw.one((", and ", ". And ", " and also ", ", and then "))
        self.talk.user(self.framed(lines[0][3] + joint + lines[1][3], turn))
        outcomes = [self.carry_out(shown, line, values) for shown, line, values, _ in lines]
        return self.talk.say(" ".join(one.text for one in outcomes if one is not None))

    # --- what follows an answer --------------------------------------------------------------------------------------

    def _answered(self, outcome: Outcome | None, depth: int = 0) -> None:
        """Say what came of it, and go on as callers do."""
        if outcome is None:
            return None
        draw, action = self.draw, outcome.shown.action
        offered = self._offered(outcome)
        self.talk.say(outcome.text + ("" if offered else draw.one(_ELSE)))
        if depth > 2:
            return None
        if offered:
            return self._choose(outcome, *offered)
        if "error" in outcome.found:
            changed = self._changed(outcome)
            if changed is not None and draw.chance(0.4):
                self._ask(_INSTEAD, changed[1])
                self._answered(self.call(outcome.shown, changed[0]), depth + 1)
            return None
        what = draw.random.random()
        if what < 0.22 and action.more:
            self._more(outcome)
        elif what < 0.28:
            self._aside(_AGAIN, (outcome.text,))
        elif what < 0.36:
            self._recall(outcome)
        elif what < (0.54 if action.looks else 0.40) and (changed := self._changed(outcome)) is not None:
            self._ask(_OTHER if action.looks else _SAME_FOR, changed[1])
            return self._answered(self.call(outcome.shown, changed[0]), depth + 1)
        elif what < 0.7:
            self._come_back(outcome, depth)
        return None

    def _offered(self, outcome: Outcome) -> tuple[Shown, str, list[str]] | None:
        """The function that takes one of what was found, its parameter, and what was found."""
        link = outcome.shown.action.then
        if link is None:
            return None
        held = outcome.found.get(link.key)
        choices = [str(one) for one in held] if isinstance(held, list) else [held] if held else []
        for shown in self.shown:
            if choices and shown.action.tools[0] == link.tool:
                return shown, link.parameter, choices
        return None

    def _choose(self, outcome: Outcome, target: Shown, name: str, choices: list[str]) -> None:
        """One of what was offered, or none; what was said before stays known."""
        draw = self.draw
        what = draw.random.random()
        if what < 0.12:
            return self._aside(_NONE, ("All right. Is there anything else?", "No problem. Anything else?"))
        if what < 0.24 and outcome.shown.action.more:
            self._more(outcome)
        elif what < 0.32:
            self._aside(_AGAIN, (outcome.text,))
        if len(choices) > 1 and draw.chance(0.3):
            line, at = draw.one(_NTH)
            chosen = choices[at]
            self.talk.user(draw.text(line))
        else:
            chosen = draw.one(choices)
            self._ask(_CHOSEN, Value(chosen, chosen))
        values = {p.names[0]: self.fresh(p) for p in target.action.parameters}
        values |= {key: one for key, one in outcome.given.items() if key in target.names}
        values[name] = Value(chosen, chosen)
        line = " ".join(f"<{key}>" for key in (*outcome.given, name) if key in target.names)
        return self._answered(self.carry_out(target, line, values), 2)

    def _more(self, outcome: Outcome) -> None:
        """A question that the result has answered already."""
        fitting = [(q, a) for q, a in outcome.shown.action.more if set(slots(q + a)) <= set(outcome.spoken)]
        if fitting:
            question, reply = self.draw.one(fitting)
            self.talk.user(self.draw.text(self.draw.one(_MORE) + question, outcome.spoken))
            self.talk.say(sentence(self.draw.text(reply, outcome.spoken)) + self.draw.one(_ELSE))

    def _recall(self, outcome: Outcome) -> None:
        """Something that was found is to be said again."""
        plain = {key: one for key, one in outcome.found.items() if isinstance(one, str | int) and key != "status"}
        plain = {key: one for key, one in plain.items() if not isinstance(one, bool)}
        if plain and [] not in outcome.found.values():
            key = self.draw.one(list(plain))
            words = outcome.shown.keys.get(key, key).replace("_", " ")
            self.talk.user(self.draw.text(self.draw.one(_RECALL), {"key": words}))
            self.talk.say(f"The {words} is {plain[key]}.")

    def _come_back(self, outcome: Outcome, depth: int) -> None:
        """What the result names is the subject of the next wish: "cancel that"."""
        for shown in self.shown:
            needed = [p.names[0] for p, _ in shown.in_order() if p.required]
            if shown.action.back and needed and set(needed) <= set(outcome.found):
                self.talk.user(self.framed(self.draw.text(self.draw.one(shown.action.back)), 1))
                given = {name: Value(text, text) for name in needed if (text := str(outcome.found[name]))}
                return self._answered(self.call(shown, given), depth + 1)
        return None

    def _changed(self, outcome: Outcome) -> tuple[dict[str, Value], Value] | None:
        """The same again with another value, of a kind that nobody could take for another parameter's."""
        parameters = outcome.shown.action.parameters
        words = [p for p in parameters if p.kind not in _TELLING]
        several: list[Parameter] = []
        for parameter in parameters:
            alike = words if parameter in words else [p for p in parameters if p.kind == parameter.kind]
            if parameter.names[0] in outcome.given and len(alike) == 1:
                several.append(parameter)
        if not several:
            return None
        parameter = self.draw.one(several)
        new = self.fresh(parameter)
        return {**outcome.given, parameter.names[0]: new}, new

    def _ask(self, frames: Sequence[str], value: Value) -> None:
        self.talk.user(self.draw.line(self.draw.expand(self.draw.one(frames)), {"v": value}))

    def _aside(self, lines: Sequence[str], replies: Sequence[str]) -> None:
        self.talk.user(self.draw.text(self.draw.one(lines)))
        self.talk.say(self.draw.one(replies))
