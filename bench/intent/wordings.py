"""Fits what judges the words over an agent (``actors/local/wording``). Needs torch (group "training")."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from bench.intent._phrases import KINDS, Kind, Line, spoken_phrases, taught
from bench.intent._vectors import Vectors
from bench.intent.fit import Network
from bench.training._corpus import corpus
from statechart import words

Floats = npt.NDArray[np.float64]

HIDDEN, WIDTH, BATCH = 32, 3, 64
SCALE = 24.0  #: a point's length: its numbers are about 1
DIALOGUES, DRAWS = 400, 60
EPOCHS, LINES = 6, 10_000  # an epoch is so many lines drawn
FOLDS = 4
_EVEN = 0.6  # a family of so many lines counts as that many to this power
_HEARD = 0.25  # the share of what a recogniser made of phrases
_SHOWN = 80  # lines of a family that are judged
_NO_MIX = np.array([1.0, 0.0, 0.0], np.float32)


@attrs.frozen
class _Weighed:
    lines: list[Line]
    weights: Floats


def _callers(seed: int) -> list[Line]:
    """What callers of the training's dialogues say. "Thank you, bye" is said when nothing more is wanted."""
    dialogues = islice(corpus(seed), DIALOGUES)
    said = [words(line.text) for dialogue in dialogues for line in dialogue.lines if line.role == "user"]
    return taught([(each[:LONGEST], 1) for each in said if len(each) > 1 and not {"thanks", "thank", "bye"} & {*each}])


def _weighed(families: Iterable[Sequence[Line]], heard: Sequence[Line]) -> _Weighed:
    """Both kinds weigh alike, and no family much more than another."""
    lines: list[Line] = []
    weights: list[float] = []
    for family in filter(None, families):
        lines += family
        weights += [len(family) ** (_EVEN - 1)] * len(family)
    if heard:
        weights += [sum(weights) * _HEARD / (1 - _HEARD) / len(heard)] * len(heard)
        lines += heard
    share, meant = np.array(weights), np.array([kind for _, kind in lines])
    for kind in (0, 1):
        share[meant == kind] /= 2 * share[meant == kind].sum()
    return _Weighed(lines, share)


class _Fit:
    def __init__(self, vectors: Vectors, epochs: int) -> None:
        self._vectors, self._epochs = vectors, epochs

    def __call__(self, learnt: _Weighed, seed: int) -> Network:
        torch.manual_seed(seed)
        random, network = Random(seed), Network(self._vectors.size, HIDDEN, width=WIDTH, kinds=2)
        optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=0.05)
        steps = self._epochs * LINES // BATCH
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
        loss = nn.CrossEntropyLoss(label_smoothing=0.02)
        drawn = np.random.default_rng(seed).choice(len(learnt.lines), (steps, BATCH), p=learnt.weights)
        for which in drawn:
            points, mask, kinds = self._batch([self._partly(learnt.lines[each], random) for each in which])
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


def _shown(told: Floats, meant: Floats, weights: Floats) -> str:
    """How much of the backchannels is let pass where so much of what is meant is not."""
    parts = []
    for kept in (0.98, 0.975, 0.95):
        order = np.argsort(told[meant == 1])
        below = np.cumsum(weights[meant == 1][order]) / weights[meant == 1].sum()
        limit = told[meant == 1][order][np.searchsorted(below, 1 - kept)]
        passed = np.average(told[meant == 0] < limit, weights=weights[meant == 0])
        parts.append(f"{kept}: {passed:.3f} pass (< {limit:.2f})")
    return "; ".join(parts)


class _Judged:
    """Families and views, each judged by what was fitted without it."""

    def __init__(self, families: Mapping[str, list[Line]], views: Sequence[_View], seed: int) -> None:
        names, random = sorted(families), Random(seed)
        random.shuffle(names)
        names.sort(key=lambda name: name.split()[0])  # as much of each kind in each fold
        self._families, self._views = families, views
        self.folds = [names[fold::FOLDS] for fold in range(FOLDS)]
        whose = {said: fold for fold, chosen in enumerate(self.folds) for name in chosen for said, _ in families[name]}
        for said in sorted({view.said for view in views} - {*whose}):
            whose[said] = random.randrange(FOLDS)
        self._whose = whose

    def learnt(self, fold: int) -> _Weighed:
        """All without that fold: neither its families nor any of their phrases in others."""
        out = {said for name in self.folds[fold] for said, _ in self._families[name]}
        rest = [name for other in range(FOLDS) if other != fold for name in self.folds[other]]
        heard = _heard(view for view in self._views if self._whose[view.said] != fold)
        kept = [[line for line in self._families[name] if line[0] not in out] for name in rest]
        return _weighed(kept, [line for line in heard if line[0] not in out])

    def lines(self, fold: int) -> Iterator[tuple[Line, float]]:
        """Of that fold, with what they weigh."""
        for name in self.folds[fold]:
            found = self._families[name]
            found = Random(name).sample(found, min(len(found), _SHOWN))
            yield from ((line, min(1.0, len(found) / 15) / len(found)) for line in found)

    def views(self, fold: int) -> list[_View]:
        return [view for view in self._views if self._whose[view.said] == fold]


def _heard(views: Iterable[_View]) -> list[Line]:
    """What is heard in a noise is no phrase of anybody's."""
    return taught([(view.heard, view.meant) for view in views if view.kind != "noise"])


@click.command()
@click.argument("examples", nargs=-1, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("actors/local/data/wording.npz"),
    show_default=True,
)
@click.option("--epochs", default=EPOCHS, show_default=True)
@click.option("--seed", default=0, show_default=True)
def main(examples: tuple[Path, ...], out: Path, epochs: int, seed: int) -> None:
    """Show what is made of families of phrases that were left out, fit to all and write the weights.

    With EXAMPLES (bench.intent.examples) what a recogniser makes of the phrases is learnt, too, and how much the words
    count beside the sound.
    """
    torch.set_num_threads(1)
    vectors = Vectors()
    fit = _Fit(vectors, epochs)
    families = spoken_phrases(seed, DRAWS) | {"meant callers": _callers(seed)}
    views = list(_views(examples))
    everything = _weighed(families.values(), _heard(views))
    known = list(dict.fromkeys([*vectors.whole, *(word for said, _ in everything.lines for word in said)]))
    judged = _Judged(families, views, seed)
    plain, both = [], []
    for fold in range(FOLDS):
        judge = Wording(_weights(fit(judged.learnt(fold), seed), vectors, known))
        plain += [(judge.meant(" ".join(said)), meant, weight) for (said, meant), weight in judged.lines(fold)]
        both += [(judge.meant(" ".join(view.heard)), view.by_sound, view.meant) for view in judged.views(fold)]
    told, meant, weight = np.array(plain, float).T
    print(f"words of families left out, {len(told)} lines: {_shown(told, meant, weight)}")
    mix = _NO_MIX
    if both:
        pairs, meant = np.array(both, float)[:, :2], np.array(both, float)[:, 2]
        mix = _mixed(pairs, meant)
        pool = np.array([pooled(by_words, by_sound, mix) for by_words, by_sound in pairs])
        for name, told in (("words", pairs[:, 0]), ("sound", pairs[:, 1]), (f"both, mixed {mix.round(2)}", pool)):
            print(
                f"heard, {len(pairs)} views of phrases left out, by {name}: {_shown(told, meant, np.ones(len(meant)))}"
            )
    weights = _weights(fit(everything, seed), vectors, known) | {"mix": mix}
    np.savez_compressed(out, **{name: _small(name, value) for name, value in weights.items()})
    print(f"{out}: {out.stat().st_size} bytes, {len(known)} words, {len(everything.lines)} lines")


if __name__ == "__main__":
    main()
