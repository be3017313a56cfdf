"""Children and policies as data."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import Any, Literal, get_args

import attrs

__all__ = ["Backoff", "ChildSpec", "Policy", "RestartRule", "Strategy"]

RestartRule = Literal["permanent", "transient", "temporary"]
"""permanent: restarted however it ends. transient: restarted when it raises. temporary: never restarted."""

Strategy = Literal["one_for_one", "rest_for_one", "one_for_all"]
"""Who is restarted: the child alone; the child and those started after it; all."""


def _not_negative(_: object, attribute: attrs.Attribute[float], value: float) -> None:
    if not value >= 0:
        raise ValueError(f"{attribute.name} must not be negative: {value}")


def _positive(_: object, attribute: attrs.Attribute[float], value: float) -> None:
    if not value > 0:
        raise ValueError(f"{attribute.name} must be above 0: {value}")


@attrs.frozen
class ChildSpec:
    """One child of a supervisor: an async function and how to treat it.

    ``run(*args, task_status=...)`` calls ``task_status.started(value)`` when it is ready, as ``trio.Nursery.start``
    wants it; the next child starts only then. It ends by returning (a normal end) or raising (a failure).

    ``shutdown`` seconds is how long it may take to end once asked to, see :mod:`actors.runtime`; ``math.inf`` is
    allowed and right for a child that is itself a supervisor, whose own children have their deadlines.
    ``start_timeout`` seconds is how long it may take to be ready.
    The end of a ``significant`` child ends its supervisor; such a child must be transient or temporary.
    ``expected`` errors are known to happen (a process that dies, a peer that leaves): they are treated as any other,
    but logged in one line, a warning, and with a traceback at the level DEBUG only.

    Raises ``ValueError`` for fields that contradict each other or are out of range.
    """

    name: str = attrs.field()
    run: Callable[..., Awaitable[object]]
    args: tuple[Any, ...] = ()
    restart: RestartRule = attrs.field(default="permanent", validator=attrs.validators.in_(get_args(RestartRule)))
    shutdown: float = attrs.field(default=5.0, validator=_not_negative)
    significant: bool = False
    start_timeout: float = attrs.field(default=math.inf, validator=_positive)
    expected: tuple[type[Exception], ...] = ()

    def __attrs_post_init__(self) -> None:
        if self.significant and self.restart == "permanent":
            raise ValueError(
                f"child {self.name!r} is significant (its end ends the supervisor) and permanent (it restarts): "
                'make it restart="transient" or "temporary"'
            )


@attrs.frozen
class Backoff:
    """How long to wait before a restart, in seconds: ``first``, then ``factor`` times more each time, up to ``limit``.

    It counts the restarts that the same child caused within the policy's period, so a quiet period resets it.
    """

    first: float = attrs.field(default=0.1, validator=_not_negative)
    factor: float = attrs.field(default=2.0, validator=attrs.validators.ge(1.0))
    limit: float = attrs.field(default=30.0, validator=_not_negative)

    def delay(self, restarts: int) -> float:
        """Seconds to wait before restart number ``restarts`` (1 is the first)."""
        try:
            grown = self.first * self.factor ** (restarts - 1)
        except OverflowError:
            grown = math.inf
        return min(self.limit, grown)


@attrs.frozen
class Policy:
    """At most ``intensity`` restarts within any ``period`` seconds; one more and the supervisor gives up.

    A group restart counts once; ``intensity`` 0 gives up at the first failure. No ``backoff``: restart at once.
    Raises ``ValueError`` for a field out of range.
    """

    strategy: Strategy = attrs.field(default="one_for_one", validator=attrs.validators.in_(get_args(Strategy)))
    intensity: int = attrs.field(default=3, validator=attrs.validators.ge(0))
    period: float = attrs.field(default=5.0, validator=_positive)
    backoff: Backoff | None = None
