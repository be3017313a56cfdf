"""The dialogues of the training: to look at, or as tokens for the training.

python -m bench.training.generate --show 5            # five of them, as the model reads them
python -m bench.training.generate --out data.npz      # tokens, and which of them are learnt
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import click
import numpy as np
import trio
from rich.progress import Progress

from bench.training._corpus import corpus, own_domain
from bench.training._data import Corpus
from bench.training._jobs import Domain
from bench.training._render import text
from bench.training._tokens import Tokenized, open_tokenizer

__all__ = ["LONGEST", "make"]

LONGEST = 1100  #: tokens; longer dialogues are left out (one in a hundred), since attention grows with the square


def make(seed: int, count: int, own: Domain | None = None) -> Corpus:
    """``count`` dialogues of this seed as tokens. Shows its progress; about 200 a second on an idle core."""

    async def main() -> list[Tokenized]:
        made: list[Tokenized] = []
        async with open_tokenizer() as tokenizer:
            with Progress(transient=True) as progress:
                task = progress.add_task("dialogues", total=count)
                dialogues = corpus(seed, own)
                while len(made) < count:
                    # In a thread: functions are run in event loops of their own.
                    dialogue = await trio.to_thread.run_sync(next, dialogues)
                    tokenized = await trio.to_thread.run_sync(tokenizer.dialogue, dialogue)
                    if len(tokenized.tokens) <= LONGEST and any(tokenized.weights):
                        made.append(tokenized)
                        progress.update(task, completed=len(made))
        return made

    return Corpus.of(trio.run(main))


@click.command(help=__doc__)
@click.option("--seed", default=1, show_default=True)
@click.option("--count", default=4000, show_default=True, help="How many dialogues.")
@click.option(
    "--own", type=click.Path(path_type=Path, exists=True), help="The grammar of your own agent (a TOML file)."
)
@click.option("--show", default=0, help="Print so many dialogues instead.")
@click.option("--out", type=click.Path(path_type=Path), help="Where to write the tokens.")
def main(seed: int, count: int, own: Path | None, show: int, out: Path | None) -> None:
    domain = own_domain(own) if own else None
    if show:
        for dialogue in islice(corpus(seed, domain), show):
            click.echo(f"{text(dialogue)}\n--- {dialogue.about}\n")
        return
    made = make(seed, count, domain)
    if out is not None:
        made.save(out)
    learnt = int(np.count_nonzero(made.weights))
    click.echo(f"{len(made)} dialogues, {len(made.tokens)} tokens, {learnt} of them learnt")


if __name__ == "__main__":
    main()
