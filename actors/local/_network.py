"""The small network that judges a row of moments, of a sound or of words: is it meant for the agent? Pure."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

__all__ = ["Frames", "likelihood"]

Frames = npt.NDArray[np.float32]  #: (moments, numbers): what is known of each moment


def likelihood(frames: Frames, weights: Mapping[str, Frames]) -> float:
    """Each moment by itself, then with its neighbours, then the mean and the strongest of all; 0..1. ``weights``: as
    ``bench.intent.fit`` and ``wordings`` name them."""
    seen = np.maximum(frames @ weights["look.weight"].T + weights["look.bias"], 0)
    near = weights["near.weight"]  # (out, in, moments)
    half = near.shape[2] // 2
    beside = np.pad(seen, ((half, half), (0, 0)))
    around = np.stack([beside[n : n + len(seen)] for n in range(near.shape[2])], 2)  # (time, in, moments)
    seen = np.maximum(np.tensordot(around, near, ((1, 2), (1, 2))) + weights["near.bias"], 0)
    told = weights["tell.weight"] @ np.concatenate((seen.mean(0), seen.max(0))) + weights["tell.bias"]
    share = np.exp(told - told.max())
    return float(share[-1] / share.sum())
