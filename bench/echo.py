"""Does the agent interrupt itself when it hears its own voice, and does it still hear its caller over it?"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import attrs
import click
import numpy as np
import trio

from actors.call import CallSetup
from actors.line import Flush, Hold, TranscriptUpdate
from actors.ports import LlmRequest, Pcm
from actors.testing import FakeLlm
from bench._caller import Caller, EchoPath
from bench._figures import Summary, describe, machine, summarise
from bench._recorded import Recorded, speech_level
from bench._stage import open_local, out_option, say, with_call, write_results
from bench.speech import VOICES, Utterance, speak, voiced_bounds
from web.cli._run import run

__all__ = ["DELAYS_MS", "REPLIES", "ROOM_DB", "main", "over_speech"]

LEVELS = (None, -20.0, -15.0, -10.0, -6.0)  #: dB, relative to the agent's speech as it was sent; None: no echo
DELAYS_MS = (60, 130, 200)
ROOM_DB = -60.0  #: the room's noise, RMS relative to full scale
CALLER_DB = -26.0  #: the caller's level while speaking, RMS relative to full scale
NO_HOLD_S = 1.5  #: a caller who has not been noticed by then was missed

#: What the agent says, so that every condition hears the same; the model is scripted, everything else is real.
REPLIES = tuple(
    """
Doctor Chen has nine o'clock, ten thirty and two o'clock free next Tuesday. Which one would you like?
Doctor Patel is our dermatologist. He has nine years of experience, and his office is room one eighteen.
I have booked Mary Smith with Doctor Larsen on Monday at ten o'clock. Your number is four eight two one. Please come \
ten minutes early, and bring your insurance card and a list of your medicines.
Your appointment has been cancelled. Is there anything else that I can do for you today?
We are open from eight in the morning until six in the evening, Monday to Friday, and on Saturday until noon.
Of course. May I have your full name and your date of birth, please?
There is parking in front of the main entrance. The first thirty minutes are free, and after that it is two pounds \
an hour. There is also a bus stop right across the street.
Doctor Okafor has nothing free tomorrow. The next free day is Thursday, at eight, at half past nine, or at three.
""".strip().split("\n")
)

#: What a caller says over it.
OVER = (
    "Wait, can I come on Friday instead?",
    "No, that's too early for me.",
    "Sorry, which doctor was that?",
    "Actually, I need to cancel it.",
    "Do you have anything in the afternoon?",
    "Stop, please.",
)


@attrs.frozen
class Condition:
    echo_db: float | None
    gate: bool

    @property
    def name(self) -> str:
        level = "no echo" if self.echo_db is None else f"{self.echo_db:.0f} dB"
        return f"{level}, gate {'on' if self.gate else 'off'}"


@attrs.define
class OwnVoice:
    """How often the agent took its own voice for a caller. ``words``: utterances that it thought it had heard."""

    speech_s: float = 0.0
    holds: int = 0
    cuts: int = 0
    words: list[str] = attrs.field(factory=list)
    late_ms: float = 0.0


@attrs.define
class BargeIn:
    """A caller over agent speech and echo: times to hold and to cut (ms), and how many were never noticed."""

    hold_ms: list[float] = attrs.field(factory=list)
    cut_ms: list[float] = attrs.field(factory=list)
    missed: int = 0
    held_already: int = 0


def _under(setup: CallSetup, condition: Condition, first_reply: int) -> CallSetup:
    """The setup of one call: scripted replies, and no echo gate if it is to be off."""
    replies = itertools.cycle(REPLIES[first_reply % len(REPLIES) :] + REPLIES[: first_reply % len(REPLIES)])

    def script(_: LlmRequest) -> Iterable[str]:
        return [next(replies)]

    settings = setup.settings
    if not condition.gate:
        voice = attrs.evolve(settings.ear.voice, echo_margin_db=None)
        settings = attrs.evolve(settings, ear=attrs.evolve(settings.ear, voice=voice))
    return attrs.evolve(setup, llm=FakeLlm(script, ttft=0.15, per_token=0.014), settings=settings)


def _caller(condition: Condition, delay_ms: float, seed: int) -> Caller:
    echo = None if condition.echo_db is None else EchoPath(condition.echo_db, delay_ms)
    return Caller(noise_db=ROOM_DB, echo=echo, seed=seed)


# --- the agent alone --------------------------------------------------------------------------------------------------


async def listen_to_itself(setup: CallSetup, condition: Condition, seconds: float, seed: int, into: OwnVoice) -> None:
    """A silent caller who types, and an agent who speaks for so long."""
    for number, delay in enumerate(DELAYS_MS):
        caller = _caller(condition, delay, seed + number)

        async def part(caller: Caller = caller) -> None:
            goal = seconds / len(DELAYS_MS)
            # An agent who interrupts itself all the time hardly gets to speak: no more than twice the time it needs.
            with trio.move_on_after(10 + 2 * goal):
                await caller.until(lambda: caller.state == "idle" and caller.heard_seconds > 0.5, 15)
                while caller.heard_seconds < goal and not caller.ended:
                    caller.type_text("Tell me more about it.")
                    if not await caller.until(lambda: caller.state in ("speaking", "interrupted"), 15):
                        break
                    await caller.until(lambda: caller.waited_for, 60)
                    await trio.sleep(0.4)  # echo and its judgement may come a little later

        await with_call(_under(setup, condition, number * 3), caller, part, name=f"echo {condition.name} {delay} ms")
        messages = [came.message for came in caller.came if came.message is not None]
        into.speech_s += caller.heard_seconds
        into.holds += sum(isinstance(m, Hold) for m in messages)
        into.cuts += sum(isinstance(m, Flush) for m in messages)
        finals = [m for m in messages if isinstance(m, TranscriptUpdate) and m.role == "user" and m.final]
        into.words += [m.text for m in finals if m.text != "Tell me more about it."]
        into.late_ms = max(into.late_ms, caller.late * 1000)
    say(f"  {condition.name:20} {into.holds} holds, {into.cuts} cuts in {into.speech_s:.0f} s of agent speech")


# --- a caller over it -------------------------------------------------------------------------------------------------


def over_speech() -> list[Pcm]:
    """What callers say over the agent, at a normal level, silence at the front cut away: 16 kHz."""
    spoken = [speak(Utterance(0, text), VOICES[n * 2 % len(VOICES)]) for n, text in enumerate(OVER)]
    sounds = []
    for each in spoken:
        gain = 10 ** ((CALLER_DB - speech_level(each.samples)) / 20)
        sounds.append(np.clip(np.rint(each.samples[each.first :] * gain), -32768, 32767).astype(np.int16))
    return sounds


async def interrupt(setup: CallSetup, condition: Condition, tries: int, seed: int, into: BargeIn) -> None:
    """A caller who speaks up in the middle of a reply, once per call."""
    sounds = over_speech()
    chance = Random(seed)
    for number in range(tries):
        caller = _caller(condition, chance.uniform(DELAYS_MS[0], DELAYS_MS[-1]), seed + number)
        sound, after = sounds[number % len(sounds)], chance.uniform(0.8, 2.5)

        async def part(caller: Caller = caller, sound: Pcm = sound, after: float = after) -> None:
            await caller.until(lambda: caller.state == "idle" and caller.heard_seconds > 0.5, 15)
            caller.type_text("Tell me more about it.")
            await caller.until(lambda: caller.state == "speaking", 15)
            await trio.sleep(after)
            if not await caller.until(lambda: caller.state == "speaking", 2):
                into.held_already += 1
                return
            first = caller.say(sound) + voiced_bounds(sound)[0]
            await caller.until(lambda: caller.arrived(first) is not None, 1)
            begin = caller.arrived(first) or trio.current_time()
            held = await caller.until(lambda: _first(caller, begin, Hold, Flush) is not None, NO_HOLD_S)
            if not held:
                into.missed += 1
                return
            into.hold_ms.append(((_first(caller, begin, Hold, Flush) or begin) - begin) * 1000)
            if await caller.until(lambda: _first(caller, begin, Flush) is not None, 3):
                into.cut_ms.append(((_first(caller, begin, Flush) or begin) - begin) * 1000)

        # A long reply, so that there is something to speak over.
        await with_call(_under(setup, condition, 2), caller, part, name=f"barge-in {condition.name} {number}")
    found = summarise(into.hold_ms)
    times = "-" if found is None else f"hold P50 {found.p50:.0f} ms, P95 {found.p95:.0f} ms"
    say(f"  {condition.name:20} caller: {times}; missed {into.missed} of {tries}")


def _first(caller: Caller, since: float, *kinds: type) -> float | None:
    return next((came.at for came in caller.came if came.at >= since and isinstance(came.message, kinds)), None)


# --- report -----------------------------------------------------------------------------------------------------------


def report(alone: dict[Condition, OwnVoice], over: dict[Condition, BargeIn], agent_db: float) -> str:
    """The tables as text."""
    lines = [
        "The agent hears itself (nobody speaks):",
        f"  {'echo':22} {'speech s':>9} {'holds':>6} {'cuts':>6} {'holds/min':>10} {'cuts/min':>9}  words made of it",
    ]
    for condition, found in alone.items():
        minutes = found.speech_s / 60 or 1.0
        counts = f"{found.speech_s:9.0f} {found.holds:6} {found.cuts:6}"
        rates = f"{found.holds / minutes:10.2f} {found.cuts / minutes:9.2f}"
        lines.append(f"  {condition.name:22} {counts} {rates}  {', '.join(map(repr, found.words[:3]))}")
    lines += [
        "",
        f"A caller at {CALLER_DB:.0f} dB speaks over the agent ({agent_db:.0f} dB as sent):",
        f"  {'echo':22} {'n':>3} {'hold P50':>9} {'P95':>6} {'cut P50':>8} {'missed':>7} {'held then':>10} to echo",
    ]
    for condition, each in over.items():
        hold, cut = summarise(each.hold_ms), summarise(each.cut_ms)
        shown = f"{_p50(hold):>9} {'-' if hold is None else format(hold.p95, '.0f'):>6} {_p50(cut):>8}"
        ratio = "-" if condition.echo_db is None else f"{CALLER_DB - agent_db - condition.echo_db:+.0f} dB"
        tries = len(each.hold_ms) + each.missed + each.held_already
        lines.append(f"  {condition.name:22} {tries:3} {shown} {each.missed:7} {each.held_already:10} {ratio}")
    late = max((found.late_ms for found in alone.values()), default=0.0)
    lines.append(f"Longest that a microphone fell behind real time: {late:.0f} ms.")
    return "\n".join(lines)


def _p50(found: Summary | None) -> str:
    return "-" if found is None else f"{found.p50:.0f}"


@click.command(
    epilog="\b\nExamples:\n"
    "  python -m bench.echo                             all conditions, about 12 minutes\n"
    "  python -m bench.echo --seconds 15 --tries 2      a short try\n"
    "  python -m bench.echo --level -20 --gate on       the promise of the README alone"
)
@click.option("--seconds", default=60.0, show_default=True, help="Agent speech per condition.")
@click.option("--tries", default=8, show_default=True, help="Interruptions by a caller per condition.")
@click.option("--level", "levels", type=float, multiple=True, help="Only this level of echo (dB); may be repeated.")
@click.option("--gate", type=click.Choice(["on", "off", "both"]), default="both", show_default=True, help="Echo gate.")
@click.option("--at-once", default=2, show_default=True, help="Calls at the same time.")
@click.option("--seed", default=0, show_default=True, help="Noise, delays and the moments of speaking up.")
@out_option("Where echo.json goes.")
def main(seconds: float, tries: int, levels: Sequence[float], gate: str, at_once: int, seed: int, out: Path) -> None:
    """Measure whether the agent interrupts itself.

    The agent's own speech comes back into the microphone at some level, 60 to 200 ms later, in a room with a little
    noise, with the real voice detector and recogniser: how often is playback held, and how often cut, a minute of agent
    speech? Then a real caller speaks up over agent and echo: how soon is the agent held?
    """
    found = machine()
    say(describe(found))
    chosen = levels or LEVELS
    gates = {"on": (True,), "off": (False,), "both": (True, False)}[gate]
    conditions = [Condition(level, on) for on in gates for level in chosen]
    alone = {condition: OwnVoice() for condition in conditions}
    over = {condition: BargeIn() for condition in conditions if condition.gate} if tries else {}

    async def measure() -> float:
        say("Loading the engines.")
        async with open_local() as local:
            voice = Recorded(local.tts)
            setup = attrs.evolve(local, tts=voice)
            slots = trio.CapacityLimiter(at_once)

            async def one(work: Any, *args: Any) -> None:
                async with slots:
                    await work(setup, *args)

            async with trio.open_nursery() as nursery:
                for condition, mine in alone.items():
                    nursery.start_soon(one, listen_to_itself, condition, seconds, seed, mine)
                for condition, hers in over.items():
                    nursery.start_soon(one, interrupt, condition, tries, seed, hers)
            return voice.level_db()

    agent_db = run(measure)
    print(f"\n{describe(found)}\n\n{report(alone, over, agent_db)}")
    kept: dict[str, Any] = {"machine": found, "agent_db": agent_db}
    kept["alone"] = [{"condition": attrs.asdict(c)} | attrs.asdict(each) for c, each in alone.items()]
    kept["over"] = [{"condition": attrs.asdict(c)} | attrs.asdict(each) for c, each in over.items()]
    write_results(out, "echo.json", kept)


if __name__ == "__main__":
    main()
