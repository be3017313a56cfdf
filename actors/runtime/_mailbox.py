"""A bounded queue between tasks that says what happens when it is full.

trio's memory channel does the work (order, fairness, and that a cancelled wait moves no value); what is added is the
overflow rule, one object for both ends, and counters.
"""

from __future__ import annotations

from types import TracebackType
from typing import Generic, Literal, Self, TypeVar, get_args

import attrs
import trio

from ._errors import MailboxClosed, MailboxFull

__all__ = ["Mailbox", "MailboxStatistics", "Overflow"]

T = TypeVar("T")

Overflow = Literal["wait", "drop_oldest", "drop_newest", "raise"]
"""What ``put`` does when the mailbox is full: wait for room, drop the value that has been in it longest, drop the value
being put, or raise :class:`MailboxFull`."""


@attrs.frozen
class MailboxStatistics:
    """One moment of a mailbox. Values taken out so far are ``put - dropped - length``.

    ``length`` and ``high_water`` never exceed ``capacity``; tasks waiting in ``put`` hold their value themselves.
    """

    length: int  #: values in the mailbox now
    capacity: int
    high_water: int  #: the largest length so far
    put: int  #: puts that have returned, those whose value was dropped included
    dropped: int  #: values lost to the overflow rule
    waiting_to_put: int  #: tasks
    waiting_to_get: int  #: tasks
    closed: bool


class Mailbox(Generic[T]):
    """A bounded first-in-first-out queue for any number of putting and getting tasks of one trio run.

    Put frozen values only: what is in a mailbox belongs to both sides. The owner closes it, usually with ``with``; from
    then on every put raises :class:`MailboxClosed` (those that wait, too, and their values are not in the mailbox),
    while values already in it can still be taken out. ``async for value in mailbox`` ends when it is closed and empty.

    ``capacity`` is at least 1. Raises ``ValueError`` for a capacity or an overflow rule that does not exist.
    """

    def __init__(self, capacity: int, overflow: Overflow = "wait") -> None:
        if capacity < 1:
            raise ValueError(f"a mailbox holds at least 1 value, not {capacity}")
        if overflow not in get_args(Overflow):
            raise ValueError(f"overflow must be one of {', '.join(get_args(Overflow))}, not {overflow!r}")
        self._capacity = capacity
        self._overflow = overflow
        self._send, self._receive = trio.open_memory_channel[T](capacity)
        self._put = 0
        self._dropped = 0
        self._closed = False

    async def put(self, value: T) -> None:
        """Put ``value``, by the overflow rule when there is no room. A checkpoint; a cancelled put puts nothing.

        Raises :class:`MailboxClosed`, and under "raise" :class:`MailboxFull`.
        """
        if self._overflow == "wait":
            try:
                await self._send.send(value)
            except trio.ClosedResourceError:
                raise MailboxClosed from None
            self._put += 1
        else:
            await trio.lowlevel.checkpoint_if_cancelled()
            self.put_nowait(value)
            await trio.lowlevel.cancel_shielded_checkpoint()

    def put_nowait(self, value: T) -> None:
        """Like :meth:`put`, but never waits: under "wait" a full mailbox raises :class:`MailboxFull`, too."""
        try:
            self._send.send_nowait(value)
        except trio.ClosedResourceError:
            raise MailboxClosed from None
        except trio.WouldBlock:
            if self._overflow == "drop_oldest":
                self._receive.receive_nowait()
                self._send.send_nowait(value)
            elif self._overflow != "drop_newest":
                raise MailboxFull(f"the mailbox holds its {self._capacity} values") from None
            self._dropped += 1
        self._put += 1

    async def get(self) -> T:
        """Wait for the oldest value and take it. Raises :class:`MailboxClosed` when closed and empty."""
        try:
            return await self._receive.receive()
        except trio.EndOfChannel:
            raise MailboxClosed from None

    def get_nowait(self) -> T:
        """Take the oldest value now. Raises ``trio.WouldBlock`` when empty, :class:`MailboxClosed` when closed, too."""
        try:
            return self._receive.receive_nowait()
        except trio.EndOfChannel:
            raise MailboxClosed from None

    def close(self) -> None:
        """Take no more values; wake whoever waits. May be called again."""
        self._closed = True
        self._send.close()

    def statistics(self) -> MailboxStatistics:
        channel = self._receive.statistics()
        return MailboxStatistics(
            length=channel.current_buffer_used,
            capacity=self._capacity,
            high_water=channel.peak_buffer_used,
            put=self._put,
            dropped=self._dropped,
            waiting_to_put=channel.tasks_waiting_send,
            waiting_to_get=channel.tasks_waiting_receive,
            closed=self._closed,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        try:
            return await self.get()
        except MailboxClosed:
            raise StopAsyncIteration from None
