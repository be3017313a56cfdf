"""Check an adapter, and put it where the embedded model finds it.

    python -m bench.training.export artefacts/training/run/step-00400.gguf actors/local/data/receptionist-lora-q8_0.gguf

The adapter is loaded by llama.cpp the way the server does it, and must write what the training's own model writes,
token by token, on a few prompts. (The server's weights are rounded to 8 bits, so an answer may part late.)
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Final

import attrs
import click
import torch
import trio

from actors.local.llama import embedded_spec
from bench.training._adapter import read_adapter, write_adapter
from bench.training._corpus import corpus
from bench.training._model import LAYER_TENSORS, Lora, Model
from bench.training._render import segments
from bench.training._tokens import Tokenizer, open_tokenizer

__all__ = ["EIGHT_BIT_RANK", "LARGEST_RANK", "Comparison", "check", "compare", "load_adapter", "save_adapter"]

MOST_BYTES: Final = 12_000_000
LARGEST_RANK, EIGHT_BIT_RANK = 18, 32  #: that fit in so many: in 16 bits, and the one in 8
_LONGEST: Final = 48  # tokens of an answer that are compared


@attrs.frozen
class Comparison:
    """What llama.cpp wrote, and how many of its tokens torch would have written, too, before the first other one."""

    answer: str
    same: int
    tokens: int


def save_adapter(lora: Lora, path: Path, *, alpha: float, about: Mapping[str, str]) -> None:
    """Write the trained part as a GGUF adapter. ValueError where it is too large for the repository."""
    arrays = {}
    for block in range(len(lora.parts) // (2 * len(LAYER_TENSORS))):
        for name in LAYER_TENSORS:
            for part, values in zip("ab", lora.pair(block, name), strict=True):
                arrays[f"blk.{block}.{name}.weight.lora_{part}"] = values.detach().float().cpu().numpy()
    write_adapter(path, arrays, alpha=alpha, about=about)
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"{path} has {path.stat().st_size} bytes, more than {MOST_BYTES}")


def load_adapter(lora: Lora, path: Path, scale: float) -> None:
    """Take over an adapter's values; one of a lower rank is made the first part of this one, which then computes the
    same. ``scale`` is alpha / rank. ValueError where it is of a higher rank, another model or another scale."""
    arrays, alpha = read_adapter(path)
    rank = len(next(iter(arrays.values())))
    if alpha / rank != scale or rank > lora.rank:
        raise ValueError(f"{path} has rank {rank} and scale {alpha / rank}; wanted: {lora.rank} or less, and {scale}")
    blocks = len(lora.parts) // (2 * len(LAYER_TENSORS))
    with torch.no_grad():
        for block in range(blocks):
            for name in LAYER_TENSORS:
                for part, to in zip("ab", lora.pair(block, name), strict=True):
                    array = arrays[f"blk.{block}.{name}.weight.lora_{part}"]
                    same = to[:rank] if part == "a" else to[:, :rank]
                    if array.shape != tuple(same.shape):
                        raise ValueError(f"{path} is of another model")
                    same.copy_(torch.from_numpy(array))


def compare(adapter: Path, prompts: int = 6, seed: int = 4711) -> list[Comparison]:
    """llama.cpp's answers to prompts of the corpus, and whether torch's model would have written the same."""
    arrays, alpha = read_adapter(adapter)
    rank = len(next(iter(arrays.values())))
    model = Model(embedded_spec().model, scale=alpha / rank, dtype=torch.float32)
    lora = Lora(model.config, rank, 0)
    load_adapter(lora, adapter, alpha / rank)
    texts = []
    for dialogue in islice(corpus(seed), prompts):
        pieces = list(segments(dialogue))
        last = max(at for at, (_, learnt) in enumerate(pieces) if learnt)
        texts.append("".join(piece for piece, _ in pieces[:last]))

    async def main() -> list[Comparison]:
        async with open_tokenizer(attrs.evolve(embedded_spec(), adapter=adapter, slots=1)) as server:
            return [await trio.to_thread.run_sync(_compare, model, lora, server, text) for text in texts]

    return trio.run(main)


def _compare(model: Model, lora: Lora, server: Tokenizer, text: str) -> Comparison:
    body = {"prompt": text, "n_predict": _LONGEST, "temperature": 0, "cache_prompt": False}
    answer: str = server.post("/completion", body)["content"]
    prompt, wrote = server.tokens(text), server.tokens(answer)
    with torch.no_grad():
        states = model.hidden(torch.tensor(prompt + wrote), model.factors(lora))[len(prompt) - 1 :]
        ours = model.logits(states).argmax(-1).tolist()[: len(wrote)]
    same = next((at for at, (one, two) in enumerate(zip(ours, wrote, strict=True)) if one != two), len(wrote))
    return Comparison(answer, same, len(wrote))


def check(adapter: Path) -> None:
    """Compare, and say what came of it. click.ClickException where the adapter was not understood."""
    results = compare(adapter)
    same = sum(each.same == each.tokens for each in results)
    for each in results:
        click.echo(f"{each.same} of {each.tokens} tokens alike: {each.answer}")
    click.echo(f"{same} of {len(results)} answers are the same, {adapter.stat().st_size} bytes, sha256:")
    click.echo(hashlib.sha256(adapter.read_bytes()).hexdigest())
    if not same:
        raise click.ClickException("not one answer is the same: the adapter was not understood")


@click.command(help=__doc__)
@click.argument("adapter", type=click.Path(path_type=Path, exists=True))
@click.argument("target", type=click.Path(path_type=Path), required=False)
def main(adapter: Path, target: Path | None) -> None:
    check(adapter)
    if target is not None:
        shutil.copyfile(adapter, target)


if __name__ == "__main__":
    main()
