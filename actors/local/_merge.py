"""A LoRA adapter and its base model made one, in memory.

Applied at run time the adapter costs a third of the decoding speed and half of the prefill speed (6 to 8 ms a token
against 3 for the bundled model on two cores), which is time to first word in every turn. Merging takes about a second
at start. The weights touched become Q8_0: closer to the sum than four bits could be, and in the form llama.cpp
multiplies fastest.

The result is written to an anonymous file (Linux: memfd), which nobody has to clean up: it goes with the last process
that holds it, however that ends.
"""

from __future__ import annotations

import mmap
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from actors.local._gguf import F16, F32, Q4_1, Q8_0, Gguf, NotGguf, Tensor, decode, encode_q8_0, layout

__all__ = ["is_merged", "merge"]

_MAGIC = b"GGUF"


def is_merged(fd: int) -> bool:
    """Whether a merge into this file was finished."""
    return os.pread(fd, len(_MAGIC), 0) == _MAGIC


def merge(base: Path, adapter: Path, fd: int, *, threads: int = 2) -> None:
    """Write ``base`` with ``adapter`` added to the open file ``fd``; its first bytes last, see :func:`is_merged`.

    Raises NotGguf where one of them is of a kind not read here, or they do not fit each other.
    """
    with base.open("rb") as base_file, adapter.open("rb") as adapter_file:
        model = Gguf.parse(memoryview(mmap.mmap(base_file.fileno(), 0, access=mmap.ACCESS_READ)))
        addition = Gguf.parse(memoryview(mmap.mmap(adapter_file.fileno(), 0, access=mmap.ACCESS_READ)))
    if addition.values.get("adapter.type") != "lora":
        raise NotGguf("the adapter is no LoRA adapter")
    alpha = float(addition.values["adapter.lora.alpha"])
    parts = {tensor.name: tensor for tensor in addition.tensors}
    adapted = {name.removesuffix(".lora_a") for name in parts if name.endswith(".lora_a")}
    if unknown := adapted - {tensor.name for tensor in model.tensors}:
        raise NotGguf(f"the adapter does not fit the model: {min(unknown)}")
    kinds = [Q8_0 if tensor.name in adapted else tensor.kind for tensor in model.tensors]
    head, offsets, size = layout(model, kinds)
    os.ftruncate(fd, size)

    def write(work: tuple[Tensor, int]) -> None:
        tensor, offset = work
        if tensor.name not in adapted:
            os.pwrite(fd, tensor.data, offset)
            return
        if tensor.kind not in (F32, F16, Q4_1, Q8_0):
            raise NotGguf(f"{tensor.name} is of type {tensor.kind}")
        a, b = decode(parts[tensor.name + ".lora_a"]), decode(parts[tensor.name + ".lora_b"])
        weights = decode(tensor)
        if (b.shape[0], a.shape[1]) != weights.shape:
            raise NotGguf(f"the adapter does not fit the model: {tensor.name}")
        weights += (b * np.float32(alpha / a.shape[0])) @ a
        os.pwrite(fd, encode_q8_0(weights).data, offset)

    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(write, zip(model.tensors, offsets, strict=True)):
            pass
    os.pwrite(fd, head[len(_MAGIC) :], len(_MAGIC))
    os.pwrite(fd, head[: len(_MAGIC)], 0)
