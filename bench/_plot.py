"""The waterfall: what goes on between the caller's last sound and the agent's first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

import matplotlib

from bench._turn import STEPS, Turn

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

__all__ = ["plot_ttfa"]

_ORDER = (
    "waiting for the end",
    "recogniser",
    "function call",
    "function",
    "first token",
    "first sentence",
    "voice",
    "answer sent",
)
_COLOURS = dict(
    zip(
        STEPS,
        ("#9aa5b1", "#4c78a8", "#b279a2", "#d6a5c9", "#f58518", "#eeca3b", "#54a24b", "#72b7b2", "#e45756", "#333333"),
        strict=True,
    )
)


def plot_ttfa(
    groups: Mapping[str, Sequence[Turn]], title: str, path: Path, targets: Mapping[str, tuple[float, float]]
) -> None:
    """Left, the median beginning and end of everything that goes on; right, each utterance's steps, which add up."""
    shown = {name: [turn for turn in turns if turn.steps] for name, turns in groups.items()}
    shown = {name: turns for name, turns in shown.items() if turns}
    if not shown:
        return
    figure, axes = plt.subplots(
        len(shown), 2, figsize=(15, 1.5 + 4.5 * len(shown)), squeeze=False, width_ratios=(2, 3), layout="constrained"
    )
    for (name, turns), (left, right) in zip(shown.items(), axes, strict=True):
        _spans(left, turns, f"{name}: medians of {len(turns)}")
        _utterances(right, turns, name, targets[name])
    handles, labels = axes[0][1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(STEPS), frameon=False, fontsize=8)
    figure.suptitle(f"From the caller's last voiced sample to the answer's first byte\n{title}", fontsize=9)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _spans(axes: Axes, turns: Sequence[Turn], title: str) -> None:
    names = [name for name in _ORDER if sum(name in turn.spans for turn in turns) * 2 > len(turns)]
    for row, name in enumerate(names):
        begin = median(turn.spans[name][0] for turn in turns if name in turn.spans)
        end = median(turn.spans[name][1] for turn in turns if name in turn.spans)
        colour = {"waiting for the end": "#9aa5b1", "answer sent": "#c0392b"}.get(name, "#4c78a8")
        axes.barh(row, max(end - begin, 4), left=begin, color=colour)
        axes.text(end + 12, row, f"{end:.0f}", va="center", fontsize=8)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_xlabel("ms after the last voiced sample")
    axes.set_title(title, fontsize=10)


def _utterances(axes: Axes, turns: Sequence[Turn], name: str, target: tuple[float, float]) -> None:
    ordered = sorted(turns, key=lambda turn: turn.ttfa_ms or 0.0)
    left = [0.0] * len(ordered)
    for index, step in enumerate(STEPS):
        widths = [turn.steps[index] for turn in ordered]
        axes.barh(range(len(ordered)), widths, left=left, color=_COLOURS[step], label=step, height=0.85)
        left = [at + width for at, width in zip(left, widths, strict=True)]
    for value, word in zip(target, ("P50", "P95"), strict=True):
        axes.axvline(value, color="#c0392b", linestyle="--" if word == "P50" else ":", linewidth=1)
        axes.text(value, len(ordered) - 0.4, f" {word}", color="#c0392b", fontsize=8, va="bottom")
    axes.set_yticks([])
    axes.set_xlabel("TTFA in ms (red: targets)")
    axes.set_title(f"{name}: each utterance", fontsize=10)
