"""SmolLM2 (a Llama) with a LoRA on every linear layer, for training on a few cores: a dialogue at a time, in bfloat16.

Written out instead of taken from a library because that is twice as fast here: products of matrices that share their
input are one product, the frozen weights' gradients are never made, attention is three plain products (torch's own
kernel for it is slower on these lengths), and the vocabulary's 49,152 columns are computed only where an answer is
learnt. Figures in docs/training.md.
"""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any, Final

import attrs
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - its usual name

from actors.local._gguf import Gguf, decode

__all__ = ["LAYER_TENSORS", "Config", "Lora", "Model"]

_BF16: Final = torch.bfloat16
#: GGUF's names of the adapted tensors of a block, in the order in which they are computed
LAYER_TENSORS: Final = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")


@attrs.frozen
class Config:
    """The shape of the model, from the file's own values."""

    layers: int
    width: int
    heads: int
    kv_heads: int
    hidden: int
    rope_base: float
    epsilon: float

    @classmethod
    def read(cls, file: Gguf) -> Config:
        values = file.values
        return cls(
            layers=int(values["llama.block_count"]),
            width=int(values["llama.embedding_length"]),
            heads=int(values["llama.attention.head_count"]),
            kv_heads=int(values["llama.attention.head_count_kv"]),
            hidden=int(values["llama.feed_forward_length"]),
            rope_base=float(values.get("llama.rope.freq_base", 10_000.0)),
            epsilon=float(values["llama.attention.layer_norm_rms_epsilon"]),
        )

    @property
    def head(self) -> int:
        return self.width // self.heads


class Lora(torch.nn.Module):
    """The trained part: for each adapted tensor ``a`` (rank, inputs) and ``b`` (outputs, rank), in float32 and in the
    order of rows that the GGUF file has."""

    def __init__(self, config: Config, rank: int, seed: int) -> None:
        super().__init__()
        width, kv = config.width, config.kv_heads * config.head
        sizes = {
            "attn_q": (width, width),
            "attn_k": (kv, width),
            "attn_v": (kv, width),
            "attn_output": (width, width),
            "ffn_gate": (config.hidden, width),
            "ffn_up": (config.hidden, width),
            "ffn_down": (width, config.hidden),
        }
        generator = torch.Generator().manual_seed(seed)
        self.rank = rank
        self.parts = torch.nn.ParameterDict()
        for block in range(config.layers):
            for name, (outputs, inputs) in sizes.items():
                a = torch.empty(rank, inputs).uniform_(-1, 1, generator=generator) * (3 / inputs) ** 0.5
                self.parts[f"{block}_{name}_a"] = torch.nn.Parameter(a)
                self.parts[f"{block}_{name}_b"] = torch.nn.Parameter(torch.zeros(outputs, rank))

    def pair(self, block: int, name: str) -> tuple[torch.Tensor, torch.Tensor]:
        return self.parts[f"{block}_{name}_a"], self.parts[f"{block}_{name}_b"]


class _Adapted(torch.autograd.Function):
    """x W^T + x A^T B^T, with gradients for x, A and B."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, w: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        low = x @ a.t()
        ctx.save_for_backward(x, w, a, b, low)
        return F.linear(x, w).addmm_(low, b.t())

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        (grad,) = grads
        x, w, a, b, low = ctx.saved_tensors
        grad_low = grad @ b
        return (grad @ w).addmm_(grad_low, a), None, grad_low.t() @ x, grad.t() @ low


def _linear(x: torch.Tensor, w: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    result: torch.Tensor = _Adapted.apply(x, w, a, b)
    return result


class Model:
    """The frozen weights of a GGUF file. ``scale`` is alpha / rank of the adapter."""

    def __init__(self, path: Path, *, scale: float, dtype: torch.dtype = _BF16, device: str = "cpu") -> None:
        with path.open("rb") as file:
            gguf = Gguf.parse(memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)))
        self.config = config = Config.read(gguf)
        self.scale, self._dtype, self._device = scale, dtype, device
        tensors = {tensor.name: tensor for tensor in gguf.tensors}

        def read(name: str) -> torch.Tensor:
            weights = torch.from_numpy(np.ascontiguousarray(decode(tensors[f"{name}.weight"])))
            return weights.to(device=device, dtype=dtype)

        self.embedding = read("token_embd")
        self.head = read("output") if "output.weight" in tensors else self.embedding
        self.last_norm = read("output_norm")
        self.blocks = [
            {name: read(f"blk.{block}.{name}") for name in (*LAYER_TENSORS, "attn_norm", "ffn_norm")}
            for block in range(config.layers)
        ]
        for block in self.blocks:  # what shares its input is one product
            block["qkv"] = torch.cat([block.pop(name) for name in ("attn_q", "attn_k", "attn_v")])
            block["gate_up"] = torch.cat([block.pop(name) for name in ("ffn_gate", "ffn_up")])

    def hidden(self, tokens: torch.Tensor, lora: Lora | None) -> torch.Tensor:
        """The last layer's states of one sequence, (tokens, width)."""
        config, length = self.config, len(tokens)
        cos, sin = self._rotation(length)
        mask = torch.full((length, length), float("-inf"), dtype=self._dtype, device=self._device).triu(1)
        mask = mask.repeat(config.heads // config.kv_heads, 1)
        x = self.embedding[tokens]
        q_size, kv_size = config.width, config.kv_heads * config.head
        for number, block in enumerate(self.blocks):
            h = self._norm(x, block["attn_norm"])
            qkv = self._apply(h, block["qkv"], lora, number, ("attn_q", "attn_k", "attn_v"))
            q = _rotate(qkv[:, :q_size].view(length, config.heads, config.head), cos, sin).transpose(0, 1)
            k = _rotate(qkv[:, q_size : q_size + kv_size].view(length, config.kv_heads, config.head), cos, sin)
            v = qkv[:, q_size + kv_size :].view(length, config.kv_heads, config.head).transpose(0, 1)
            grouped = q.reshape(config.kv_heads, -1, config.head)  # each key serves the queries of one group
            scores = torch.baddbmm(mask, grouped, k.permute(1, 2, 0), alpha=config.head**-0.5)
            mixed = (torch.softmax(scores, -1) @ v).view(config.heads, length, config.head)
            mixed = mixed.transpose(0, 1).reshape(length, config.width)
            x = x + self._apply(mixed, block["attn_output"], lora, number, ("attn_output",))
            h = self._norm(x, block["ffn_norm"])
            gate, up = self._apply(h, block["gate_up"], lora, number, ("ffn_gate", "ffn_up")).chunk(2, -1)
            x = x + self._apply(F.silu(gate) * up, block["ffn_down"], lora, number, ("ffn_down",))
        return self._norm(x, self.last_norm)

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        return (hidden @ self.head.t()).float()

    def loss(self, tokens: torch.Tensor, weights: torch.Tensor, lora: Lora | None) -> torch.Tensor:
        """The cross entropy of the tokens to be learnt, each times its weight, summed. ``weights``: as ``tokens``."""
        where = torch.nonzero(weights[1:]).squeeze(1)  # the state before a token predicts it
        logits = self.logits(self.hidden(tokens[:-1], lora)[where])
        losses = F.cross_entropy(logits, tokens[1:][where], reduction="none")
        return (losses * weights[1:][where]).sum()

    def _apply(
        self, x: torch.Tensor, weights: torch.Tensor, lora: Lora | None, block: int, names: tuple[str, ...]
    ) -> torch.Tensor:
        if lora is None:
            return F.linear(x, weights)
        pairs = [lora.pair(block, name) for name in names]
        a = torch.cat([a for a, _ in pairs]).to(self._dtype)
        b = torch.block_diag(*(b for _, b in pairs)) if len(pairs) > 1 else pairs[0][1]
        return _linear(x, weights, a, (b * self.scale).to(self._dtype))

    def _norm(self, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return F.rms_norm(x, (self.config.width,), weight, self.config.epsilon)

    def _rotation(self, length: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Cosine and sine, (tokens, 1, head / 2). GGUF's q and k hold the two of a pair side by side."""
        half = torch.arange(0, self.config.head, 2, device=self._device) / self.config.head
        angles = torch.arange(length, device=self._device)[:, None] / self.config.rope_base**half
        return angles.cos()[:, None].to(self._dtype), angles.sin()[:, None].to(self._dtype)


def _rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, odd * cos + even * sin), -1).flatten(-2)
