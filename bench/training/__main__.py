"""Dialogues, training, export: an adapter in one command.

    python -m bench.training --hours 2 --out receptionist.gguf                  # the hospital's
    python -m bench.training --own docs/examples/coffee.toml --hours 0.2 --out coffee.gguf

Begun again with the same --work it goes on where it was. Ctrl-C saves and ends.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from bench.training._corpus import own_domain
from bench.training.export import check
from bench.training.generate import make
from bench.training.train import STATE, Plan, Trainer, read_plan


@click.command(help=__doc__)
@click.option("--own", type=click.Path(path_type=Path, exists=True), help="Your own agent's grammar (TOML).")
@click.option("--hours", default=1.5, show_default=True, help="How long to train: hours in which the threads compute.")
@click.option("--steps", default=0, help="How many steps to train, instead.")
@click.option("--count", default=4000, show_default=True, help="How many dialogues to make.")
@click.option("--start", type=click.Path(path_type=Path, exists=True), help="An adapter (GGUF) to go on from.")
@click.option("--rate", default=1e-3, show_default=True, help="The highest learning rate.")
@click.option("--seed", default=1, show_default=True)
@click.option("--threads", default=2, show_default=True)
@click.option("--work", type=click.Path(path_type=Path), default=Path("artefacts/training/run"), show_default=True)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Where to put the adapter.")
def main(
    own: Path | None,
    hours: float,
    steps: int,
    count: int,
    start: Path | None,
    rate: float,
    seed: int,
    threads: int,
    work: Path,
    out: Path,
) -> None:
    work.mkdir(parents=True, exist_ok=True)
    data = work / "data.npz"
    if not data.is_file():
        make(seed, count, own_domain(own) if own else None).save(data)
    if (work / STATE).is_file():
        trainer = Trainer(read_plan(work), work)
        trainer.resume()
    else:
        plan = Plan(str(data), seed=seed, rate=rate, steps=steps, hours=hours, start=str(start or ""), threads=threads)
        trainer = Trainer(plan, work)
    adapter = trainer.train(save_every=50)
    if trainer.progress < 1:
        raise click.ClickException(f"stopped at step {trainer.step}; the same command goes on from there")
    check(adapter)
    shutil.copyfile(adapter, out)
    click.echo(f"{out} is ready")


if __name__ == "__main__":
    main()
