"""Noises of a caller's room, made by program: each from its own seed, so that no two are alike and every run is.

A cough is a burst of noise with a short voiced tail, laughter a row of breathy voiced syllables, a slam a low thump
with a crack and the room's answer, clicks the keys of a keyboard. All are float arrays at 16 kHz, peak 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from actors.ports import CALLER_RATE

__all__ = ["NOISES", "make_noise"]

Sound = npt.NDArray[np.float64]
_RATE = CALLER_RATE
_A = ((800.0, 90.0), (1250.0, 110.0), (2650.0, 160.0), (3500.0, 250.0))  # formants (Hz) of an open mouth, and widths
_SCHWA = ((560.0, 90.0), (1500.0, 120.0), (2500.0, 160.0), (3400.0, 250.0))


def make_noise(kind: str, seed: int) -> Sound:
    """One noise of this kind (a key of :data:`NOISES`). KeyError for another."""
    return _unit(NOISES[kind](np.random.default_rng(seed)))


def _samples(seconds: float) -> int:
    return max(1, round(seconds * _RATE))


def _shaped(sound: Sound, formants: Sequence[tuple[float, float]], *, floor: float = 0.02) -> Sound:
    """The sound behind resonances at these frequencies (Hz) and widths."""
    spectrum = np.fft.rfft(sound, 2 * len(sound))
    frequency = np.fft.rfftfreq(2 * len(sound), 1 / _RATE)
    gain = np.full(len(frequency), floor)
    for number, (at, width) in enumerate(formants):
        gain += 0.6**number / (1 + ((frequency - at) / width) ** 2)
    return np.fft.irfft(spectrum * gain)[: len(sound)]


def _hiss(random: np.random.Generator, seconds: float) -> Sound:
    return random.standard_normal(_samples(seconds))


def _glottis(random: np.random.Generator, seconds: float, start_hz: float, end_hz: float, *, jitter: float) -> Sound:
    """Pulses of a voice gliding from one pitch to the other, a little unsteady."""
    sound = np.zeros(_samples(seconds))
    at = 0.0
    while at < len(sound):
        sound[int(at)] = random.uniform(0.8, 1.2)
        pitch = start_hz + (end_hz - start_hz) * at / len(sound)
        at += _RATE / pitch * random.uniform(1 - jitter, 1 + jitter)
    # A pulse falls off by 12 dB an octave: two leaky sums.
    decay = np.exp(-np.arange(64) / 6)
    return np.convolve(np.convolve(sound, decay), decay)[: len(sound)]


def _envelope(seconds: float, attack: float, decay: float) -> Sound:
    t = np.arange(_samples(seconds)) / _RATE
    return np.minimum(1.0, t / attack) * np.exp(-np.maximum(0.0, t - attack) / decay)


def _row(pieces: Sequence[Sound], gaps: Sequence[float]) -> Sound:
    parts: list[Sound] = []
    for piece, gap in zip(pieces, (*gaps, 0.0), strict=False):
        parts += [piece, np.zeros(_samples(gap))]
    return np.concatenate(parts)


def _unit(sound: Sound) -> Sound:
    scaled: Sound = sound / max(1e-9, float(np.abs(sound).max()))
    return scaled


def _cough(random: np.random.Generator) -> Sound:
    pieces = []
    for _ in range(random.integers(1, 4)):
        length = random.uniform(0.12, 0.24)
        burst = _unit(_shaped(_hiss(random, length), _SCHWA, floor=0.2)) * _envelope(length, 0.004, length / 3)
        pitch = random.uniform(130, 260)
        tail_s = random.uniform(0.05, 0.13)
        tail = _unit(_shaped(_glottis(random, tail_s, pitch, pitch * 0.8, jitter=0.15), _SCHWA))
        tail = (tail + 0.5 * _unit(_hiss(random, tail_s))) * _envelope(tail_s, 0.02, tail_s / 2)
        pieces.append(np.concatenate((burst, 0.35 * tail)) * random.uniform(0.7, 1.0))
    return _row(pieces, [random.uniform(0.08, 0.25) for _ in pieces[1:]])


def _throat(random: np.random.Generator) -> Sound:
    """Clearing the throat: a rough low voice that breaks into pieces."""
    length = random.uniform(0.25, 0.5)
    pitch = random.uniform(70, 130)
    rough = _unit(_shaped(_glottis(random, length, pitch * 1.2, pitch, jitter=0.35), _SCHWA))
    breath = _unit(_shaped(_hiss(random, length), _SCHWA, floor=0.3))
    flutter = 0.6 + 0.4 * np.sin(2 * np.pi * random.uniform(18, 30) * np.arange(_samples(length)) / _RATE)
    once = (rough * flutter + 0.6 * breath) * _envelope(length, 0.03, length / 1.5)
    return _row([once, once[: len(once) // 2] * 0.8], [random.uniform(0.08, 0.2)])


def _laughter(random: np.random.Generator) -> Sound:
    pitch, fall = random.choice([random.uniform(130, 190), random.uniform(240, 340)]), random.uniform(0.9, 0.97)
    pieces, gaps = [], []
    for number in range(random.integers(3, 7)):
        breath_s, voice_s = random.uniform(0.04, 0.08), random.uniform(0.06, 0.11)
        breath = 0.15 * _unit(_shaped(_hiss(random, breath_s), _A, floor=0.15)) * _envelope(breath_s, 0.02, 1.0)
        voice = _unit(_shaped(_glottis(random, voice_s, pitch * 1.08, pitch, jitter=0.04), _A))
        voice = (voice + 0.1 * _unit(_hiss(random, voice_s))) * np.hanning(_samples(voice_s))
        pieces.append(np.concatenate((breath, voice)) * 0.88**number)
        gaps.append(random.uniform(0.02, 0.08))
        pitch *= fall
    return _row(pieces, gaps[1:])


def _slam(random: np.random.Generator) -> Sound:
    seconds = random.uniform(0.4, 0.8)
    t = np.arange(_samples(seconds)) / _RATE
    thump = sum(
        (
            np.sin(2 * np.pi * hz * t + random.uniform(0, 6)) * np.exp(-t / random.uniform(0.04, 0.12))
            for hz in random.uniform(55, 220, size=5)
        ),
        np.zeros(len(t)),
    )
    crack = _hiss(random, seconds) * np.exp(-t / random.uniform(0.008, 0.025))
    room = _shaped(_hiss(random, seconds), ((300.0, 200.0), (900.0, 500.0))) * np.exp(-t / random.uniform(0.08, 0.2))
    return _unit(thump) + random.uniform(0.4, 0.9) * _unit(crack) + 0.15 * _unit(room)


def _knock(random: np.random.Generator) -> Sound:
    """Something set down, or a knock on wood, two to four times."""
    pieces = []
    for _ in range(random.integers(2, 5)):
        t = np.arange(_samples(0.12)) / _RATE
        wood = sum((np.sin(2 * np.pi * hz * t) * np.exp(-t / 0.018) for hz in random.uniform(250, 1100, size=4)), 0 * t)
        pieces.append((_unit(wood) + 0.5 * _unit(_hiss(random, 0.12)) * np.exp(-t / 0.004)) * random.uniform(0.7, 1.0))
    return _row(pieces, [random.uniform(0.06, 0.2) for _ in pieces[1:]])


def _clicks(random: np.random.Generator) -> Sound:
    pieces, gaps = [], []
    for _ in range(random.integers(3, 10)):
        for loud in (1.0, random.uniform(0.3, 0.6)):  # the key goes down, and comes up
            t = np.arange(_samples(0.03)) / _RATE
            tone = np.sin(2 * np.pi * random.uniform(1500, 4500) * t) * np.exp(-t / 0.004)
            click = 0.5 * tone + _unit(_hiss(random, 0.03)) * np.exp(-t / random.uniform(0.001, 0.003))
            pieces.append(click * loud * random.uniform(0.6, 1.0))
            gaps.append(random.uniform(0.04, 0.09) if loud == 1.0 else random.uniform(0.05, 0.2))
    return _row(pieces, gaps[:-1])


NOISES: dict[str, Callable[[np.random.Generator], Sound]] = {
    "laughter": _laughter,
    "cough": _cough,
    "throat": _throat,
    "slam": _slam,
    "knock": _knock,
    "clicks": _clicks,
}
