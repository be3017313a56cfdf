"""Makes the examples: sounds over an agent as an ear has them, heard by Moonshine's encoder, and its words for them."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import click
import numpy as np
import numpy.typing as npt
import trio

from actors.audio import resample, to_array
from actors.engines import EngineOptions, open_tts
from actors.local.intent import LONGEST_S, SHORTEST_S, encoder
from actors.local.moonshine import MoonshineStt
from actors.ports import AGENT_RATE, CALLER_RATE, Pcm
from bench._recorded import Recorded, speech_level
from bench.echo import REPLIES
from bench.intent._phrases import KINDS, Kind
from bench.intent._sounds import Script, scripts, sound_of

__all__ = ["overheard"]

COUNTS: dict[Kind, int] = {"noise": 1500, "backchannel": 2600, "meant": 3400}
VIEWS = 3  #: moments at which each sound is looked at, the last of them behind its end
PRE_ROLL_S = 0.176  #: see ``EarSettings.pre_roll_over_agent_ms``
ROOM_DB = -60.0
_STEP = CALLER_RATE // 1000


async def _agent_speech() -> Pcm:
    async with open_tts(EngineOptions()) as tts:
        voice = Recorded(tts)
        await voice.record(REPLIES)
        parts = [to_array(chunk.pcm) for text in REPLIES for chunk in voice[text]]
    return resample(np.concatenate(parts), AGENT_RATE, CALLER_RATE)


def overheard(sound: Pcm, agent: Pcm, random: np.random.Generator, until: float | None) -> Pcm:
    """The sound as the ear has it ``until`` so many seconds into it (None: past its end): at some level, in a room,
    with a little of the agent's speech before it and for as long as a hold takes to come through."""
    level = random.uniform(-34, -18)
    before = round(random.uniform(0.05, PRE_ROLL_S) * CALLER_RATE)
    after = round(random.uniform(0.03, 0.2) * CALLER_RATE) if until is None else 0
    shown = sound if until is None else sound[: round(until * CALLER_RATE)]
    heard = np.pad(shown.astype(np.float64) * 10 ** ((level - speech_level(sound)) / 20), (before, after))
    heard += random.standard_normal(len(heard)) * 10 ** (ROOM_DB / 20) * 32768
    if random.random() < 0.85:
        lasts = min(len(heard), before + round(random.uniform(0.1, 0.4) * CALLER_RATE))
        start = random.integers(0, len(agent) - lasts)
        heard[:lasts] += agent[start : start + lasts] * 10 ** (random.uniform(-30, -16) / 20)
    return np.clip(np.rint(heard), -32768, 32767).astype(np.int16)


def _one(job: tuple[int, Script, Pcm]) -> list[tuple[npt.NDArray[np.float16], int, float, str]]:
    number, script, agent = job
    global _encode, _stt
    _encode, _stt = _encode or encoder(), _stt or MoonshineStt()
    random = np.random.default_rng(number)
    sound = sound_of(script)
    seconds = len(sound) / CALLER_RATE
    moments: list[float | None] = [random.uniform(0.2, max(0.25, min(seconds, LONGEST_S))) for _ in range(VIEWS - 1)]
    views = []
    for until in (*moments, None):
        heard = overheard(sound, agent, random, None if until is None or until >= seconds else until)
        if len(heard) >= SHORTEST_S * CALLER_RATE:
            share = 1.0 if until is None else min(1.0, until / seconds)
            text = trio.run(_transcribed, heard)
            views.append((_encode(heard).astype(np.float16), KINDS.index(script.kind), share, text))
    return views


async def _transcribed(heard: Pcm) -> str:
    assert _stt is not None
    stream = await _stt.open_stream()
    stream.begin(0)
    stream.push(heard)
    text = await stream.final()
    await stream.aclose()
    return text


_encode: Any = None
_stt: MoonshineStt | None = None


@click.command()
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default=Path("artefacts/intent"), show_default=True
)
@click.option("--with-development/--without-development", default=True, show_default=True)
@click.option("--scale", default=1.0, show_default=True, help="So many times the usual number.")
@click.option("--seed", default=0, show_default=True)
@click.option("--processes", default=os.cpu_count() or 1, show_default=True)
def main(out: Path, with_development: bool, scale: float, seed: int, processes: int) -> None:
    """Speak, make, encode and transcribe the examples: about half an hour on two cores."""
    agent = trio.run(_agent_speech)
    listed = scripts({kind: round(n * scale) for kind, n in COUNTS.items()}, seed, with_development=with_development)
    jobs = [(seed * 1_000_000 + number, script, agent) for number, script in enumerate(listed)]
    views, source = [], []
    with ProcessPoolExecutor(processes) as pool:
        for number, found in enumerate(pool.map(_one, jobs, chunksize=20)):
            views += found
            source += [number] * len(found)
    out.mkdir(parents=True, exist_ok=True)
    np.savez(
        out / "examples.npz",
        frames=np.concatenate([frames for frames, _, _, _ in views]),
        lengths=np.array([len(frames) for frames, _, _, _ in views]),
        kinds=np.array([kind for _, kind, _, _ in views]),
        shares=np.array([share for _, _, share, _ in views]),
        heard=np.array([heard for _, _, _, heard in views]),
        sources=np.array(source),
        texts=np.array([script.text or script.noise for script in listed]),
    )
    print(f"{len(views)} views of {len(listed)} sounds: {out / 'examples.npz'}")


if __name__ == "__main__":
    main()
