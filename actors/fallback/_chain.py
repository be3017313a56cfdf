"""The engines of one part, in order of preference, and the task that tries those that are down again."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar

import attrs
import trio

from actors.errors import EngineError, EngineOverloaded, EngineTimeout
from actors.fallback._health import BackOff, Health, after_check, after_failure, order
from actors.ports import Monitored

__all__ = ["Chain", "Fallback", "Member", "open_chain", "too_slow"]

_log = logging.getLogger(__name__)

_CHECK_SECONDS = 5.0

E = TypeVar("E")


@attrs.frozen(eq=False)
class Member(Generic[E]):
    """An engine under the name it was chosen by. ``check`` returns when the engine answers and its key is good, else
    raises EngineError; None: there is nothing to check."""

    name: str
    engine: E
    check: Callable[[], Awaitable[object]] | None = None


class Chain(Generic[E]):
    """``patience``: seconds that an engine gets where another one can be asked. ``run`` must be running for engines to
    come back."""

    def __init__(self, members: Sequence[Member[E]], *, patience: float = 2.5, back_off: BackOff | None = None) -> None:
        self._members = tuple(members)
        self._health = {member: Health() for member in self._members}
        self._back_off = back_off or BackOff()
        self._changed = trio.Event()
        self._patience = patience

    @property
    def name(self) -> str:
        """All names, separated by commas."""
        return ",".join(member.name for member in self._members)

    @property
    def members(self) -> tuple[Member[E], ...]:
        return self._members

    def candidates(self) -> list[tuple[Member[E], float]]:
        """Whom to ask, in order, and how many seconds each gets; the last one has no limit but its own."""
        found = [self._members[i] for i in order([self._health[member] for member in self._members])]
        return [(member, float("inf") if member is found[-1] else self._patience) for member in found]

    def is_up(self, member: Member[E]) -> bool:
        return self._health[member].down_until is None

    @property
    def trouble(self) -> str | None:
        """Why none of them can be asked; None: one can. See :class:`actors.ports.Monitored`."""
        troubles = {member.name: self._trouble(member) for member in self._members}
        if None in troubles.values():
            return None
        return "; ".join(f"{name}: {trouble}" for name, trouble in troubles.items())

    def _trouble(self, member: Member[E]) -> str | None:
        if not self.is_up(member):
            return "it failed, and is tried again soon"
        return member.engine.trouble if isinstance(member.engine, Monitored) else None

    def failed(self, member: Member[E], error: EngineError) -> None:
        """The engine failed at its work, or took too long."""
        if self.is_up(member):
            _log.warning("%s fails, the next one takes over: %s", member.name, error)
        now = trio.current_time()
        self._health[member] = after_failure(self._health[member], now, self._back_off, _retry_after(error))
        self._changed.set()

    def worked(self, member: Member[E]) -> None:
        """The engine did its work."""
        self._health[member] = Health()

    async def run(self) -> None:
        """Try the engines that are down again, each when it is due. Runs for ever."""
        while True:
            self._changed = trio.Event()
            down = {member: due for member in self._members if (due := self._health[member].down_until) is not None}
            with trio.move_on_at(min(down.values(), default=float("inf"))):
                await self._changed.wait()
            for member, due in down.items():
                if due <= trio.current_time() and self._health[member].down_until == due:
                    await self._try_again(member)

    async def check(self, member: Member[E]) -> None:
        """Raises EngineError where the engine does not answer."""
        if member.check is not None:
            with trio.move_on_after(_CHECK_SECONDS) as scope:
                await member.check()
            if scope.cancelled_caught:
                raise EngineTimeout(member.name, "no answer in time")

    async def _try_again(self, member: Member[E]) -> None:
        ok, retry_after = True, None
        try:
            await self.check(member)
        except EngineError as error:
            _log.info("%s is still down: %s", member.name, error)
            ok, retry_after = False, _retry_after(error)
        now = trio.current_time()
        self._health[member] = after_check(self._health[member], ok, now, self._back_off, retry_after)


class Fallback(Generic[E]):
    """What is common to the engines that are made of several."""

    def __init__(self, chain: Chain[E]) -> None:
        self._chain = chain
        self.name = chain.name

    @property
    def trouble(self) -> str | None:
        """See :class:`actors.ports.Monitored`."""
        return self._chain.trouble


def too_slow(member: Member[Any]) -> EngineTimeout:
    """The error for an engine that took longer than its patience."""
    return EngineTimeout(member.name, "too slow, where another engine can be asked")


@asynccontextmanager
async def open_chain(chain: Chain[E]) -> AsyncIterator[Chain[E]]:
    """Run the chain for as long as the block lasts. Errors of the block come out as they are."""
    failure: Exception | None = None
    async with trio.open_nursery() as nursery:
        nursery.start_soon(chain.run)
        try:
            yield chain
        except Exception as error:  # carried around the nursery, which would wrap it in a group
            failure = error
        nursery.cancel_scope.cancel(reason="the engines are not needed any more")
    if failure is not None:
        raise failure


def _retry_after(error: EngineError) -> float | None:
    return error.retry_after if isinstance(error, EngineOverloaded) else None
