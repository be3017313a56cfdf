"""What callers say and do, drawn with dice. The first option of every choice is the plainest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol, TypeVar

from actors.testing._script import Act, Talk, When

__all__ = ["ASKS", "NODS", "ORDERS", "STOPS", "Dice", "Writer"]

T = TypeVar("T")


class Dice(Protocol):
    """What a script is drawn with. ``chance`` is in percent, ``number`` includes both ends."""

    def choose(self, options: Sequence[T]) -> T: ...

    def chance(self, percent: int) -> bool: ...

    def number(self, low: int, high: int) -> int: ...


_NAMES = (
    "Miller",
    "Jones",
    "Baker",
    "Carter",
    "Mason",
    "Turner",
    "Cooper",
    "Fisher",
    "Walker",
    "Porter",
    "Foster",
    "Parker",
)
ASKS = (
    "Tell me more about it for {}.",
    "May I come with {} today?",
    "I would like to see {} and",
    "Could you look for {}?",
    "Please note it for {}.",
    "Talk to me at length for {}.",
    "Kindly look for {}?",
)
ORDERS = (
    "Please book it for {}.",
    "Could you move it for {}?",
    "Please order one for {} and book it.",
    "Kindly book it for {}.",
    "I want to order for {}",
)
_ODD = ("Try the broken one for {}?", "There is nothing for {}.")
STOPS = ("wait what about {}?", "no stop please for {}.", "actually I meant {} you see", "what is that for {}", "stop")
NODS = ("uh-huh", "okay", "right", "I see", "yes")
_FAREWELLS = ("That's all, goodbye!", "Please hang up now.", "Hang up at once.", "I want you to hang up and")


class Writer:
    """Draws one script's acts; every line of the caller's has a name of its own, so that it can be found again."""

    def __init__(self, dice: Dice) -> None:
        self.dice = dice
        self._names = iter(_NAMES)

    def words(self, lines: Sequence[str]) -> Talk:
        return Talk(self.dice.choose(lines).format(next(self._names, "Archer")))

    def over(self) -> Talk:
        """Something to say over the agent."""
        kind = self.dice.choose(("stop", "nod", "noise", "stop", "nod"))
        if kind == "stop":
            return self.words(STOPS)
        if kind == "nod":
            return Talk(self.dice.choose(NODS), "nod")
        return Talk("", "noise", self.dice.choose((80, 200, 400, 900)))

    def over_the_greeting(self) -> Act:
        """Something that does not stop the agent."""
        talk = Talk(self.dice.choose(NODS), "nod") if self.dice.chance(60) else Talk("", "noise", 80)
        return Act("say", "speaking", self.dice.choose((0, 50)), talk)

    def turns(self) -> list[Act]:
        dice = self.dice
        acts: list[Act] = []
        for number in range(dice.number(1, 3)):
            acts.append(self._turn(first=number == 0))
            acts.extend(self._follow(acts[-1].talk.text))
        if dice.chance(18):
            acts.append(Act("say", "ended", dice.number(0, 500), Talk(dice.choose(_FAREWELLS))))
            acts.append(Act("wait", "ended"))
        return acts

    def _turn(self, *, first: bool) -> Act:
        dice = self.dice
        lines = ASKS if dice.chance(30) else ORDERS if dice.chance(85) else _ODD
        when: When = (
            "speaking"
            if first and dice.chance(30)
            else "ended"
            if dice.chance(80)
            else dice.choose(("idle", "processing", "ending"))
        )
        do: Literal["type", "say"] = "type" if dice.chance(12) else "say"
        return Act(do, when, dice.choose((200, 0, 100, 400, 700, 2000)), self.words(lines))

    def _follow(self, asked: str) -> list[Act]:
        """What happens before the answer is over."""
        dice = self.dice
        acts = []
        if any(word in asked for word in ("book", "move", "order")) and dice.chance(75):
            acts.append(Act("say", "commit", dice.choose((0, 100, 300, 600)), self.words(STOPS)))
        elif dice.chance(15):
            acts.append(Act("say", "", dice.choose((300, 500, 800)), self.words(ASKS)))  # the caller goes on
        elif dice.chance(20):
            acts.append(Act("say", "processing", dice.choose((0, 100, 300)), self.over()))
        if dice.chance(55):
            acts.append(Act("say", "speaking", dice.choose((300, 0, 100, 700, 1200, 2000)), self.over()))
            if dice.chance(30):
                acts.append(Act("say", "", dice.choose((100, 50, 300, 600)), self.over()))
            elif dice.chance(10):
                acts.append(Act("type", "", 0, self.words(ASKS)))
        elif dice.chance(15):
            acts.append(Act("say", "ending", dice.choose((0, 50, 100, 200)), self.over()))
        return acts

    def aside(self) -> Act:
        """Something that happens at its own time."""
        dice = self.dice
        when: Any = dice.choose(("speaking", "processing", "interrupted", "listening", "idle"))
        delay = dice.choose((0, 20, 100, 300, 1000, 3000))
        match dice.choose(("type", "lose", "lose", "drain", "report", "hang up", "say")):
            case "lose":
                return Act("lose", when, delay, ms=dice.choose((300, 1000, 3000, 0)))
            case "type":
                return Act("type", when, delay, self.words(ASKS))
            case "report":
                return Act("report", when, delay, ms=dice.number(0, 6))
            case "say":
                return Act("say", when, delay, self.over())
            case "drain":
                return Act("drain", when, delay)
            case _:
                return Act("hang up", when, delay + dice.choose((2000, 6000)))
