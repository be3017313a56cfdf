"""Scripts drawn at random: one way to draw them, with two kinds of dice.

:func:`draw_script` with a seed makes the soak's scripts; :func:`scripts` is the same as a Hypothesis strategy, which
shrinks a failure to the plainest call that shows it. The first option of every choice is the plainest.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import attrs

from actors.testing._scenes import SCENES
from actors.testing._script import ActorName, Crash, Fault, Network, Pace, Script, When
from actors.testing._writer import Dice, Writer

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["draw_script", "scripts"]

T = TypeVar("T")


class _RandomDice:
    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def choose(self, options: Sequence[T]) -> T:
        return self._random.choice(options)

    def chance(self, percent: int) -> bool:
        return self._random.randrange(100) < percent

    def number(self, low: int, high: int) -> int:
        return self._random.randint(low, high)


class _HypothesisDice:
    def __init__(self, draw: Any) -> None:
        self._draw = draw

    def choose(self, options: Sequence[T]) -> T:
        from hypothesis import strategies as st

        chosen: T = self._draw(st.sampled_from(options))
        return chosen

    def chance(self, percent: int) -> bool:
        return self.number(0, 99) >= 100 - percent

    def number(self, low: int, high: int) -> int:
        from hypothesis import strategies as st

        return int(self._draw(st.integers(low, high)))


def draw_script(seed: int) -> Script:
    """The script of this seed."""
    return _script(_RandomDice(seed))


def scripts() -> SearchStrategy[Script]:
    """All scripts, as a Hypothesis strategy."""
    from hypothesis import strategies as st

    return st.composite(lambda draw: _script(_HypothesisDice(draw)))()


def _script(dice: Dice) -> Script:
    hasty = dice.chance(20)
    writer = Writer(dice)
    script = Script(acts=tuple(writer.turns()), hasty=hasty, seed=dice.number(0, 999))
    if dice.chance(40):
        script = attrs.evolve(script, asides=tuple(writer.aside() for _ in range(dice.choose((1, 1, 2)))))
    if dice.chance(70):
        script = attrs.evolve(script, network=_network(dice), pace=_pace(dice, hasty=hasty))
    if dice.chance(90):
        script = dice.choose(SCENES)(writer, script)
    if dice.chance(20):
        script = attrs.evolve(script, acts=(writer.over_the_greeting(), *script.acts))
    faults = tuple(_fault(dice) for _ in range(dice.choose((0, 0, 0, 1, 1, 2))))
    crashes = tuple(_crash(dice) for _ in range(dice.choose((0, 0, 0, 0, 1, 2))))
    script = attrs.evolve(script, faults=(*script.faults, *faults), crashes=(*script.crashes, *crashes))
    # A recogniser that judges turns, sensibly or not; sooner or later than the chart's own waits.
    if dice.chance(40) and not script.pace.end_ms:
        likely, sure = dice.choose(((200, 400), (100, 0), (40, 0), (100, 700), (40, 60), (0, 300)))
        script = attrs.evolve(script, pace=attrs.evolve(script.pace, likely_end_ms=likely, end_ms=sure))
    return script


def _network(dice: Dice) -> Network:
    return Network(
        delay_ms=dice.choose((0, 15, 50, 90)),
        jitter_ms=dice.choose((0, 0, 20, 60)),
        reports=dice.choose(("on time", "on time", "on time", "on time", "late", "never", "patchy")),
    )


def _pace(dice: Dice, *, hasty: bool) -> Pace:
    return Pace(
        spread=dice.choose((0.0, 0.3) if hasty else (0.0, 0.3, 0.6)),
        stt_ms=60 if hasty else dice.choose((60, 150, 400)),  # a chart's waits are longer than its recogniser takes
        llm_ms=dice.choose((100, 300, 900)),
        token_ms=dice.choose((10, 30)),
        tts_ms=dice.choose((50, 150, 400)),
        tool_ms=dice.choose((700, 1800, 100)),
        tick_ms=dice.choose((100, 100, 40)),
        voice_factor=dice.choose((0.05, 0.05, 0.6)),
        timings=not dice.chance(10),
    )


def _fault(dice: Dice) -> Fault:
    return Fault(
        dice.choose((*("llm", "tts", "stt", "tool") * 3, "signals", "intent")),
        dice.choose(("error", "disconnect", "hang", "drip", "garbage")),
        nth=dice.number(0, 4),
        times=dice.choose((1, 1, 1, 2, 8)),
        after=dice.choose((0, 1, 4)),
    )


def _crash(dice: Dice) -> Crash:
    actor: ActorName = dice.choose(get_args(ActorName))
    if dice.chance(50):
        return Crash(actor, dice.number(2, 100) * 100)
    when: When = dice.choose(("speaking", "listening", "interrupted", "processing", "commit", "idle", "ending"))
    return Crash(actor, dice.choose((0, 20, 60, 100, 300)), when)
