"""The fewest events that lead the chart over an edge, for edges that no simulated call takes."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, get_args

from actors.testing._coverage import Edge, edge_of
from actors.testing._trace import Stepped
from statechart import Event, IllegalEvent, Snapshot, Step, transition
from statechart.testing import event_of

__all__ = ["shortest_events"]

_MOST = 4000  # snapshots to look around from
#: Of the numbers that stand for events: of the current turn and attempt, in this and the next segment, with any words.
_NUMBERS = tuple(segment + 400 * choice for choice in range(12) for segment in (0, 50))


def shortest_events(edges: Collection[Edge], walks: Iterable[Sequence[Event]]) -> dict[Edge, tuple[Event, ...]]:
    """Looks around, breadth first, from every kind of snapshot that these walks through the chart come to."""
    missing, found = set(edges), dict[Edge, tuple[Event, ...]]()
    paths: dict[Any, tuple[Snapshot, tuple[Event, ...]]] = {_form(Snapshot()): (Snapshot(), ())}
    for walk in walks:
        now = Snapshot()
        for number, event in enumerate(walk, 1):
            now = _after(now, event) or now
            form = _form(now)
            if form not in paths or number < len(paths[form][1]):
                paths[form] = now, tuple(walk[:number])
    waiting = deque(sorted(paths.values(), key=lambda path: len(path[1])))
    for _ in range(_MOST):
        if not (waiting and missing):
            break
        now, path = waiting.popleft()
        for event in _possible(now):
            after = _after(now, event)
            if after is None:
                continue
            edge = edge_of(Stepped(event, now, Step(after)))
            if edge in missing:
                missing.discard(edge)
                found[edge] = (*path, event)
            form = _form(after)
            if form not in paths and not after.ended:
                paths[form] = after, (*path, event)
                waiting.append(paths[form])
    return found


def _after(now: Snapshot, event: Event) -> Snapshot | None:
    """None where the event is illegal."""
    try:
        return transition(now, event).snapshot
    except IllegalEvent:
        return None


def _possible(now: Snapshot) -> Iterator[Event]:
    for kind in get_args(Event):
        yield from dict.fromkeys(event_of(now, kind, number) for number in _NUMBERS)


def _form(now: Snapshot) -> Any:
    """What decides about a snapshot, but for words and numbers."""
    said, reply = now.utterance, now.reply
    return (
        now.state,
        (now.started, now.voiced, now.connected, now.draining, bool(now.closing), now.interrupted, now.overdue),
        (now.unsettled is None, now.ignored_segment >= 0, now.overlap_ms > 0, bool(now.heard), now.idle_prompts),
        (bool(said.pieces), bool(said.text), said.settled, said.failed, said.doubtful, bool(said.known)),
        reply
        and (reply.kind, bool(reply.text), reply.confirmed, reply.waiting, reply.ready, reply.playing, reply.played),
        reply and (reply.answered, reply.finished, reply.failed, reply.committed, reply.unheard_ms, bool(reply.ends)),
        tuple((commit.stage, commit.told_alone) for commit in now.commits),
        frozenset(armed.timer for armed in now.armed),
    )
