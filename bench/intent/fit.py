"""Fits the network of ``actors/local/intent`` to the examples. Needs torch (group "training")."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from torch import nn

from bench.intent._phrases import KINDS

__all__ = ["Network"]

WEIGHTS = Path("actors/local/data/intent.npz")
HIDDEN = 48
BATCH = 64
_MEANT = KINDS.index("meant")


class Network(nn.Module):
    """As :func:`actors.local._network.likelihood` computes it. Of sounds noise, backchannel and meant are told apart in
    fitting; what is used is the last kind, meant, against the rest. ``width``: moments looked at together."""

    def __init__(self, inputs: int = 288, hidden: int = HIDDEN, *, width: int = 5, kinds: int = len(KINDS)) -> None:
        super().__init__()
        self.look = nn.Linear(inputs, hidden)
        self.near = nn.Conv1d(hidden, hidden, width, padding=width // 2)
        self.tell = nn.Linear(2 * hidden, kinds)
        self.drop = nn.Dropout(0.3)

    def forward(self, frames: Any, mask: Any) -> Any:
        """``frames``: (batch, time, inputs), ``mask``: (batch, time), 1 where there is sound."""
        seen = torch.relu(self.look(self.drop(frames))) * mask[:, :, None]
        seen = torch.relu(self.near(seen.transpose(1, 2))) * mask[:, None, :]
        mean = seen.sum(2) / mask.sum(1, keepdim=True)
        return self.tell(self.drop(torch.cat((mean, seen.amax(2)), 1)))


def _together(folders: tuple[Path, ...]) -> dict[str, Any]:
    """The views of all folders; ``texts`` says of each what was said in it."""
    parts: list[dict[str, Any]] = []
    for folder in folders:
        with np.load(folder / "examples.npz") as found:
            part = {name: found[name] for name in ("frames", "lengths", "kinds", "shares")}
            parts.append(part | {"texts": found["texts"][found["sources"]]})
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _batch(data: Any, starts: Any, which: Any) -> tuple[Any, Any, Any]:
    lengths = data["lengths"][which]
    frames = np.zeros((len(which), lengths.max(), 288), np.float32)
    mask = np.zeros(frames.shape[:2], np.float32)
    for row, each in enumerate(which):
        frames[row, : lengths[row]] = data["frames"][starts[each] : starts[each] + lengths[row]]
        mask[row, : lengths[row]] = 1
    return torch.from_numpy(frames), torch.from_numpy(mask), torch.from_numpy(data["kinds"][which])


@click.command()
@click.argument("examples", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("actors/local/data/intent.npz"),
    show_default=True,
)
@click.option("--epochs", default=14, show_default=True)
@click.option("--seed", default=0, show_default=True)
def main(examples: tuple[Path, ...], out: Path, epochs: int, seed: int) -> None:
    """Fit, show what a tenth of the sounds that was left out says of it, and write the weights."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    random = np.random.default_rng(seed)
    data = _together(examples)
    starts = np.cumsum(data["lengths"]) - data["lengths"]
    # Left out by their words, so that no phrase is on both sides.
    texts = data["texts"]
    aside = np.isin(texts, random.permutation(np.unique(texts))[: len(np.unique(texts)) // 10])
    learn, check = np.flatnonzero(~aside), np.flatnonzero(aside)
    network = Network()
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=epochs * (len(learn) // BATCH + 1))
    loss = nn.CrossEntropyLoss(label_smoothing=0.03)
    for epoch in range(epochs):
        network.train()
        random.shuffle(learn)
        total = 0.0
        for start in range(0, len(learn), BATCH):
            frames, mask, kinds = _batch(data, starts, learn[start : start + BATCH])
            optimiser.zero_grad()
            wrong = loss(network(frames, mask), kinds)
            wrong.backward()
            optimiser.step()
            schedule.step()
            total += float(wrong.detach()) * len(kinds)
        network.eval()
        with torch.no_grad():
            parts = [_batch(data, starts, check[n : n + 256]) for n in range(0, len(check), 256)]
            told = torch.cat([torch.softmax(network(f, m), 1) for f, m, _ in parts]).numpy()
        print(f"epoch {epoch + 1}: loss {total / len(learn):.3f}; {_shown(told[:, _MEANT], data, check)}", flush=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    weights = {name: value.numpy().astype(np.float16) for name, value in network.state_dict().items()}
    np.savez_compressed(out, **weights)
    print(f"{out}: {out.stat().st_size} bytes")


def _shown(meant: Any, data: Any, check: Any) -> str:
    """How much of each kind is let pass where 2 in 100 of what is meant are: whole sounds, then beginnings."""
    parts = []
    for name, chosen in (("whole", data["shares"][check] >= 1), ("begun", data["shares"][check] < 1)):
        kinds, told = data["kinds"][check][chosen], meant[chosen]
        limit = np.quantile(told[kinds == _MEANT], 0.02)
        let = [f"{KINDS[k]} {np.mean(told[kinds == k] < limit):.2f}" for k in range(len(KINDS)) if k != _MEANT]
        parts.append(f"{name} < {limit:.2f}: {', '.join(let)} of {len(told)}")
    return "; ".join(parts)


if __name__ == "__main__":
    main()
