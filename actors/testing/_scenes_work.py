"""Scenes in which the agent's work goes on, fails or takes long at a bad moment: the model, side effects, engines."""

from __future__ import annotations

from typing import Any

import attrs

from actors.testing._script import Act, Crash, Fault, Network, Pace, Script, Talk
from actors.testing._writer import ASKS, ORDERS, STOPS, Writer

__all__ = [
    "cut_while_it_runs",
    "deaf_in_between",
    "heard_all_before_it_is_held",
    "heard_out_before_it_is_held",
    "model_dawdles",
    "news_cannot_be_told",
    "request_while_held",
    "side_effect_outlasts_the_turn",
    "slow_recogniser",
    "speaks_up_as_it_runs_dry",
    "voice_breaks_while_held",
]


def side_effect_outlasts_the_turn(writer: Writer, script: Script) -> Script:
    """It hangs or takes long; the apology for that has been heard, or another turn has come and gone."""
    dice = writer.dice
    acts = [Act("say", "ended", 100, writer.words(ORDERS))]
    if dice.chance(50):
        acts.append(Act("say", "commit", dice.choose((100, 400)), writer.words(STOPS)))
    fault = Fault("tool", dice.choose(("drip", "hang", "disconnect")), 0, 2)
    pace = attrs.evolve(script.pace, tool_ms=1800)
    acts.append(Act("wait", "", 5000))
    return attrs.evolve(script, acts=tuple(acts), asides=(), faults=(fault,), pace=pace, hasty=dice.chance(80))


def cut_while_it_runs(writer: Writer, script: Script) -> Script:
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


def request_while_held(writer: Writer, script: Script) -> Script:
    """The model speaks first and then asks for something, meanwhile the caller speaks up."""
    dice = writer.dice
    lines = (
        "Kindly hang up.",
        "Kindly book it for {}.",
        "Kindly hang up and",
        "Hang up at once.",
        "Kindly order for {}.",
    )
    over = Talk("", "noise", dice.choose((400, 900))) if dice.chance(50) else writer.over()
    acts = (
        Act("say", "ended", 100, writer.words(lines)),
        Act("say", "speaking", dice.choose((100, 0, 50, 200)), over),
    )
    faults = (Fault("llm", "error", 0, dice.choose((8, 1)), 3),) if dice.chance(35) else ()
    pace = attrs.evolve(script.pace, tts_ms=50, spread=0.0)
    return attrs.evolve(script, acts=acts, asides=(), faults=faults, pace=pace)


def news_cannot_be_told(writer: Writer, script: Script) -> Script:
    """The voice fails on the outcome of a side effect, perhaps while the caller speaks up."""
    dice = writer.dice
    acts = [
        Act("type", "ended", 100, writer.words(ORDERS)),
        Act("type", "commit", 100, writer.words(("Try the broken one for {}?",))),
        Act("wait", "ended"),
    ]
    kind: Any = dice.choose(("error", "hang"))
    if dice.chance(60):
        delay = dice.choose((50, 150)) if kind == "error" else 1350
        acts.append(Act("say", "processing", delay, Talk("", "noise", dice.choose((400, 300)))))
    acts.append(Act("wait", "", 3000))
    pace = Pace(tool_ms=2600, tts_ms=500)
    faults = (Fault("tts", kind, 1, 8),)
    hasty = kind == "hang"
    return attrs.evolve(script, acts=tuple(acts), asides=(), pace=pace, network=Network(), faults=faults, hasty=hasty)


def model_dawdles(writer: Writer, script: Script) -> Script:
    """It has said all and does not say so; the caller may speak up meanwhile."""
    dice = writer.dice
    acts = [Act("type", "ended", 100, writer.words(("Please take a walk for {}.", "Please take a breath for {}.")))]
    if dice.chance(60):
        acts.append(Act("wait", "speaking"))
        delay = dice.choose((1500, 1700)) if "walk" in acts[0].talk.text else dice.choose((0, 50))
        acts.append(Act("say", "processing", delay, Talk("", "noise", 700)))
    acts.append(Act("wait", "ended"))
    return attrs.evolve(script, acts=tuple(acts), asides=(), hasty=False)


def speaks_up_as_it_runs_dry(writer: Writer, script: Script) -> Script:
    """The network stalls, and then the call learns in one instant that all was heard and that the caller speaks."""
    dice = writer.dice
    asked = dice.choose(("take a breath", "take a seat", "take a walk", "take a seat", "take a breath", "book it"))
    over = dice.choose((Talk("", "noise", 200), Talk("uh-huh", "nod"), Talk("", "noise", 80)))
    if asked == "take a seat":  # the next words are ready while this is being judged
        over = dice.choose((Talk("", "noise", 400), Talk("uh-huh uh-huh", "nod")))
    elif dice.chance(10):
        over = Talk("stop")
    acts = (
        Act("type", "ended", 100, writer.words((f"Please {asked} for {{}}.",))),
        Act("stall", "drying", 0, ms=dice.choose((150, 210))),
        Act("say", "", 0, over),
        Act("wait", "", 2500),
    )
    network = attrs.evolve(script.network, reports="on time")
    pace = Pace(tool_ms=1800, tick_ms=script.pace.tick_ms, stt_ms=900 if over.ms == 200 else 60)
    return attrs.evolve(script, acts=acts, asides=(), network=network, pace=pace, hasty=False)


def voice_breaks_while_held(writer: Writer, script: Script) -> Script:
    """The agent talks at length, the caller holds it for as long as can be, and the voice gives up meanwhile."""
    dice = writer.dice
    acts = (
        Act("type", "ended", 100, writer.words(("Talk to me at length for {}.",))),
        Act("say", "speaking", dice.choose((0, 100, 200, 400)), Talk("", "noise", dice.choose((500, 900)))),
    )
    fault = Fault("tts", dice.choose(("error", "disconnect", "garbage")), dice.number(2, 4), 8, dice.number(0, 2))
    return attrs.evolve(script, acts=acts, asides=(), faults=(fault,), hasty=False)


def deaf_in_between(writer: Writer, script: Script) -> Script:
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


def slow_recogniser(writer: Writer, script: Script) -> Script:
    """It takes longer than the longest pause, also to say that there was nothing."""
    dice = writer.dice
    talk = Talk("", "noise", dice.choose((300, 150))) if dice.chance(60) else writer.words(ASKS)
    acts = (Act("say", "ended", 100, talk), Act("wait", "", 1500))
    pace = Pace(stt_ms=dice.choose((700, 900)))
    return attrs.evolve(script, acts=acts, asides=(), pace=pace, hasty=True)


def heard_out_before_it_is_held(writer: Writer, script: Script) -> Script:
    """While its conductor is being restarted the call learns that the caller speaks and that all was heard; the model
    is not done.

    All of it by the clock: the answer is typed for at 0.82 s and is heard from 1.24 to 2.02 s, the model says that it
    has said all at 1.99 s ("breath"), goes on then ("seat") or dawdles ("walk").
    """
    asked, over, stt_ms = writer.dice.choose(
        (
            ("take a breath", Talk("", "noise", 80), 60),
            ("take a walk", Talk("", "noise", 80), 60),
            ("take a breath", Talk("", "noise", 200), 900),
            ("take a walk", Talk("", "noise", 200), 900),
            ("take a breath", Talk("uh-huh", "nod"), 60),
            ("take a walk", Talk("uh-huh", "nod"), 60),
            ("take a seat", Talk("", "noise", 400), 60),
        )
    )
    acts = (Act("type", "ended", 100, writer.words((f"Please {asked} for {{}}.",))), Act("wait", "", 3500))
    asides = (
        Act("say", "", 1850, over),
        Act("stall", "", 1800, ms=150),
        Act("report", "", 1901, ms=4),
    )
    return attrs.evolve(
        script,
        acts=acts,
        asides=asides,
        crashes=(Crash("conductor", 1950),),
        pace=Pace(llm_ms=50, tts_ms=350, stt_ms=stt_ms),
        network=Network(),
        hasty=False,
    )


def heard_all_before_it_is_held(writer: Writer, script: Script) -> Script:
    """The same over the greeting, of which a third of a second was left, and there is no more to come."""
    return attrs.evolve(
        script,
        acts=(Act("wait", "", 2500), Act("say", "", 0, writer.words(ASKS))),
        asides=(
            Act("say", "", 210, Talk("", "noise", 400)),
            Act("stall", "", 250, ms=150),
            Act("report", "", 301, ms=3),
        ),
        crashes=(Crash("conductor", 400),),
        pace=Pace(),
        network=Network(delay_ms=90, reports="never"),
        hasty=False,
    )
