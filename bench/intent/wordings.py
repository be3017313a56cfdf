"""Fits what judges the words over an agent (``actors/local/wording``). Needs torch (group "training")."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import attrs
import click
import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from actors.local._files import data_file
from actors.local._network import likelihood
from actors.local.wording import LONGEST, Wording, pooled
from bench.intent._sounds import KINDS, Kind, spoken_phrases
from bench.intent._vectors import Vectors
from bench.intent.fit import Network
from bench.training._corpus import corpus
from statechart import words

Line = tuple[tuple[str, ...], int]  #: words, and 1 where they are meant for the agent
Floats = npt.NDArray[np.float64]

HIDDEN, WIDTH, BATCH = 32, 3, 64
SCALE = 24.0  #: a point's length: its numbers are about 1
DIALOGUES = 400
_RARE, _LEFT_OUT = 25, 8  # a word in fewer lines is rare; one rare word in so many is left out to judge by
_NO_MIX = np.array([1.0, 0.0, 0.0], np.float32)


def _lines(seed: int) -> list[Line]:
    """Phrases of phrases.toml, and what callers of the training's dialogues say."""
    found = [(said, int(kind == "meant")) for kind, said in spoken_phrases(seed)]
    for dialogue in islice(corpus(seed), DIALOGUES):
        said = [words(line.text) for line in dialogue.lines if line.role == "user"]
        # "Thank you, bye" is said when nothing more is wanted.
        found += [(each[:LONGEST], 1) for each in said if len(each) > 1 and not {"thanks", "thank", "bye"} & {*each}]
    return list(dict.fromkeys(found))


def _rare(lines: Sequence[Line], random: Random) -> set[str]:
    """Words to leave out, so that those who are judged by them have never been met."""
    count: dict[str, int] = {}
    for said, _ in lines:
        for word in set(said):
            count[word] = count.get(word, 0) + 1
    rare = sorted(word for word, times in count.items() if times <= _RARE and len(word) > 3)
    return set(random.sample(rare, len(rare) // _LEFT_OUT))


class _Fit:
    def __init__(self, vectors: Vectors, epochs: int) -> None:
        self._vectors, self._epochs = vectors, epochs

    def __call__(self, lines: Sequence[Line], seed: int) -> Network:
        torch.manual_seed(seed)
        random, network = Random(seed), Network(self._vectors.size, HIDDEN, width=WIDTH, kinds=2)
        optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=0.05)
        steps = self._epochs * -(-len(lines) // BATCH)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
        meant = sum(kind for _, kind in lines) / len(lines)
        loss = nn.CrossEntropyLoss(torch.tensor([0.5 / (1 - meant), 0.5 / meant]), label_smoothing=0.02)
        shuffled = list(lines)
        for _ in range(self._epochs):
            random.shuffle(shuffled)
            for start in range(0, len(shuffled), BATCH):
                points, mask, kinds = self._batch([self._partly(line, random) for line in shuffled[start:][:BATCH]])
                optimiser.zero_grad()
                loss(network(points, mask), kinds).backward()
                optimiser.step()
                schedule.step()
        network.eval()
        return network

    def _partly(self, line: Line, random: Random) -> Line:
        """Some lines are only begun, some have a word that nobody knows."""
        said, kind = line
        if len(said) > 1 and random.random() < 0.3:
            said = said[: random.randrange(1, len(said))]
        return tuple("" if random.random() < 0.04 else word for word in said[:LONGEST]), kind

    def _batch(self, lines: Sequence[Line]) -> tuple[Any, Any, Any]:
        longest = max(len(said) for said, _ in lines)
        points = np.zeros((len(lines), longest, self._vectors.size), np.float32)
        mask = np.zeros((len(lines), longest), np.float32)
        for row, (said, _) in enumerate(lines):
            mask[row, : len(said)] = 1
            for n, word in enumerate(said):
                points[row, n] = self._vectors[word] * SCALE if word else 0
        return torch.from_numpy(points), torch.from_numpy(mask), torch.tensor([kind for _, kind in lines])


def _weights(network: Network, vectors: Vectors, known: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
    """What ``Wording`` takes: each word's ``HIDDEN`` numbers as bytes, and the rest of the network."""
    state = {name: value.detach().numpy() for name, value in network.state_dict().items()}
    table = np.stack([vectors[word] for word in known]) @ state["look.weight"].T * SCALE
    step = np.abs(table).max(0) / 127
    return {
        "words": np.frombuffer("\n".join(known).encode(), np.uint8),
        "table": np.rint(table / step).astype(np.int8),
        "look.weight": np.diag(step),
        **{name: state[name] for name in ("look.bias", "near.weight", "near.bias", "tell.weight", "tell.bias")},
        "mix": _NO_MIX,
    }


@attrs.frozen
class _View:
    """A sound as far as it was heard: the true words and kind, what the recogniser made of it, what the sound tells."""

    said: tuple[str, ...]
    kind: Kind
    heard: tuple[str, ...]
    by_sound: float

    @property
    def meant(self) -> int:
        return int(self.kind == "meant")


def _views(folders: Sequence[Path]) -> Iterator[_View]:
    """Those in which the recogniser heard words."""
    with np.load(data_file("intent.npz")) as found:
        sound = {name: found[name].astype(np.float32) for name in found.files}
    for folder in folders:
        with np.load(folder / "examples.npz") as found:
            ends, frames, kinds = np.cumsum(found["lengths"]), found["frames"], found["kinds"]
            texts, heard = found["texts"][found["sources"]], found["heard"]
        for n, end in enumerate(ends):
            if spoken := words(str(heard[n]))[:LONGEST]:
                by_sound = likelihood(frames[ends[n - 1] if n else 0 : end].astype(np.float32), sound)
                yield _View(words(str(texts[n])), KINDS[kinds[n]], spoken, by_sound)


def _mixed(pairs: Floats, meant: Floats) -> npt.NDArray[np.float32]:
    """Logistic regression on log odds: ``pairs`` (n, 2) by words and by sound; the two weights and what is added."""
    odds = np.log(np.clip(pairs, 1e-3, 1 - 1e-3) / (1 - np.clip(pairs, 1e-3, 1 - 1e-3)))
    seen, mix = np.column_stack((odds, np.ones(len(odds)))), np.zeros(3)
    for _ in range(30):  # Newton's steps, held back a little
        told = 1 / (1 + np.exp(-seen @ mix))
        curve = seen.T @ (seen * (told * (1 - told))[:, None]) + 0.1 * np.eye(3)
        mix += np.linalg.solve(curve, seen.T @ (meant - told) - 0.1 * mix)
    return mix.astype(np.float32)


def _small(name: str, value: npt.NDArray[Any]) -> Any:
    return value.astype(np.float16) if value.dtype.kind == "f" and name != "look.weight" else value


def _shown(told: Floats, meant: Floats) -> str:
    parts = []
    for limit in (0.05, 0.1, 0.2, 0.3, 0.5):
        passed, lost = np.mean(told[meant == 0] < limit), np.mean(told[meant == 1] < limit)
        parts.append(f"< {limit}: {passed:.3f} pass, {lost:.3f} meant lost")
    return "; ".join(parts)


@click.command()
@click.argument("examples", nargs=-1, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("actors/local/data/wording.npz"),
    show_default=True,
)
@click.option("--epochs", default=6, show_default=True)
@click.option("--seed", default=0, show_default=True)
def main(examples: tuple[Path, ...], out: Path, epochs: int, seed: int) -> None:
    """Fit, show what lines with words never met say of it, and write the weights.

    With EXAMPLES (bench.intent.examples) what a recogniser makes of the phrases is learnt, too, and how much the words
    count beside the sound.
    """
    torch.set_num_threads(1)
    vectors = Vectors()
    fit = _Fit(vectors, epochs)
    lines = _lines(seed)
    views = list(_views(examples))
    # What is heard in a noise is no phrase of anybody's.
    lines += [(view.heard, view.meant) for view in views if view.kind != "noise"]
    known = list(dict.fromkeys([*vectors.whole, *(word for said, _ in lines for word in said)]))
    random = Random(seed)
    rare = _rare(lines, random)
    said = sorted({view.said for view in views})
    unsaid = set(random.sample(said, len(said) // 3))  # a view is left out by what was truly said, whatever was heard
    left = [view for view in views if view.said in unsaid or rare & {*view.said}]
    tested = {line for line in lines if rare & {*line[0]} or line[0] in unsaid} | {(v.heard, v.meant) for v in left}
    judge = Wording(_weights(fit([line for line in lines if line not in tested], seed), vectors, known))
    aside = [line for line in lines if rare & {*line[0]}]
    told = np.array([judge.meant(" ".join(said)) for said, _ in aside])
    print(f"words, of {len(aside)} lines with words never met: {_shown(told, np.array([m for _, m in aside]))}")
    mix = _NO_MIX
    if left:
        pairs = np.array([(judge.meant(" ".join(view.heard)), view.by_sound) for view in left])
        meant = np.array([view.meant for view in left], float)
        mix = _mixed(pairs, meant)
        both = np.array([pooled(by_words, by_sound, mix) for by_words, by_sound in pairs])
        print(f"heard, {len(left)} views of phrases left out, by words: {_shown(pairs[:, 0], meant)}")
        print(f"by sound: {_shown(pairs[:, 1], meant)}")
        print(f"by both, mixed {mix.round(2)}: {_shown(both, meant)}")
    weights = _weights(fit(lines, seed), vectors, known) | {"mix": mix}
    np.savez_compressed(out, **{name: _small(name, value) for name, value in weights.items()})
    print(f"{out}: {out.stat().st_size} bytes, {len(known)} words")


if __name__ == "__main__":
    main()
