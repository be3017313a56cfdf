"""Vowels have a pitch, noises have none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.call._pitch import periodicity
from actors.ports import CALLER_RATE

WINDOW = 512


def pcm(sound):
    return np.clip(np.rint(sound), -32768, 32767).astype(np.int16)


def vowel(hz, samples=WINDOW):
    time = np.arange(samples) / CALLER_RATE
    return sum(3000 / n * np.sin(2 * np.pi * hz * n * time + n) for n in range(1, int(3000 / hz)))


@given(st.floats(85, 300), st.integers(0, 1000))
def test_a_vowel_of_any_voice_has_a_pitch_also_over_a_little_noise(hz, seed):
    noise = np.random.default_rng(seed).normal(0, 150, WINDOW)
    assert periodicity(pcm(vowel(hz) + noise)) > 0.55


def test_noise_and_hum_have_none():
    noises = [np.random.default_rng(seed).normal(0, 3000, WINDOW) for seed in range(200)]
    assert np.mean([periodicity(pcm(noise)) > 0.55 for noise in noises]) < 0.05
    hum = 8000 * np.sin(2 * np.pi * 100 * np.arange(WINDOW) / CALLER_RATE) * np.hanning(WINDOW)
    assert periodicity(pcm(hum + noises[0] / 10)) < 0.55


@pytest.mark.parametrize("samples", [np.zeros(WINDOW), np.full(WINDOW, 1000.0), vowel(100, 300)])
def test_silence_and_too_short_a_moment_have_none(samples):
    assert periodicity(pcm(samples)) == 0.0
