"""The callers of the benchmarks: utterances with inner pauses, spoken by voices that are not the agent's.

Each piece between two pauses is synthesised by itself (espeak-ng, flite), cut to its voiced part and joined with a
pause of exactly the length that the corpus names. Files are kept in ``artefacts/speech`` under a name made from what
they hold, so that nothing is synthesised twice.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random
from typing import Literal

import attrs
import click
import numpy as np

from actors.audio import level_db, read_wav, write_wav
from actors.ports import CALLER_RATE, Pcm
from bench._lifelike import Lifelike, say_like

__all__ = [
    "CACHE",
    "VOICES",
    "Spoken",
    "Utterance",
    "Voice",
    "load_corpus",
    "pick",
    "speak",
    "speak_all",
    "voiced_bounds",
]

CORPUS = Path(__file__).with_name("corpus.toml")
CACHE = Path(__file__).parents[1] / "artefacts" / "speech"
VOICED_DB = -40.0  #: a sample is voiced when it lies above this, relative to the peak of its file
PEAK = 16_000  #: every utterance is brought to this peak: about -6 dB of full scale
_RECIPE = "2"  # part of the files' names: change it whenever the same text would sound different

_PAUSE = re.compile(r"\s*\[(\d+)\]\s*")


@attrs.frozen
class Utterance:
    """What a caller says in one go. ``tool``: the function that a good answer calls first; None: it needs none."""

    number: int
    marked: str
    tool: str | None = None

    @property
    def pieces(self) -> tuple[str, ...]:
        """The words between the pauses."""
        return tuple(_PAUSE.split(self.marked)[::2])

    @property
    def pauses(self) -> tuple[int, ...]:
        """The inner pauses in milliseconds, one fewer than there are pieces."""
        return tuple(int(ms) for ms in _PAUSE.split(self.marked)[1::2])

    @property
    def text(self) -> str:
        """The words without the marks."""
        return " ".join(self.pieces)


@attrs.frozen
class Voice:
    """``speed``: words a minute for espeak-ng, stretch (above 1: slower) for flite; see ``say_like`` for the others."""

    engine: Literal["espeak-ng", "flite"] | Lifelike
    name: str
    speed: float

    def command(self, text: str, out: Path) -> list[str]:
        if self.engine == "espeak-ng":
            return ["espeak-ng", "-v", self.name, "-s", f"{self.speed:g}", "-w", str(out), text]
        return ["flite", "-voice", self.name, "--setf", f"duration_stretch={self.speed:g}", "-t", text, "-o", str(out)]


VOICES = (
    Voice("flite", "slt", 1.0),
    Voice("espeak-ng", "en-us", 150),
    Voice("flite", "rms", 0.95),
    Voice("espeak-ng", "en-gb+f2", 160),
    Voice("flite", "awb", 1.0),
    Voice("espeak-ng", "en-us+m3", 145),
    Voice("flite", "slt", 1.15),
    Voice("espeak-ng", "en-us+f4", 155),
    Voice("flite", "kal16", 1.0),
    Voice("espeak-ng", "en-gb", 140),
    Voice("flite", "rms", 1.1),
    Voice("espeak-ng", "en-us+klatt4", 150),
)


@attrs.frozen
class Spoken:
    """An utterance as a clean 16 kHz file. ``first`` and ``last``: its first and last voiced sample. ``pause_starts``:
    the first sample of each inner pause."""

    utterance: Utterance
    voice: Voice
    samples: Pcm = attrs.field(eq=False, repr=lambda samples: f"<{len(samples)}>")
    first: int
    last: int
    pause_starts: tuple[int, ...]

    @property
    def seconds(self) -> float:
        return (self.last - self.first) / CALLER_RATE


def load_corpus(path: Path = CORPUS) -> tuple[Utterance, ...]:
    """All utterances. ValueError where one has no inner pause or an empty piece."""
    entries = tomllib.loads(path.read_text())["utterance"]
    corpus = tuple(Utterance(number, entry["text"], entry.get("tool")) for number, entry in enumerate(entries, 1))
    for utterance in corpus:
        if not utterance.pauses or not all(utterance.pieces):
            raise ValueError(f"utterance {utterance.number} needs words on both sides of a pause: {utterance.marked}")
    return corpus


def pick(corpus: Sequence[Utterance], *, limit: int | None, only: str = "", seed: int = 0) -> tuple[Utterance, ...]:
    """In an order shuffled by ``seed``, tool and no tool in turn; ``only``: those with this text or tool name, or
    "tool", "no-tool", or their numbers separated by commas."""
    wanted = [u for u in corpus if _matches(u, only)]
    Random(seed).shuffle(wanted)
    groups = [[u for u in wanted if u.tool], [u for u in wanted if not u.tool]]
    mixed = [u for pair in zip(*groups, strict=False) for u in pair]
    mixed += [u for u in wanted if u not in mixed]
    return tuple(mixed[:limit])


def _matches(utterance: Utterance, only: str) -> bool:
    if re.fullmatch(r"[\d,]+", only):
        return str(utterance.number) in only.split(",")
    if only in ("tool", "no-tool"):
        return (utterance.tool is not None) == (only == "tool")
    return not only or only.lower() in utterance.text.lower() or only == utterance.tool


def speak_all(utterances: Iterable[Utterance], *, seed: int = 0) -> list[Spoken]:
    """Each in one of the voices: which one depends on the utterance and the seed alone."""
    order = list(VOICES)
    Random(seed).shuffle(order)
    return [speak(u, order[u.number % len(order)]) for u in utterances]


def speak(utterance: Utterance, voice: Voice, cache: Path = CACHE) -> Spoken:
    """Synthesise, or take from the cache. Raises click.ClickException where the program is missing or fails."""
    parts: list[Pcm] = []
    starts: list[int] = []
    length = 0
    for number, piece in enumerate(utterance.pieces):
        samples = _synthesise(piece, voice, cache)
        first, last = voiced_bounds(samples)
        if number:
            parts.append(np.zeros(utterance.pauses[number - 1] * CALLER_RATE // 1000, np.int16))
            starts.append(length)
            length += len(parts[-1])
        begin = first if number else 0
        end = last + 1 if number < len(utterance.pauses) else len(samples)
        parts.append(samples[begin:end])
        length += end - begin
    whole = np.concatenate(parts).astype(np.float64)
    scaled = np.rint(whole * (PEAK / max(1.0, np.abs(whole).max()))).astype(np.int16)
    first, last = voiced_bounds(scaled)
    return Spoken(utterance, voice, scaled, first, last, tuple(starts))


def voiced_bounds(samples: Pcm) -> tuple[int, int]:
    """The first and the last sample above -40 dB of the peak. ValueError for silence."""
    loudness = np.abs(samples.astype(np.int32))
    peak = int(loudness.max(initial=0))
    if not peak:
        raise ValueError("there is no voice in silence")
    voiced = np.flatnonzero(loudness > peak * 10 ** (VOICED_DB / 20))
    return int(voiced[0]), int(voiced[-1])


def _synthesise(piece: str, voice: Voice, cache: Path) -> Pcm:
    text = piece if piece[-1] in ".,?!" else f"{piece},"  # a comma: the voice does not fall as at an end
    key = "\0".join((_RECIPE, voice.engine, voice.name, f"{voice.speed:g}", text))
    path = cache / f"{hashlib.sha256(key.encode()).hexdigest()[:20]}.wav"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        if voice.engine != "espeak-ng" and voice.engine != "flite":
            made = say_like(voice.engine, voice.name, text, voice.speed)
        elif shutil.which(voice.engine) is None:
            raise click.ClickException(f"{voice.engine} is not installed. Debian: apt-get install espeak-ng flite")
        else:
            raw = path.with_suffix(".raw.wav")
            subprocess.run(voice.command(text, raw), check=True, capture_output=True, timeout=60)
            made = read_wav(raw).mono(CALLER_RATE)
            raw.unlink()
        write_wav(path, made, CALLER_RATE)
    return read_wav(path).mono(CALLER_RATE)


@click.command(epilog="\b\nExample:\n  python -m bench.speech --out /tmp/callers    listen to what the callers say")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Write one WAV file per utterance here.")
@click.option("--only", default="", help='Part of a text, a tool name, "tool", "no-tool", or numbers: 3,17.')
@click.option("--seed", default=0, show_default=True, help="Shuffles the voices.")
def main(out: Path | None, only: str, seed: int) -> None:
    """List the callers' utterances with their voices, pauses and lengths."""
    spoken = speak_all((u for u in load_corpus() if _matches(u, only)), seed=seed)
    for each in spoken:
        utterance, voice = each.utterance, each.voice
        name = f"{utterance.number:02}-{voice.engine}-{voice.name}.wav"
        print(f"{utterance.number:3} {each.seconds:5.1f} s {level_db(each.samples):6.1f} dB  {voice.name:14}", end="")
        print(f" {utterance.tool or '-':22} {utterance.marked}")
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            write_wav(out / name, each.samples, CALLER_RATE)
    pauses = np.array([ms for each in spoken for ms in each.utterance.pauses])
    if len(pauses):
        counts, edges = np.histogram(pauses, bins=6, range=(300, 900))
        spread = ", ".join(f"{int(low)}+: {count}" for low, count in zip(edges, counts, strict=False))
        print(f"{len(spoken)} utterances, {len(pauses)} inner pauses by length in ms: {spread}")


if __name__ == "__main__":
    main()
