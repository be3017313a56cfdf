"""Children that come and go while their supervisor runs."""

from __future__ import annotations

from typing import Any

import pytest
import trio

from actors.runtime import (
    ChildSpec,
    ChildStartFailed,
    Policy,
    Supervisor,
    SupervisorStopped,
)


def test_start_child_and_stop_child(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        async with Supervisor(Policy(), diary.steady_children("a")) as sup:
            [b] = diary.steady_children("b")
            assert await sup.start_child(b) == "value of b"
            with pytest.raises(ValueError, match="already"):
                await sup.start_child(b)
            await sup.stop_child("a")
            assert diary.lines == ["+a", "+b", "-a"]
            assert list(sup.statistics().children) == ["b"]
            with pytest.raises(KeyError):
                await sup.stop_child("a")
            with pytest.raises(KeyError):
                sup.started_value("a")
            assert sup.name == "supervisor"
        assert diary.lines[-1] == "-b"
        with pytest.raises(SupervisorStopped):
            await sup.start_child(b)

    virtual(main)


def test_start_child_that_fails_leaves_nothing_behind(virtual: Any, diary: Any) -> None:
    async def broken(*, task_status: Any) -> None:
        raise OSError("no")

    async def main() -> None:
        async with Supervisor(Policy(intensity=0)) as sup:
            with pytest.raises(ChildStartFailed) as caught:
                await sup.start_child(ChildSpec("a", broken))
            assert isinstance(caught.value.__cause__, OSError)
            assert not sup.statistics().children
            await sup.start_child(diary.steady_children("a")[0])

    virtual(main)


def test_cancelled_start_child_stops_the_child(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        async with Supervisor(Policy()) as sup:
            with trio.move_on_after(1) as scope:
                await sup.start_child(ChildSpec("never", diary.never_ready))
            assert scope.cancelled_caught
            assert diary.lines == ["-never"]
            assert not sup.statistics().children

    virtual(main)


def test_leaving_the_block_ends_a_start_under_way(virtual: Any) -> None:
    async def never_ready(*, task_status: Any) -> None:
        await trio.sleep_forever()

    async def main() -> None:
        failed = []

        async def start() -> None:
            try:
                await sup.start_child(ChildSpec("never", never_ready))
            except ChildStartFailed as error:
                failed.append(error.__cause__)

        async with trio.open_nursery() as nursery, Supervisor(Policy()) as sup:
            nursery.start_soon(start)
            await trio.sleep(1)
            assert sup.statistics().children["never"].state == "starting"
        assert [type(error) for error in failed] == [SupervisorStopped]

    virtual(main, limit=50)


def test_children_may_start_siblings_when_ready_but_not_before(virtual: Any, diary: Any) -> None:
    async def eager(*, task_status: Any) -> None:
        with pytest.raises(RuntimeError, match="ready"):
            await sup.start_child(diary.steady_children("too soon")[0])
        task_status.started()
        await sup.start_child(diary.steady_children("sibling")[0])
        with pytest.raises(RuntimeError, match="its own end"):
            await sup.stop_child("eager")
        await sup.stop_child("sibling")
        diary.lines.append("done")
        await trio.sleep_forever()

    async def main() -> None:
        nonlocal sup
        sup = Supervisor(Policy(), [ChildSpec("eager", eager)])
        async with sup:
            await trio.sleep(1)
            assert diary.lines == ["+sibling", "-sibling", "done"]

    sup: Supervisor
    virtual(main)


def test_many_temporary_children_leave_no_trace(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        async with Supervisor(Policy()) as sup:
            for number in range(300):
                error = ValueError() if number % 3 == 0 else None
                await sup.start_child(diary.lasting_child(f"call-{number}", 0.1, error, "temporary"))
            await trio.sleep(1)
            seen = sup.statistics()
            assert (len(seen.children), seen.crashes, seen.restarts) == (0, 100, 0)

    virtual(main)
