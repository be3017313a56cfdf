"""Causal attention of one sequence that trains fast on a few cores.

Forward it is torch's kernel. Backward that kernel takes five times as long as forward; here it is plain products of
matrices, over so many queries at a time that the keys behind them, which they cannot see, are mostly left out.
"""

from __future__ import annotations

import math
from typing import Any, Final

import torch
import torch.nn.functional as F  # noqa: N812 - its usual name

__all__ = ["attention"]

_QUERIES: Final = 192  #: at a time; 96 to 256 are much alike


def attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Softmax(q k^T / sqrt(head), causal) v.

    ``q``: (heads, tokens, head), ``k`` and ``v``: (kv heads, tokens, head), where each key serves heads / kv heads
    consecutive queries. As ``q``.
    """
    result: torch.Tensor = _Attention.apply(q.contiguous(), k.contiguous(), v.contiguous())
    return result


class _Attention(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        out = F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True, enable_gqa=True)[0]
        ctx.save_for_backward(q, k, v, out)
        return out

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """With P the softmax, S what it is of and O the result: dV = P^T dO, dP = dO V^T, dS = P (dP - rowsum(dO O)),
        dQ = dS K, dK = dS^T Q (section 3.1 and appendix B of the FlashAttention paper)."""
        (grad,) = grads
        q, k, v, out = ctx.saved_tensors
        kv_heads, length, head = k.shape
        scale = head**-0.5
        grad_q, grad_k, grad_v = torch.empty_like(q), torch.zeros_like(k), torch.zeros_like(v)
        along = (grad.float() * out.float()).sum(-1, keepdim=True).to(q.dtype)

        def grouped(each: torch.Tensor) -> torch.Tensor:
            return each.reshape(kv_heads, -1, length, each.shape[-1])

        queries, wanted, sums, to = grouped(q), grouped(grad), grouped(along), grouped(grad_q)
        for begin in range(0, length, _QUERIES):
            end = min(begin + _QUERIES, length)
            rows = (kv_heads, -1, head)
            some, their = (queries[:, :, begin:end] * scale).reshape(rows), wanted[:, :, begin:end].reshape(rows)
            keys, values = k[:, :end], v[:, :end]
            scores = torch.bmm(some, keys.transpose(1, 2))
            own = scores.view(kv_heads, -1, end - begin, end)[..., begin:]
            own += torch.full((end - begin, end - begin), -math.inf, dtype=q.dtype, device=q.device).triu(1)
            shares = torch.softmax(scores, -1)
            grad_v[:, :end] += torch.bmm(shares.transpose(1, 2), their)
            grad_scores = torch.bmm(their, values.transpose(1, 2))
            grad_scores.sub_(sums[:, :, begin:end].reshape(kv_heads, -1, 1)).mul_(shares)
            to[:, :, begin:end] = (torch.bmm(grad_scores, keys) * scale).view(kv_heads, -1, end - begin, head)
            grad_k[:, :end] += torch.bmm(grad_scores.transpose(1, 2), some)
        return grad_q, grad_k, grad_v
