"""Whatever a speech server sends for "PCM at 24 kHz", as PCM at 24 kHz. Sans-I/O.

Some send what was asked for, some a WAV file all the same (Orpheus), some at another rate. A WAV head is recognised,
believed, and left out; anything else with a head (MP3, Ogg, FLAC, JSON) is refused, as it would be heard as noise.
"""

from __future__ import annotations

import struct

import numpy as np
import soxr

from actors.audio import to_array, to_bytes
from actors.ports import AGENT_RATE

__all__ = ["NotPcm", "PcmStream"]

_FOREIGN = (b"ID3", b"OggS", b"fLaC", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b'{"')
_LONGEST_HEAD = 4096


class NotPcm(ValueError):
    """The audio is in a format that cannot be played."""


class PcmStream:
    """``feed`` bytes as they come, then ``finish``; both return whole int16 samples, mono, at 24 kHz."""

    def __init__(self) -> None:
        self._held = b""
        self._head_done = False
        self._left: int | None = None  # bytes of the WAV file's data still to come; None: to the end
        self._resampler: soxr.ResampleStream | None = None

    def feed(self, data: bytes) -> bytes:
        """The next bytes. NotPcm for something else."""
        self._held += data
        if not self._head_done and not self._read_head():
            return b""
        if self._left is not None:
            self._held = self._held[: self._left]
        whole = len(self._held) // 2 * 2
        pcm, self._held = self._held[:whole], self._held[whole:]
        if self._left is not None:
            self._left -= whole
        return self._at_rate(pcm)

    def finish(self) -> bytes:
        """What was held back. NotPcm for a head without an end."""
        if not self._head_done:
            if self._held.startswith(b"RIFF"):
                raise NotPcm("a WAV file without audio")
            self._head_done = True
        pcm, self._held = self._held[: len(self._held) // 2 * 2], b""
        return self._at_rate(pcm, last=True)

    def _at_rate(self, pcm: bytes, *, last: bool = False) -> bytes:
        if self._resampler is None:
            return pcm
        samples = np.array(to_array(pcm))
        return to_bytes(np.asarray(self._resampler.resample_chunk(samples, last=last), np.int16))

    def _read_head(self) -> bool:
        """Whether the beginning is settled: it is PCM, or a WAV file's head that was read whole."""
        held = self._held
        if held.startswith(_FOREIGN):
            raise NotPcm("not PCM but another format")
        if len(held) < 4:
            return False
        if not held.startswith(b"RIFF"):
            self._head_done = True
            return True
        at, layout = 12, None
        while at + 8 <= len(held):
            name, size = held[at : at + 4], int.from_bytes(held[at + 4 : at + 8], "little")
            if name == b"data":
                self._begin(layout, size)
                self._held = held[at + 8 :]
                return True
            if name == b"fmt " and at + 24 <= len(held):
                layout = struct.unpack_from("<HHIIHH", held, at + 8)
            at += 8 + size + size % 2
        if len(held) > _LONGEST_HEAD:
            raise NotPcm("a WAV file without audio")
        return False

    def _begin(self, layout: tuple[int, ...] | None, size: int) -> None:
        if layout is None:
            raise NotPcm("a WAV file without a format")
        code, channels, rate, _, _, bits = layout
        if code not in (1, 0xFFFE) or channels != 1 or bits != 16 or not 8000 <= rate <= 192_000:
            raise NotPcm(f"a WAV file with format {code}, {channels} channels, {bits} bits, {rate} Hz")
        if rate != AGENT_RATE:
            self._resampler = soxr.ResampleStream(rate, AGENT_RATE, 1, dtype="int16")
        self._left = (
            None if size in (0, 0xFFFFFFFF, 0x7FFFFFFF) else size
        )  # writers that did not know leave one of these
        self._head_done = True
