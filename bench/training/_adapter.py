"""A LoRA adapter as a GGUF file that llama.cpp (and our own merge) reads; written and read back.

``blk.N.attn_q.weight.lora_a`` (rank, inputs) and ``.lora_b`` (outputs, rank); ``adapter.lora.alpha``. In 8 bits (Q8_0)
where the rank is a multiple of 32, so that such an adapter is small enough for the repository; else F16. The rows
of q and k need no permutation: the training works on the file's own order.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from actors.local._gguf import F16, Q8_0, Gguf, decode, encode_q8_0

__all__ = ["read_adapter", "write_adapter"]

_ALIGNMENT: Final = 32
_STRING, _FLOAT, _UINT32 = 8, 6, 4

Arrays = Mapping[str, npt.NDArray[np.float32]]


def write_adapter(path: Path, arrays: Arrays, *, alpha: float, about: Mapping[str, str]) -> None:
    """Write ``arrays`` by tensor name ("blk.0.attn_q.weight.lora_a"). ``about``: further strings, such as where it
    comes from, under ``general.``."""
    texts = {"general.architecture": "llama", "general.type": "adapter", "adapter.type": "lora"}
    texts |= {f"general.{key}": value for key, value in about.items()}
    pairs = b"".join(_text(key) + struct.pack("<I", _STRING) + _text(value) for key, value in texts.items())
    pairs += _text("adapter.lora.alpha") + struct.pack("<If", _FLOAT, alpha)
    pairs += _text("general.alignment") + struct.pack("<II", _UINT32, _ALIGNMENT)
    kind = F16 if any(array.shape[-1] % 32 for array in arrays.values()) else Q8_0
    infos, data = bytearray(), bytearray()
    for name, array in arrays.items():
        infos += _text(name) + struct.pack("<I", array.ndim)
        infos += struct.pack(f"<{array.ndim}Q", *reversed(array.shape)) + struct.pack("<IQ", kind, len(data))
        data += (array.astype("<f2") if kind == F16 else encode_q8_0(array)).tobytes()
        data += bytes(-len(data) % _ALIGNMENT)
    head = struct.pack("<4sIQQ", b"GGUF", 3, len(arrays), len(texts) + 2) + pairs + bytes(infos)
    partial = path.with_suffix(".partial")
    partial.write_bytes(head + bytes(-len(head) % _ALIGNMENT) + bytes(data))
    partial.replace(path)


def read_adapter(path: Path) -> tuple[dict[str, npt.NDArray[np.float32]], float]:
    """The arrays of an adapter file, and its alpha."""
    with path.open("rb") as file:
        found = Gguf.parse(memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)))
    return {tensor.name: decode(tensor) for tensor in found.tensors}, float(found.values["adapter.lora.alpha"])


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("<Q", len(encoded)) + encoded
