"""Whether a moment of sound has a pitch, as the vowels of every voice do and a cough, a click or a door do not. Pure.

The detector cannot tell that over the agent: it hears the agent's echo under the noise and is as sure as of any voice.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from actors.ports import CALLER_RATE, Pcm

__all__ = ["periodicity"]

_PITCHES_HZ = (62.5, 400.0)  # of voices, children's included
_BAND_HZ = (250.0, 3500.0)  # above the hum and the thump that also repeat themselves


def periodicity(samples: Pcm) -> float:
    """How much the sound (16 kHz, 32 ms or so) repeats itself at the pitch of a voice: about 0 for noise, 1 for a clean
    vowel. 0 for silence and for less than two of the longest periods."""
    size = len(samples)
    lags = np.arange(int(CALLER_RATE / _PITCHES_HZ[1]), int(CALLER_RATE / _PITCHES_HZ[0]))
    if size < 2 * lags[-1]:
        return 0.0
    spectrum = np.fft.rfft(samples - samples.mean(), 2 * size)
    power = np.square(np.abs(spectrum)) * _band(size)
    repeats = np.fft.irfft(power)
    if repeats[0] <= 0:
        return 0.0
    # Fewer samples overlap at a longer lag.
    return float(np.max(repeats[lags] / repeats[0] * size / (size - lags)))


@functools.cache
def _band(size: int) -> npt.NDArray[np.float64]:
    frequency = np.fft.rfftfreq(2 * size, 1 / CALLER_RATE)
    return ((frequency >= _BAND_HZ[0]) & (frequency <= _BAND_HZ[1])).astype(np.float64)
