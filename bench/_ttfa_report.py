"""The tables of bench.ttfa: times by kind of turn, cut-offs, where the time goes, what they leave out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from bench._figures import summarise, wilson
from bench._turn import STEPS, Turn

__all__ = ["PATIENCE_S", "TARGETS", "groups", "line_of", "report"]

TARGETS = {"without a tool": (700, 1200), "with a tool": (1500, 2500)}  #: P50 and P95, ms
PATIENCE_S = 12.0  #: how long an answer is waited for
CUT_OFF_TARGET = 0.05
FILLER_TARGET_MS = 900
LATE_MS = 100.0  #: a caller this far behind real time spoils a measurement
BUSY_CORES = 0.2  #: so does a machine of which others take this much


def groups(turns: Sequence[Turn]) -> dict[str, list[Turn]]:
    """Answered turns: those in which a function was called, and the others."""
    answered = [turn for turn in turns if turn.ttfa_ms is not None]
    return {
        "without a tool": [turn for turn in answered if not turn.tools],
        "with a tool": [turn for turn in answered if turn.tools],
    }


def report(turns: Sequence[Turn]) -> tuple[str, dict[str, Any]]:
    """The tables as text, and the same as data."""
    lines: list[str] = []
    data: dict[str, Any] = {}
    lines.append(f"{'':16} {'n':>3} {'P50':>7} {'P95':>7} {'min':>6} {'max':>6}   target (P50, P95)")
    for name, group in groups(turns).items():
        found = summarise([turn.ttfa_ms for turn in group if turn.ttfa_ms is not None])
        if found is not None:
            p50, p95 = TARGETS[name]
            met = "met" if found.p50 <= p50 and found.p95 <= p95 else "MISSED"
            data[name] = attrs.asdict(found)
            row = f"{name:16} {found.n:3} {found.p50:7.0f} {found.p95:7.0f} {found.low:6.0f} {found.high:6.0f}"
            lines.append(f"{row}   {p50}, {p95}: {met}")
    told = summarise([turn.filler_ms for turn in turns if turn.filler_ms is not None])
    if told is not None:
        data["filler"] = attrs.asdict(told)
        met = "met" if told.high <= FILLER_TARGET_MS else "MISSED"
        row = f"{'filler':16} {told.n:3} {told.p50:7.0f} {told.p95:7.0f} {told.low:6.0f} {told.high:6.0f}"
        lines.append(f"{row}   all within {FILLER_TARGET_MS}: {met}")
        lines += _fillers_by_wait(turns)
    lines += ["", *_cut_offs(turns, data), "", *_steps(turns, data), "", *_cross_check(turns, data)]
    lines += _outside(turns, data)
    return "\n".join(lines), data


def _fillers_by_wait(turns: Sequence[Turn]) -> list[str]:
    """A filler cannot come before the turn is over."""
    lines = []
    for wait in sorted({turn.wait_ms for turn in turns if turn.filler_ms is not None and turn.wait_ms is not None}):
        told = [turn.filler_ms for turn in turns if turn.filler_ms is not None and turn.wait_ms == wait]
        lines.append(f"  after a wait of {wait:4} ms: {min(told):.0f} to {max(told):.0f} ms (n {len(told)})")
    return lines


def _cut_offs(turns: Sequence[Turn], data: dict[str, Any]) -> list[str]:
    cut = [turn for turn in turns if turn.cut_off]
    low, high = wilson(len(cut), len(turns))
    over, split = sum(t.talked_over for t in cut), sum(t.split for t in cut)
    mended = sum(turn.mended for turn in turns)
    share = len(cut) / len(turns) if turns else 0.0
    data["cut_off"] = {"n": len(turns), "cut_off": len(cut), "share": share, "interval95": [low, high]}
    data["cut_off"] |= {"talked_over": over, "split": split, "mended": mended}
    met = "met" if share <= CUT_OFF_TARGET else "MISSED"
    lines = [
        f"Cut off before their end: {len(cut)} of {len(turns)} = {share:.1%}; target {CUT_OFF_TARGET:.0%}: {met}",
        f"  95 % interval (Wilson): {low:.1%} to {high:.1%}",
        f"  agent audio was sent before the end: {over}; final for good before the end: {split}",
        f"  declared over too early, but mended unheard (not counted): {mended}",
    ]
    for turn in turns:
        if turn.early_text:
            what = "CUT OFF" if turn.cut_off else "mended"
            lines.append(f"  {what:8} {turn.early_pause_ms} ms after {turn.early_text!r} in {turn.text!r}")
    return lines


def _steps(turns: Sequence[Turn], data: dict[str, Any]) -> list[str]:
    lines = [f"Medians in ms {'':14}" + "".join(f"{name:>17}" for name in TARGETS)]
    columns = [[turn for turn in group if turn.steps] for group in groups(turns).values()]
    for index, step in enumerate(STEPS):
        values = [summarise([turn.steps[index] for turn in column]) for column in columns]
        cells = "".join(f"{'-' if v is None else format(v.p50, '.0f'):>17}" for v in values)
        lines.append(f"  {step:26}{cells}")
    for name, column in zip(TARGETS, columns, strict=True):
        if not column:
            continue
        medians = {step: _median([turn.steps[i] for turn in column]) for i, step in enumerate(STEPS)}
        largest = max(medians, key=lambda step: medians[step])
        endpoint = _median([turn.endpoint_ms for turn in column if turn.endpoint_ms is not None])
        waiting = {STEPS.index(step) for step in ("silence noticed", "held until sure", "behind the filler", "sent")}
        engines = _median([sum(ms for i, ms in enumerate(turn.steps) if i not in waiting) for turn in column])
        excess = _median([t.endpoint_ms - t.wait_ms for t in column if t.endpoint_ms is not None and t.wait_ms])
        waits = sorted({turn.wait_ms for turn in column if turn.wait_ms is not None})
        counts = ", ".join(f"{wait} ms: {sum(turn.wait_ms == wait for turn in column)}" for wait in waits)
        told = {"largest": largest, "endpoint_p50": endpoint, "endpoint_minus_wait_p50": excess, "engines_p50": engines}
        data[f"steps {name}"] = medians | told
        lines.append(f"{name}: the largest step is {largest!r} ({medians[largest]:.0f} ms). Waits chosen: {counts}.")
        lines.append(
            f"  Floor with instant engines: {endpoint:.0f} ms, when the end is sure; {excess:.0f} ms past the wait."
        )
        lines.append(f"  Floor with no waiting at all: {engines:.0f} ms, the engines one after the other.")
    return lines


def _cross_check(turns: Sequence[Turn], data: dict[str, Any]) -> list[str]:
    pairs = [(t.metrics_ttfa_ms, t.ttfa_ms) for t in turns if t.metrics_ttfa_ms is not None and t.ttfa_ms is not None]
    found = summarise([told - seen for told, seen in pairs])
    if found is None:
        return ["The call's own metrics cannot be compared: there are none."]
    data["metrics_minus_observed"] = attrs.asdict(found)
    spread = f"median {found.p50:+.0f} ms, {found.low:+.0f} to {found.high:+.0f} (n {found.n})"
    return [f"The call's own metrics minus what the caller observed, TTFA: {spread}."]


def _outside(turns: Sequence[Turn], data: dict[str, Any]) -> list[str]:
    """What does not appear in the table, so that nothing is left out in silence."""
    apologies = [turn for turn in turns if turn.apologised]
    silent = [turn for turn in turns if turn.ttfa_ms is None and not turn.cut_off and not turn.apologised]
    other = [turn for turn in turns if not turn.cut_off and turn.ttfa_ms is not None and not _as_needed(turn)]
    late = [turn for turn in turns if turn.late_ms > LATE_MS]
    data |= {"apologies": len(apologies), "no_answer": len(silent), "other_tool": len(other), "late": len(late)}
    lines = [f"Answered with an apology: {len(apologies)}; not answered in {PATIENCE_S:.0f} s: {len(silent)}."]
    lines += [f"  {turn.number}: understood {turn.final_text!r}" for turn in (*apologies, *silent)]
    lines.append(
        f"Another function, or none, was called than the words need: {len(other)} (the model's or recogniser's)."
    )
    lines += [
        f"  {turn.number}: needs {turn.needs or 'none'}, called {', '.join(turn.tools) or 'none'}: {turn.final_text!r}"
        for turn in other
    ]
    busy = [turn for turn in turns if turn.others_cores > BUSY_CORES]
    data["busy"] = len(busy)
    if busy:
        numbers = ", ".join(str(turn.number) for turn in busy)
        lines.append(f"Others took more than {BUSY_CORES} cores during these calls ({len(busy)}): {numbers}.")
    if late:
        lines.append(f"{len(late)} callers fell more than {LATE_MS:.0f} ms behind real time: the machine was too busy.")
    return lines


def _as_needed(turn: Turn) -> bool:
    return turn.needs in turn.tools if turn.needs else not turn.tools


def _median(values: Sequence[float]) -> float:
    found = summarise(values)
    return 0.0 if found is None else found.p50


def line_of(turn: Turn) -> str:
    """One utterance, for the progress."""
    if turn.cut_off:
        what = "CUT OFF after " + repr(turn.early_text)
    elif turn.ttfa_ms is None:
        what = "apology" if turn.apologised else "no answer"
    else:
        what = f"{turn.ttfa_ms:5.0f} ms (end {turn.endpoint_ms:.0f}, wait {turn.wait_ms})"
    extra = [*turn.tools, *(["filler"] if turn.filler_ms is not None else []), *(["mended"] if turn.mended else [])]
    return f"{what} {', '.join(extra)}\n       {turn.voice}: {turn.text}\n       {turn.final_text!r} -> {turn.answer!r}"
