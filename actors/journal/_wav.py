"""A call's recording as it grows: stereo at 24 kHz, left the caller, right the agent as it was heard.

What was heard when is the call's own estimate (see ``_cursor`` in :mod:`actors.call`), exact to one report of the
client's. Time passes by the caller's audio; where none comes, silence takes its place.
"""

from __future__ import annotations

import numpy as np
import soxr

from actors.audio import to_array, to_bytes
from actors.ports import AGENT_RATE, CALLER_RATE, Pcm

__all__ = ["Tracks", "wav_header"]

_BEHIND_S = 0.25  # how far the caller's audio may lag behind the clock
_MOST_UNHEARD = AGENT_RATE  # samples sent and not heard that are kept: more than is ever sent ahead
_MOST_SILENCE_S = 60.0  # at once


class Tracks:
    """Puts the two tracks side by side, in pieces to be written one after another."""

    def __init__(self) -> None:
        self._resampler = soxr.ResampleStream(CALLER_RATE, AGENT_RATE, 1, dtype="int16")
        self._taken = 0  # of the caller's samples, silence put in included
        self._turn = -1
        self._sent = bytearray()  # of the turn, from sample _base on
        self._base = 0
        self._heard = bytearray()  # heard, and not yet laid beside the caller's
        self._right = bytearray()  # laid beside what the resampler has not given yet

    def sent(self, turn: int, start: int, pcm: bytes) -> None:
        """Agent audio went out."""
        if turn != self._turn:
            self._turn, self._base = turn, start
            self._sent.clear()
        end = self._base + len(self._sent) // 2
        if start < self._base or start > end:  # lost, or sent anew from before what is kept
            self._base = start
            self._sent.clear()
        else:
            del self._sent[2 * (start - self._base) :]
        self._sent += pcm
        self._drop(len(self._sent) // 2 - _MOST_UNHEARD)

    def caller(self, at: float, pcm: bytes, turn: int, heard: int) -> bytes:
        """The next piece of both tracks."""
        if turn == self._turn and heard > self._base:
            self._heard += self._sent[: 2 * (heard - self._base)]
            self._drop(heard - self._base)
        samples = to_array(pcm)
        missing = int(at * CALLER_RATE) - self._taken - len(samples)
        if missing > _BEHIND_S * CALLER_RATE:
            silence = np.zeros(min(missing, int(_MOST_SILENCE_S * CALLER_RATE)), np.int16)
            samples = np.concatenate((silence, samples))
            self._lay(len(silence), bytearray())
            self._lay(len(samples) - len(silence), self._heard)
        else:
            self._lay(len(samples), self._heard)
        left: Pcm = self._resampler.resample_chunk(samples)
        both = np.zeros((len(left), 2), np.int16)
        both[:, 0] = left
        right = to_array(bytes(self._right[: 2 * len(left)]))
        both[: len(right), 1] = right
        del self._right[: 2 * len(left)]
        return to_bytes(both)

    def _lay(self, samples: int, heard: bytearray) -> None:
        """Lay beside so many of the caller's samples what was heard, then silence."""
        before, self._taken = self._taken, self._taken + samples
        size = 2 * (self._taken * AGENT_RATE // CALLER_RATE - before * AGENT_RATE // CALLER_RATE)
        self._right += heard[:size].ljust(size, b"\0")
        del heard[:size]

    def _drop(self, samples: int) -> None:
        if samples > 0:
            samples = min(samples, len(self._sent) // 2)
            del self._sent[: 2 * samples]
            self._base += samples


def wav_header(frames: int) -> bytes:
    """The 44 bytes before ``frames`` stereo frames."""
    size = 4 * frames
    return b"".join(
        (
            b"RIFF" + (36 + size).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little"),
            (1).to_bytes(2, "little") + (2).to_bytes(2, "little") + AGENT_RATE.to_bytes(4, "little"),
            (4 * AGENT_RATE).to_bytes(4, "little") + (4).to_bytes(2, "little") + (16).to_bytes(2, "little"),
            b"data" + size.to_bytes(4, "little"),
        )
    )
