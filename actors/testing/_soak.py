"""Many simulated calls: does every invariant hold in all of them, and have they been everywhere?"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_context
from typing import Any

import attrs

from actors.testing._check import check
from actors.testing._coverage import Coverage
from actors.testing._draw import draw_script
from actors.testing._script import Script
from actors.testing._simplify import simplify
from actors.testing._simulate import simulate
from actors.testing._violation import Violation

__all__ = ["Failure", "Soak", "as_code", "soak"]

_BATCH = 10  # calls: a second or so, which is how long Ctrl-C may take


@attrs.frozen
class Failure:
    """The call of seed ``seed`` broke invariants."""

    seed: int
    violations: tuple[Violation, ...]

    @property
    def replay(self) -> str:
        """The command that runs exactly this call again."""
        return f"bargein soak --calls 1 --seed {self.seed}"

    def simplest(self) -> tuple[Script, tuple[Violation, ...]]:
        """The plainest script found that still breaks the first of these invariants, and what it breaks."""
        wanted = self.violations[0].invariant
        script = simplify(draw_script(self.seed), lambda s: any(v.invariant == wanted for v in check(simulate(s))))
        return script, tuple(check(simulate(script)))


@attrs.define
class Soak:
    """What came of a run. ``elapsed`` in real seconds; ``interrupted``: Ctrl-C ended it."""

    coverage: Coverage = attrs.field(factory=Coverage)
    failures: list[Failure] = attrs.field(factory=list)
    elapsed: float = 0.0
    interrupted: bool = False

    def merge(self, other: Soak) -> None:
        self.coverage.merge(other.coverage)
        self.failures.extend(other.failures)


def soak(
    calls: int,
    seed: int = 0,
    *,
    jobs: int = 1,
    most_failures: int = 10,
    on_progress: Callable[[Soak], None] = lambda _: None,
) -> Soak:
    """Simulate and check the calls of seeds ``seed`` to ``seed + calls - 1``, in ``jobs`` processes.

    Stops early after ``most_failures``, and at Ctrl-C: the calls counted until then are returned. ``on_progress`` is
    given the results so far from time to time.
    """
    total, began = Soak(), time.perf_counter()
    batches = (range(start, min(start + _BATCH, seed + calls)) for start in range(seed, seed + calls, _BATCH))
    try:
        for part in _run(batches, jobs):
            total.merge(part)
            total.elapsed = time.perf_counter() - began
            on_progress(total)
            if len(total.failures) >= most_failures:
                break
    except* KeyboardInterrupt:  # alone, or in the groups of the call that it came into
        total.interrupted = True
    return total


def _run(batches: Iterator[range], jobs: int) -> Iterator[Soak]:
    if jobs == 1:
        yield from map(_soak_some, batches)
        return
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
    try:
        with _deaf_to_interrupts():
            waiting = [pool.submit(_soak_some, batch) for batch in islice(batches, 2 * jobs)]
        while waiting:
            yield waiting.pop(0).result()
            waiting += [pool.submit(_soak_some, batch) for batch in islice(batches, 1)]
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Processes started meanwhile never see Ctrl-C, which a terminal sends to all: they end when they are told to."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _soak_some(seeds: range) -> Soak:
    result = Soak()
    for seed in seeds:
        trace = simulate(draw_script(seed))
        result.coverage.add(trace)
        violations = check(trace)
        if violations:
            result.failures.append(Failure(seed, tuple(violations)))
    return result


def as_code(value: object) -> str:
    """A script as Python text, without what is as usual: to be pasted into a regression test."""
    if isinstance(value, tuple):
        items = ", ".join(as_code(item) for item in value)
        return f"({items},)" if len(value) == 1 else f"({items})"
    kind: Any = type(value)
    if not attrs.has(kind):
        return repr(value)
    given = {field.name: getattr(value, field.name) for field in attrs.fields(kind)}
    plain = {field.name: field.default for field in attrs.fields(kind)}
    arguments = ", ".join(f"{name}={as_code(each)}" for name, each in given.items() if each != plain[name])
    return f"{kind.__name__}({arguments})"
