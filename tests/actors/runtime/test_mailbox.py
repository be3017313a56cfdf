from __future__ import annotations

from collections import deque
from typing import Any, get_args

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from trio.testing import MockClock, wait_all_tasks_blocked

from actors.runtime import Mailbox, MailboxClosed, MailboxFull, Overflow

RULES: tuple[Overflow, ...] = get_args(Overflow)


def filled(capacity: int, overflow: Overflow, values: list[int]) -> Mailbox[int]:
    mailbox = Mailbox[int](capacity, overflow)
    for value in values:
        mailbox.put_nowait(value)
    return mailbox


def emptied(mailbox: Mailbox[int]) -> list[int]:
    return [mailbox.get_nowait() for _ in range(mailbox.statistics().length)]


def test_capacity_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Mailbox[int](0)


def test_unknown_overflow_rule_is_refused() -> None:
    with pytest.raises(ValueError, match="drop_oldest"):
        Mailbox[int](1, "explode")  # type: ignore[arg-type]


def test_drop_oldest_keeps_the_newest() -> None:
    mailbox = filled(2, "drop_oldest", [1, 2, 3])
    assert emptied(mailbox) == [2, 3]
    assert mailbox.statistics().dropped == 1


def test_drop_newest_keeps_the_oldest() -> None:
    mailbox = filled(2, "drop_newest", [1, 2, 3])
    assert emptied(mailbox) == [1, 2]
    assert mailbox.statistics().dropped == 1


def test_raise_raises_and_keeps_all(virtual: Any) -> None:
    async def main() -> None:
        mailbox = filled(2, "raise", [1, 2])
        with pytest.raises(MailboxFull, match="2 values"):
            await mailbox.put(3)
        assert mailbox.statistics().put == 2
        assert emptied(mailbox) == [1, 2]

    virtual(main)


def test_put_nowait_never_waits() -> None:
    with pytest.raises(MailboxFull):
        filled(1, "wait", [1]).put_nowait(2)


def test_full_is_a_would_block_for_code_that_knows_trio_only() -> None:
    with pytest.raises(trio.WouldBlock):
        filled(1, "wait", [1]).put_nowait(2)


def test_put_waits_for_room(virtual: Any) -> None:
    async def main() -> None:
        mailbox = filled(1, "wait", [1])
        async with trio.open_nursery() as nursery:
            nursery.start_soon(mailbox.put, 2)
            await wait_all_tasks_blocked()
            assert mailbox.statistics().waiting_to_put == 1
            assert await mailbox.get() == 1
            assert await mailbox.get() == 2
        assert mailbox.statistics().put == 2

    virtual(main)


def test_cancelled_put_puts_nothing(virtual: Any) -> None:
    async def main() -> None:
        mailbox = filled(1, "wait", [1])
        with trio.move_on_after(1) as scope:
            await mailbox.put(2)
        assert scope.cancelled_caught
        assert mailbox.statistics().put == 1
        assert emptied(mailbox) == [1]

    virtual(main)


@pytest.mark.parametrize("overflow", RULES)
def test_put_is_a_checkpoint_and_atomic(virtual: Any, overflow: Overflow) -> None:
    async def main() -> None:
        mailbox = Mailbox[int](2, overflow)
        with trio.CancelScope() as scope:
            scope.cancel("before")
            await mailbox.put(1)
        assert scope.cancelled_caught
        assert mailbox.statistics().put == 0
        with trio.testing.assert_checkpoints():
            await mailbox.put(1)

    virtual(main)


def test_close_wakes_getters_and_ends_iteration(virtual: Any) -> None:
    async def main() -> None:
        seen: list[int] = []

        async def read(mailbox: Mailbox[int]) -> None:
            seen.extend([value async for value in mailbox])

        async with trio.open_nursery() as nursery:
            mailbox = Mailbox[int](3)
            nursery.start_soon(read, mailbox)
            await mailbox.put(1)
            await mailbox.put(2)
            mailbox.close()
            mailbox.close()
        assert seen == [1, 2]
        assert mailbox.statistics().closed
        with pytest.raises(MailboxClosed):
            await mailbox.get()
        with pytest.raises(MailboxClosed):
            mailbox.get_nowait()

    virtual(main)


def test_close_wakes_putters_and_keeps_what_is_in(virtual: Any) -> None:
    async def main() -> None:
        refused: list[int] = []

        async def put(value: int) -> None:
            try:
                await mailbox.put(value)
            except MailboxClosed:
                refused.append(value)

        mailbox = filled(1, "wait", [1])
        async with trio.open_nursery() as nursery:
            with mailbox:
                nursery.start_soon(put, 2)
                await wait_all_tasks_blocked()
        assert refused == [2]
        with pytest.raises(MailboxClosed):
            mailbox.put_nowait(3)
        assert mailbox.get_nowait() == 1
        assert mailbox.statistics().put == 1

    virtual(main)


def test_get_nowait_on_empty_would_block() -> None:
    with pytest.raises(trio.WouldBlock):
        Mailbox[int](1).get_nowait()


class MailboxModel(RuleBasedStateMachine):
    """A mailbox against a plain list, without waiting."""

    mailbox: Mailbox[int]

    @initialize(capacity=st.integers(1, 4), overflow=st.sampled_from(RULES))
    def make(self, capacity: int, overflow: Overflow) -> None:
        self.mailbox = Mailbox[int](capacity, overflow)
        self.capacity, self.overflow = capacity, overflow
        self.model: deque[int] = deque()
        self.next = self.put = self.dropped = self.high = 0
        self.closed = False

    @rule()
    def put_nowait(self) -> None:
        self.next += 1
        if self.closed:
            with pytest.raises(MailboxClosed):
                self.mailbox.put_nowait(self.next)
            return
        if len(self.model) < self.capacity:
            self.model.append(self.next)
        elif self.overflow in ("wait", "raise"):
            with pytest.raises(MailboxFull):
                self.mailbox.put_nowait(self.next)
            return
        else:
            self.dropped += 1
            if self.overflow == "drop_oldest":
                self.model.popleft()
                self.model.append(self.next)
        self.put += 1
        self.high = max(self.high, len(self.model))
        self.mailbox.put_nowait(self.next)

    @rule()
    def get_nowait(self) -> None:
        if self.model:
            assert self.mailbox.get_nowait() == self.model.popleft()
        else:
            with pytest.raises(MailboxClosed if self.closed else trio.WouldBlock):
                self.mailbox.get_nowait()

    @precondition(lambda self: self.next > 5)
    @rule()
    def close(self) -> None:
        self.closed = True
        self.mailbox.close()

    @invariant()
    def counts_agree(self) -> None:
        if not hasattr(self, "mailbox"):
            return
        seen = self.mailbox.statistics()
        assert (seen.length, seen.put, seen.dropped) == (len(self.model), self.put, self.dropped)
        assert (seen.high_water, seen.closed) == (self.high, self.closed)
        assert seen.length <= seen.high_water <= seen.capacity == self.capacity


TestMailboxModel = MailboxModel.TestCase

pauses = st.lists(st.integers(0, 3), min_size=1, max_size=12)


@given(
    capacity=st.integers(1, 4),
    overflow=st.sampled_from(RULES),
    putters=st.lists(pauses, min_size=1, max_size=3),
    getting=pauses,
    give_up=st.lists(st.booleans(), min_size=1, max_size=12),
)
def test_concurrent_traffic_keeps_order_and_bound(
    capacity: int, overflow: Overflow, putters: list[list[int]], getting: list[int], give_up: list[bool]
) -> None:
    """Under "wait" exactly those values arrive whose put returned; under every rule each putter's stay in order."""
    accepted: list[tuple[int, int]] = []
    received: list[tuple[int, int]] = []

    async def putter(mailbox: Mailbox[tuple[int, int]], who: int, waits: list[int]) -> None:
        for number, wait in enumerate(waits):
            await trio.sleep(wait)
            patience = 1.5 if give_up[number % len(give_up)] else 1000.0
            with trio.move_on_after(patience):
                try:
                    await mailbox.put((who, number))
                    accepted.append((who, number))
                except MailboxFull:
                    assert overflow == "raise"

    async def getter(mailbox: Mailbox[tuple[int, int]]) -> None:
        async for value in mailbox:
            received.append(value)
            assert mailbox.statistics().length <= capacity
            await trio.sleep(getting[len(received) % len(getting)])

    async def main() -> None:
        mailbox = Mailbox[tuple[int, int]](capacity, overflow)
        async with trio.open_nursery() as getters:
            getters.start_soon(getter, mailbox)
            with mailbox:
                async with trio.open_nursery() as nursery:
                    for who, waits in enumerate(putters):
                        nursery.start_soon(putter, mailbox, who, waits)
        end = mailbox.statistics()
        assert end.put == len(accepted)
        assert end.put - end.dropped == len(received)
        assert end.high_water <= capacity

    trio.run(main, clock=MockClock(autojump_threshold=0))
    if overflow in ("wait", "raise"):
        assert sorted(received) == sorted(accepted)
    assert set(received) <= set(accepted)
    assert len(set(received)) == len(received)
    for who in range(len(putters)):
        mine = [number for putter_of, number in received if putter_of == who]
        assert mine == sorted(mine)
