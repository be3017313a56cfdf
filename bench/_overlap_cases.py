"""The labelled overlaps as sounds: what bench/overlaps.toml and overlaps_lifelike.toml list, spoken or made, at its
level."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import attrs
import numpy as np

from actors.ports import CALLER_RATE, Pcm
from bench._noises import NOISES, make_noise
from bench._recorded import speech_level
from bench.speech import Utterance, Voice, speak, voiced_bounds

__all__ = ["LISTED", "PARTS", "Label", "OverlapCase", "Part", "load_overlaps", "sound_of"]

LISTED = tuple(Path(__file__).with_name(name) for name in ("overlaps.toml", "overlaps_lifelike.toml"))
Part = Literal["development", "lifelike", "held_out", "held_out_lifelike"]
PARTS: tuple[Part, ...] = get_args(Part)
Label = Literal["ignore", "yield"]
_SEEDS: dict[Part, int] = {"development": 1000, "held_out": 2000, "held_out_lifelike": 3000, "lifelike": 4000}
_PHONEMES = ("espeak-ng", "kokoro", "piper")  #: the engines that can say them
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


def load_overlaps(paths: Iterable[Path] = LISTED) -> tuple[OverlapCase, ...]:
    """All overlaps of all parts, in the files' order. KeyError for a noise that nobody can make."""
    listed: dict[str, Any] = {}
    for path in paths:
        listed |= tomllib.loads(path.read_text())
    return tuple(case for part in PARTS for case in _part(part, listed[part]))


def _part(part: Part, listed: dict[str, Any]) -> Iterator[OverlapCase]:
    voices = [Voice(**voice) for voice in listed["voices"]]
    by_phonemes = [voice for voice in voices if voice.engine in _PHONEMES]
    levels: Sequence[float] = listed["levels"]
    number = 0
    labels: tuple[Label, ...] = ("ignore", "yield")
    for label in labels:
        for kind, entries in listed[label].items():
            for name, text, who in _named(kind, entries):
                fitting = by_phonemes if text.startswith("[[") else voices
                # Levels change faster than voices go round, so that each voice is heard at each level.
                voice = who or (fitting[number % len(fitting)] if text else None)
                level = levels[(number + number // len(voices)) % len(levels)]
                yield OverlapCase(number, part, label, name, text, voice, level, _SEEDS[part] + number)
                number += 1


def _named(kind: str, entries: Any) -> list[tuple[str, str, Voice | None]]:
    """Kind, text and, where it is no other's, the voice of each overlap of a list."""
    if kind == "noises":
        return [(name, "", None) for name in _noises(entries)]
    if kind == "people":
        return [(kind, text, Voice("people", actor, 1.0)) for actor, texts in entries.items() for text in texts]
    return [(kind, text, None) for text in entries]


def _noises(counts: dict[str, int]) -> list[str]:
    if unknown := counts.keys() - NOISES.keys() - {"echo"}:
        raise KeyError(f"no such noise: {min(unknown)}")
    return [name for name, count in counts.items() for _ in range(count)]


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
