"""Sounds over the agent's speech: who is let pass, who cuts, how soon, and how long the agent paused for nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import attrs
import click
import trio

from actors.agents import Agent
from actors.call import CallSetup, Phrasebook, phrases_of
from actors.engines import EngineOptions, open_intent, open_stt, open_tts, open_vad
from actors.line import AgentSpeaking, Flush, Hold, Resume
from actors.ports import AGENT_RATE, LlmRequest, Pcm
from actors.testing import FakeLlm
from actors.tools import Resources
from bench._caller import Caller, EchoPath
from bench._figures import describe, machine
from bench._overlap_cases import PARTS, OverlapCase, load_overlaps, sound_of
from bench._overlap_report import Outcome, listed, report, shown
from bench._patient import ChargedIntent, ChargedStt, PatientClock
from bench._recorded import Recorded
from bench._stage import out_option, say, with_call, write_results
from web.cli._run import run, unwrapped

__all__ = ["main"]

ECHO_DB = -20.0  #: the agent's own voice in the microphone, in every case
DELAYS_MS = (60.0, 200.0)
ROOM_DB = -60.0
ECHO_ALONE_S = 5.0
ANSWER_AFTER_S = (0.1, 0.6)  #: how soon after its question an answer comes
ELSEWHERE_S = (0.8, 4.0)  #: how far into a reply all else comes
WATCH_S = 1.5  #: what comes later after the sound has ended is not its doing
CASES_A_CALL = 10

#: What the agent says, in sentences: long, so that there is something to speak over.
STATEMENTS = (
    (
        "I have booked Mary Smith with Doctor Larsen on Monday at ten o'clock.",
        "Your number is four eight two one.",
        "Please come ten minutes early, and bring your insurance card and a list of your medicines.",
        "The practice is on the second floor, next to the pharmacy, and the lift is on your left as you come in.",
    ),
    (
        "There is parking in front of the main entrance.",
        "The first thirty minutes are free, and after that it is two pounds an hour.",
        "There is also a bus stop right across the street, and the number twelve stops there every ten minutes.",
        "Bicycles can be left in the yard behind the house.",
    ),
    (
        "We are open from eight in the morning until six in the evening on weekdays.",
        "On the first weekend of the month we open until noon, but only for emergencies.",
        "During the summer the dermatologist works three days a week, and the laboratory closes at four.",
        "All of this is on the page about opening hours as well.",
    ),
)
QUESTIONS = (
    (
        "Doctor Okafor has nine o'clock and half past ten free on the day you named.",
        "Shall I book the first of them for you?",
        "It would be in the new building, on the second floor, and there is a lift beside the entrance.",
        "You only need your insurance card, and it takes about twenty minutes.",
    ),
    (
        "Your prescription has been sent to the pharmacy in the high street.",
        "Would you like me to remind you the day before?",
        "We can send a short message to your telephone, which costs you nothing and can be stopped at any time.",
        "Most of our patients find it helpful.",
    ),
)


class _Replies:
    """The stubbed model: says what is due next."""

    def __init__(self) -> None:
        self.next: tuple[str, ...] = STATEMENTS[0]

    def script(self, _: LlmRequest) -> Iterable[str]:
        return [" ".join(self.next)]


# --- one overlap ------------------------------------------------------------------------------------------------------


async def overlap(
    caller: Caller, case: OverlapCase, sound: Pcm, start: int, retries: int = 3
) -> tuple[float, Outcome] | None:
    """Let the agent speak, make the sound at sample ``start`` of its turn and see: when its first sample arrived, and
    what became of it. None where the agent was never speaking undisturbed at that moment."""
    for _ in range(retries):
        began = len(caller.came)
        caller.type_text("Tell me more about it.")
        if not await caller.until(lambda began=began: _turn(caller, began) is not None, 10):  # type: ignore[misc]
            continue
        turn = _turn(caller, began) or 0
        await caller.until(lambda turn=turn: caller.played(turn) >= start, 15)  # type: ignore[misc]
        if caller.state == "speaking" and caller.played(turn) >= start:
            return await _watch(caller, case, sound)
        await trio.sleep(1)
    return None


def _turn(caller: Caller, since: int) -> int | None:
    """The last turn that the agent began to speak."""
    turns = [came.message.turn for came in caller.came[since:] if isinstance(came.message, AgentSpeaking)]
    return turns[-1] if turns else None


async def _watch(caller: Caller, case: OverlapCase, sound: Pcm) -> tuple[float, Outcome]:
    first = caller.say(sound)
    last = first + len(sound) - 1
    await caller.until(lambda: caller.arrived(first) is not None, 1)
    begin = caller.arrived(first) or trio.current_time()
    await caller.until(lambda: caller.arrived(last) is not None, 60)
    if case.kind == "echo":
        await trio.sleep(ECHO_ALONE_S)

    def cut() -> bool:
        return any(isinstance(came.message, Flush) and came.at >= begin for came in caller.came)

    await caller.until(cut, WATCH_S)
    outcome = Outcome(case)
    held: float | None = None
    for came in caller.came:
        if came.at < begin or outcome.cut:
            continue
        at = (came.at - begin) * 1000
        match came.message:
            case Hold():
                held = at
            case Resume() if held is not None:
                outcome.paused, outcome.decided, held = outcome.paused + at - held, at, None
                continue
            case Flush():
                outcome.cut, outcome.decided = True, at
                outcome.paused += at - held if held is not None else 0.0
            case _:
                continue
        outcome.hold = at if outcome.hold is None else outcome.hold
    await trio.sleep(0.8)
    return begin, outcome


# --- many -------------------------------------------------------------------------------------------------------------


def start_of(case: OverlapCase, reply: Sequence[str], voice: Recorded, chance: Random) -> int:
    """At which sample of the agent's turn the overlap begins."""
    if not case.answers:
        return round(chance.uniform(*ELSEWHERE_S) * AGENT_RATE)
    before = 0
    for sentence in reply:
        chunks = voice[sentence]
        if sentence.endswith("?"):
            end = max(word.end for chunk in chunks for word in chunk.words)
            return before + end + round(chance.uniform(*ANSWER_AFTER_S) * AGENT_RATE)
        before += sum(len(chunk.pcm) // 2 for chunk in chunks)
    raise ValueError("there is no question in this reply")


async def one_call(
    setup: CallSetup, voice: Recorded, cases: Sequence[OverlapCase], seed: int, outcomes: list[Outcome]
) -> float:
    """A call with these overlaps, one after the other; returns how late (s) the caller's frames were at most."""
    chance = Random(seed)
    replies = _Replies()
    setup = attrs.evolve(setup, llm=FakeLlm(replies.script, ttft=0.15, per_token=0.014))
    caller = Caller(noise_db=ROOM_DB, echo=EchoPath(ECHO_DB, chance.uniform(*DELAYS_MS)), seed=seed)
    sounds = [sound_of(case) for case in cases]
    begun: list[tuple[float, Outcome]] = []

    async def part() -> None:
        await caller.until(lambda: caller.state == "idle" and caller.heard_seconds > 0.5, 15)
        for case, sound in zip(cases, sounds, strict=True):
            replies.next = chance.choice(QUESTIONS if case.answers else STATEMENTS)
            found = await overlap(caller, case, sound, start_of(case, replies.next, voice, chance))
            if found is None:
                say(f"  not tried, the agent was not speaking: {case.name}")
            else:
                begun.append(found)

    _, chart = await with_call(setup, caller, part, name=f"overlaps {seed}")
    for begin, outcome in begun:
        until = begin + (max(outcome.decided or 0.0, outcome.hold or 0.0) + 800) / 1000
        outcome.heard = [shown(at - begin, event) for at, event, _ in chart if begin <= at <= until and shown(0, event)]
        outcomes.append(outcome)
    return caller.late


@asynccontextmanager
async def open_agent() -> AsyncIterator[tuple[CallSetup, Recorded]]:
    """Real voice detector, recogniser and voice; all that is said is spoken ahead."""
    options = EngineOptions()
    async with open_vad(options) as vad, open_stt(options) as stt, open_tts(options) as tts, open_intent() as intent:
        voice = Recorded(tts)
        await voice.record(dict.fromkeys(sentence for reply in (*STATEMENTS, *QUESTIONS) for sentence in reply))
        agent = Agent(name="receptionist", system="You are a receptionist.")
        phrases = await Phrasebook.synthesise(voice, phrases_of(agent))
        llm = FakeLlm(lambda _: ())
        setup = CallSetup(agent=agent, resources=Resources(), vad=vad, stt=stt, llm=llm, tts=voice, phrases=phrases)
        yield attrs.evolve(setup, intent=intent), voice


async def measure(
    cases: Sequence[OverlapCase], *, at_once: int, seed: int, clock: PatientClock
) -> tuple[list[Outcome], float]:
    """All cases, in calls of :data:`CASES_A_CALL`."""
    outcomes: list[Outcome] = []
    late = 0.0
    groups = [cases[n :: -(-len(cases) // CASES_A_CALL)] for n in range(-(-len(cases) // CASES_A_CALL))]
    say("Loading the engines.")
    async with open_agent() as (setup, voice):
        if clock.charging:
            intent = setup.intent and ChargedIntent(setup.intent, clock)
            setup = attrs.evolve(setup, stt=ChargedStt(setup.stt, clock), intent=intent)
            at_once = 1
        slots = trio.CapacityLimiter(at_once)

        async def one(number: int, group: Sequence[OverlapCase]) -> None:
            nonlocal late
            async with slots:
                late = max(late, await one_call(setup, voice, group, seed * 1000 + number, outcomes))
            wrong = sum(not outcome.right for outcome in outcomes)
            say(f"  {len(outcomes)} of {len(cases)} overlaps, {wrong} judged wrongly")

        clock.leap()
        async with trio.open_nursery() as nursery:
            for number, group in enumerate(groups):
                nursery.start_soon(one, number, group)
    return sorted(outcomes, key=lambda outcome: outcome.case.number), late


@click.command(
    epilog="\b\nExamples:\n"
    "  python -m bench.overlap                                      what may be tuned on, in real time: 4 minutes\n"
    "  python -m bench.overlap --part held_out_lifelike             voices and phrases that nothing is tuned on\n"
    "  python -m bench.overlap --charged                            waiting skipped, work charged as CPU time"
)
@click.option("--part", type=click.Choice([*PARTS, "all"]), default="development", show_default=True)
@click.option("--kind", "kinds", multiple=True, help="Only these lists or noises, such as answer or cough.")
@click.option("--charged", is_flag=True, help="Leap over waiting; recognition costs its CPU time. One call at a time.")
@click.option("--at-once", default=4, show_default=True, help="Calls at the same time, in real time.")
@click.option("--seed", default=0, show_default=True, help="Moments, delays and the room's noise.")
@click.option("--all", "show_all", is_flag=True, help="List every overlap.")
@out_option("Where overlap.json goes.")
def main(part: str, kinds: Sequence[str], charged: bool, at_once: int, seed: int, show_all: bool, out: Path) -> None:
    """Make labelled sounds over the agent's speech and see whether it goes on or stops.

    From audio in to the decision out: the real call with its real voice detector, recogniser and voice, the agent's own
    echo at -20 dB in the microphone all the time. Backchannels, noises and the echo should be ignored, words meant for
    the agent should cut. Only the model is stubbed: it gives long replies.
    """
    found = machine()
    say(describe(found))
    chosen = [c for c in load_overlaps() if part in ("all", c.part) and (not kinds or c.kind in kinds)]
    clock = PatientClock(charging=charged)
    if charged:
        with unwrapped():
            outcomes, late = trio.run(lambda: measure(chosen, at_once=1, seed=seed, clock=clock), clock=clock)
    else:
        outcomes, late = run(lambda: measure(chosen, at_once=at_once, seed=seed, clock=clock))
    how = "waiting skipped, recognition charged as CPU time" if charged else f"real time, {at_once} calls at once"
    print(
        f"\n{describe(found)}\n{how}; echo at {ECHO_DB:.0f} dB in every case; "
        f"frames late by {late * 1000:.0f} ms at most"
    )
    for name in dict.fromkeys(each.case.part for each in outcomes):
        print(f"\n{name}\n{report([each for each in outcomes if each.case.part == name])}")
    if show_all:
        for each in outcomes:
            print(listed(each))
    kept: dict[str, Any] = {"machine": found, "how": how, "late_ms": late * 1000}
    kept["outcomes"] = [attrs.asdict(each) for each in outcomes]
    write_results(out, "overlap.json", kept)


if __name__ == "__main__":
    main()
