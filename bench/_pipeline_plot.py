"""The paper's table as a picture: where the time of a turn goes, in each profile and each way to put it together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import mean, median
from typing import Any

import matplotlib

from bench._account import PARTS
from bench._pipeline_report import Measured
from bench._profiles import MODES, PROFILES

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

__all__ = ["plot_pipeline"]

_COLOURS = ("#bab0ac", "#4c78a8", "#f58518", "#eeca3b", "#54a24b", "#9aa5b1", "#e45756")
_MEDIAN: dict[str, Any] = {
    "color": "black",
    "marker": "_",
    "markersize": 22,
    "markeredgewidth": 1.5,
    "linestyle": "none",
}


def plot_pipeline(turns: Sequence[Measured], title: str, path: Path) -> None:
    """Stacked means per part (medians would not add up), and the median of the whole as a mark and a number, which is
    not where the bar ends; lines: the paper's figure, the target."""
    shown = [p for p in PROFILES.values() if any(t.profile == p.name and t.parts for t in turns)]
    if not shown:
        return
    figure, axes = plt.subplots(1, len(shown), figsize=(5.2 * len(shown), 5.4), squeeze=False, layout="constrained")
    for profile, axis in zip(shown, axes[0], strict=True):
        skipped = 2 if profile.from_final else 0
        for column, mode in enumerate(MODES):
            cell = [t for t in turns if (t.profile, t.mode) == (profile.name, mode.name) and t.parts]
            if not cell:
                continue
            values = [mean(t.parts[i] for t in cell) for i in range(len(PARTS))]
            if skipped:  # what began before the final transcript counts from there
                values[1] -= mean(t.parts[1] for t in cell) + (mode.lead_s * 1000)
                values[0] = 0.0
            bottom = min(0.0, values[1]) if skipped else 0.0
            for i, value in enumerate(values):
                if skipped and i < skipped:
                    continue
                axis.bar(
                    column, value, bottom=bottom, color=_COLOURS[i], width=0.7, label=PARTS[i] if not column else None
                )
                bottom += value
            p50 = median(t.ttfa_ms for t in cell if t.ttfa_ms is not None)
            axis.plot(column, p50, **_MEDIAN)
            axis.text(column, max(bottom, p50) + 15, f"P50 {p50:.0f}", ha="center", fontsize=9)
        axis.axhline(profile.paper_ms, color="#555555", linestyle=":", linewidth=1)
        axis.text(-0.45, profile.paper_ms + 8, f"paper {profile.paper_ms:.0f}", fontsize=8, color="#555555")
        axis.axhline(profile.target_ms, color="#c0392b", linestyle="--", linewidth=1)
        axis.text(-0.45, profile.target_ms + 8, f"target {profile.target_ms:.0f}", fontsize=8, color="#c0392b")
        axis.axhline(0, color="black", linewidth=0.8)
        axis.set_xticks(range(len(MODES)), [mode.name.replace(", ", ",\n") for mode in MODES], fontsize=8)
        start = "final transcript" if profile.from_final else "last voiced sample"
        axis.set_title(f"{profile.name}: {profile.what}\nms from the {start}", fontsize=10)
    means = [Rectangle((0, 0), 1, 1, color=colour) for colour in _COLOURS]
    labels = [f"{part} (mean)" for part in PARTS]
    figure.legend(
        [*means, Line2D([], [], **_MEDIAN)],
        [*labels, "all of it, P50"],
        loc="outside lower center",
        ncols=len(PARTS) + 1,
        frameon=False,
        fontsize=8,
    )
    figure.suptitle(title, fontsize=8)
    figure.savefig(path, dpi=110)
    plt.close(figure)
