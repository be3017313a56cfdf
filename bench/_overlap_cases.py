"""The labelled overlaps as sounds: what bench/overlaps.toml lists, spoken or made, at its level."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import attrs
import numpy as np

from actors.ports import CALLER_RATE, Pcm
from bench._noises import NOISES, make_noise
from bench._recorded import speech_level
from bench.speech import Utterance, Voice, speak, voiced_bounds

__all__ = ["LISTED", "Label", "OverlapCase", "Part", "load_overlaps", "sound_of"]

LISTED = Path(__file__).with_name("overlaps.toml")
Part = Literal["development", "held_out"]
Label = Literal["ignore", "yield"]
_SEEDS: dict[Part, int] = {"development": 1000, "held_out": 2000}
_LOUDEST = 30_000


@attrs.frozen
class OverlapCase:
    """One overlap. ``kind``: its list in the file, or the noise's name. ``text``: the words; "" of a noise. ``voice``:
    None of a noise. ``seed`` of a noise."""

    number: int
    part: Part
    label: Label
    kind: str
    text: str
    voice: Voice | None
    level_db: float
    seed: int

    @property
    def name(self) -> str:
        who = "" if self.voice is None else f" ({self.voice.name})"
        return f"{self.part} {self.number} {self.label}/{self.kind}: {self.text or 'noise'}{who} {self.level_db:.0f} dB"

    @property
    def answers(self) -> bool:
        """Whether it comes right after a question of the agent."""
        return self.kind == "answer"


def load_overlaps(path: Path = LISTED) -> tuple[OverlapCase, ...]:
    """All overlaps of both parts, in the file's order. KeyError for a noise that nobody can make."""
    listed = tomllib.loads(path.read_text())
    parts: tuple[Part, ...] = ("development", "held_out")
    return tuple(case for part in parts for case in _part(part, listed[part]))


def _part(part: Part, listed: dict[str, Any]) -> Iterator[OverlapCase]:
    voices = [Voice(**voice) for voice in listed["voices"]]
    by_phonemes = [voice for voice in voices if voice.engine == "espeak-ng"]
    levels: Sequence[float] = listed["levels"]
    number = 0
    labels: tuple[Label, ...] = ("ignore", "yield")
    for label in labels:
        for kind, entries in listed[label].items():
            wanted = _noises(entries) if kind == "noises" else [(kind, text) for text in entries]
            for name, text in wanted:
                fitting = by_phonemes if text.startswith("[[") else voices
                # Levels change faster than voices go round, so that each voice is heard at each level.
                voice = fitting[number % len(fitting)] if text else None
                level = levels[(number + number // len(voices)) % len(levels)]
                yield OverlapCase(number, part, label, name, text, voice, level, _SEEDS[part] + number)
                number += 1


def _noises(counts: dict[str, int]) -> list[tuple[str, str]]:
    if unknown := counts.keys() - NOISES.keys() - {"echo"}:
        raise KeyError(f"no such noise: {min(unknown)}")
    return [(name, "") for name, count in counts.items() for _ in range(count)]


def sound_of(case: OverlapCase) -> Pcm:
    """What is heard, from its first to its last voiced sample, 16 kHz; of "echo" a second of nothing."""
    if case.kind == "echo":
        return np.zeros(CALLER_RATE, np.int16)
    if case.voice is not None:
        clean: Pcm = speak(Utterance(case.number, case.text), case.voice).samples
    else:
        clean = np.rint(make_noise(case.kind, case.seed) * 16_000).astype(np.int16)
    gain = 10 ** ((case.level_db - speech_level(clean)) / 20)
    gain = min(gain, _LOUDEST / int(np.abs(clean.astype(np.int32)).max()))
    sound: Pcm = np.rint(clean * gain).astype(np.int16)
    first, last = voiced_bounds(sound)
    return sound[first : last + 1]
