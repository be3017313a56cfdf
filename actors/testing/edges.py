"""The page that documents every edge of the chart: ``python -m actors.testing.edges > docs/edges.md``.

``--find N`` first looks for shorter calls, and for those that edges have none of, among the calls of N seeds, and
rewrites ``docs/edges.json``; some minutes for 1,000. ``--alone`` then looks, for the edges that are left, for events
that lead there without a call, two minutes at most. Do both where a change to the chart has led calls elsewhere.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from actors.testing._alone import shortest_events
from actors.testing._coverage import Edge
from actors.testing._draw import draw_script
from actors.testing._edges import Way, all_edges, best_ways, dump_ways, edges_page, load_ways, plain_ways, walk

__all__ = ["main"]

WAYS = Path("docs/edges.json")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the page; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m actors.testing.edges", description=__doc__)
    parser.add_argument("--find", type=int, default=0, metavar="N", help="look among the calls of N seeds")
    parser.add_argument("--seed", type=int, default=0, help="the first of them")
    parser.add_argument("--ways", type=Path, default=WAYS, help=f"where the calls are kept [{WAYS}]")
    parser.add_argument("--alone", action="store_true", help="look for events alone where there is no call")
    options = parser.parse_args(arguments)
    known = load_ways(options.ways.read_text(encoding="utf-8")) if options.ways.exists() else {}
    if options.find:
        drawn = [Way(draw_script(seed)) for seed in range(options.seed, options.seed + options.find)]
        known = _find([*dict.fromkeys(known.values()), *drawn])
    if options.alone:
        known = _with_events_alone(known)
    if options.find or options.alone:
        options.ways.write_text(dump_ways(known), encoding="utf-8")
    for edge in all_edges():
        if edge not in known:
            _tell(f"no call takes {edge[0].name} on {edge[1].__name__} to {edge[2].name}")
    print(edges_page(known), end="")  # noqa: T201 - its purpose
    return 0


def _find(ways: list[Way]) -> dict[Edge, Way]:
    found = plain_ways(
        best_ways(ways, _every(50, len(ways), "calls")), _every(10, len(all_edges()), "edges made plain")
    )
    return best_ways(dict.fromkeys(found.values()))  # what was made plain for one edge may be better for another


def _with_events_alone(known: dict[Edge, Way]) -> dict[Edge, Way]:
    missing = [edge for edge in all_edges() if edge not in known]
    walks = [[step.event for _, step in walk(way)] for way in dict.fromkeys(known.values())]
    return known | {edge: Way(events=events) for edge, events in shortest_events(missing, walks).items()}


def _every(step: int, total: int, what: str) -> Callable[[int], None]:
    def tell(number: int) -> None:
        if number % step == 0 or number == total:
            _tell(f"{number} of {total} {what}")

    return tell


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
