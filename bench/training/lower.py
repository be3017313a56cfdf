"""The adapter of a lower rank that is nearest to a given one: how much rank does what was learnt need?

    python -m bench.training.lower actors/local/data/receptionist-lora-q8_0.gguf --rank 8 artefacts/rank-8.gguf
    python -m bench.tool_accuracy --set dev3 --adapter artefacts/rank-8.gguf

Of each product B A the largest singular values are kept (nearest in the sum of squares: Eckart and Young, 1936).
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
import numpy.typing as npt

from bench.training._adapter import read_adapter, write_adapter

__all__ = ["lowered"]

Floats = npt.NDArray[np.float32]


def lowered(a: Floats, b: Floats, rank: int) -> tuple[Floats, Floats]:
    """``a`` (rank', inputs) and ``b`` (outputs, rank') as factors of this lower rank with nearly the same product."""
    left, upper = np.linalg.qr(b)
    right, lower = np.linalg.qr(a.T)
    u, values, v = np.linalg.svd(upper @ lower.T)
    root = np.sqrt(values[:rank])
    return (right @ v[:rank].T * root).T, left @ u[:, :rank] * root


@click.command(help=__doc__)
@click.argument("adapter", type=click.Path(path_type=Path, exists=True))
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--rank", type=click.IntRange(1), required=True)
def main(adapter: Path, target: Path, rank: int) -> None:
    arrays, alpha = read_adapter(adapter)
    made: dict[str, Floats] = {}
    for name, a in arrays.items():
        if name.endswith(".lora_a"):
            if rank > len(a):
                raise click.ClickException(f"{adapter} has rank {len(a)} only")
            other = name.removesuffix("a") + "b"
            made[name], made[other] = lowered(a, arrays[other], rank)
            scale = alpha / len(a)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_adapter(target, made, alpha=scale * rank, about={"description": f"{adapter.name}, lowered to rank {rank}"})


if __name__ == "__main__":
    main()
