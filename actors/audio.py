"""Audio in memory: PCM bytes, int16 arrays, sample rates, channels, levels and WAV files.

Everywhere in the project audio is mono, signed 16-bit little-endian; see :mod:`actors.ports` for the two rates.
"""

from __future__ import annotations

import io
import struct
import wave
from pathlib import Path

import attrs
import numpy as np
import numpy.typing as npt
import soxr

from actors.errors import ConfigurationError
from actors.ports import Pcm

__all__ = [
    "SILENCE_DB",
    "Wav",
    "from_float",
    "level_db",
    "mix_mono",
    "read_wav",
    "resample",
    "to_array",
    "to_bytes",
    "to_float",
    "write_wav",
]

SILENCE_DB = -120.0  #: dBFS; what :func:`level_db` says of nothing at all

_EXTENSIBLE = 0xFFFE


def to_array(pcm: bytes) -> Pcm:
    """PCM bytes as int16 samples, not copied (and so read-only). ValueError for an odd number of bytes."""
    return np.frombuffer(pcm, dtype="<i2")


def to_bytes(samples: Pcm) -> bytes:
    """int16 samples as PCM bytes."""
    return np.ascontiguousarray(samples, dtype="<i2").tobytes()


def to_float(samples: Pcm) -> npt.NDArray[np.float32]:
    """int16 samples as float32 in [-1, 1)."""
    return samples.astype(np.float32) / np.float32(32768)


def from_float(samples: npt.NDArray[np.floating]) -> Pcm:
    """Floats in [-1, 1] as int16; louder ones are clipped."""
    whole: Pcm = np.clip(np.rint(samples * 32768), -32768, 32767).astype(np.int16)
    return whole


def mix_mono(samples: npt.NDArray[np.int16]) -> Pcm:
    """``[n, channels]`` mixed down to ``[n]``; a one-dimensional array is returned as it is."""
    if samples.ndim == 1:
        return samples
    if samples.shape[1] == 1:
        mono: Pcm = samples[:, 0]
        return mono
    mixed: Pcm = np.rint(samples.mean(axis=1)).astype(np.int16)
    return mixed


def resample(samples: Pcm, rate: int, new_rate: int) -> Pcm:
    """The same sound at another rate (Hz). For whole pieces; neighbours resampled apart do not join seamlessly."""
    if rate == new_rate or not len(samples):
        return samples
    return np.asarray(soxr.resample(samples, rate, new_rate), dtype=np.int16)


def level_db(samples: Pcm) -> float:
    """RMS level in dB relative to full scale (a full-scale sine is -3); :data:`SILENCE_DB` for silence or nothing."""
    if not len(samples):
        return SILENCE_DB
    power = float(np.mean(np.square(samples, dtype=np.float64))) / 32768**2
    return max(SILENCE_DB, 10 * float(np.log10(power))) if power > 0 else SILENCE_DB


@attrs.frozen
class Wav:
    """A WAV file: ``samples`` is ``[n, channels]`` int16, ``rate`` in Hz."""

    samples: npt.NDArray[np.int16] = attrs.field(eq=False, repr=lambda samples: f"<{samples.shape}>")
    rate: int

    def mono(self, rate: int) -> Pcm:
        """Mixed down and resampled to ``rate``."""
        return resample(mix_mono(self.samples), self.rate, rate)


def read_wav(source: Path | bytes) -> Wav:
    """Read a WAV file of any rate and channel count: integer PCM of 8 to 32 bits, float, A-law or mu-law.

    Lengths that a streaming writer left open (0 or all ones) are taken as "to the end of the file".
    ConfigurationError when it is something else or has no audio.
    """
    name, data = (str(source), source.read_bytes()) if isinstance(source, Path) else ("WAV data", source)
    if data[:4] not in (b"RIFF", b"RF64") or data[8:12] != b"WAVE":
        raise ConfigurationError(f"{name} is not a WAV file; convert it first, for example: ffmpeg -i INPUT out.wav")
    at, layout = 12, None
    while at + 8 <= len(data):
        chunk, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        body = at + 8
        if chunk == b"fmt " and size >= 16:
            layout = _layout(data[body : body + size])
        elif chunk == b"data" and layout is not None:
            end = len(data) if size in (0, 0xFFFFFFFF) else min(len(data), body + size)
            return _decode(name, data[body:end], *layout)
        at = body + size + size % 2
    raise ConfigurationError(f"{name} holds no audio")


def write_wav(path: Path, samples: npt.NDArray[np.int16], rate: int) -> None:
    """Write int16 samples, ``[n]`` or ``[n, channels]``, as a WAV file at ``rate`` Hz."""
    whole = io.BytesIO()
    with wave.open(whole, "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(to_bytes(samples))
    path.write_bytes(whole.getvalue())


def _layout(fmt: bytes) -> tuple[int, int, int, int]:
    """Format code, channels, rate and bits per sample of a "fmt " chunk."""
    code, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", fmt)
    if code == _EXTENSIBLE and len(fmt) >= 26:
        code = int.from_bytes(fmt[24:26], "little")  # the GUID begins with the real code
    return code, channels, rate, bits


def _decode(name: str, data: bytes, code: int, channels: int, rate: int, bits: int) -> Wav:
    width = bits // 8
    if not (channels and rate and width):
        raise ConfigurationError(f"{name} has a broken WAV header")
    data = data[: len(data) - len(data) % (width * channels)]
    samples: npt.NDArray[np.int16]
    match code, bits:
        case (1, 8):
            samples = (np.frombuffer(data, np.uint8).astype(np.int16) - 128) << 8
        case (1, 16):
            samples = np.frombuffer(data, "<i2").astype(np.int16)
        case (1, 24 | 32):  # the two upper bytes of each sample
            samples = np.ascontiguousarray(np.frombuffer(data, np.uint8).reshape(-1, width)[:, -2:]).view("<i2")[:, 0]
        case (3, 32 | 64):
            samples = from_float(np.nan_to_num(np.frombuffer(data, f"<f{width}")))
        case (6, 8):
            samples = _A_LAW[np.frombuffer(data, np.uint8)]
        case (7, 8):
            samples = _MU_LAW[np.frombuffer(data, np.uint8)]
        case _:
            raise ConfigurationError(f"{name}: WAV format {code} with {bits} bits is not supported; use 16-bit PCM")
    return Wav(samples.reshape(-1, channels), rate)


def _mu_law_table() -> npt.NDArray[np.int16]:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = ((((code & 0x0F) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


def _a_law_table() -> npt.NDArray[np.int16]:
    code = np.arange(256, dtype=np.int32) ^ 0x55
    exponent, mantissa = (code & 0x70) >> 4, (code & 0x0F) << 4
    magnitude = np.where(exponent > 0, (mantissa + 0x108) << np.maximum(exponent - 1, 0), mantissa + 8)
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


_MU_LAW, _A_LAW = _mu_law_table(), _a_law_table()
