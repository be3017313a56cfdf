"""Just enough of the GGUF file format (version 3) to read tensors and to write a file with some of them replaced.

    magic version tensors keys | key-value pairs | tensor infos | padding | tensor data, each aligned

The ``gguf`` package does all of it and more, at four times the time and four more dependencies.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

__all__ = ["F16", "F32", "Q4_1", "Q8_0", "Gguf", "NotGguf", "Tensor", "decode", "encode_q8_0", "layout"]

F32, F16, Q4_1, Q8_0 = 0, 1, 3, 8  #: tensor types of ggml that are read here
_BLOCK = 32  #: weights in a quantised block
_SIZES = {F32: (1, 4), F16: (1, 2), Q4_1: (_BLOCK, 20), Q8_0: (_BLOCK, 34)}  #: weights and bytes of a block
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9

Floats = npt.NDArray[np.float32]


class NotGguf(Exception):
    """The file is not GGUF, or of a kind that is not read here."""


@attrs.frozen
class Tensor:
    """A tensor's name, shape (numpy order: rows first), type and raw data."""

    name: str
    shape: tuple[int, ...]
    kind: int
    data: memoryview = attrs.field(eq=False, repr=False)


@attrs.frozen
class Gguf:
    """A parsed file: ``pairs`` is the raw key-value section, ``values`` its scalars and strings."""

    pairs: bytes = attrs.field(repr=False)
    pair_count: int
    values: dict[str, Any] = attrs.field(repr=False)
    tensors: tuple[Tensor, ...] = attrs.field(repr=False)

    @classmethod
    def parse(cls, data: memoryview) -> Gguf:
        """Raises NotGguf. Tensors of unknown types are not accepted, as their size is unknown."""
        try:
            return cls._parse(data)
        except (struct.error, UnicodeDecodeError, KeyError, OverflowError) as error:
            raise NotGguf(f"broken or unknown: {type(error).__name__} {error}") from None

    @classmethod
    def _parse(cls, data: memoryview) -> Gguf:
        magic, version, tensor_count, pair_count = struct.unpack_from("<4sIQQ", data)
        if magic != b"GGUF" or version != 3:
            raise NotGguf("no GGUF file of version 3")
        reader = _Reader(data, 24)
        values = {}
        for _ in range(pair_count):
            key = reader.string()
            values[key] = reader.value(reader.scalar("I"))
        pairs = bytes(data[24 : reader.at])
        infos = []
        for _ in range(tensor_count):
            name = reader.string()
            dimensions = [reader.scalar("Q") for _ in range(reader.scalar("I"))]
            infos.append((name, tuple(reversed(dimensions)), reader.scalar("I"), reader.scalar("Q")))
        base = _aligned(reader.at, values.get("general.alignment", 32))
        tensors = tuple(
            Tensor(name, shape, kind, data[base + offset : base + offset + _bytes(shape, kind)])
            for name, shape, kind, offset in infos
        )
        if any(len(tensor.data) != _bytes(tensor.shape, tensor.kind) for tensor in tensors):
            raise NotGguf("the file is cut short")
        return cls(pairs, pair_count, values, tensors)


class _Reader:
    def __init__(self, data: memoryview, at: int) -> None:
        self._data, self.at = data, at

    def scalar(self, code: str) -> Any:
        (value,) = struct.unpack_from("<" + code, self._data, self.at)
        self.at += struct.calcsize("<" + code)
        return value

    def string(self) -> str:
        length = self.scalar("Q")
        self.at += length
        return bytes(self._data[self.at - length : self.at]).decode()

    def value(self, kind: int) -> Any:
        """A value of the given kind; arrays are passed over."""
        if kind == _STRING:
            return self.string()
        if kind != _ARRAY:
            return self.scalar(_SCALARS[kind])
        inner, count = self.scalar("I"), self.scalar("Q")
        if inner in _SCALARS:
            self.at += count * struct.calcsize("<" + _SCALARS[inner])
        else:
            for _ in range(count):
                self.value(inner)
        return None


def layout(source: Gguf, kinds: Iterable[int]) -> tuple[bytes, list[int], int]:
    """For a file like ``source`` with its tensors in these types: everything before the data, the offset of each
    tensor from the start of the file, and the size of the whole."""
    alignment = source.values.get("general.alignment", 32)
    infos, offsets, offset = bytearray(), [], 0
    for tensor, kind in zip(source.tensors, kinds, strict=True):
        name = tensor.name.encode()
        infos += struct.pack("<Q", len(name)) + name + struct.pack("<I", len(tensor.shape))
        infos += struct.pack(f"<{len(tensor.shape)}Q", *reversed(tensor.shape)) + struct.pack("<IQ", kind, offset)
        offsets.append(offset)
        offset = _aligned(offset + _bytes(tensor.shape, kind), alignment)
    head = struct.pack("<4sIQQ", b"GGUF", 3, len(source.tensors), source.pair_count) + source.pairs + bytes(infos)
    base = _aligned(len(head), alignment)
    return head, [base + at for at in offsets], base + offset


def decode(tensor: Tensor) -> Floats:
    """A tensor's weights as float32, a copy."""
    raw = np.frombuffer(tensor.data, np.uint8)
    if tensor.kind == F32:
        weights = raw.view("<f4").copy()
    elif tensor.kind == F16:
        weights = raw.view("<f2").astype(np.float32)
    elif tensor.kind == Q8_0:
        blocks = raw.reshape(-1, 34)
        scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
        weights = blocks[:, 2:].view(np.int8) * scale
    else:
        blocks = raw.reshape(-1, 20)
        scale, least = (blocks[:, at : at + 2].copy().view("<f2").astype(np.float32) for at in (0, 2))
        packed = blocks[:, 4:]
        weights = np.empty((len(blocks), _BLOCK), np.float32)
        np.multiply(packed & 15, scale, out=weights[:, :16])
        np.multiply(packed >> 4, scale, out=weights[:, 16:])
        weights += least
    return np.asarray(weights, np.float32).reshape(tensor.shape)


def encode_q8_0(weights: Floats) -> npt.NDArray[np.uint8]:
    """float32 weights in blocks of 32 of 8 bits each with a common scale, as ggml's Q8_0; bytes."""
    blocks = weights.reshape(-1, _BLOCK)
    steps = np.abs(blocks)
    largest = steps
    while (half := largest.shape[1] // 2) > 0:  # far faster than a reduction over a short axis
        largest = np.maximum(largest[:, :half], largest[:, half:])
    scale = largest / np.float32(127)
    np.multiply(blocks, np.divide(1, scale, out=np.zeros_like(scale), where=scale > 1e-30), out=steps)
    encoded = np.empty((len(blocks), 34), np.uint8)
    encoded[:, :2] = scale.astype("<f2").view(np.uint8)
    encoded[:, 2:].view(np.int8)[...] = np.rint(steps, out=steps)
    return encoded


def _bytes(shape: tuple[int, ...], kind: int) -> int:
    weights, size = _SIZES[kind]
    return math.prod(shape) // weights * size


def _aligned(at: int, alignment: int) -> int:
    return (at + alignment - 1) // alignment * alignment
