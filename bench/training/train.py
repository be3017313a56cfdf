"""Train the embedded model's LoRA adapter, on the processor or a GPU.

    python -m bench.training.train --data data.npz --run artefacts/training/run --hours 1.5
    python -m bench.training.train --run artefacts/training/run --resume        # go on where it was stopped

Ctrl-C ends after the present step, with everything saved. Each thread takes dialogues of its own (a dialogue is too
small a piece of work to be shared, and threads that wait for each other lose most where others want the cores, too).
"""

from __future__ import annotations

import json
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import attrs
import click
import numpy as np
import torch

from actors.local.llama import embedded_spec
from bench.training._data import Corpus, batches
from bench.training._model import Lora, Model
from bench.training.export import EIGHT_BIT_RANK, LARGEST_RANK, load_adapter, save_adapter

__all__ = ["SCALE", "STATE", "Plan", "Trainer", "read_plan"]

SCALE: Final = 2.0  #: alpha / rank
_WARM_UP, _LAST_RATE = 0.04, 0.03  # shares: of the training, and of the learning rate
_PLAN, STATE = "plan.json", "state.pt"


@attrs.frozen
class Plan:
    """What is trained and for how long: ``steps``, or if that is 0 ``hours`` of undisturbed training: on processors the
    time that the threads computed, so that other work or a pause costs the adapter nothing. ``rate`` is AdamW's."""

    data: str
    seed: int = 1
    rank: int = 32
    batch: int = 8
    rate: float = 1e-3
    steps: int = 0
    hours: float = 1.5
    start: str = ""  # an adapter (GGUF) to go on from
    threads: int = 2
    device: str = "cpu"


class Trainer:
    """One training, resumable from its folder."""

    def __init__(self, plan: Plan, run: Path) -> None:
        if plan.rank > LARGEST_RANK and plan.rank != EIGHT_BIT_RANK:
            raise click.UsageError(
                f"rank {plan.rank} is too large to be saved: at most {LARGEST_RANK}, or {EIGHT_BIT_RANK}"
            )
        self.plan, self._run = plan, run
        self._corpus = Corpus.load(Path(plan.data))
        self._model = Model(embedded_spec().model, scale=SCALE, device=plan.device)
        self.lora = Lora(self._model.config, plan.rank, plan.seed).to(plan.device)
        if plan.start:
            load_adapter(self.lora, Path(plan.start), SCALE)
        self._adam = torch.optim.AdamW(self.lora.parameters(), lr=plan.rate, betas=(0.9, 0.98), weight_decay=0.0)
        self.step, self._spent, self._tokens = 0, 0.0, 0
        self._asked_to_stop = False
        (run / _PLAN).write_text(json.dumps(attrs.asdict(plan), indent=1) + "\n")

    # --- life --------------------------------------------------------------------------------------------------------

    def train(self, save_every: int) -> Path:
        """To the end of the plan, or until asked to stop. Returns the latest adapter."""
        before = signal.signal(signal.SIGINT, self._stop)
        pool = ThreadPoolExecutor(self.plan.threads)
        torch.set_num_threads(1)  # each of the pool's threads computes alone
        try:
            while self.progress < 1 and not self._asked_to_stop:
                begun = self._clock()
                loss, tokens = self._one_step(pool)
                took = self._clock() - begun
                self._spent += took
                self._tokens += tokens
                self.step += 1
                self._report(loss, tokens, took)
                if self.step % save_every == 0:
                    self.save()
        finally:
            pool.shutdown()
            signal.signal(signal.SIGINT, before)
            adapter = self.save()
        return adapter

    def _clock(self) -> float:
        """Seconds of training."""
        if self.plan.device == "cpu":
            return time.process_time() / max(self.plan.threads, 1)
        return time.monotonic()

    @property
    def progress(self) -> float:
        """From 0 to 1."""
        if self.plan.steps:
            return self.step / self.plan.steps
        return self._spent / (self.plan.hours * 3600)

    def save(self) -> Path:
        """Everything that is needed to go on, and the adapter as it stands (returned)."""
        state = {
            "lora": self.lora.state_dict(),
            "adam": self._adam.state_dict(),
            "step": self.step,
            "spent": self._spent,
            "tokens": self._tokens,
        }
        partial = self._run / (STATE + ".partial")
        torch.save(state, partial)
        partial.replace(self._run / STATE)
        adapter = self._run / f"step-{self.step:05d}.gguf"
        save_adapter(self.lora, adapter, alpha=SCALE * self.plan.rank, about={"description": self._describe()})
        return adapter

    def resume(self) -> None:
        state = torch.load(self._run / STATE, map_location=self.plan.device, weights_only=True)
        self.lora.load_state_dict(state["lora"])
        self._adam.load_state_dict(state["adam"])
        self.step, self._spent, self._tokens = state["step"], state["spent"], state["tokens"]

    # --- a step ------------------------------------------------------------------------------------------------------

    def _one_step(self, pool: ThreadPoolExecutor) -> tuple[float, int]:
        plan = self.plan
        chosen = batches(len(self._corpus), plan.batch, plan.seed, self.step)
        chosen.sort(key=lambda index: int(self._corpus.starts[index] - self._corpus.starts[index + 1]))
        parameters = list(self.lora.parameters())
        made = self._model.factors(self.lora)
        factors = [[(self._leaf(a), self._leaf(b)) for a, b in block] for block in made]
        leaves = [factor for block in factors for pair in block for factor in pair]
        sums = [torch.zeros_like(leaf, dtype=torch.float32) for leaf in leaves]
        weight = sum(int(self._corpus[index][1][1:].sum()) for index in chosen)

        def work(index: int) -> tuple[float, tuple[torch.Tensor, ...]]:
            tokens, weights = (torch.from_numpy(np.array(each)).to(plan.device) for each in self._corpus[index])
            loss = self._model.loss(tokens.long(), weights, factors) / weight
            return float(loss.detach()), torch.autograd.grad(loss, leaves)

        total = 0.0
        for loss, grads in pool.map(work, chosen):
            total += loss
            for so_far, grad in zip(sums, grads, strict=True):
                so_far += grad
        self._adam.zero_grad()
        torch.autograd.backward([factor for block in made for pair in block for factor in pair], sums)
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        for group in self._adam.param_groups:
            group["lr"] = plan.rate * self._rate_share()
        self._adam.step()
        tokens = sum(int(self._corpus.starts[index + 1] - self._corpus.starts[index]) for index in chosen)
        return total, tokens

    def _leaf(self, factor: torch.Tensor) -> torch.Tensor:
        return factor.detach().to(self._model.dtype).requires_grad_()

    def _rate_share(self) -> float:
        progress = min(self.progress, 1.0)
        if progress < _WARM_UP:
            return max(progress / _WARM_UP, 0.1)
        left = (1 - progress) / (1 - _WARM_UP)
        return _LAST_RATE + (1 - _LAST_RATE) * left

    def _report(self, loss: float, tokens: int, took: float) -> None:
        left = self._spent * (1 - self.progress) / max(self.progress, 1e-6)
        click.echo(
            f"step {self.step}  loss {loss:.4f}  {tokens / took:.0f} tokens/s  {100 * self.progress:.1f} %  "
            f"{left / 60:.0f} min left"
        )

    def _describe(self) -> str:
        plan = self.plan
        return f"bargein, seed {plan.seed}, rank {plan.rank}, {self.step} steps of {plan.batch}, {self._tokens} tokens"

    def _stop(self, *_: Any) -> None:
        click.echo("stopping after this step")
        self._asked_to_stop = True


def read_plan(run: Path) -> Plan:
    """The plan of a run that was begun."""
    return Plan(**json.loads((run / _PLAN).read_text()))


@click.command(help=__doc__)
@click.option("--data", type=click.Path(path_type=Path, exists=True), help="From python -m bench.training.generate.")
@click.option("--run", type=click.Path(path_type=Path), required=True, help="The folder of this training.")
@click.option("--hours", default=1.5, show_default=True, help="How long to train: hours in which the threads compute.")
@click.option("--steps", default=0, help="How many steps to train, instead.")
@click.option("--batch", default=8, show_default=True, help="Dialogues a step.")
@click.option("--rate", default=1e-3, show_default=True, help="The highest learning rate.")
@click.option("--rank", default=32, show_default=True, help="At most 18, or 32: more is too large to be saved.")
@click.option("--seed", default=1, show_default=True)
@click.option("--start", type=click.Path(path_type=Path, exists=True), help="An adapter (GGUF) to go on from.")
@click.option("--threads", default=2, show_default=True)
@click.option("--device", default="cpu", show_default=True, help='"cuda" for a GPU (then with --threads 1).')
@click.option("--save-every", default=50, show_default=True, help="Steps between two checkpoints.")
@click.option("--resume", is_flag=True, help="Go on with the run's own plan.")
def main(data: Path | None, run: Path, save_every: int, start: Path | None, *, resume: bool, **choices: Any) -> None:
    run.mkdir(parents=True, exist_ok=True)
    if resume:
        plan = read_plan(run)
    elif data is None:
        raise click.UsageError("--data is needed, or --resume")
    else:
        plan = Plan(data=str(data), start=str(start or ""), **choices)
    trainer = Trainer(plan, run)
    if resume:
        trainer.resume()
    trainer.train(save_every)


if __name__ == "__main__":
    main()
