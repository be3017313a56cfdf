"""Does a sound over the agent mean it? Judged by the sound alone: laughter, a hum and an "uh-huh" do not.

Moonshine's encoder hears it (the file that its package carries, through onnxruntime: 4 ms for 0.3 s, 12 ms for 1.5 s),
and a small network of ours says how likely it is that these are words for the agent. What the words are is the
recogniser's part; this one is sooner, and right where a small recogniser makes words out of laughter. Fitted by
``bench/intent``, which says on what.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import trio

from actors.errors import EngineMissing, EngineUnavailable
from actors.local._files import data_file, package_file
from actors.ports import CALLER_RATE, Pcm

__all__ = ["LONGEST_S", "SHORTEST_S", "MoonshineIntent", "encoder", "likelihood"]

SHORTEST_S = 0.2  #: of less the encoder makes nothing
LONGEST_S = 1.6  #: how much of the sound is looked at, from its beginning

Frames = npt.NDArray[np.float32]  #: what the encoder makes of a sound: (time, 288), 24 ms a step


class MoonshineIntent:
    """One for the process. Loading takes about 0.2 s and blocks: make it in a thread. EngineMissing without the
    encoder's file."""

    name = "moonshine encoder"

    def __init__(self) -> None:
        self._encode = encoder()
        with np.load(data_file("intent.npz")) as weights:
            self._weights = {name: weights[name].astype(np.float32) for name in weights.files}
        self._limiter = trio.CapacityLimiter(1)

    async def meant(self, samples: Pcm) -> float | None:
        """How likely (0..1) these samples, from where the sound set in, are words for the agent; None of too few.
        EngineUnavailable where the encoder fails."""
        if len(samples) < SHORTEST_S * CALLER_RATE:
            await trio.lowlevel.checkpoint()
            return None
        return await trio.to_thread.run_sync(self._meant, samples, abandon_on_cancel=True, limiter=self._limiter)

    def _meant(self, samples: Pcm) -> float:
        try:
            return likelihood(self._encode(samples), self._weights)
        except Exception as error:
            raise EngineUnavailable("intent", f"{type(error).__name__}: {error}") from error


def encoder() -> Any:
    """A function from samples (16 kHz, :data:`SHORTEST_S` at least) to :data:`Frames`; it blocks."""
    path = package_file("intent", "moonshine_voice", "moonshine-voice<0.1.1", "assets", "tiny-en", "encoder_model.ort")
    try:
        import onnxruntime
    except ImportError:
        raise EngineMissing("intent", "the package onnxruntime is not installed (make install)") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def encode(samples: Pcm) -> Frames:
        sound = samples[: int(LONGEST_S * CALLER_RATE)].astype(np.float32)
        sound *= 0.3 / max(1.0, float(np.abs(sound).max()))
        inputs = {"input_values": sound[None], "attention_mask": np.ones((1, len(sound)), np.int64)}
        frames: Frames = session.run(None, inputs)[0][0]
        return frames

    return encode


def likelihood(frames: Frames, weights: Mapping[str, Frames]) -> float:
    """The small network: each moment by itself, then with its neighbours, then the mean and the strongest of all; 0..1.
    Pure. ``weights``: as ``bench.intent.fit`` names them."""
    seen = np.maximum(frames @ weights["look.weight"].T + weights["look.bias"], 0)
    near = weights["near.weight"]  # (out, in, moments)
    half = near.shape[2] // 2
    beside = np.pad(seen, ((half, half), (0, 0)))
    around = np.stack([beside[n : n + len(seen)] for n in range(near.shape[2])], 2)  # (time, in, moments)
    seen = np.maximum(np.tensordot(around, near, ((1, 2), (1, 2))) + weights["near.bias"], 0)
    told = weights["tell.weight"] @ np.concatenate((seen.mean(0), seen.max(0))) + weights["tell.bias"]
    share = np.exp(told - told.max())
    return float(share[-1] / share.sum())
