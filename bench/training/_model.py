"""SmolLM2 (a Llama) with a LoRA on every linear layer, for training on a few cores: a dialogue at a time, in bfloat16.

Written out instead of taken from a library because that is twice as fast here: products of matrices that share their
input are one product, the frozen weights' gradients are never made, attention goes back through plain products
(``_attention.py``), and the vocabulary's 49,152 columns are computed only where an answer is learnt. Figures in
docs/training.md.
"""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Final

import attrs
import numpy as np
import torch

from actors.local._gguf import Gguf, decode
from bench.training._attention import attention
from bench.training._pieces import adapted, cross_entropy, gated, normed, split_and_rotated

__all__ = ["LAYER_TENSORS", "Config", "Factors", "Lora", "Model"]

_BF16: Final = torch.bfloat16
#: GGUF's names of the adapted tensors of a block, in the order in which they are computed
LAYER_TENSORS: Final = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
#: those that share their input are one product
_PRODUCTS: Final = (("attn_q", "attn_k", "attn_v"), ("attn_output",), ("ffn_gate", "ffn_up"), ("ffn_down",))
_NORMS: Final = {0: "attn_norm", 2: "ffn_norm"}  #: before the first and the third of them
_ONE: Final = torch.ones(())

#: Of each block, for each of its four products, the adapter's two factors as they are computed with
Factors = list[list[tuple[torch.Tensor, torch.Tensor]]]


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


class Model:
    """The frozen weights of a GGUF file. ``scale`` is alpha / rank of the adapter."""

    def __init__(self, path: Path, *, scale: float, dtype: torch.dtype = _BF16, device: str = "cpu") -> None:
        with path.open("rb") as file:
            gguf = Gguf.parse(memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)))
        self.config = config = Config.read(gguf)
        self.scale, self.dtype, self._device = scale, dtype, device
        tensors = {tensor.name: tensor for tensor in gguf.tensors}

        def read(name: str) -> torch.Tensor:
            return torch.from_numpy(np.ascontiguousarray(decode(tensors[f"{name}.weight"]))).to(device)

        self.embedding = read("token_embd").to(dtype)
        self.head = read("output").to(dtype) if "output.weight" in tensors else self.embedding
        self.last_norm = read("output_norm").to(dtype)
        self._order = {"attn_q": _halves(config, config.heads), "attn_k": _halves(config, config.kv_heads)}
        # A norm's weights are part of the product behind it.
        self._norms = [{n: read(f"blk.{block}.{norm}") for n, norm in _NORMS.items()} for block in range(config.layers)]
        self.blocks = []
        for block in range(config.layers):
            products = []
            for number, names in enumerate(_PRODUCTS):
                rows = torch.cat([self._ordered(read(f"blk.{block}.{name}"), name) for name in names])
                products.append((rows * self._norms[block].get(number, _ONE)).to(dtype))
            self.blocks.append(products)

    def factors(self, lora: Lora) -> Factors:
        """The adapter as :meth:`hidden` needs it, in float32, with gradients to the adapter's own values."""
        made: Factors = []
        for block in range(self.config.layers):
            made.append([])
            for number, names in enumerate(_PRODUCTS):
                pairs = [lora.pair(block, name) for name in names]
                a = torch.cat([a for a, _ in pairs]) * self._norms[block].get(number, _ONE)
                b = torch.block_diag(*(self._ordered(b, name) for (_, b), name in zip(pairs, names, strict=True)))
                made[-1].append((a, b * self.scale))
        return made

    def hidden(self, tokens: torch.Tensor, factors: Factors | None) -> torch.Tensor:
        """The last layer's states of one sequence, (tokens, width). ``factors`` in the model's own ``dtype``."""
        config, epsilon = self.config, self.config.epsilon
        cos, sin = self._rotation(len(tokens))
        x = self.embedding[tokens]
        for number, (qkv, output, gate_up, down) in enumerate(self.blocks):
            to_qkv, to_output, to_gate_up, to_down = factors[number] if factors else (None,) * 4
            mixed = attention(
                *split_and_rotated(adapted(normed(x, epsilon), qkv, to_qkv), config.heads, config.kv_heads, cos, sin)
            )
            x = x + adapted(mixed.transpose(0, 1).reshape(x.shape), output, to_output)
            x = x + adapted(gated(adapted(normed(x, epsilon), gate_up, to_gate_up)), down, to_down)
        return normed(x, epsilon) * self.last_norm

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        return (hidden @ self.head.t()).float()

    def loss(self, tokens: torch.Tensor, weights: torch.Tensor, factors: Factors | None) -> torch.Tensor:
        """The cross entropy of the tokens to be learnt, each times its weight, summed. ``weights``: as ``tokens``."""
        where = torch.nonzero(weights[1:]).squeeze(1)  # the state before a token predicts it
        states = self.hidden(tokens[:-1], factors)[where]
        return cross_entropy(states, self.head, tokens[1:][where], weights[1:][where])

    def _ordered(self, rows: torch.Tensor, name: str) -> torch.Tensor:
        order = self._order.get(name)
        return rows if order is None else rows[order]

    def _rotation(self, length: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Cosine and sine, (tokens, head), as :func:`split_and_rotated` needs them."""
        half = torch.arange(0, self.config.head, 2, device=self._device) / self.config.head
        angles = torch.arange(length, device=self._device)[:, None] / self.config.rope_base**half
        cos, sin = angles.cos(), angles.sin()
        return torch.cat((cos, cos), -1).to(self.dtype), torch.cat((-sin, sin), -1).to(self.dtype)


def _halves(config: Config, heads: int) -> torch.Tensor:
    """The order of a rotated tensor's rows with the first of each pair before the second ones: GGUF has the two of a
    pair side by side, and what lies two apart is slow to compute with. Attention does not see the order."""
    return torch.arange(heads * config.head).view(heads, -1, 2).transpose(1, 2).flatten()
