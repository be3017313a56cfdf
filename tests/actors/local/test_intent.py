"""The judge of sounds: the small network by itself, and the real encoder before it."""

import numpy as np
import pytest
import trio

from actors.local._files import data_file
from actors.local._network import likelihood
from actors.local.intent import SHORTEST_S, MoonshineIntent
from actors.ports import CALLER_RATE


def test_the_network_is_the_mean_and_the_strongest_of_what_it_sees():
    one = np.ones((1, 1), np.float32)
    weights = {"look.weight": one, "look.bias": np.zeros(1, np.float32)}
    weights |= {"near.weight": np.ones((1, 1, 3), np.float32), "near.bias": np.zeros(1, np.float32)}
    weights |= {"tell.weight": np.array([[0, 0], [1, 0.5]], np.float32), "tell.bias": np.zeros(2, np.float32)}
    frames = np.array([[1.0], [-5.0], [2.0]], np.float32)
    # Seen: 1, 0, 2; with their neighbours: 1, 3, 2; mean 2, strongest 3.
    assert likelihood(frames, weights) == pytest.approx(1 / (1 + np.exp(-3.5)))


def test_the_weights_are_of_one_piece():
    with np.load(data_file("intent.npz")) as weights:
        assert weights["look.weight"].shape[1] == 288
        assert weights["near.weight"].shape[:2] == (weights["look.weight"].shape[0],) * 2
        assert weights["tell.weight"].shape == (3, 2 * weights["look.weight"].shape[0])


@pytest.mark.engines
def test_a_hum_is_not_meant():
    intent = MoonshineIntent()
    t = np.arange(CALLER_RATE) / CALLER_RATE
    hum = sum(np.sin(2 * np.pi * 120 * n * t) / n**2 for n in range(1, 9)) * 6000
    assert trio.run(intent.meant, hum.astype(np.int16)) < 0.1
    assert trio.run(intent.meant, hum[: int(SHORTEST_S * CALLER_RATE) - 1].astype(np.int16)) is None
