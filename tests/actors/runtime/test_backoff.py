"""Waiting before a restart."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import trio

from actors.runtime import Backoff, ChildSpec, Policy, Supervisor


def test_backoff_waits_longer_each_time_and_holds_up_nobody_else(virtual: Any, diary: Any) -> None:
    times: list[float] = []

    async def bad(*, task_status: Any) -> None:
        times.append(trio.current_time())
        task_status.started()
        raise ValueError

    async def main() -> None:
        policy = Policy(intensity=10, period=100, backoff=Backoff(first=1, factor=2, limit=5))
        children = [ChildSpec("bad", bad), ChildSpec("other", diary.failing_once, ("other", 0.5))]
        async with Supervisor(policy, children) as sup:
            await trio.sleep(0.9)
            assert sup.statistics().children["bad"].state == "waiting"
            await sup.start_child(diary.steady_children("new")[0])
            await trio.sleep(0.7)
            assert diary.lines == ["+other", "!other", "+new", "+other"]
            await trio.sleep(20)
        assert [round(after - before) for before, after in pairwise(times)][:5] == [1, 2, 4, 5, 5]

    virtual(main)


def test_stop_child_during_its_backoff_forgets_it(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        policy = Policy(backoff=Backoff(first=10))
        async with Supervisor(policy, [diary.failing("bad", 1)]) as sup:
            await trio.sleep(2)
            await sup.stop_child("bad")
            await trio.sleep(60)
            assert diary.runs["bad"] == 1
            assert not sup.statistics().children

    virtual(main)


def test_leaving_the_block_during_a_backoff_does_not_wait_for_it(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        async with Supervisor(Policy(backoff=Backoff(first=10)), [diary.failing("bad", 1)]):
            await trio.sleep(2)
            begin = trio.current_time()
        assert trio.current_time() == begin

    virtual(main)


def test_larger_group_takes_over_the_smaller_one_that_waits(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        policy = Policy("rest_for_one", backoff=Backoff(first=5))
        children = [
            ChildSpec("a", diary.failing_once, ("a", 2.0)),
            ChildSpec("b", diary.failing_once, ("b", 1.0)),
            *diary.steady_children("c"),
        ]
        async with Supervisor(policy, children) as sup:
            await trio.sleep(30)
            assert diary.lines == ["+a", "+b", "+c", "!b", "-c", "!a", "+a", "+b", "+c"]
            assert diary.runs == {"a": 2, "b": 2, "c": 2}
            assert sup.statistics().restarts == 2

    virtual(main)
