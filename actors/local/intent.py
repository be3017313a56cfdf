"""Does a sound over the agent mean it? Judged by the sound: laughter, a hum and an "uh-huh" do not.

Moonshine's encoder hears it (the file that its package carries, through onnxruntime: 4 ms for 0.3 s, 12 ms for 1.5 s),
and a small network of ours says how likely it is that these are words for the agent. This is sooner than words are, and
right where a small recogniser makes words out of laughter; once there are words, ``wording`` judges them beside it.
Fitted by ``bench/intent``, which says on what.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import trio

from actors.errors import EngineMissing, EngineUnavailable
from actors.local._files import data_file, package_file
from actors.local._network import Frames, likelihood
from actors.local.wording import Wording
from actors.ports import CALLER_RATE, Pcm

__all__ = ["LONGEST_S", "SHORTEST_S", "MoonshineIntent", "encoder"]

SHORTEST_S = 0.2  #: of less the encoder makes nothing
LONGEST_S = 1.6  #: how much of the sound is looked at, from its beginning


class MoonshineIntent:
    """One for the process. Loading takes about 0.2 s and blocks: make it in a thread. EngineMissing without the
    encoder's file."""

    name = "moonshine encoder"

    def __init__(self) -> None:
        self._encode = encoder()
        with np.load(data_file("intent.npz")) as weights:
            self._weights = {name: weights[name].astype(np.float32) for name in weights.files}
        self._wording = Wording.load()
        self._limiter = trio.CapacityLimiter(1)

    async def meant(self, samples: Pcm) -> float | None:
        """How likely (0..1) these samples, from where the sound set in, are words for the agent; None of too few.
        EngineUnavailable where the encoder fails."""
        if len(samples) < SHORTEST_S * CALLER_RATE:
            await trio.lowlevel.checkpoint()
            return None
        return await trio.to_thread.run_sync(self._meant, samples, abandon_on_cancel=True, limiter=self._limiter)

    def with_words(self, text: str, sound: float | None) -> float | None:
        """How likely (0..1) these words, of a sound that is as likely as ``sound``, are for the agent."""
        return self._wording.beside(text, sound)

    def _meant(self, samples: Pcm) -> float:
        try:
            return likelihood(self._encode(samples), self._weights)
        except Exception as error:
            raise EngineUnavailable("intent", f"{type(error).__name__}: {error}") from error


def encoder() -> Any:
    """A function from samples (16 kHz, :data:`SHORTEST_S` at least) to what the encoder makes of them: (time, 288),
    24 ms a step; it blocks."""
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
