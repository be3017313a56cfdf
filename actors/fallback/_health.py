"""When an engine counts as down, and for how long. Pure: times come in, seconds of any one clock."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

__all__ = ["BackOff", "Health", "after_check", "after_failure", "order"]

_DOUBLINGS = 32  # more make no difference to any sensible limit


@attrs.frozen
class BackOff:
    """Seconds that an engine is left alone: ``first`` after one failure, doubled with each further one, at most
    ``most``; longer where the engine itself asked for it."""

    first: float = 1.0
    most: float = 60.0

    def wait(self, failures: int, retry_after: float | None = None) -> float:
        doubled = self.first * 2.0 ** min(max(0, failures - 1), _DOUBLINGS)
        return max(min(doubled, self.most), retry_after or 0.0)


@attrs.frozen
class Health:
    """``failures`` in a row since the engine last did its work; ``down_until``: None while it is up."""

    failures: int = 0
    down_until: float | None = None


def after_failure(health: Health, now: float, back_off: BackOff, retry_after: float | None = None) -> Health:
    """The engine failed. Calls that fail at the same moment count as one failure."""
    if health.down_until is not None and now < health.down_until:
        return health
    failures = health.failures + 1
    return Health(failures, now + back_off.wait(failures, retry_after))


def after_check(health: Health, ok: bool, now: float, back_off: BackOff, retry_after: float | None = None) -> Health:
    """A down engine was tried. One that answers is up again, but only work makes its failures forgotten: an engine
    that passes its checks and fails at its work is left alone for longer and longer."""
    if ok:
        return attrs.evolve(health, down_until=None)
    return after_failure(attrs.evolve(health, down_until=None), now, back_off, retry_after)


def order(healths: Sequence[Health]) -> tuple[int, ...]:
    """In which order to try the engines: those that are up, as preferred; then the others, the next one due first."""
    up = [i for i, health in enumerate(healths) if health.down_until is None]
    down = [(health.down_until, i) for i, health in enumerate(healths) if health.down_until is not None]
    return (*up, *(i for _, i in sorted(down)))
