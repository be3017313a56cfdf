"""Which echo gate? The voice detector alone, on agent speech, its echo and callers over it: quick to try."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import click
import numpy as np
import numpy.typing as npt
import trio

from actors.audio import resample, to_array, to_bytes
from actors.call import VoiceSettings
from actors.call._echo import EchoGate, EchoReference
from actors.call._voice import Voice
from actors.engines import EngineOptions, open_tts, open_vad
from actors.ports import AGENT_RATE, CALLER_RATE, Pcm, Vad
from bench._recorded import speech_level
from bench.echo import DELAYS_MS, REPLIES, ROOM_DB, over_speech
from web.cli._run import run

__all__ = ["main"]

ECHOES = (-6.0, -10.0, -15.0, -20.0, -30.0)
CALLERS = (-20.0, -26.0, -32.0, -38.0)
CALLER_ECHO = -20.0  #: the echo under the callers
IN_TIME_MS = 600

Sound = npt.NDArray[np.float64]


@attrs.frozen
class Row:
    """``own``: times a minute that the agent's own echo sets the detector off, by level of echo. ``callers``: by the
    caller's level, how many of them are noticed in time and the median time to it (ms)."""

    settings: VoiceSettings
    own: tuple[float, ...]
    callers: tuple[tuple[int, float], ...]


@attrs.frozen
class Agent:
    """What the agent says: as it was sent (24 kHz), as it sounds in the room (16 kHz), and, for each of the detector's
    windows, the loudest of it that can be in the microphone (dB)."""

    sent: Pcm
    sound: Sound
    loudest: tuple[float, ...]


def hear_agent(sent: Pcm, window: int) -> Agent:
    """An agent whose client plays exactly when the server thinks that it does."""
    reference = EchoReference()
    reference.sent(0, 0, to_bytes(sent))
    sound = resample(sent, AGENT_RATE, CALLER_RATE).astype(np.float64)
    loudest = []
    for end in range(window, len(sound) + 1, window):
        now = end / CALLER_RATE
        reference.playing(now, 0, int(now * AGENT_RATE), round_trip=0.0)
        loudest.append(reference.loudest(now, seconds=window / CALLER_RATE, round_trip=0.0))
    return Agent(sent, sound, tuple(loudest))


def onsets(vad: Vad, sound: Sound, settings: VoiceSettings, agent: Agent) -> list[int]:
    """The samples at which the voice is found to have set in, with the agent audible all the time."""
    samples = np.clip(np.rint(sound), -32768, 32767).astype(np.int16)
    stream = vad.open_stream()
    voice = Voice(settings, window=stream.window, rate=CALLER_RATE)
    gate = EchoGate(window=stream.window, floor_db=-(settings.echo_margin_db or 0.0))
    found = []
    for number, probability in enumerate(stream.feed(samples)):
        window = samples[number * stream.window : (number + 1) * stream.window]
        (over,) = gate.feed(window, agent.loudest[number])
        change = voice.feed(probability, over)
        if change is not None and change.voiced:
            found.append(voice.position)
    return found


def judge(vad: Vad, settings: VoiceSettings, agent: Agent, callers: Sequence[Pcm]) -> Row:
    """Try one setting."""
    random = np.random.default_rng(0)
    noise = random.standard_normal(len(agent.sound)) * 10 ** (ROOM_DB / 20) * 32768
    minutes = len(agent.sound) / CALLER_RATE / 60

    def echo_at(db: float, delay_ms: int) -> Sound:
        late = delay_ms * CALLER_RATE // 1000
        return np.concatenate((np.zeros(late), agent.sound))[: len(agent.sound)] * 10 ** (db / 20) + noise

    def rate(db: float) -> float:
        counts = [len(onsets(vad, echo_at(db, delay), settings, agent)) for delay in DELAYS_MS]
        return float(np.mean(counts)) / minutes

    own = tuple(rate(db) for db in ECHOES)
    echo = echo_at(CALLER_ECHO, DELAYS_MS[1])
    noticed = []
    for db in CALLERS:
        times = []
        for number, caller in enumerate(callers):
            begin = (number + 1) * CALLER_RATE * 3 + DELAYS_MS[number % len(DELAYS_MS)] * CALLER_RATE // 1000
            heard = echo[: begin + len(caller)].copy()
            heard[begin:] += caller[: len(heard) - begin] * 10 ** ((db - speech_level(caller)) / 20)
            # What sets in before the caller does is the echo's doing and is counted under "own".
            after = [at for at in onsets(vad, heard, settings, agent) if at > begin]
            if after and (after[0] - begin) * 1000 / CALLER_RATE <= IN_TIME_MS:
                times.append((after[0] - begin) * 1000 / CALLER_RATE)
        noticed.append((len(times), float(np.median(times)) if times else float("nan")))
    return Row(settings, own, tuple(noticed))


async def _agent_speech() -> Pcm:
    pieces: list[Pcm] = []
    async with open_tts(EngineOptions()) as tts, tts.open_voice(0) as voice:
        for reply in REPLIES:
            pieces += [to_array(chunk.pcm) async for chunk in voice.say(reply)]
    return np.concatenate(pieces)


async def _sweep(margins: Sequence[float | None], starts: Sequence[float], start_ms: Sequence[int]) -> None:
    async with open_vad(EngineOptions()) as vad:
        agent = hear_agent(await _agent_speech(), vad.open_stream().window)
        callers = over_speech()
        length, agent_db = len(agent.sent) / AGENT_RATE, speech_level(agent.sent)
        print(f"Agent speech: {length:.0f} s at {agent_db:.0f} dB; {len(callers)} callers, ", end="")
        print(f"with echo at {CALLER_ECHO:.0f} dB under them. Room noise {ROOM_DB:.0f} dB.")
        head = " ".join(f"{db:6.0f}" for db in ECHOES)
        print(f"{'':26} own echo: onsets a minute at dB | callers noticed in {IN_TIME_MS} ms (median ms) at dB")
        print(f"{'margin':>6} {'threshold':>10} {'run ms':>8}  {head} | " + " ".join(f"{db:10.0f}" for db in CALLERS))
        for margin in margins:
            for start in starts:
                for run_ms in start_ms:
                    settings = attrs.evolve(VoiceSettings(), echo_margin_db=margin, start=start, start_ms=run_ms)
                    row = await trio.to_thread.run_sync(judge, vad, settings, agent, callers)
                    own = " ".join(f"{each:6.1f}" for each in row.own)
                    noticed = " ".join(f"{n:3} ({ms:4.0f})" for n, ms in row.callers)
                    shown = "off" if margin is None else f"{margin:.0f}"
                    print(f"{shown:>6} {start:10.2f} {run_ms:8}  {own} | {noticed}", flush=True)


@click.command(epilog="\b\nExample:\n  python -m bench.gate --margin 12 --threshold 0.5 --run 64 --run 96")
@click.option("--margin", "margins", multiple=True, type=float, default=(8, 10, 12, 15), show_default=True)
@click.option("--off/--no-off", default=True, show_default=True, help="Also without the gate.")
@click.option("--threshold", "starts", multiple=True, type=float, default=(0.5, 0.7), show_default=True)
@click.option("--run", "runs", multiple=True, type=int, default=(64,), show_default=True, help="start_ms.")
def main(margins: Sequence[float], off: bool, starts: Sequence[float], runs: Sequence[int]) -> None:
    """Try settings of the echo gate on recorded sound: how often the agent's own echo passes for a voice, and how many
    callers are still noticed over it. Each line is one setting; the whole sweep takes about two minutes."""
    run(lambda: _sweep([*([None] if off else []), *margins], starts, runs))


if __name__ == "__main__":
    main()
