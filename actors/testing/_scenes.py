"""Scenes that lead to where calls seldom come by chance. Each takes a drawn script and gives it other acts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from actors.testing._script import Act, Fault, Network, Pace, Script, Talk, When
from actors.testing._writer import ASKS, NODS, ORDERS, STOPS, Writer

__all__ = ["SCENES"]

Scene = Callable[[Writer, Script], Script]


def _event_in_a_state(writer: Writer, script: Script) -> Script:
    """The line, the server or the caller's keyboard does something in a given state."""
    dice = writer.dice
    when: When = dice.choose(("interrupted", "idle", "processing", "listening", "speaking", "interrupted"))
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


def _line_flickers(writer: Writer, script: Script) -> Script:
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


def _voice_outlasts_the_answer(writer: Writer, script: Script) -> Script:
    """A noise, or nods without end, from before the answer until after it."""
    dice = writer.dice
    nods = Talk(" ".join(dice.choose(NODS) for _ in range(dice.choose((16, 24)))), "nod")
    over = nods if dice.chance(70) else Talk("", "noise", dice.choose((3000, 4500)))
    if over is nods and dice.chance(60):  # and then words, when the agent is done
        over = Talk(f"{nods.text} what is it now?", "nod")
    acts = (
        Act("type", "ended", 100, writer.words(("Try the broken one for {}?", "Could you look for {}?"))),
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
    over = Talk("", "noise", dice.choose((400, 900))) if dice.chance(50) else writer.over()
    acts = (
        Act("say", "ended", 100, writer.words(lines)),
        Act("say", "speaking", dice.choose((100, 0, 50, 200)), over),
    )
    faults = (Fault("llm", "error", 0, dice.choose((8, 1)), 3),) if dice.chance(35) else ()
    pace = attrs.evolve(script.pace, tts_ms=50, spread=0.0)
    return attrs.evolve(script, acts=acts, asides=(), faults=faults, pace=pace)


def _voice_breaks_while_held(writer: Writer, script: Script) -> Script:
    """The agent talks at length, the caller holds it for as long as can be, and the voice gives up meanwhile."""
    dice = writer.dice
    acts = (
        Act("type", "ended", 100, writer.words(("Talk to me at length for {}.",))),
        Act("say", "speaking", dice.choose((0, 100, 200, 400)), Talk("", "noise", dice.choose((500, 900)))),
    )
    fault = Fault("tts", dice.choose(("error", "disconnect", "garbage")), dice.number(2, 4), 8, dice.number(0, 2))
    return attrs.evolve(script, acts=acts, asides=(), faults=(fault,), hasty=False)


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


def _cut_by_a_noise(writer: Writer, script: Script) -> Script:
    """It holds just long enough; the apology for it begins before it is known what was heard of what it cut."""
    dice = writer.dice
    noise = Talk("", "noise", dice.choose((220, 240, 260)))
    acts = (
        Act("type", "ended", 100, writer.words(ASKS)),
        Act("say", "speaking", dice.choose((300, 500)), noise),
        Act("say", "", dice.choose((150, 170, 190)), noise),
    )
    pace = attrs.evolve(script.pace, stt_ms=20, tick_ms=40, spread=0.0)
    network = Network(reports="never")
    return attrs.evolve(script, acts=acts, asides=(), pace=pace, network=network, hasty=True)


def _speaks_up_as_it_runs_dry(writer: Writer, script: Script) -> Script:
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


def _types_nothing(writer: Writer, script: Script) -> Script:
    """Only question marks, in one state after the other."""
    dice = writer.dice
    states: tuple[When, ...] = ("listening", "speaking", "interrupted", "processing")
    asides = tuple(Act("type", when, dice.choose((20, 60)), Talk("?", "nod"), patience_ms=20000) for when in states)
    acts = (
        Act("type", "ended", 60, Talk("?", "nod")),
        Act("say", "", 100, writer.words(ASKS)),
        Act("say", "speaking", 300, writer.over()),
        Act("wait", "ended", 100),
    )
    return attrs.evolve(script, acts=acts, asides=asides)


def _types_and_speaks(writer: Writer, script: Script) -> Script:
    """Two lines typed, the second perhaps before the first is answered, and then words over the work on it."""
    dice = writer.dice
    acts = (
        Act("type", "ended", 100, writer.words(ASKS)),
        Act("type", dice.choose(("ended", "processing")), 100, writer.words(ASKS)),
        Act("say", "processing", dice.choose((50, 100)), writer.words(STOPS)),
    )
    pace = attrs.evolve(script.pace, llm_ms=900)
    return attrs.evolve(script, acts=acts, asides=(), pace=pace)


def _words_after_the_end(writer: Writer, script: Script) -> Script:
    """What was let pass as a noise turns out to be words when the agent is already done."""
    dice = writer.dice
    acts = (
        Act("type", "ended", 100, writer.words(("Try the broken one for {}?",))),
        Act("say", "speaking", dice.choose((0, 50)), Talk("no")),
        Act("wait", "", 3000),
    )
    pace = Pace(stt_ms=1500, tick_ms=40)
    return attrs.evolve(script, acts=acts, asides=(), pace=pace, hasty=False)


def _done_while_away(writer: Writer, script: Script) -> Script:
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


def _news_cannot_be_told(writer: Writer, script: Script) -> Script:
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


def _model_dawdles(writer: Writer, script: Script) -> Script:
    """It has said all and does not say so; the caller may speak up meanwhile."""
    dice = writer.dice
    acts = [Act("type", "ended", 100, writer.words(("Please take a walk for {}.", "Please take a breath for {}.")))]
    if dice.chance(60):
        acts.append(Act("wait", "speaking"))
        delay = dice.choose((1500, 1700)) if "walk" in acts[0].talk.text else dice.choose((0, 50))
        acts.append(Act("say", "processing", delay, Talk("", "noise", 700)))
    acts.append(Act("wait", "ended"))
    return attrs.evolve(script, acts=tuple(acts), asides=(), hasty=False)


def _noise_as_the_answer_comes(writer: Writer, script: Script) -> Script:
    """It delays an answer that is ready, until it has fallen silent or cannot be understood."""
    dice = writer.dice
    short = dice.chance(65)
    acts = (
        Act("type", "ended", 100, writer.words(ASKS)),
        Act("say", "processing", dice.choose((180, 230, 130)), Talk("", "noise", 70 if short else 180)),
        Act("wait", "ended"),
    )
    pace = Pace(llm_ms=300)
    faults = () if short else (Fault("stt", "error", 0, 8),)
    return attrs.evolve(script, acts=acts, asides=(), pace=pace, network=Network(), faults=faults, hasty=False)


def _slow_recogniser(writer: Writer, script: Script) -> Script:
    """It takes longer than the longest pause, also to say that there was nothing."""
    dice = writer.dice
    talk = Talk("", "noise", dice.choose((300, 150))) if dice.chance(60) else writer.words(ASKS)
    acts = (Act("say", "ended", 100, talk), Act("wait", "", 1500))
    pace = Pace(stt_ms=dice.choose((700, 900)))
    return attrs.evolve(script, acts=acts, asides=(), pace=pace, hasty=True)


def _nods_at_length(writer: Writer, script: Script) -> Script:
    """There are words in it before it is decided, and none of them is meant for the agent."""
    dice = writer.dice
    acts = (
        Act("type", "ended", 100, writer.words(("Talk to me at length for {}.",))),
        Act(
            "say",
            "speaking",
            500,
            Talk(
                dice.choose(("uh-huh uh-huh uh-huh uh-huh", "okay right okay right yes", "I see I see I see I see")),
                "nod",
            ),
        ),
        Act("say", "", 900, writer.over()),
    )
    pace = attrs.evolve(script.pace, stt_ms=20, spread=0.0)
    return attrs.evolve(script, acts=acts, asides=(), pace=pace, hasty=False)


#: More often what needs some luck to come about.
SCENES: tuple[Scene, ...] = (
    *(_event_in_a_state,) * 18,
    *(_cut_while_it_runs,) * 13,
    *(_speaks_up_as_it_runs_dry,) * 13,
    *(_request_while_held,) * 11,
    *(_voice_outlasts_the_answer,) * 8,
    *(_news_cannot_be_told,) * 8,
    *(_noise_as_the_answer_comes,) * 6,
    *(_done_while_away,) * 5,
    *(_side_effect_outlasts_the_turn,) * 4,
    *(_cut_by_a_noise,) * 4,
    *(_slow_recogniser,) * 3,
    *(_model_dawdles,) * 3,
    *(_stutter,) * 3,
    *(_types_nothing,) * 3,
    *(_voice_breaks_while_held,) * 4,
    *(_types_and_speaks,) * 3,
    *(_line_flickers,) * 2,
    *(_words_after_the_end,) * 2,
    *(_nods_at_length,) * 2,
    _deaf_in_between,
)
