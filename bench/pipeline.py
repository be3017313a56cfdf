"""The paper's pipeline side by side: its latencies over real sockets, and what streaming and an early start save."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import attrs
import click
import trio

from actors.agents import Agent
from actors.call import CallSettings, CallSetup, Phrasebook, phrases_of
from actors.cloud.deepgram_flux import DeepgramFluxStt
from actors.cloud.elevenlabs_tts import open_elevenlabs
from actors.cloud.openai_llm import OpenAiLlm
from actors.local.silero import SileroVad
from actors.ports import Llm, LlmDelta, LlmMessage, LlmRequest, Vad
from bench._account import account
from bench._caller import Caller
from bench._figures import describe, machine
from bench._paced import Delays, PacedTts
from bench._pipeline_report import Measured, report
from bench._profiles import MODES, PROFILES, Mode, Profile, ideal_s, settling_token
from bench._services import Lane, open_services
from bench._stage import out_option, say, with_call, write_results
from bench._turn import Trace, read_turn
from bench.speech import Spoken, load_corpus, pick, speak_all
from statechart import Settings
from web.cli._run import run
from web.compose import settled_memory

__all__ = ["main", "measure"]

AGENT = Agent(name="paper", system="You answer callers.", greeting="Hello.")


class _Whole:
    """A model whose answer comes in one piece, when it is complete."""

    def __init__(self, llm: Llm) -> None:
        self.name, self.model, self._llm = llm.name, llm.model, llm

    @asynccontextmanager
    async def stream(self, request: LlmRequest) -> AsyncIterator[AsyncIterator[LlmDelta]]:
        async with self._llm.stream(request) as deltas:
            yield self._all(deltas)

    async def _all(self, deltas: AsyncIterator[LlmDelta]) -> AsyncIterator[LlmDelta]:
        whole = [delta async for delta in deltas]
        for delta in whole:
            yield delta


@attrs.frozen
class Stage:
    """A lane of the services, and a call's setup that uses them: clients that last, as in a server."""

    lane: Lane
    setup: CallSetup


@asynccontextmanager
async def open_stage(lane: Lane, base: CallSetup) -> AsyncIterator[Stage]:
    async with (
        OpenAiLlm(base_url=lane.llm_url, api_key="bench", model="paced") as llm,
        DeepgramFluxStt(api_key="bench", base_url=lane.stt_url) as stt,
        open_elevenlabs("bench", base_url=lane.tts_url) as tts,
    ):
        await tts.check()
        # The first request opens the connection, as any server's first caller does.
        async with llm.stream(LlmRequest((LlmMessage("user", "Hello."),))) as deltas:
            async for _ in deltas:
                pass
        yield Stage(lane, attrs.evolve(base, stt=stt, llm=llm, tts=tts))


async def measure(profile: Profile, mode: Mode, stage: Stage, spoken: Spoken, seed: int) -> Measured:
    """One call with one utterance, up to the first byte of its answer."""
    setup = attrs.evolve(stage.setup, llm=_Whole(stage.setup.llm)) if mode.whole else stage.setup
    await stage.lane.expect(profile, mode, spoken.utterance.number)
    caller = Caller(noise_db=-300, seed=seed)  # the recogniser knows the caller by every sample
    before = 0.3 + Random(f"{seed} {profile.name} {spoken.utterance.number}").random() * 0.2
    first = 0

    def answered() -> bool:
        end = caller.arrived(first + spoken.last)
        return end is not None and any(came.pcm and came.turn > 0 and came.at >= end for came in caller.came)

    async def part() -> None:
        nonlocal first
        await caller.until(lambda: caller.greeted, 10)
        await trio.sleep(before)
        first = caller.say(spoken.samples)
        await caller.until(answered, spoken.seconds + 8)

    notes, chart = await with_call(setup, caller, part, name=f"pipeline-{spoken.utterance.number}")
    arrival, begun = caller.arrived(first + spoken.last), caller.arrived(first + spoken.first)
    if arrival is None or begun is None:
        raise click.ClickException("the call ended while the caller was still speaking")
    trace = Trace(
        spoken=spoken,
        first_at=begun,
        last_at=arrival,
        pauses=[],
        came=caller.came,
        work=notes.work,
        chart=chart,
        fillers=(),
        late_ms=caller.late * 1000,
    )
    turn = read_turn(trace)
    told = Measured(
        profile=profile.name,
        mode=mode.name,
        text=spoken.utterance.marked,
        understood=turn.final_text,
        ttfa_ms=turn.ttfa_ms,
        overhead_ms=None,
        cut_off=turn.cut_off,
        withdrawn=0,
        late_ms=round(caller.late * 1000, 1),
    )
    seen = await stage.lane.observed()
    told = attrs.evolve(told, withdrawn=max(0, len(seen.answers) - 1))
    filled = caller.arrived(first + spoken.last + seen.beyond)
    if turn.ttfa_ms is None or turn.cut_off or filled is None:
        return told
    sent = arrival + turn.ttfa_ms / 1000
    found = account(seen, settles=settling_token(mode), arrival=arrival, filled=filled, sent=sent)
    if found is None:
        return told
    told_to = ideal_s(profile, mode, seen.stt_s, seen.ttft_s, seen.ttfb_s) * 1000
    return attrs.evolve(
        told,
        ttfa_ms=found.from_final_ms if profile.from_final else turn.ttfa_ms,
        overhead_ms=found.ours_ms,
        parts=found.parts,
        hops=found.hops,
        services_late_ms=found.services_ms - told_to,
    )


@click.command(
    epilog="\b\nExamples:\n"
    "  python -m bench.pipeline                       all, about 10 minutes\n"
    "  python -m bench.pipeline --limit 4 --profile B a short try"
)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1), help="Utterances per cell.")
@click.option("--profile", "names", multiple=True, type=click.Choice(list(PROFILES)), help="Only these profiles.")
@click.option("--at-once", default=3, show_default=True, type=click.IntRange(1, 16), help="Calls side by side.")
@click.option("--seed", default=0, show_default=True)
@out_option("Where pipeline.json and pipeline.png go.")
def main(limit: int, names: Sequence[str], at_once: int, seed: int, out: Path) -> None:
    """Run the paper's pipeline with its published component latencies, and compare ways to put it together.

    A recogniser that knows the truth, a model and a voice, each as slow as published, behind real sockets in the
    services' own protocols; real callers' audio with inner pauses; the real call. "Sequential" waits for the model's
    whole answer, "streamed" speaks sentence by sentence, "early signal" begins before the transcript is final.
    """
    chosen = [s for s in speak_all(pick(load_corpus(), limit=None, seed=seed), seed=seed) if s.seconds < 6][:limit]
    found = machine()
    say(describe(found))
    profiles = [profile for name, profile in PROFILES.items() if not names or name in names]
    jobs = [(profile, mode, spoken) for spoken in chosen for profile in profiles for mode in MODES]
    turns = run(lambda: _measure_all(jobs, seed, at_once))
    text, data = report(turns)
    print(f"\n{describe(found)}\n\n{text}")
    kept = {"machine": found, "seed": seed, "summary": data, "turns": [attrs.asdict(turn) for turn in turns]}
    write_results(out, "pipeline.json", kept)
    from bench._pipeline_plot import plot_pipeline

    plot_pipeline(turns, describe(found), out / "pipeline.png")
    print(f"Drawn: {out / 'pipeline.png'}")


async def _measure_all(jobs: Sequence[tuple[Profile, Mode, Spoken]], seed: int, at_once: int) -> list[Measured]:
    # Fillers are for engines that are late; here none is, and the paper has none.
    settings = CallSettings(chart=Settings(filler_ms=8000))
    vad: Vad = SileroVad()
    phrases = await Phrasebook.synthesise(PacedTts(Delays()), phrases_of(AGENT))
    turns: list[Measured] = []
    waiting = iter(jobs)

    async with AsyncExitStack() as stack:
        lanes = await stack.enter_async_context(open_services(at_once, seed=seed))
        resources = await stack.enter_async_context(AGENT.open(database=""))
        nothing: Any = None  # each lane has engines of its own
        base = CallSetup(
            agent=AGENT,
            resources=resources,
            vad=vad,
            stt=nothing,
            llm=nothing,
            tts=nothing,
            phrases=phrases,
            settings=settings,
        )
        stages = [await stack.enter_async_context(open_stage(lane, base)) for lane in lanes]

        async def work(stage: Stage) -> None:
            for profile, mode, spoken in waiting:
                turn = await measure(profile, mode, stage, spoken, seed)
                turns.append(turn)
                what = "cut off" if turn.cut_off else "no answer" if turn.ttfa_ms is None else f"{turn.ttfa_ms:5.0f} ms"
                own = "" if turn.overhead_ms is None else f", ours {turn.overhead_ms:.1f}"
                say(f"{len(turns):3}/{len(jobs)} {profile.name} {mode.name:22} {what}{own}")

        stack.enter_context(settled_memory())  # as a server does
        async with trio.open_nursery() as nursery:
            for stage in stages:
                nursery.start_soon(work, stage)
    return turns


if __name__ == "__main__":
    main()
