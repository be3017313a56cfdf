"""One interruption, sample by sample."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np

from actors.audio import to_array
from actors.line import AgentSpeaking, Flush, Hold
from actors.ports import AGENT_RATE, CALLER_RATE, Pcm
from bench._hall import Picture

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

__all__ = ["plot_barge_in"]

_BEFORE, _AFTER = 0.9, 3.6  # seconds around the caller's first voiced sample


def plot_barge_in(picture: Picture, path: Path) -> None:
    """Three rows on one clock: the caller's voice, the agent's audio as it came over the socket, as it was played."""
    scene, began = picture.scene, picture.scene.began
    figure, (said, sent, heard) = plt.subplots(3, 1, figsize=(12, 5.2), sharex=True, layout="constrained")
    over = picture.over
    _wave(said, over.samples, CALLER_RATE, -over.first / CALLER_RATE, "#4c78a8")
    said.set_ylabel("caller")
    for came in scene.came:
        if came.pcm:
            colour = "#54a24b" if came.turn == scene.turn else "#f58518"
            length = len(came.pcm) / 2 / AGENT_RATE
            level = float(np.sqrt(np.mean(to_array(came.pcm).astype(float) ** 2))) / 4000
            sent.bar((came.at - began) * 1000, min(1.0, level) + 0.05, width=max(length * 250, 4), color=colour)
    sent.set_ylabel("agent's audio\narrives")
    sent.set_ylim(0, 1.1)
    _wave(heard, picture.track, AGENT_RATE, picture.track_at - began, "#54a24b")
    heard.set_ylabel("agent's audio\nis played")
    marks = [(0.0, "the caller speaks", "#4c78a8")]
    for came in scene.came:
        match came.message:
            case Hold():
                marks.append(((came.at - began) * 1000, "held", "#b8860b"))
            case Flush():
                marks.append(((came.at - began) * 1000, "cut", "#c0392b"))
            case AgentSpeaking(turn) if turn > scene.turn:
                marks.append(((came.at - began) * 1000, "new answer", "#f58518"))
            case _:
                pass
    for axis in (said, sent, heard):
        for at, _, colour in marks:
            axis.axvline(at, color=colour, linewidth=1.2)
        axis.set_yticks([])
        axis.set_xlim(-_BEFORE * 1000, _AFTER * 1000)
    for number, (at, what, colour) in enumerate(marks):
        if at <= _AFTER * 1000:
            height = 1.03 + 0.14 * (number % 3)  # so that marks close together can be read
            place = said.get_xaxis_transform()
            said.text(at + 8, height, f"{what}: {at:.0f} ms", color=colour, fontsize=8, transform=place)
    heard.set_xlabel("ms after the caller's first voiced sample")
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _wave(axis: Axes, samples: Pcm, rate: int, start: float, colour: str) -> None:
    times = (start + np.arange(len(samples)) / rate) * 1000
    shown = (times > -_BEFORE * 1000) & (times < _AFTER * 1000)
    axis.plot(times[shown], samples[shown] / 32768, color=colour, linewidth=0.4)
