"""Whole calls in virtual time: a script in, a trace out. No threads, no sockets, no real clock, and no chance."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import trio

from actors.testing._diary import Diary
from actors.testing._script import Script
from actors.testing._simulation import LONGEST_CALL_S, Simulation
from actors.testing._trace import Trace
from actors.testing._virtual import LeapingClock, run_virtual

__all__ = ["simulate", "simulate_together"]


def simulate(script: Script) -> Trace:
    """Run one call in virtual time. The same script always gives the same trace."""
    return simulate_together([script])[0]


def simulate_together(scripts: Sequence[Script], *, one_diary: bool = False) -> list[Trace]:
    """Run calls side by side in one virtual time, each with engines of its own; their traces, in order.

    ``one_diary``: they share their records, in which there is one of each thing that can be had, for whoever is first.
    :func:`check_together` checks such calls.
    """
    shared = Diary(scarce=True)
    traces = [Trace(script) for script in scripts]

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            for number, trace in enumerate(traces):
                nursery.start_soon(Simulation(trace, f"c{number}", shared if one_diary else Diary()).run)

    with _deterministic(sum(script.seed for script in scripts)), _quiet():
        run_virtual(main, limit=LONGEST_CALL_S * 4, clock=LeapingClock())
    return traces


@contextmanager
def _deterministic(seed: int) -> Iterator[None]:
    """Let trio run ready tasks in an order that depends on ``seed`` alone. It has no public way; pytest-trio and
    Hypothesis' own integration do the same."""
    core: Any = trio._core._run
    before = core._ALLOW_DETERMINISTIC_SCHEDULING, core._r.getstate()
    core._ALLOW_DETERMINISTIC_SCHEDULING = True
    core._r.seed(seed)
    try:
        yield
    finally:
        core._ALLOW_DETERMINISTIC_SCHEDULING = before[0]
        core._r.setstate(before[1])


@contextmanager
def _quiet() -> Iterator[None]:
    """Faults are the point here; the trace tells of them."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
