"""Scenes in which the line, the server or the caller's keyboard does something at a bad moment."""

from __future__ import annotations

from typing import Any

import attrs

from actors.testing._script import Act, Crash, Pace, Script, Talk, When
from actors.testing._writer import ASKS, ORDERS, STOPS, Writer

__all__ = [
    "done_while_away",
    "event_in_a_state",
    "line_flickers",
    "stops_as_its_watch_crashes",
    "types_and_speaks",
    "types_nothing",
]


def event_in_a_state(writer: Writer, script: Script) -> Script:
    """The line, the server or the caller's keyboard does something in a given state."""
    dice = writer.dice
    when: When = dice.choose(
        ("interrupted", "idle", "processing", "listening", "speaking", "interrupted", "processing", "idle", "listening")
    )
    do: Any = dice.choose(("hang up", "drain", "lose", "hang up", "drain", "type"))
    event = Act(do, when, dice.choose((20, 0, 60)), writer.words(ASKS), ms=dice.choose((80, 2500, 0)))
    asked = Act("type", "ended", 200, writer.words(ASKS))
    acts: tuple[Act, ...] = (asked, event)
    asides: tuple[Act, ...] = ()
    if when == "interrupted":
        acts, asides = (asked, Act("say", "speaking", 300, writer.over())), (event,)
    elif when == "idle":
        acts = (asked, attrs.evolve(event, when="ended", after_ms=dice.choose((50, 500))))
    elif when == "listening":
        acts, asides = (attrs.evolve(asked, do="say"),), (event,)
    pace = attrs.evolve(script.pace, llm_ms=dice.choose((300, 600)))
    return attrs.evolve(script, acts=acts, asides=asides, pace=pace)


def line_flickers(writer: Writer, script: Script) -> Script:
    """It is lost and back in a moment, in one state after the other."""
    dice = writer.dice
    acts = (
        Act("type", "ended", 200, writer.words(ASKS)),
        Act("lose", "processing", 20, ms=60),
        Act("say", "speaking", 300, writer.over()),
        Act("wait", "ended"),
        Act("say", "", 100, writer.words(ASKS)),
    )
    asides = (Act("lose", "interrupted", dice.choose((20, 0)), ms=60), Act("lose", "listening", 20, ms=60))
    pace = attrs.evolve(script.pace, llm_ms=300)
    return attrs.evolve(script, acts=acts, asides=asides, pace=pace)


def stops_as_its_watch_crashes(writer: Writer, script: Script) -> Script:
    """The server is to stop, and who waits for that crashes just then, or before."""
    dice = writer.dice
    when: When = dice.choose(("speaking", "processing", "listening", "idle", "interrupted"))
    asked = Act("say", "ended", 100, writer.words(ASKS))
    acts = (asked, Act("say", "speaking", 300, writer.over()))
    delay = dice.choose((20, 0, 300))
    crash = Crash("drain", dice.choose((delay, 0, delay + 20)), when)
    return attrs.evolve(script, acts=acts, asides=(Act("drain", when, delay),), crashes=(crash,))


def done_while_away(writer: Writer, script: Script) -> Script:
    """A side effect ends while nobody speaks and the line is lost."""
    dice = writer.dice
    acts = (
        Act("type", "ended", 100, writer.words(ORDERS)),
        Act("type", "commit", 100, writer.words(("May I come with {} today?",))),
        Act("lose", "ended", dice.choose((50, 150)), ms=dice.choose((2500, 1500, 0))),
        Act("wait", "", 500),
    )
    pace = Pace(tool_ms=dice.choose((3600, 3800)))
    return attrs.evolve(script, acts=acts, asides=(), pace=pace, hasty=False)


def types_nothing(writer: Writer, script: Script) -> Script:
    """Only question marks, in one state after the other."""
    dice = writer.dice
    states: tuple[When, ...] = ("listening", "speaking", "interrupted", "processing", "idle", "listening")
    asides = tuple(Act("type", when, dice.choose((20, 60)), Talk("?", "nod"), patience_ms=20000) for when in states)
    acts = (
        Act("type", "ended", 60, Talk("?", "nod")),
        Act("say", "", 100, writer.words(ASKS)),
        Act("say", "speaking", 300, writer.over()),
        Act("wait", "ended", 100),
    )
    return attrs.evolve(script, acts=acts, asides=asides)


def types_and_speaks(writer: Writer, script: Script) -> Script:
    """Two lines typed, the second perhaps before the first is answered, and then words over the work on it."""
    dice = writer.dice
    acts = (
        Act("type", "ended", 100, writer.words(ASKS)),
        Act("type", dice.choose(("ended", "processing")), 100, writer.words(ASKS)),
        Act("say", "processing", dice.choose((50, 100)), writer.words(STOPS)),
    )
    pace = attrs.evolve(script.pace, llm_ms=900)
    return attrs.evolve(script, acts=acts, asides=(), pace=pace)
