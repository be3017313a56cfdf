import os
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from actors.local import _gguf as gguf
from actors.local._merge import is_merged, merge


def string(text):
    return struct.pack("<Q", len(text)) + text.encode()


def pair(key, kind, value):
    return string(key) + struct.pack("<I", kind) + value


def build(path, pairs, tensors):
    """A GGUF file with ``tensors``: name -> (shape, kind, bytes)."""
    source = gguf.Gguf(
        b"".join(pairs),
        len(pairs),
        {},
        tuple(gguf.Tensor(name, shape, kind, memoryview(data)) for name, (shape, kind, data) in tensors.items()),
    )
    head, offsets, size = gguf.layout(source, [tensor.kind for tensor in source.tensors])
    content = bytearray(size)
    content[: len(head)] = head
    for offset, tensor in zip(offsets, source.tensors, strict=True):
        content[offset : offset + len(tensor.data)] = tensor.data
    path.write_bytes(content)
    return path


LISTS = [pair("tokens", 9, struct.pack("<IQ", 8, 2) + string("a") + string("b"))]
LORA = [pair("adapter.type", 8, string("lora")), pair("adapter.lora.alpha", 6, struct.pack("<f", 4.0))]


def test_a_merge_adds_the_adapter_and_leaves_the_rest(tmp_path):
    rng = np.random.default_rng(0)
    weights, other = rng.normal(size=(6, 64)).astype("<f4"), rng.normal(size=(3, 32)).astype("<f2")
    a, b = rng.normal(size=(2, 64)).astype("<f2"), rng.normal(size=(6, 2)).astype("<f2")
    base = build(
        tmp_path / "base",
        LISTS,
        {"w": (weights.shape, gguf.F32, weights.tobytes()), "o": ((3, 32), gguf.F16, other.tobytes())},
    )
    adapter = build(
        tmp_path / "lora",
        LORA,
        {"w.lora_a": (a.shape, gguf.F16, a.tobytes()), "w.lora_b": (b.shape, gguf.F16, b.tobytes())},
    )
    fd = os.open(tmp_path / "out", os.O_RDWR | os.O_CREAT)
    try:
        assert not is_merged(fd)
        merge(base, adapter, fd)
        assert is_merged(fd)
    finally:
        os.close(fd)
    merged = gguf.Gguf.parse(memoryview((tmp_path / "out").read_bytes()))
    assert merged.pairs == LISTS[0]
    first, second = merged.tensors
    expected = weights + b.astype("f4") @ a.astype("f4") * 2
    assert first.kind == gguf.Q8_0
    assert np.abs(gguf.decode(first) - expected).max() < np.abs(expected).max() / 200
    assert (second.kind, bytes(second.data)) == (gguf.F16, other.tobytes())


def test_an_adapter_of_another_model_is_refused(tmp_path):
    base = build(tmp_path / "base", [], {"w": ((1, 32), gguf.F32, bytes(128))})
    other = build(tmp_path / "lora", LORA, {"x.lora_a": ((1, 32), gguf.F16, bytes(64))})
    none = build(tmp_path / "none", [], {})
    with (tmp_path / "out").open("wb+") as out:
        for adapter in (other, none):
            with pytest.raises(gguf.NotGguf):
                merge(base, adapter, out.fileno())


@given(arrays(np.float32, (4, 64), elements=st.floats(-10, 10, width=32)))
def test_eight_bits_are_close(weights):
    """No weight is off by more than half a step of its block."""
    data = gguf.encode_q8_0(weights)
    back = gguf.decode(gguf.Tensor("w", weights.shape, gguf.Q8_0, memoryview(data.tobytes())))
    largest = np.abs(weights.reshape(-1, 32)).max(axis=1, keepdims=True)
    assert (np.abs(back - weights).reshape(-1, 32) <= largest / 127 * 0.57 + 1e-5).all()


def test_four_bits_are_read():
    block = struct.pack("<ee", 0.5, -2.0) + bytes(range(16))
    expected = [0.5 * (n & 15) - 2 for n in range(16)] + [0.5 * (n >> 4) - 2 for n in range(16)]
    assert gguf.decode(gguf.Tensor("w", (1, 32), gguf.Q4_1, memoryview(block))).tolist() == [expected]


@given(st.binary(max_size=64))
def test_anything_else_is_not_gguf(data):
    for content in (data, struct.pack("<4sIQQ", b"GGUF", 3, 1, 1) + data):
        with pytest.raises(gguf.NotGguf):
            gguf.Gguf.parse(memoryview(content))
