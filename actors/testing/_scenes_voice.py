"""Scenes in which the caller makes a sound over the agent's work or speech, and it is hard to judge."""

from __future__ import annotations

import attrs

from actors.testing._script import Act, Crash, Fault, Network, Pace, Script, Talk, When
from actors.testing._writer import ASKS, NODS, Writer

__all__ = [
    "answered_in_part",
    "answers_the_last_word",
    "cut_by_a_noise",
    "gabbles",
    "judge_of_turns_crashes",
    "nods_at_length",
    "noise_as_the_answer_comes",
    "stutter",
    "voice_outlasts_the_answer",
    "words_after_nods",
    "words_after_the_end",
]


def voice_outlasts_the_answer(writer: Writer, script: Script) -> Script:
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


def answers_the_last_word(writer: Writer, script: Script) -> Script:
    """A voice that sets in with the agent's last word: it was held for a mere sound before that."""
    dice = writer.dice
    acts = (
        Act("type", "ended", 100, writer.words(("What is the weather for {}?", "Who is in charge of {}?"))),
        Act("say", "ending", dice.choose((0, 10, 20)), Talk("", "noise", 200) if dice.chance(30) else writer.over()),
        Act("wait", "", 1000),
    )
    pace = attrs.evolve(script.pace, tick_ms=20)
    return attrs.evolve(script, acts=acts, asides=(), pace=pace, network=Network(), hasty=False)


def stutter(writer: Writer, script: Script) -> Script:
    """The voice comes and goes while it is being judged."""
    dice = writer.dice
    acts = [Act("say", "ended", 100, writer.words(ASKS))]
    for number in range(dice.number(2, 4)):
        talk = Talk("", "noise", dice.choose((200, 100, 260, 340))) if dice.chance(70) else writer.over()
        acts.append(Act("say", "" if number else "speaking", dice.choose((150, 180, 220, 300)), talk))
    pace = attrs.evolve(script.pace, stt_ms=dice.choose((20, 60)) if script.hasty else 400, tick_ms=40)
    network = attrs.evolve(script.network, reports=dice.choose(("on time", "late")))
    return attrs.evolve(script, acts=tuple(acts), asides=(), pace=pace, network=network)


def cut_by_a_noise(writer: Writer, script: Script) -> Script:
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


def words_after_the_end(writer: Writer, script: Script) -> Script:
    """What was let pass as a noise turns out to be words when the agent is already done."""
    dice = writer.dice
    acts = (
        Act("type", "ended", 100, writer.words(("Try the broken one for {}?",))),
        Act("say", "speaking", dice.choose((0, 50)), Talk("no")),
        Act("wait", "", 3000),
    )
    pace = Pace(stt_ms=1500, tick_ms=40)
    return attrs.evolve(script, acts=acts, asides=(), pace=pace, hasty=False)


def noise_as_the_answer_comes(writer: Writer, script: Script) -> Script:
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


def nods_at_length(writer: Writer, script: Script) -> Script:
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


def judge_of_turns_crashes(writer: Writer, script: Script) -> Script:
    """The recogniser judges turns, and who takes its word crashes as it comes, or while the caller speaks."""
    dice = writer.dice
    likely, sure = dice.choose(((200, 400), (0, 300), (100, 0)))
    acts = (
        Act("say", "ended", 100, writer.words(ASKS)),
        Act("say", "" if dice.chance(50) else "speaking", dice.choose((300, 500)), writer.words(ASKS)),
    )
    pace = attrs.evolve(script.pace, stt_ms=60, likely_end_ms=likely, end_ms=sure)
    crash = Crash("signals", dice.choose((60, 0, 400, 1200, 1500)), dice.choose(("listening", "speaking")))
    return attrs.evolve(script, acts=acts, asides=(), crashes=(crash,), pace=pace)


def gabbles(writer: Writer, script: Script) -> Script:
    """Two long words in less time than anybody needs for them, and then more voice, which makes them credible."""
    dice = writer.dice
    when: When = dice.choose(("speaking", "processing"))
    acts = (
        Act("type", "ended", 100, writer.words(("Talk to me at length for {}.",))),
        Act("say", when, 300, Talk("appointments availability", "nod", 80)),
        Act("say", "", 140, Talk("", "noise", 200)),
        Act("wait", "", 1000),
    )
    pace = Pace(tick_ms=40, stt_ms=150, llm_ms=900 if when == "processing" else 100)
    return attrs.evolve(script, acts=acts, asides=(), pace=pace, network=Network(), hasty=False)


def words_after_nods(writer: Writer, script: Script) -> Script:
    """Nods from before a short answer until after it, and then, in the same breath, words for an agent that is done."""
    dice = writer.dice
    nods = " ".join(dice.choose(NODS) for _ in range(dice.choose((16, 24))))
    acts = (
        Act("type", "ended", 100, writer.words(("Try the broken one for {}?",))),
        Act("say", "processing", dice.choose((0, 50, 150)), Talk(f"{nods} what is it now?", "nod")),
        Act("wait", "", 300),
    )
    pace = Pace(llm_ms=300, tool_ms=100)
    return attrs.evolve(script, acts=acts, asides=(), pace=pace, network=Network(), hasty=False)


def answered_in_part(writer: Writer, script: Script) -> Script:
    """The words are answered while the voice goes on, neither the answer nor the apology can be spoken, and when the
    voice falls silent the recogniser is sure of the end of words that were dealt with."""
    acts = (
        Act("say", "ended", 100, writer.words(("what is that for {}",))),
        Act("say", "", 0, Talk("", "noise", 1200)),
        Act("wait", "", 1000),
    )
    asides = (Act("type", "listening", 900, writer.words(("Please note it for {}.",))),)
    faults = (Fault("llm", "garbage", 0, 8), Fault("tts", "error", 1, 8))
    pace = Pace(end_ms=writer.dice.choose((300, 400)))
    return attrs.evolve(
        script,
        acts=acts,
        asides=asides,
        faults=faults,
        pace=pace,
        network=Network(),
        hasty=False,
        recorded=False,
    )
