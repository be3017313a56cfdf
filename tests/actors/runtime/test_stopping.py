"""Deadlines: asked, forced, abandoned."""

from __future__ import annotations

import math
from typing import Any

import pytest
import trio

from actors.runtime import (
    ChildSpec,
    Mailbox,
    MailboxClosed,
    Policy,
    Supervisor,
    SupervisorEscalated,
    graceful_stop,
    shielded_cleanup,
    supervise,
)


def test_cancel_of_a_child_carries_its_reason(virtual: Any) -> None:
    reasons = []

    async def child(*, task_status: Any) -> None:
        task_status.started()
        try:
            await trio.sleep_forever()
        except trio.Cancelled as cancelled:
            reasons.append(str(cancelled))
            raise

    async def main() -> None:
        async with Supervisor(Policy(), [ChildSpec("a", child)], name="hospital"):
            pass

    virtual(main)
    assert "supervisor 'hospital' stops: its block ends" in reasons[0]


def test_shielded_cleanup_ends_with_the_deadline(virtual: Any, caplog: pytest.LogCaptureFixture) -> None:
    seen = []

    async def child(needs: float, *, task_status: Any) -> None:
        task_status.started()
        try:
            await trio.sleep_forever()
        finally:
            with shielded_cleanup() as scope:
                await trio.sleep(needs)
            seen.append(scope.cancelled_caught)

    async def main() -> None:
        children = [ChildSpec("long", child, (30.0,), shutdown=3), ChildSpec("short", child, (1.0,), shutdown=3)]
        async with Supervisor(Policy(), children) as sup:
            begin = trio.current_time()
        assert seen == [False, True]
        assert trio.current_time() - begin == pytest.approx(4)
        assert sup.statistics().abandoned == 0
        assert sup.statistics().overdue <= 1

    virtual(main)


def test_cleanup_after_a_crash_is_bounded_by_shutdown_too(virtual: Any) -> None:
    async def child(*, task_status: Any) -> None:
        task_status.started()
        try:
            raise ValueError
        finally:
            with shielded_cleanup():
                await trio.sleep_forever()

    async def main() -> None:
        begin = trio.current_time()
        with pytest.raises(SupervisorEscalated):
            await supervise(Policy(intensity=0), [ChildSpec("a", child, shutdown=3)])
        assert trio.current_time() - begin == pytest.approx(3)

    virtual(main)


def test_graceful_stop_lets_the_child_finish_its_step(virtual: Any) -> None:
    steps = []

    async def worker(*, task_status: Any) -> None:
        with graceful_stop() as stop_asked:
            task_status.started()
            while not stop_asked.is_set():
                await trio.sleep(2)
                steps.append(trio.current_time())
            await trio.sleep(0.5)
            steps.append("bye")

    async def main() -> None:
        async with Supervisor(Policy(), [ChildSpec("worker", worker)]) as sup:
            await trio.sleep(3)
        assert len(steps) == 3
        assert steps[-1] == "bye"
        assert sup.statistics().overdue == 0

    virtual(main)


def test_graceful_child_that_takes_too_long_is_cancelled(virtual: Any, caplog: pytest.LogCaptureFixture) -> None:
    async def deaf(*, task_status: Any) -> None:
        with graceful_stop():
            task_status.started()
            await trio.sleep_forever()

    async def main() -> None:
        async with Supervisor(Policy(), [ChildSpec("deaf", deaf, shutdown=3)], name="s") as sup:
            begin = trio.current_time()
        assert trio.current_time() - begin == pytest.approx(3)
        assert (sup.statistics().overdue, sup.statistics().abandoned) == (1, 0)

    virtual(main)
    assert "s/deaf did not end within 3 s" in caplog.text


def test_abandoned_child_is_told_and_the_others_are_stopped_meanwhile(
    virtual: Any, diary: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        stuck = ChildSpec("stuck", diary.slow_to_end, ("stuck", 60.0), shutdown=1)
        steady = ChildSpec("a", diary.steady, ("a",))
        async with Supervisor(Policy(), [steady, stuck], name="s") as sup:
            begin = trio.current_time()
        assert diary.lines == ["+a", "+stuck", "-a", "-stuck"]
        assert trio.current_time() - begin == pytest.approx(60)
        assert (sup.statistics().overdue, sup.statistics().abandoned) == (1, 1)

    virtual(main)
    assert "s/stuck is abandoned" in caplog.text


def test_stop_child_gives_up_on_a_stuck_child_but_shows_it_while_it_runs(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        stuck = ChildSpec("stuck", diary.slow_to_end, ("stuck", 60.0), shutdown=1)
        async with Supervisor(Policy("one_for_all"), [stuck]) as sup:
            begin = trio.current_time()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(sup.stop_child, "stuck")
                await trio.sleep(0.5)
                assert sup.statistics().children["stuck"].state == "stopping"
            assert trio.current_time() - begin == pytest.approx(1.1)
            assert sup.statistics().children["stuck"].state == "abandoned"
            with pytest.raises(ValueError, match="already"):
                await sup.start_child(stuck)
            with pytest.raises(KeyError):
                await sup.stop_child("stuck")
            await trio.sleep(60)
            assert not sup.statistics().children
            await sup.start_child(stuck)

    virtual(main)


def test_stuck_child_is_never_started_beside_itself(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        stuck = ChildSpec("stuck", diary.slow_to_end, ("stuck", 60.0), shutdown=1)
        bad = ChildSpec("bad", diary.failing_once, ("bad", 1.0))
        with pytest.raises(SupervisorEscalated, match="'stuck' does not end"):
            async with Supervisor(Policy("one_for_all"), [stuck, bad]):
                await trio.sleep_forever()
        assert diary.runs["stuck"] == 1

    virtual(main)


def test_cancelled_stop_child_still_stops(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        slow = ChildSpec("slow", diary.slow_to_end, ("slow", 3.0))
        async with Supervisor(Policy(), [slow]) as sup:
            with trio.move_on_after(1):
                await sup.stop_child("slow")
            assert diary.lines == ["+slow", "-slow"]
            assert not sup.statistics().children

    virtual(main)


def test_crash_while_stopping_is_told_and_not_restarted(
    virtual: Any, diary: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def child(*, task_status: Any) -> None:
        diary.begin("a")
        task_status.started()
        try:
            await trio.sleep_forever()
        finally:
            raise OSError("in cleanup")

    async def main() -> None:
        async with Supervisor(Policy(), [ChildSpec("a", child)]) as sup:
            pass
        assert diary.runs["a"] == 1
        assert sup.statistics().children["a"].last_error == "OSError('in cleanup')"

    virtual(main)
    assert "supervisor/a failed: OSError" in caplog.text


def test_deadline_of_a_nested_supervisor_bounds_those_within(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        inner = [ChildSpec(name, diary.patient, (50,), shutdown=100) for name in "abc"]
        call = ChildSpec("call", supervise, (Policy(), inner), shutdown=5)
        async with Supervisor(Policy(), [call]) as sup:
            begin = trio.current_time()
        assert trio.current_time() - begin == pytest.approx(5, abs=0.2)
        assert sup.statistics().abandoned == 0

    virtual(main)


def test_forced_nested_supervisor_forces_what_it_was_already_stopping(virtual: Any, diary: Any) -> None:
    """Its own stop began earlier, by itself and with later deadlines than its supervisor then allows."""

    async def ends(*, task_status: Any) -> None:
        task_status.started()
        await trio.sleep(1)

    async def main() -> None:
        inner = [
            ChildSpec("patient", diary.patient, (900,), shutdown=math.inf),
            ChildSpec("socket", ends, restart="transient", significant=True),
        ]
        call = ChildSpec("call", supervise, (Policy(), inner), shutdown=5)
        async with Supervisor(Policy(), [call]) as sup:
            await trio.sleep(3)
            begin = trio.current_time()
        assert trio.current_time() - begin == pytest.approx(5, abs=0.2)
        assert sup.statistics().abandoned == 0

    virtual(main)


def test_child_that_owns_its_mailbox_closes_it_as_it_ends(virtual: Any) -> None:
    async def owner(*, task_status: Any) -> None:
        with Mailbox[int](1) as inbox:
            task_status.started(inbox)
            await trio.sleep_forever()

    async def main() -> None:
        refused = []

        async def put(inbox: Mailbox[int]) -> None:
            await inbox.put(1)
            with pytest.raises(MailboxClosed):
                await inbox.put(2)
            refused.append(trio.current_time())

        async with trio.open_nursery() as nursery, Supervisor(Policy()) as sup:
            inbox = await sup.start_child(ChildSpec("owner", owner))
            nursery.start_soon(put, inbox)
            await trio.sleep(1)
            await sup.stop_child("owner")
            await trio.lowlevel.checkpoint()
        assert len(refused) == 1
        assert inbox.statistics().closed

    virtual(main)


def test_mailbox_from_outside_outlives_the_run_of_its_reader(virtual: Any) -> None:
    seen: list[int] = []

    async def reader(inbox: Mailbox[int], *, task_status: Any) -> None:
        task_status.started()
        async for value in inbox:
            if value == 2:
                raise ValueError
            seen.append(value)

    async def main() -> None:
        with Mailbox[int](10) as inbox:
            async with Supervisor(Policy(), [ChildSpec("reader", reader, (inbox,))]):
                for value in range(5):
                    await inbox.put(value)
                await trio.sleep(1)
        assert seen == [0, 1, 3, 4]

    virtual(main)


def test_helpers_work_without_a_supervisor(virtual: Any) -> None:
    """So that a child can be tested alone."""

    async def main() -> None:
        begin = trio.current_time()
        with graceful_stop() as stop_asked, shielded_cleanup() as scope:
            assert not stop_asked.is_set()
            await trio.sleep_forever()
        assert scope.cancelled_caught
        assert trio.current_time() - begin == pytest.approx(5)

    virtual(main)
