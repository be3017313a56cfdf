"""Scenes that lead to where calls seldom come by chance. Each takes a drawn script and gives it other acts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from actors.testing._script import Act, Fault, Script, Talk, When
from actors.testing._writer import ASKS, NODS, ORDERS, STOPS, Writer

__all__ = ["SCENES"]

Scene = Callable[[Writer, Script], Script]


def _event_in_a_state(writer: Writer, script: Script) -> Script:
    """The line, the server or the caller's keyboard does something in a given state."""
    dice = writer.dice
    when: When = dice.choose(("interrupted", "idle", "processing") * 2 + ("idle", "interrupted", "listening"))
    do: Any = dice.choose(("lose", "hang up", "drain", "lose", "hang up", "drain", "type"))
    event = Act(do, when, dice.choose((20, 0, 60)), writer.words(ASKS), ms=dice.choose((80, 80, 150, 2500)))
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


def _voice_outlasts_the_answer(writer: Writer, script: Script) -> Script:
    """A noise, or nods without end, from before the answer until after it."""
    dice = writer.dice
    nods = Talk(" ".join(dice.choose(NODS) for _ in range(dice.choose((16, 24)))), "nod")
    over = nods if dice.chance(60) else Talk("", "noise", dice.choose((3000, 4500)))
    acts = (
        Act("type", "ended", 100, writer.words(("May I come with {} today?", "Could you look for {}?"))),
        Act("say", "processing", dice.choose((0, 50, 150)), over),
        Act("wait", "", 300),
    )
    pace = attrs.evolve(script.pace, llm_ms=300, tool_ms=100)
    return attrs.evolve(script, acts=acts, asides=(), hasty=dice.chance(70), pace=pace)


def _side_effect_outlasts_the_turn(writer: Writer, script: Script) -> Script:
    """It hangs or takes long; the apology for that has been heard, or another turn has come and gone."""
    dice = writer.dice
    acts = [Act("say", "ended", 100, writer.words(ORDERS))]
    if dice.chance(50):
        acts.append(Act("say", "commit", dice.choose((100, 400)), writer.words(STOPS)))
    fault = Fault("tool", dice.choose(("drip", "hang", "disconnect")), 0, 2)
    pace = attrs.evolve(script.pace, tool_ms=1800)
    acts.append(Act("wait", "", 5000))
    return attrs.evolve(script, acts=tuple(acts), asides=(), faults=(fault,), pace=pace, hasty=dice.chance(80))


def _cut_while_it_runs(writer: Writer, script: Script) -> Script:
    """A side effect takes its time, and the caller speaks or types meanwhile, perhaps twice."""
    dice = writer.dice
    acts = [Act("say", "ended", 100, writer.words(ORDERS))]
    do: Any = dice.choose(("say", "say", "type"))
    acts.append(Act(do, "commit", dice.choose((100, 0, 300, 500)), writer.words(STOPS)))
    if dice.chance(30):
        acts.append(Act("say", "speaking", dice.choose((100, 500)), writer.over()))
    pace = attrs.evolve(script.pace, tool_ms=dice.choose((1200, 1800)))
    if do == "type":  # over a filler; the next filler is heard before it is known what that left unheard
        acts[1] = attrs.evolve(acts[1], when="speaking")
        network = attrs.evolve(script.network, reports="never")
        return attrs.evolve(script, acts=tuple(acts), asides=(), pace=pace, network=network, hasty=True)
    return attrs.evolve(script, acts=tuple(acts), asides=(), pace=pace)


def _deaf_in_between(writer: Writer, script: Script) -> Script:
    """The recogniser fails on what is said while the model works."""
    dice = writer.dice
    acts = (
        Act("type", "ended", 100, writer.words(ASKS)),
        Act("say", "processing", dice.choose((20, 100)), writer.over()),
        Act("wait", "", 500),
    )
    fault = Fault("stt", dice.choose(("error", "disconnect")), 0, 8)
    return attrs.evolve(
        script, acts=acts, asides=(), faults=(fault,), pace=attrs.evolve(script.pace, llm_ms=1500), hasty=False
    )


def _request_while_held(writer: Writer, script: Script) -> Script:
    """The model speaks first and then asks for something, meanwhile the caller speaks up."""
    dice = writer.dice
    lines = (
        "Kindly hang up.",
        "Kindly book it for {}.",
        "Kindly hang up and",
        "Hang up at once.",
        "Kindly order for {}.",
    )
    acts = (
        Act("say", "ended", 100, writer.words(lines)),
        Act("say", "speaking", dice.choose((100, 0, 300, 500)), writer.over()),
    )
    faults = (Fault("llm", "disconnect", 0, 1, 3),) if dice.chance(30) else ()
    pace = attrs.evolve(script.pace, tts_ms=50, spread=0.0)
    return attrs.evolve(script, acts=acts, asides=(), faults=faults, pace=pace)


def _stutter(writer: Writer, script: Script) -> Script:
    """The voice comes and goes while it is being judged."""
    dice = writer.dice
    acts = [Act("say", "ended", 100, writer.words(ASKS))]
    for number in range(dice.number(2, 4)):
        talk = Talk("", "noise", dice.choose((200, 100, 260, 340))) if dice.chance(70) else writer.over()
        acts.append(Act("say", "" if number else "speaking", dice.choose((150, 180, 220, 300)), talk))
    pace = attrs.evolve(script.pace, stt_ms=dice.choose((20, 60)) if script.hasty else 400, tick_ms=40)
    network = attrs.evolve(script.network, reports=dice.choose(("on time", "late")))
    return attrs.evolve(script, acts=tuple(acts), asides=(), pace=pace, network=network)


SCENES: tuple[Scene, ...] = (
    *(_event_in_a_state,) * 7,
    *(_cut_while_it_runs,) * 5,
    *(_request_while_held,) * 4,
    *(_side_effect_outlasts_the_turn,) * 3,
    *(_voice_outlasts_the_answer,) * 2,
    _stutter,
    _deaf_in_between,
)
