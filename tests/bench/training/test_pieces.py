"""The training's own backward passes against those that torch makes. Needs torch (requirements-training.lock)."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402, N812 - its usual name

from bench.training import _attention, _pieces  # noqa: E402
from bench.training._model import LAYER_TENSORS, Config, Lora  # noqa: E402
from bench.training.export import load_adapter, save_adapter  # noqa: E402

HEADS, KV_HEADS, HEAD = 6, 2, 8


def random(*shape):
    return torch.randn(*shape, requires_grad=True)


def alike(ours, plain, *inputs):
    """Both results, and what both send back for the same random gradient."""
    torch.testing.assert_close(ours, plain)
    grad = torch.randn_like(plain)
    for mine, theirs in zip(
        torch.autograd.grad(ours, inputs, grad), torch.autograd.grad(plain, inputs, grad), strict=True
    ):
        torch.testing.assert_close(mine, theirs)


@pytest.mark.parametrize("length", [1, 5, 16, 17, 40], ids=lambda length: f"{length} tokens")
def test_attention(monkeypatch, length):
    monkeypatch.setattr(_attention, "_QUERIES", 16)
    q, k, v = random(HEADS, length, HEAD), random(KV_HEADS, length, HEAD), random(KV_HEADS, length, HEAD)
    keys, values = (each.repeat_interleave(HEADS // KV_HEADS, 0) for each in (k, v))
    hidden = torch.full((length, length), float("-inf"), dtype=q.dtype).triu(1)
    plain = torch.softmax(q @ keys.transpose(1, 2) * HEAD**-0.5 + hidden, -1) @ values
    alike(_attention.attention(q, k, v), plain, q, k, v)


def test_a_product_with_an_adapter():
    x, w, a, b = random(7, 4), torch.randn(5, 4), random(2, 4), random(5, 2)
    alike(_pieces.adapted(x, w, (a, b)), x @ w.t() + x @ a.t() @ b.t(), x, a, b)


def test_norm():
    x = random(7, 4)
    ours, plain = _pieces.normed(x, 1e-5), F.rms_norm(x, (4,), None, 1e-5)
    alike(ours, plain, x)


def test_gate():
    x = random(7, 8)
    gate, up = x.chunk(2, -1)
    alike(_pieces.gated(x), F.silu(gate) * up, x)


def test_rotation():
    qkv = random(7, (HEADS + 2 * KV_HEADS) * HEAD)
    angles = torch.rand(7, HEAD // 2)
    cos, sin = angles.cos(), angles.sin()
    parts = qkv.view(7, -1, HEAD).transpose(0, 1)
    first, second = parts.chunk(2, -1)
    turned = torch.cat((first * cos - second * sin, second * cos + first * sin), -1)
    plain = torch.cat((turned[: HEADS + KV_HEADS], parts[HEADS + KV_HEADS :]))
    ours = _pieces.split_and_rotated(qkv, HEADS, KV_HEADS, torch.cat((cos, cos), -1), torch.cat((-sin, sin), -1))
    alike(torch.cat(ours), plain, qkv)


def test_cross_entropy(monkeypatch):
    monkeypatch.setattr(_pieces, "_ROWS", 3)
    states = torch.randn(8, 4, requires_grad=True)
    head, wanted, weights = torch.randn(11, 4), torch.randint(0, 11, (8,)), torch.rand(8)
    plain = (F.cross_entropy(states @ head.t(), wanted, reduction="none") * weights).sum()
    alike(_pieces.cross_entropy(states, head, wanted, weights), plain, states)


def test_an_adapter_of_a_lower_rank_is_gone_on_with(tmp_path):
    config = Config(layers=1, width=32, heads=2, kv_heads=1, hidden=64, rope_base=1e4, epsilon=1e-5)
    low, high = Lora(config, 2, seed=1), Lora(config, 4, seed=2)
    for name in LAYER_TENSORS:
        torch.nn.init.normal_(low.pair(0, name)[1])
    save_adapter(low, tmp_path / "low.gguf", alpha=4.0, about={})
    load_adapter(high, tmp_path / "low.gguf", 2.0)
    for name in LAYER_TENSORS:
        (a, b), (more_a, more_b) = low.pair(0, name), high.pair(0, name)
        torch.testing.assert_close(more_b @ more_a, b @ a, atol=5e-3, rtol=5e-3)
    with pytest.raises(ValueError, match="has rank 2 and scale 2"):
        load_adapter(low, tmp_path / "low.gguf", 1.0)
