"""Every edge of the chart with the shortest simulated call known that takes it, and what happens around the edge.

The calls are kept as explicit scripts, not as seeds, so that they outlive changes in how scripts are drawn.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from textwrap import shorten
from typing import Any, Final, assert_never

import attrs

from actors.journal import decode, encode, plain
from actors.testing._coverage import Edge, edge_of
from actors.testing._script import Act, Crash, Network, Pace, Script
from actors.testing._simplify import simplify
from actors.testing._simulate import simulate
from actors.testing._trace import Stepped
from statechart import TABLE, Event, Snapshot, State, transition

__all__ = ["Way", "all_edges", "best_ways", "dump_ways", "edges_page", "load_ways", "plain_ways", "walk"]

_BEFORE, _AFTER = 2, 1  # steps shown around the edge
_DETOUR = 10  # steps that a plainer call may take longer
_EVENT = 60  # columns


@attrs.frozen
class Way:
    """How to come to an edge: a simulated call; or, where none has come there, only events for the chart."""

    script: Script | None = None
    events: tuple[Event, ...] = ()


Steps = list[tuple[float | None, Stepped]]
"""The steps of the chart along a way, each with the seconds since the call began, where there is a clock."""


def all_edges() -> list[Edge]:
    """The edges of the chart's table, in the order in which people would look for them."""
    order = {state: place for place, state in enumerate(State)}
    edges = [(state, event, target) for (state, event), rule in TABLE.items() for target in rule.targets]
    return sorted(edges, key=lambda edge: (order[edge[0]], edge[1].__name__, order[edge[2]]))


# --- ways ----------------------------------------------------------------------------------------------------------


def walk(way: Way) -> Steps:
    """What the chart does along it."""
    if way.script is not None:
        trace = simulate(way.script)
        return [(at, entry) for at, entry in trace.log if isinstance(entry, Stepped)]
    now, steps = Snapshot(), Steps()
    for event in way.events:
        step = transition(now, event)
        steps.append((None, Stepped(event, now, step)))
        now = step.snapshot
    return steps


def _place(steps: Steps, edge: Edge) -> int | None:
    """Which step takes the edge first."""
    return next((place for place, (_, step) in enumerate(steps) if edge_of(step) == edge), None)


def best_ways(ways: Iterable[Way], progress: Callable[[int], None] = lambda _: None) -> dict[Edge, Way]:
    """For each edge that any of these takes: the one that takes the fewest steps to come there. A simulated call goes
    before events alone."""
    best: dict[Edge, tuple[tuple[bool, int], Way]] = {}
    for number, way in enumerate(ways, 1):
        for place, (_, step) in enumerate(walk(way)):
            edge, cost = edge_of(step), (way.script is None, place)
            if edge is not None and (edge not in best or cost < best[edge][0]):
                best[edge] = cost, way
        progress(number)
    return {edge: way for edge, (_, way) in best.items()}


def plain_ways(ways: Mapping[Edge, Way], progress: Callable[[int], None] = lambda _: None) -> dict[Edge, Way]:
    """Plainer calls that take these edges about as soon; few of them, as one may do for many edges."""
    pool: dict[Way, Steps] = {}
    found: dict[Edge, Way] = {}
    for number, (edge, way) in enumerate(ways.items(), 1):
        latest = (_place(walk(way), edge) or 0) + _DETOUR
        near = (known for known, steps in pool.items() if _takes(steps, edge, latest))
        found[edge] = next(near, None) or _plainer(edge, way, latest)
        pool.setdefault(found[edge], walk(found[edge]))
        progress(number)
    return found


def _plainer(edge: Edge, way: Way, latest: int) -> Way:
    if way.script is None:
        return way
    return Way(simplify(way.script, lambda script: _takes(walk(Way(script)), edge, latest)))


def _takes(steps: Steps, edge: Edge, latest: int) -> bool:
    place = _place(steps, edge)
    return place is not None and place <= latest


def dump_ways(ways: Mapping[Edge, Way]) -> str:
    """As JSON, one edge a line."""
    lines = []
    for edge in all_edges():
        if edge in ways:
            way = ways[edge]
            means = (
                {"script": _without_defaults(encode(way.script), Script())}
                if way.script
                else {"events": encode(way.events)}
            )
            lines.append(json.dumps({"edge": _name(edge), **means}, ensure_ascii=False))
    return "[\n" + ",\n".join(lines) + "\n]\n"


def load_ways(text: str) -> dict[Edge, Way]:
    """What :func:`dump_ways` wrote, without edges that the chart has no more."""
    edges = {tuple(_name(edge)): edge for edge in all_edges()}
    ways = {}
    for fields in json.loads(text):
        edge = edges.get(tuple(fields["edge"]))
        if edge is not None:
            ways[edge] = Way(
                decode(Script | None, fields.get("script")), decode(tuple[Event, ...], fields.get("events", []))
            )
    return ways


def _without_defaults(data: Any, like: Script) -> Any:
    plain_form = encode(like)
    return {name: value for name, value in data.items() if name == "type" or value != plain_form[name]}


def _name(edge: Edge) -> list[str]:
    state, event, target = edge
    return [state.name, event.__name__, target.name]


# --- the page ------------------------------------------------------------------------------------------------------

_HEAD: Final = """# Every edge of the statechart

One short timeline for each of the {edges} edges of the table in `statechart/_chart.py`, drawn from a simulated call
(`actors.testing.simulate`): the shortest one known that takes it, made as plain as it gets. `►` marks the edge; each
line gives the time in the call, what happened, and after the arrow what the chart ordered.{alone}

This page is generated: `python -m actors.testing.edges > docs/edges.md`. The calls are in `docs/edges.json`; a test
plays them again and compares. What the states and the numbers mean stands in [statechart.md](statechart.md).
"""
_ALONE: Final = """ {alone} of them no simulated
call has taken yet: there the chart was fed with events alone, and there are no times."""


def edges_page(ways: Mapping[Edge, Way]) -> str:
    """The page. ValueError for an edge that its way does not take (any more)."""
    walked: dict[Way, Steps] = {}
    alone = sum(way.script is None for way in ways.values())
    lines = [_HEAD.format(edges=len(ways), alone=_ALONE.format(alone=alone) if alone else "")]
    state: State | None = None
    for edge in all_edges():
        if edge not in ways:
            continue
        if edge[0] is not state:
            state = edge[0]
            lines.append(f"## {state.name}\n")
        way = ways[edge]
        if way not in walked:
            walked[way] = walk(way)
        place = _place(walked[way], edge)
        if place is None:
            raise ValueError(
                f"{' '.join(_name(edge))} is not taken any more; python -m actors.testing.edges --find 500"
            )
        lines += _timeline(edge, way, walked[way], place)
    return "\n".join(lines)


def _timeline(edge: Edge, way: Way, steps: Steps, place: int) -> Iterator[str]:
    state, event, target = edge
    yield f"### {state.name}: {_words(event)} → {target.name if target is not state else 'stays'}\n"
    yield f"{_story(way.script)}\n" if way.script is not None else "The chart alone.\n"
    yield "```text"
    for number in range(max(0, place - _BEFORE), min(len(steps), place + _AFTER + 1)):
        yield from _moment(*steps[number], mark="►" if number == place else " ")
    yield "```\n"


def _moment(at: float | None, step: Stepped, *, mark: str) -> Iterator[str]:
    before, after = step.before.state, step.step.snapshot.state
    time = "" if at is None else f"{at:.2f}"
    what = shorten(plain(step.event), _EVENT, placeholder=" …")
    where = before.value if after is before else f"{before.value} → {after.value}"
    yield f"{mark} {time:>6}  {what:{_EVENT}}  {where}".rstrip()
    effects = [shorten(plain(effect), _EVENT, placeholder=" …") for effect in step.step.effects]
    for first in range(0, len(effects), 3):
        yield f"{'':10}→ " + "; ".join(effects[first : first + 3])


def _words(event: type[Event]) -> str:
    return "".join(f" {c.lower()}" if c.isupper() else c for c in event.__name__).strip()


def _story(script: Script) -> str:
    """The script in a line or two."""
    parts = [_act(act) for act in script.acts] + [f"{_act(act)} (meanwhile)" for act in script.asides]
    parts += [f"{fault.part} fails ({fault.kind}) at request {fault.nth + 1}" for fault in script.faults]
    parts += [f"the {crash.actor} crashes {_moment_of(crash)}" for crash in script.crashes]
    slow = [
        name
        for name, here, usual in (("network", script.network, Network()), ("engines", script.pace, Pace()))
        if here != usual
    ]
    parts += [f"{' and '.join(slow)} not as usual"] if slow else []
    parts += ["short waits"] if script.hasty else []
    parts += [] if script.recorded else ["fixed words are not recorded"]
    return f"Caller: {'; '.join(parts) or 'says nothing and hangs up'}."


def _moment_of(crash: Crash) -> str:
    if not crash.when:
        return f"at {crash.after_ms / 1000:g} s"
    return f"{crash.after_ms} ms after it is {crash.when}" if crash.after_ms else f"when {crash.when}"


def _act(act: Act) -> str:
    waits: Sequence[str] = [f"when {act.when}"] if act.when else []
    waits = [*waits, f"after {act.after_ms} ms"] if act.after_ms else waits
    match act.do:
        case "say":
            what = f"says “{act.talk.text}”" if act.talk.text else f"makes a noise of {act.talk.ms} ms"
        case "type":
            what = f"types “{act.talk.text}”"
        case "lose":
            what = f"loses the line for {act.ms} ms" if act.ms else "loses the line for good"
        case "stall":
            what = f"is out of the network's reach for {act.ms} ms"
        case "drain":
            what = "the server stops"
        case "report":
            what = "reports playback that never was"
        case "hang up":
            what = "hangs up"
        case "wait":
            what = "waits"
        case never:
            assert_never(never)
    return ", ".join([*waits, what])
