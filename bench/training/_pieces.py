"""The model's products, norms, gates and turns, each with a backward pass of its own.

Left to autograd every slice, square and half would be a pass over memory of its own, and together they take longer
than the products.
"""

from __future__ import annotations

from typing import Any, Final

import torch
import torch.nn.functional as F  # noqa: N812 - its usual name

__all__ = ["adapted", "cross_entropy", "gated", "normed", "split_and_rotated"]

_ROWS: Final = 64  #: states whose logits, one for each word of the vocabulary, are in memory at a time


def adapted(x: torch.Tensor, w: torch.Tensor, factors: tuple[torch.Tensor, torch.Tensor] | None) -> torch.Tensor:
    """x W^T + x A^T B^T for ``factors`` (A, B); the frozen W gets no gradient."""
    if factors is None:
        return F.linear(x, w)
    result: torch.Tensor = _Adapted.apply(x, w, *factors)
    return result


def cross_entropy(
    states: torch.Tensor, head: torch.Tensor, wanted: torch.Tensor, weights: torch.Tensor
) -> torch.Tensor:
    """-log softmax(states head^T) at the tokens ``wanted``, times ``weights``, summed; a float32 number."""
    result: torch.Tensor = _CrossEntropy.apply(states, head, wanted, weights)
    return result


def normed(x: torch.Tensor, epsilon: float) -> torch.Tensor:
    """RMS norm over the last axis, without weights."""
    result: torch.Tensor = _Normed.apply(x, epsilon)
    return result


def gated(gate_up: torch.Tensor) -> torch.Tensor:
    """silu(left half) * right half."""
    result: torch.Tensor = _Gated.apply(gate_up)
    return result


def split_and_rotated(
    qkv: torch.Tensor, heads: int, kv_heads: int, cos: torch.Tensor, sin: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Queries, keys and values, (heads, tokens, head) each, the first two turned by their positions.

    ``qkv``: (tokens, (heads + 2 kv heads) * head). ``cos`` and ``sin``: (tokens, head), the
    first half of ``sin`` negated, for pairs whose two stand half a head apart.
    """
    result: tuple[torch.Tensor, torch.Tensor, torch.Tensor] = _Split.apply(qkv, heads, kv_heads, cos, sin)
    return result


class _Adapted(torch.autograd.Function):
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


class _CrossEntropy(torch.autograd.Function):
    """Its gradient is made on the way, while the logits are at hand."""

    @staticmethod
    def forward(
        ctx: Any, states: torch.Tensor, head: torch.Tensor, wanted: torch.Tensor, weights: torch.Tensor
    ) -> torch.Tensor:
        grad, total = torch.empty_like(states), torch.zeros((), device=states.device)
        for begin in range(0, len(states), _ROWS):
            part = slice(begin, begin + _ROWS)
            logits = (states[part] @ head.t()).float()
            at, weight = wanted[part, None], weights[part, None].float()
            below = logits.logsumexp(-1, keepdim=True)
            total += ((below - logits.gather(-1, at)) * weight).sum()
            shares = logits.sub_(below).exp_()
            shares.scatter_add_(-1, at, torch.full_like(weight, -1.0))
            grad[part] = shares.mul_(weight).to(states.dtype) @ head
        ctx.save_for_backward(grad)
        return total

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        (grad,) = ctx.saved_tensors
        return grad * grads[0].to(grad.dtype), None, None, None


class _Normed(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, epsilon: float) -> torch.Tensor:
        squares = torch.linalg.vector_norm(x, dim=-1, keepdim=True, dtype=torch.float32).square_()
        inverse = torch.rsqrt(squares / x.shape[-1] + epsilon).to(x.dtype)
        y = x * inverse
        ctx.save_for_backward(y, inverse)
        return y

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        (grad,) = grads
        y, inverse = ctx.saved_tensors
        along = (grad * y).mean(-1, keepdim=True)
        return torch.addcmul(grad, y, along, value=-1).mul_(inverse), None


class _Gated(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, gate_up: torch.Tensor) -> torch.Tensor:
        gate, up = gate_up.chunk(2, -1)
        ctx.save_for_backward(gate_up)
        return F.silu(gate).mul_(up)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> torch.Tensor:
        (grad,) = grads
        (gate_up,) = ctx.saved_tensors
        gate, up = gate_up.chunk(2, -1)
        result = torch.empty_like(gate_up)
        left, right = result.chunk(2, -1)
        torch.mul(grad, F.silu(gate), out=right)
        left.copy_(torch.ops.aten.silu_backward(grad * up, gate))
        return result


class _Split(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, qkv: torch.Tensor, heads: int, kv_heads: int, cos: torch.Tensor, sin: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        ctx.heads, ctx.kv_heads = heads, kv_heads
        ctx.save_for_backward(cos, sin)
        parts = qkv.view(len(qkv), heads + 2 * kv_heads, -1).transpose(0, 1)
        turned = _turned(parts[: heads + kv_heads].contiguous(), cos, sin)
        return turned[:heads], turned[heads:], parts[heads + kv_heads :].contiguous()

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        q, k, v = grads
        cos, sin = ctx.saved_tensors
        heads, kv_heads = ctx.heads, ctx.kv_heads
        result = torch.empty(q.shape[1], heads + 2 * kv_heads, q.shape[2], dtype=q.dtype, device=q.device)
        parts = result.transpose(0, 1)
        parts[: heads + kv_heads] = _turned(torch.cat((q, k)), cos, -sin)
        parts[heads + kv_heads :] = v
        return result.view(len(result), -1), None, None, None, None


def _turned(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    return torch.roll(x, x.shape[-1] // 2, -1).mul_(sin).addcmul_(x, cos)
