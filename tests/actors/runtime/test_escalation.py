"""Restart limits, and what comes out of the block."""

from __future__ import annotations

import logging
import signal
from contextlib import suppress
from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from actors.runtime import (
    Backoff,
    ChildSpec,
    Policy,
    Strategy,
    Supervisor,
    SupervisorEscalated,
    shielded_cleanup,
    supervise,
)


def test_one_failure_too_many_escalates_with_its_cause(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        bad = diary.failing("bad", 0.1)
        with pytest.raises(SupervisorEscalated, match="'bad' failed, and 2 restarts within 5 s") as caught:
            async with Supervisor(Policy(intensity=2, period=5), [*diary.steady_children("a"), bad], name="s") as sup:
                await trio.sleep_forever()
        assert isinstance(caught.value.__cause__, ValueError)
        assert (caught.value.supervisor, caught.value.child) == ("s", "bad")
        assert diary.runs == {"a": 1, "bad": 3}
        assert diary.lines[-1] == "-a"
        assert sup.statistics().restarts == 2

    virtual(main)


def test_failures_further_apart_than_the_period_go_on_for_ever(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        async with Supervisor(Policy(intensity=1, period=5), [diary.failing("bad", 6)]):
            await trio.sleep(100)
        assert diary.runs["bad"] == 17

    virtual(main)


def test_restart_that_fails_in_its_start_counts_like_any_failure(virtual: Any, diary: Any) -> None:
    async def broken_later(*, task_status: Any) -> None:
        if diary.begin("bad") > 1:
            raise OSError("port taken")
        task_status.started()
        await trio.sleep(1)
        raise ValueError

    async def main() -> None:
        with pytest.raises(SupervisorEscalated) as caught:
            async with Supervisor(Policy(intensity=3), [ChildSpec("bad", broken_later)]):
                await trio.sleep_forever()
        assert isinstance(caught.value.__cause__, OSError)
        assert diary.runs["bad"] == 4

    virtual(main)


@pytest.mark.parametrize("strategy", ["rest_for_one", "one_for_all"])
def test_failed_start_within_a_group_restart_is_retried_with_its_own_group(
    virtual: Any, diary: Any, strategy: Strategy
) -> None:
    async def fails_second_time(*, task_status: Any) -> None:
        if diary.begin("b") == 2:
            raise OSError
        diary.lines.append("+b")
        task_status.started()
        try:
            await trio.sleep_forever()
        finally:
            diary.lines.append("-b")

    async def main() -> None:
        children = [
            ChildSpec("a", diary.failing_once, ("a", 1.0)),
            ChildSpec("b", fails_second_time),
            *diary.steady_children("c"),
        ]
        async with Supervisor(Policy(strategy), children) as sup:
            await trio.sleep(2)
            again = ["+a", "+b", "+c"] if strategy == "rest_for_one" else ["+a", "-a", "+a", "+b", "+c"]
            assert diary.lines == ["+a", "+b", "+c", "!a", "-c", "-b", *again]
            assert sup.statistics().restarts == 2
            assert {child.state for child in sup.statistics().children.values()} == {"running"}

    virtual(main)


# --- what comes out of the block --------------------------------------------------------------------------------------


def test_error_of_the_body_comes_out_bare_and_stops_the_children(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        error = KeyError("body")
        with pytest.raises(KeyError) as caught:
            async with Supervisor(Policy(), diary.steady_children("a", "b")):
                raise error
        assert caught.value is error
        assert diary.lines == ["+a", "+b", "-b", "-a"]

    virtual(main)


def test_error_of_the_body_and_escalation_come_out_together(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        with pytest.RaisesGroup(SupervisorEscalated, KeyError):
            async with Supervisor(Policy(intensity=0), [diary.failing("bad", 1)]):
                try:
                    await trio.sleep_forever()
                finally:
                    raise KeyError("body")

    virtual(main)


def test_exception_group_of_a_child_is_one_failure(virtual: Any, diary: Any) -> None:
    async def child(*, task_status: Any) -> None:
        task_status.started()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(diary_fail, "x")
            nursery.start_soon(diary_fail, "y")

    async def diary_fail(name: str) -> None:
        await trio.sleep(1)
        raise ValueError(name)

    async def main() -> None:
        with pytest.raises(SupervisorEscalated) as caught:
            async with Supervisor(Policy(intensity=1), [ChildSpec("bad", child)]) as sup:
                await trio.sleep_forever()
        assert isinstance(caught.value.__cause__, ExceptionGroup)
        assert sup.statistics().crashes == 2

    virtual(main)


def test_outer_cancellation_stops_children_in_reverse_and_shields_them(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        children = [ChildSpec(name, diary.slow_to_end, (name, 2.0)) for name in "ab"]
        with trio.move_on_after(1) as scope:
            async with Supervisor(Policy(), children):
                await trio.sleep_forever()
        assert scope.cancelled_caught
        assert diary.lines == ["+a", "+b", "-b", "-a"]
        assert trio.current_time() - scope.deadline == pytest.approx(4)

    virtual(main)


def test_cancelled_nursery_and_escalation_at_once_lose_neither_children_nor_error(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        async def body(scope: trio.CancelScope) -> None:
            async with Supervisor(Policy(intensity=0), [*diary.steady_children("a"), diary.failing("bad", 1)]):
                try:
                    await trio.sleep_forever()
                finally:
                    scope.cancel("at the same moment")

        with trio.CancelScope() as scope, pytest.raises(SupervisorEscalated):
            await body(scope)
        assert diary.lines[-1] == "-a"

    virtual(main)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3), BaseExceptionGroup("g", [KeyboardInterrupt()])])
def test_interrupt_in_a_child_is_not_restarted_and_comes_out(virtual: Any, diary: Any, error: BaseException) -> None:
    async def main() -> None:
        async with Supervisor(Policy(), [*diary.steady_children("a"), diary.failing("b", 1, error)]):
            await trio.sleep_forever()

    with pytest.raises(BaseException) as caught:  # noqa: PT011
        virtual(main)
    assert caught.value is error
    assert diary.lines == ["+a", "+b", "-b", "-a"]


def test_interrupt_in_a_starting_child_comes_out(virtual: Any, diary: Any) -> None:
    async def interrupted(*, task_status: Any) -> None:
        raise KeyboardInterrupt

    async def main() -> None:
        async with Supervisor(Policy(), [*diary.steady_children("a"), ChildSpec("b", interrupted)]):
            raise AssertionError("never entered")

    with pytest.raises(KeyboardInterrupt):
        virtual(main)
    assert diary.lines == ["+a", "-a"]


def test_ctrl_c_stops_in_reverse_and_a_second_one_forces(diary: Any) -> None:
    """With a real signal, since trio gives it to the main task past every shield."""

    async def main() -> None:
        children = [
            ChildSpec("stubborn", patient_cleanup, ("stubborn",), shutdown=1000),
            ChildSpec("quick", diary.steady, ("quick",)),
        ]
        async with trio.open_nursery() as nursery:
            nursery.start_soon(press_twice)
            async with Supervisor(Policy(), children):
                await trio.sleep_forever()

    async def patient_cleanup(name: str, *, task_status: Any) -> None:
        task_status.started()
        try:
            await trio.sleep_forever()
        finally:
            with shielded_cleanup() as scope:
                diary.lines.append("cleaning")
                await trio.sleep(900)
            diary.lines.append("forced" if scope.cancelled_caught else "in time")

    async def press_twice() -> None:
        with trio.CancelScope(shield=True):
            await trio.sleep(1)
            signal.raise_signal(signal.SIGINT)
            await trio.sleep(1)
            signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background
    try:
        with pytest.raises(BaseExceptionGroup) as caught:
            trio.run(main, clock=MockClock(autojump_threshold=0), restrict_keyboard_interrupt_to_checkpoints=True)
    finally:
        signal.signal(signal.SIGINT, before)
    assert caught.group_contains(KeyboardInterrupt)
    assert diary.lines == ["+quick", "-quick", "cleaning", "forced"]


# --- anything at all --------------------------------------------------------------------------------------------------

tempers = st.tuples(
    st.sampled_from(["steady", "lasting", "failing_once", "slow_to_end", "failing"]),
    st.floats(0, 4),
    st.sampled_from(["permanent", "transient", "temporary"]),
    st.floats(0, 2),
)


@given(
    st.lists(tempers, max_size=5),
    st.sampled_from(["one_for_one", "rest_for_one", "one_for_all"]),
    st.integers(0, 3),
    st.none() | st.just(Backoff(first=0.5)),
    st.floats(0, 10),
)
def test_whatever_happens_no_child_outlives_the_block_or_runs_twice_at_once(
    children: list[Any], strategy: Strategy, intensity: int, backoff: Backoff | None, until: float
) -> None:
    running: dict[str, int] = {}
    most = 0

    async def child(name: str, temper: str, seconds: float, *, task_status: Any) -> None:
        nonlocal most
        running[name] = running.get(name, 0) + 1
        most = max(most, running[name])
        try:
            await trio.sleep(seconds / 10)
            task_status.started()
            if temper in ("steady", "slow_to_end"):
                await trio.sleep_forever()
            await trio.sleep(seconds)
            if temper != "lasting":
                raise ValueError(name)
        finally:
            if temper == "slow_to_end":
                with trio.CancelScope(shield=True):
                    await trio.sleep(seconds)
            running[name] -= 1

    async def main() -> None:
        policy = Policy(strategy, intensity, 5.0, backoff)
        specs = [
            ChildSpec(f"c{index}", child, (f"c{index}", temper, seconds), restart, shutdown)
            for index, (temper, seconds, restart, shutdown) in enumerate(children)
        ]
        with trio.move_on_after(until):
            with suppress(SupervisorEscalated):
                await supervise(policy, specs)
        assert not any(running.values())
        assert most <= 1

    logging.disable()
    try:
        trio.run(main, clock=MockClock(autojump_threshold=0))
    finally:
        logging.disable(logging.NOTSET)
