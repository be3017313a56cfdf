"""What a run of simulated calls has been through: edges of the chart, cuts, resumes, side effects, faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import attrs

from actors.testing._trace import Faulted, Stepped, Trace
from statechart import TABLE, CancelAnswer, Event, Resume, Snapshot, Stage, State, TimerFired

__all__ = ["FEATURES", "Coverage", "Edge", "edge_of"]

FEATURES = ("cut", "resume", "commit in flight at a cut", "fault")  #: what a fifth of all calls should have, each

Edge = tuple[State, type[Event], State]  #: from, on, to


@attrs.define
class Coverage:
    """Counts over calls. ``edges``: how often each was taken; ``features``: in how many calls each was seen."""

    calls: int = 0
    edges: Counter[Edge] = attrs.field(factory=Counter)
    features: Counter[str] = attrs.field(factory=Counter)
    seconds: float = 0.0  #: virtual

    def add(self, trace: Trace) -> None:
        self.calls += 1
        self.seconds += trace.log[-1][0]
        self.edges.update(_edges(trace))
        self.features.update(set(_features(trace)))

    def merge(self, other: Coverage) -> None:
        self.calls += other.calls
        self.seconds += other.seconds
        self.edges.update(other.edges)
        self.features.update(other.features)

    def rare_edges(self, least: int) -> dict[Edge, int]:
        """The edges of the chart's table that were taken fewer times than that, and how often."""
        edges = [(*pair, target) for pair, rule in TABLE.items() for target in rule.targets]
        return {edge: self.edges[edge] for edge in edges if self.edges[edge] < least}

    def table(self, *, edges: bool = True) -> str:
        """The features and, with ``edges``, every edge of the chart and how often it was taken, as text."""
        lines = [f"{self.calls} calls, {self.seconds / 3600:.1f} virtual hours"]
        lines += [f"  {name:28} {100 * self.features[name] / max(1, self.calls):5.1f} % of calls" for name in FEATURES]
        if not edges:
            return "\n".join(lines)
        for (state, event), rule in sorted(TABLE.items(), key=lambda item: (item[0][0].value, item[0][1].__name__)):
            targets = sorted(rule.targets, key=lambda target: target.value)
            counts = ", ".join(f"{target.value} {self.edges[state, event, target]}" for target in targets)
            lines.append(f"  {state.value:12} {event.__name__:18} -> {counts}")
        return "\n".join(lines)


def _edges(trace: Trace) -> Iterator[Edge]:
    return filter(None, map(edge_of, trace.steps))


def edge_of(step: Stepped) -> Edge | None:
    """The edge that this step took; None where the event was ignored, stale, or came after the call's end."""
    pair = (step.before.state, type(step.event))
    if pair in TABLE and not step.before.ended and not is_stale(step.event, step.before):
        return (*pair, step.step.snapshot.state)
    return None


def is_stale(event: Any, before: Snapshot) -> bool:
    """Whether the event belongs to an older turn or attempt, or to a timer that was armed anew."""
    if isinstance(event, TimerFired):
        return all(armed.timer is not event.timer or armed.serial != event.serial for armed in before.armed)
    turn, attempt = getattr(event, "turn", None), getattr(event, "attempt", None)
    return turn is not None and attempt is not None and (turn, attempt) < (before.turn, before.attempt)


def _features(trace: Trace) -> Iterator[str]:
    for _, entry in trace.log:
        if isinstance(entry, Faulted):
            yield "fault"
        elif isinstance(entry, Stepped):
            for effect in entry.step.effects:
                if isinstance(effect, Resume):
                    yield "resume"
                elif isinstance(effect, CancelAnswer) and effect.reason.startswith(("barge-in", "typed")):
                    yield "cut"
                    if any(commit.stage is Stage.RUNNING for commit in entry.before.commits):
                        yield "commit in flight at a cut"
