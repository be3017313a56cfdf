"""The statechart as Mermaid, drawn from the table itself, so that the drawing cannot drift from the code."""

from __future__ import annotations

import re

from statechart._chart import TABLE
from statechart._snapshot import State

__all__ = ["mermaid"]


def mermaid() -> str:
    """A ``stateDiagram-v2`` of every edge; events that share an edge stand on one arrow.

    Edges that lead back to their own state are left out: they change what is remembered, not who has the floor.
    """
    edges: dict[tuple[State, State], list[str]] = {}
    for (state, event), rule in TABLE.items():
        for target in rule.targets:
            if target is not state:
                edges.setdefault((state, target), []).append(_words(event.__name__))
    order = list(State)
    lines = ["stateDiagram-v2", f"    [*] --> {State.IDLE.name}"]
    for (state, target), events in sorted(edges.items(), key=lambda e: (order.index(e[0][0]), order.index(e[0][1]))):
        lines.append(f"    {state.name} --> {target.name} : {' / '.join(sorted(events))}")
    lines.append(f"    {State.IDLE.name} --> [*] : end call")
    return "\n".join(lines) + "\n"


def _words(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower()
