"""The paper's pipeline side by side: its latencies over real sockets, and what streaming and an early start save."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
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
from actors.cloud.servers.elevenlabs import ElevenLabsServer
from actors.cloud.servers.openai import OpenAiServer
from actors.local.silero import SileroVad
from actors.ports import Llm, LlmDelta, LlmMessage, LlmRequest, Vad
from bench._caller import Caller
from bench._figures import describe, machine, summarise, wilson
from bench._oracle import Heard, Oracle
from bench._paced import Delays, PacedLlm, PacedTts
from bench._profiles import ANSWER, MODES, PROFILES, Mode, Profile, ideal_s, written_s
from bench._stage import say, with_call
from bench._turn import Trace, read_turn
from bench.speech import Spoken, load_corpus, pick, speak_all
from statechart import Settings
from web.cli._run import run

__all__ = ["PARTS", "Measured", "main", "measure", "report"]

AGENT = Agent(name="paper", system="You answer callers.", greeting="Hello.")
FOOLED = 0.5  #: the share of inner pauses in which the early signal comes too early


#: Where the time of a turn goes; in each turn they add up to its TTFA.
PARTS = ("framing", "transcript", "first token", "first sentence", "voice", "held until sure", "our own code")


@attrs.frozen(kw_only=True)
class Measured:
    """One turn, milliseconds. ``parts``: see :data:`PARTS`; empty where no answer was heard, or before its end."""

    profile: str
    mode: str
    text: str
    understood: str
    ttfa_ms: float | None
    overhead_ms: float | None
    cut_off: bool
    withdrawn: int
    parts: tuple[float, ...] = ()
    late_ms: float = 0.0


# --- one turn ---------------------------------------------------------------------------------------------------------


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


@asynccontextmanager
async def stage(
    profile: Profile, mode: Mode, base: CallSetup, rng: Random
) -> AsyncIterator[tuple[CallSetup, Oracle, Delays]]:
    """The three services on ports of their own, and a call's setup that uses them."""
    delays = Delays(profile.ttft.draw(rng), profile.ttfb.draw(rng))
    oracle = Oracle(profile.stt, lead_s=mode.lead_s, fooled=FOOLED, rng=rng)
    llm_server = OpenAiServer(llm=PacedLlm(ANSWER, profile.token_s, delays))
    tts_server = ElevenLabsServer(PacedTts(delays))
    async with trio.open_nursery() as nursery:
        stt_url: str = await nursery.start(oracle.serve)
        llm_port: int = await nursery.start(llm_server.serve)
        tts_port: int = await nursery.start(tts_server.serve)
        llm = OpenAiLlm(base_url=f"http://127.0.0.1:{llm_port}/v1", api_key="bench", model="paced")
        async with (
            DeepgramFluxStt(api_key="bench", base_url=stt_url) as stt,
            open_elevenlabs("bench", base_url=f"http://127.0.0.1:{tts_port}") as tts,
        ):
            await tts.check()
            # The first request opens the connection, as any server's first caller does.
            async with llm.stream(LlmRequest((LlmMessage("user", "Hello."),))) as deltas:
                async for _ in deltas:
                    pass
            delays.answers = 0
            yield attrs.evolve(base, stt=stt, llm=_Whole(llm) if mode.whole else llm, tts=tts), oracle, delays
        with trio.CancelScope(shield=True):
            await llm.aclose()
        nursery.cancel_scope.cancel(reason="measured")


async def measure(profile: Profile, mode: Mode, base: CallSetup, spoken: Spoken, seed: int) -> Measured:
    """One call with one utterance, up to the first byte of its answer."""
    rng = Random(f"{seed} {profile.name} {spoken.utterance.number}")  # the same draws in every mode
    async with stage(profile, mode, base, rng) as (setup, oracle, delays):
        caller = Caller(noise_db=-300, seed=seed)  # the oracle knows the caller by every sample
        heard = oracle.expect(spoken)
        first = 0

        def answered() -> bool:
            end = caller.arrived(first + spoken.last)
            return end is not None and any(came.pcm and came.turn > 0 and came.at >= end for came in caller.came)

        async def part() -> None:
            nonlocal first
            await caller.until(lambda: caller.greeted, 10)
            await trio.sleep(0.3 + rng.random() * 0.2)
            first = caller.say(spoken.samples)
            await caller.until(answered, spoken.seconds + 8)

        notes, chart = await with_call(setup, caller, part, name=f"pipeline-{spoken.utterance.number}")
        arrival = caller.arrived(first + spoken.last)
        begun = caller.arrived(first + spoken.first)
        if arrival is None or begun is None:
            raise click.ClickException("the call ended while the caller was still speaking")
        turn = read_turn(
            Trace(
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
        )
        return _told(profile, mode, turn.final_text, turn.ttfa_ms, turn.cut_off, heard, delays, arrival, spoken, caller)


def _told(
    profile: Profile,
    mode: Mode,
    understood: str,
    ttfa_ms: float | None,
    cut_off: bool,
    heard: Heard,
    delays: Delays,
    arrival: float,
    spoken: Spoken,
    caller: Caller,
) -> Measured:
    parts: tuple[float, ...] = ()
    overhead = None
    if ttfa_ms is not None and not cut_off and heard.ended is not None:
        framing, ttft, ttfb = heard.ended - arrival, delays.ttft, delays.ttfb
        ideal = ideal_s(profile, mode, heard.stt_s, ttft, ttfb)
        begun = max(0.0, heard.stt_s - mode.lead_s)
        written = written_s(profile, mode)
        overhead = ttfa_ms - (framing + ideal) * 1000
        held = ideal - (begun + ttft + written + ttfb)
        seconds = (framing, begun, ttft, written, ttfb, held)
        parts = (*(s * 1000 for s in seconds), overhead)
        if profile.from_final:
            ttfa_ms -= (framing + heard.stt_s) * 1000
    return Measured(
        profile=profile.name,
        mode=mode.name,
        text=spoken.utterance.marked,
        understood=understood,
        ttfa_ms=ttfa_ms,
        overhead_ms=overhead,
        cut_off=cut_off,
        withdrawn=max(0, delays.answers - 1),
        parts=parts,
        late_ms=round(caller.late * 1000, 1),
    )


# --- report -----------------------------------------------------------------------------------------------------------


def report(turns: Sequence[Measured]) -> tuple[str, dict[str, Any]]:
    """The table as text, and the same as data."""
    lines = [f"{'profile, mode':28} {'n':>3} {'P50':>6} {'P95':>6} {'min':>6} {'max':>6}   paper  target (P50)"]
    data: dict[str, Any] = {}
    for profile in PROFILES.values():
        streamed = 0.0
        for mode in MODES:
            cell = [t for t in turns if (t.profile, t.mode) == (profile.name, mode.name)]
            found = summarise([t.ttfa_ms for t in cell if t.ttfa_ms is not None and t.parts])
            if found is None:
                continue
            if mode.name == "streamed":
                streamed = found.p50
            met = "met" if found.p50 <= profile.target_ms else f"{found.p50 - profile.target_ms:+.0f}"
            note = ", ABOVE streamed" if mode.lead_s and found.p50 > streamed > 0 else ""
            row = f"{profile.name} {mode.name:26} {found.n:3} {found.p50:6.0f} {found.p95:6.0f}"
            lines.append(
                f"{row} {found.low:6.0f} {found.high:6.0f}   {profile.paper_ms:5.0f}  {profile.target_ms:.0f}: {met}"
                + note
            )
            data[f"{profile.name} {mode.name}"] = attrs.asdict(found)
    cut = sum(t.cut_off for t in turns)
    low, high = wilson(cut, len(turns))
    lines.append(f"\nAnswered before their end: {cut} of {len(turns)} ({low:.1%} to {high:.1%}); target 5 %.")
    lines.append(f"Early starts withdrawn: {sum(t.withdrawn for t in turns)}, none of them heard.")
    overhead = sorted(t.overhead_ms for t in turns if t.overhead_ms is not None)
    if overhead:
        p50, p99 = overhead[len(overhead) // 2], overhead[min(len(overhead) - 1, round(0.99 * len(overhead)))]
        data["overhead"] = {"n": len(overhead), "p50": p50, "p99": p99, "max": overhead[-1]}
        lines.append(
            f"Our own code per turn: P50 {p50:.1f}, P99 {p99:.1f}, max {overhead[-1]:.1f} ms; targets 10 and 25."
        )
    framing = summarise([t.parts[0] for t in turns if t.parts])
    if framing is not None:
        lines.append(
            f"Framing (audio is sent in pieces of 80 ms, as the service advises): P50 {framing.p50:.0f} ms; in B and C."
        )
    silent = [t for t in turns if not t.parts and not t.cut_off]
    if silent:
        lines.append(f"Without an answer: {len(silent)}")
        lines += [f"  {t.profile} {t.mode}: {t.text!r} understood as {t.understood!r}" for t in silent]
    return "\n".join(lines), data


@click.command(
    epilog="\b\nExamples:\n"
    "  python -m bench.pipeline                       all, about 10 minutes\n"
    "  python -m bench.pipeline --limit 4 --profile B a short try"
)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1), help="Utterances per cell.")
@click.option("--profile", "names", multiple=True, type=click.Choice(list(PROFILES)), help="Only these profiles.")
@click.option("--at-once", default=3, show_default=True, type=click.IntRange(1, 16), help="Calls side by side.")
@click.option("--seed", default=0, show_default=True)
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default=Path("artefacts/bench"), show_default=True
)
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
    turns = run(lambda: _measure_all(profiles, chosen, seed, at_once))
    text, data = report(turns)
    print(f"\n{describe(found)}\n\n{text}")
    out.mkdir(parents=True, exist_ok=True)
    kept = {"machine": found, "seed": seed, "summary": data, "turns": [attrs.asdict(turn) for turn in turns]}
    (out / "pipeline.json").write_text(json.dumps(kept, indent=1))
    from bench._pipeline_plot import plot_pipeline

    plot_pipeline(turns, describe(found), out / "pipeline.png")
    print(f"\nWritten: {out / 'pipeline.json'}, {out / 'pipeline.png'}")


async def _measure_all(
    profiles: Sequence[Profile], chosen: Sequence[Spoken], seed: int, at_once: int
) -> list[Measured]:
    # Fillers are for engines that are late; here none is, and the paper has none.
    settings = CallSettings(chart=Settings(filler_ms=8000))
    vad: Vad = SileroVad()
    instant = PacedTts(Delays())
    phrases = await Phrasebook.synthesise(instant, phrases_of(AGENT))
    jobs = [(p, m, s) for s in chosen for p in profiles for m in MODES]
    turns: list[Measured] = []
    limiter = trio.CapacityLimiter(at_once)

    async with AGENT.open(database="") as resources:
        nothing: Any = None  # each call gets engines of its own
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

        async def one(profile: Profile, mode: Mode, spoken: Spoken) -> None:
            async with limiter:
                turn = await measure(profile, mode, base, spoken, seed)
            turns.append(turn)
            what = "cut off" if turn.cut_off else "no answer" if turn.ttfa_ms is None else f"{turn.ttfa_ms:5.0f} ms"
            own = "" if turn.overhead_ms is None else f", ours {turn.overhead_ms:.1f}"
            say(f"{len(turns):3}/{len(jobs)} {profile.name} {mode.name:22} {what}{own}")

        async with trio.open_nursery() as nursery:
            for job in jobs:
                nursery.start_soon(one, *job)
    return turns


if __name__ == "__main__":
    main()
