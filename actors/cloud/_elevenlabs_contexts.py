"""Which contexts of one connection are open, closing and gone. Pure; time is given.

The service allows five contexts at once and counts one until it has closed it itself: what we closed occupies its
place until the service says so (``isFinal``). A sixth would end the connection for all of them. Where it does not say
so within :data:`PATIENCE` seconds, the connection is *stale*: nothing new is opened on it.
"""

from __future__ import annotations

__all__ = ["LIMIT", "PATIENCE", "Contexts"]

LIMIT = 5  #: contexts at once on one connection
PATIENCE = 10.0  #: seconds for the service to confirm that a context is closed


class Contexts:
    """One connection's. Identifiers are never used twice, so that late audio cannot be taken for new."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._count = 0
        self._open: dict[str, float] = {}  # when something was last sent
        self._closing: dict[str, float] = {}  # since when

    @property
    def room(self) -> int:
        """How many more may be opened now."""
        return self._limit - len(self._open) - len(self._closing)

    @property
    def open(self) -> tuple[str, ...]:
        return tuple(self._open)

    def begin(self, now: float) -> str:
        """A new context. ValueError without room."""
        if self.room <= 0:
            raise ValueError("all contexts are taken")
        self._count += 1
        context = f"context-{self._count}"
        self._open[context] = now
        return context

    def sent(self, context: str, now: float) -> None:
        """Something was sent for it: its clock of inactivity begins anew."""
        if context in self._open:
            self._open[context] = now

    def takes(self, context: str | None) -> bool:
        """Whether audio of ``context`` is wanted still."""
        return context in self._open

    def close(self, context: str, now: float) -> bool:
        """It is not wanted any more; whether the service is to be told."""
        if self._open.pop(context, None) is None:
            return False
        self._closing[context] = now
        return True

    def gone(self, context: str | None) -> None:
        """The service has closed it."""
        if context is not None:
            self._open.pop(context, None)
            self._closing.pop(context, None)

    def idle(self, now: float, interval: float) -> tuple[str, ...]:
        """Open contexts for which nothing was sent for ``interval`` seconds."""
        return tuple(context for context, at in self._open.items() if now - at >= interval)

    def stale(self, now: float) -> bool:
        """Whether the service has left a closed context unconfirmed for too long."""
        return any(now - since >= PATIENCE for since in self._closing.values())
