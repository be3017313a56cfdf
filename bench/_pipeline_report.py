"""What the pipeline bench tells of its turns. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np

from bench._account import HOPS
from bench._figures import summarise, wilson
from bench._profiles import MODES, PROFILES

__all__ = ["Measured", "report"]


@attrs.frozen(kw_only=True)
class Measured:
    """One turn, milliseconds. ``parts`` and ``hops``: see :mod:`bench._account`; empty where no answer was heard, or
    before its end. ``overhead_ms``: our own code's part. ``services_late_ms``: what the services took beyond what they
    were told to take."""

    profile: str
    mode: str
    text: str
    understood: str
    ttfa_ms: float | None
    overhead_ms: float | None
    cut_off: bool
    withdrawn: int
    parts: tuple[float, ...] = ()
    hops: tuple[float, ...] = ()
    services_late_ms: float = 0.0
    late_ms: float = 0.0


def report(turns: Sequence[Measured]) -> tuple[str, dict[str, Any]]:
    """The table as text, and the same as data."""
    lines = [f"{'profile, mode':28} {'n':>3} {'P50':>6} {'P95':>6} {'min':>6} {'max':>6}   paper  target (P50)"]
    data: dict[str, Any] = {}
    for profile in PROFILES.values():
        streamed = 0.0
        for mode in MODES:
            cell = [t for t in turns if (t.profile, t.mode) == (profile.name, mode.name)]
            found = summarise([t.ttfa_ms for t in cell if t.ttfa_ms is not None and t.parts])
            if found is None:
                continue
            if mode.name == "streamed":
                streamed = found.p50
            met = "met" if found.p50 <= profile.target_ms else f"{found.p50 - profile.target_ms:+.1f}"
            note = ", ABOVE streamed" if mode.lead_s and found.p50 > streamed > 0 else ""
            row = f"{profile.name} {mode.name:26} {found.n:3} {found.p50:6.1f} {found.p95:6.1f}"
            lines.append(
                f"{row} {found.low:6.1f} {found.high:6.1f}   {profile.paper_ms:5.0f}  {profile.target_ms:.0f}: {met}"
                + note
            )
            data[f"{profile.name} {mode.name}"] = attrs.asdict(found)
    cut = sum(t.cut_off for t in turns)
    low, high = wilson(cut, len(turns))
    data["answered early"] = {"n": len(turns), "early": cut, "low": low, "high": high}
    lines.append(f"\nAnswered before their end: {cut} of {len(turns)} ({low:.1%} to {high:.1%}); target 5 %.")
    lines.append(f"Early starts withdrawn: {sum(t.withdrawn for t in turns)}, none of them heard.")
    data["overhead"] = _spread([t.overhead_ms for t in turns if t.overhead_ms is not None])
    if data["overhead"]:
        lines.append(f"Our own code per turn: {_told(data['overhead'])} ms; targets 10 (P50) and 25 (P99).")
        for number, hop in enumerate(HOPS):
            lines.append(f"  {hop:22} {_told(_spread([t.hops[number] for t in turns if t.hops]))}")
        for mode in MODES:
            found_ = _spread([t.overhead_ms for t in turns if t.overhead_ms is not None and t.mode == mode.name])
            if found_:
                lines.append(f"  {mode.name:22} {_told(found_)}")
    data["services late"] = _spread([t.services_late_ms for t in turns if t.parts])
    if data["services late"]:
        lines.append(f"The services took longer than told by {_told(data['services late'])} ms; in all of the above.")
    framing = summarise([t.parts[0] for t in turns if t.parts])
    if framing is not None:
        lines.append(
            f"Framing (audio is sent in pieces of 80 ms, as the service advises): P50 {framing.p50:.0f} ms; in B and C."
        )
    silent = [t for t in turns if not t.parts and not t.cut_off]
    if silent:
        lines.append(f"Without an answer: {len(silent)}")
        lines += [f"  {t.profile} {t.mode}: {t.text!r} understood as {t.understood!r}" for t in silent]
    return "\n".join(lines), data


def _spread(values: Sequence[float]) -> dict[str, float]:
    if not values:
        return {}
    p50, p99 = np.percentile(values, [50, 99])  # linear between neighbours
    return {"n": len(values), "p50": float(p50), "p99": float(p99), "max": max(values)}


def _told(spread: dict[str, float]) -> str:
    return f"P50 {spread['p50']:.1f}, P99 {spread['p99']:.1f}, max {spread['max']:.1f} (of {spread['n']:.0f})"
