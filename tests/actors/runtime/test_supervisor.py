from __future__ import annotations

import logging
from typing import Any

import pytest
import trio

from actors.runtime import (
    ChildSpec,
    ChildStartFailed,
    Policy,
    RestartRule,
    Strategy,
    Supervisor,
    SupervisorStopped,
    supervise,
)


def steady(diary: Any, *names: str, **fields: Any) -> list[ChildSpec]:
    return [ChildSpec(name, diary.steady, (name,), **fields) for name in names]


def lasting(
    diary: Any,
    name: str,
    seconds: float,
    error: BaseException | None = None,
    restart: RestartRule = "permanent",
    **f: Any,
) -> ChildSpec:
    return ChildSpec(name, diary.lasting, (name, seconds, error), restart, **f)


# --- start and stop ---------------------------------------------------------------------------------------------------


def test_children_start_in_order_and_stop_in_reverse(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        async with Supervisor(Policy(), steady(diary, "a", "b", "c")) as sup:
            assert diary.lines == ["+a", "+b", "+c"]
            assert sup.started_value("b") == "value of b"
        assert diary.lines == ["+a", "+b", "+c", "-c", "-b", "-a"]
        assert sup.stop_reason is None
        assert sup.statistics().phase == "stopped"

    virtual(main)


def test_next_child_starts_only_when_the_one_before_is_ready(virtual: Any, diary: Any) -> None:
    async def slow(*, task_status: Any) -> None:
        states = {name: child.state for name, child in sup.statistics().children.items()}
        assert states == {"slow": "starting", "b": "waiting"}
        await trio.sleep(3)
        diary.lines.append(f"ready at {trio.current_time() - begin:g}")
        task_status.started()
        await trio.sleep_forever()

    async def main() -> None:
        nonlocal begin, sup
        begin = trio.current_time()
        sup = Supervisor(Policy(), [ChildSpec("slow", slow), *steady(diary, "b")])
        async with sup:
            assert diary.lines == ["ready at 3", "+b"]

    begin = 0.0
    sup: Supervisor
    virtual(main)


def test_next_child_stops_only_when_the_one_after_has_ended(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        slow = ChildSpec("slow", diary.slow_to_end, ("slow", 2.0))
        async with Supervisor(Policy(), [*steady(diary, "a"), slow]):
            begin = trio.current_time()
        assert trio.current_time() - begin == pytest.approx(2)
        assert diary.lines[-2:] == ["-slow", "-a"]

    virtual(main)


def test_crash_during_start_fails_the_block_and_stops_the_others(virtual: Any, diary: Any) -> None:
    async def broken(*, task_status: Any) -> None:
        await trio.sleep(1)
        raise OSError("no such port")

    async def main() -> None:
        with pytest.raises(ChildStartFailed, match="'bad'") as caught:
            async with Supervisor(Policy(), [*steady(diary, "a"), ChildSpec("bad", broken), *steady(diary, "c")]):
                raise AssertionError("never entered")
        assert isinstance(caught.value.__cause__, OSError)
        assert diary.lines == ["+a", "-a"]

    virtual(main)


@pytest.mark.parametrize(
    ("seconds", "kind"), [(0.0, RuntimeError), (99.0, TimeoutError)], ids=["ends unready", "never ready"]
)
def test_child_that_does_not_get_ready_fails_the_start(virtual: Any, seconds: float, kind: type[Exception]) -> None:
    async def unready(*, task_status: Any) -> None:
        await trio.sleep(seconds)

    async def main() -> None:
        with pytest.raises(ChildStartFailed) as caught:
            async with Supervisor(Policy(), [ChildSpec("a", unready, start_timeout=10)]):
                raise AssertionError("never entered")
        assert isinstance(caught.value.__cause__, kind)

    virtual(main)


def test_wrong_arguments_fail_the_start(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        with pytest.raises(ChildStartFailed) as caught:
            async with Supervisor(Policy(), [ChildSpec("a", diary.steady, ("a", "one too many"))]):
                raise AssertionError("never entered")
        assert isinstance(caught.value.__cause__, TypeError)

    virtual(main)


def test_cancellation_while_starting_stops_what_has_started(virtual: Any, diary: Any) -> None:
    async def never_ready(*, task_status: Any) -> None:
        try:
            await trio.sleep_forever()
        finally:
            diary.lines.append("-never")

    async def main() -> None:
        with trio.move_on_after(5) as scope:
            async with Supervisor(Policy(), [*steady(diary, "a", "b"), ChildSpec("never", never_ready)]):
                raise AssertionError("never entered")
        assert scope.cancelled_caught
        assert diary.lines == ["+a", "+b", "-never", "-b", "-a"]

    virtual(main)


def test_started_twice_is_the_childs_error(virtual: Any) -> None:
    async def twice(*, task_status: Any) -> None:
        task_status.started()
        task_status.started()

    async def main() -> None:
        async with Supervisor(Policy(), [ChildSpec("a", twice, restart="transient")]) as sup:
            await trio.sleep_forever()
        raise AssertionError(sup)

    with pytest.raises(Exception, match="limit") as caught:
        virtual(main)
    assert "twice" in str(caught.value.__cause__)


def test_two_children_of_one_name_are_refused(diary: Any) -> None:
    with pytest.raises(ValueError, match="named a"):
        Supervisor(Policy(), steady(diary, "a", "b", "a"))


def test_supervisor_can_be_entered_once_only(virtual: Any) -> None:
    async def main() -> None:
        sup = Supervisor(Policy())
        async with sup:
            pass
        with pytest.raises(RuntimeError, match="once"):
            async with sup:
                pass

    virtual(main)


def test_functions_written_for_nursery_start_are_children_as_they_are(virtual: Any) -> None:
    async def echo(stream: trio.SocketStream) -> None:
        await stream.send_all(await stream.receive_some())

    async def main() -> None:
        async def serve(*, task_status: Any) -> None:
            await trio.serve_tcp(echo, 0, host="127.0.0.1", task_status=task_status)

        async with Supervisor(Policy(), [ChildSpec("server", serve)]) as sup:
            [listener] = sup.started_value("server")
            assert listener.socket.getsockname()[1] > 0

    virtual(main)


# --- the three strategies and the three restart rules -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("one_for_one", ["!b", "+b"]),
        ("rest_for_one", ["!b", "-d", "-c", "+b", "+c", "+d"]),
        ("one_for_all", ["!b", "-d", "-c", "-a", "+a", "+b", "+c", "+d"]),
    ],
)
def test_strategy_restarts_its_group_in_order(
    virtual: Any, diary: Any, strategy: Strategy, expected: list[str]
) -> None:
    async def main() -> None:
        a, c, d = steady(diary, "a", "c", "d")
        b = ChildSpec("b", diary.failing_once, ("b", 1.0))
        async with Supervisor(Policy(strategy), [a, b, c, d]) as sup:
            await trio.sleep(2)
            assert diary.lines == ["+a", "+b", "+c", "+d", *expected]
            seen = sup.statistics()
            assert seen.restarts == seen.crashes == 1
            assert {name for name, child in seen.children.items() if child.restarts} == set(expected[-1][1]) | {
                line[1] for line in expected if line[0] == "+"
            }
            assert seen.children["b"].last_error == "ValueError('b')"
            assert {child.state for child in seen.children.values()} == {"running"}

    virtual(main)


@pytest.mark.parametrize(
    ("restart", "error", "runs"),
    [
        ("permanent", None, 2),
        ("permanent", ValueError(), 2),
        ("transient", None, 1),
        ("transient", ValueError(), 2),
        ("temporary", None, 1),
        ("temporary", ValueError(), 1),
    ],
)
def test_restart_rule(virtual: Any, diary: Any, restart: RestartRule, error: BaseException | None, runs: int) -> None:
    async def main() -> None:
        async with Supervisor(Policy(), [lasting(diary, "a", 1, error, restart)]) as sup:
            await trio.sleep(1.5)
            assert diary.runs["a"] == runs
            assert ("a" in sup.statistics().children) == (runs == 2)

    virtual(main)


def test_group_restart_drops_temporary_children_and_brings_back_transient_ones(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        children = [
            lasting(diary, "loader", 0.5, None, "transient"),
            *steady(diary, "guest", restart="temporary"),
            ChildSpec("bad", diary.failing_once, ("bad", 1.0)),
        ]
        async with Supervisor(Policy("one_for_all"), children) as sup:
            await trio.sleep(0.7)
            assert sup.statistics().children["loader"].state == "ended"
            await trio.sleep(0.5)
            assert list(sup.statistics().children) == ["loader", "bad"]
            assert diary.runs == {"loader": 2, "guest": 1, "bad": 2}

    virtual(main)


def test_two_that_fail_at_the_same_moment_are_one_group_restart(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        children = [ChildSpec(name, diary.failing_once, (name, 1.0)) for name in "ab"]
        async with Supervisor(Policy("one_for_all", intensity=1), children) as sup:
            await trio.sleep(2)
            seen = sup.statistics()
            assert (seen.restarts, seen.crashes) == (1, 2)
            assert diary.runs == {"a": 2, "b": 2}

    virtual(main)


# --- children that come and go ----------------------------------------------------------------------------------------


def test_start_child_and_stop_child(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        async with Supervisor(Policy(), steady(diary, "a")) as sup:
            [b] = steady(diary, "b")
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
            await sup.start_child(steady(diary, "a")[0])

    virtual(main)


def test_cancelled_start_child_stops_the_child(virtual: Any, diary: Any) -> None:
    async def never_ready(*, task_status: Any) -> None:
        try:
            await trio.sleep_forever()
        finally:
            diary.lines.append("-never")

    async def main() -> None:
        async with Supervisor(Policy()) as sup:
            with trio.move_on_after(1) as scope:
                await sup.start_child(ChildSpec("never", never_ready))
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
            await sup.start_child(steady(diary, "too soon")[0])
        task_status.started()
        await sup.start_child(steady(diary, "sibling")[0])
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
                await sup.start_child(lasting(diary, f"call-{number}", 0.1, error, "temporary"))
            await trio.sleep(1)
            seen = sup.statistics()
            assert (len(seen.children), seen.crashes, seen.restarts) == (0, 100, 0)

    virtual(main)


# --- stopping early ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("restart", ["transient", "temporary"])
def test_normal_end_of_a_significant_child_stops_cleanly(virtual: Any, diary: Any, restart: RestartRule) -> None:
    async def main() -> None:
        socket = lasting(diary, "socket", 1, None, restart, significant=True)
        a, c = steady(diary, "a", "c")
        async with Supervisor(Policy(), [a, socket, c]) as sup:
            await trio.sleep_forever()
        assert diary.lines == ["+a", "+socket", "+c", "-socket", "-c", "-a"]
        assert sup.stop_reason == "significant child 'socket' ended"

    virtual(main)


def test_supervise_returns_after_stop(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        async with trio.open_nursery() as nursery:
            sup = await nursery.start(supervise, Policy(), steady(diary, "a"))
            sup.stop("drain")
        assert sup.stop_reason == "drain"
        assert diary.lines == ["+a", "-a"]

    virtual(main)


def test_stop_before_the_start_is_done_fails_the_start(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        sup = Supervisor(Policy(), steady(diary, "a"))
        sup.stop("changed my mind")
        with pytest.raises(SupervisorStopped, match="changed my mind"):
            async with sup:
                raise AssertionError("never entered")
        assert diary.lines in ([], ["+a", "-a"])

    virtual(main)


def test_stop_after_the_end_changes_nothing(virtual: Any) -> None:
    async def main() -> None:
        async with Supervisor(Policy()) as sup:
            pass
        sup.stop()
        assert sup.stop_reason is None

    virtual(main)


# --- statistics -------------------------------------------------------------------------------------------------------


def test_statistics_show_state_uptime_and_nested_supervisors(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        nested = ChildSpec("call", supervise, (Policy(), steady(diary, "stt")))
        async with Supervisor(Policy(), [*steady(diary, "a"), nested], name="hospital") as sup:
            await trio.sleep(4)
            seen = sup.statistics()
            assert (seen.name, seen.phase) == ("hospital", "running")
            assert seen.children["a"].uptime == pytest.approx(4)
            inner = seen.children["call"].supervisor
            assert inner is not None
            assert inner.name == "hospital/call"
            assert inner.children["stt"].state == "running"
        assert sup.statistics().children["a"].uptime == 0

    virtual(main)


# --- the log ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "lines"),
    [
        (logging.INFO, [("WARNING", "s/a failed: connection lost", False)]),
        (
            logging.DEBUG,
            [("WARNING", "s/a failed: connection lost", True), ("DEBUG", "s restarts a in 0 s, because of s/a", False)],
        ),
    ],
)
def test_an_expected_error_is_one_line(
    virtual: Any, diary: Any, caplog: pytest.LogCaptureFixture, level: int, lines: list[tuple[str, str, bool]]
) -> None:
    async def main() -> None:
        child = lasting(diary, "a", 5, ConnectionResetError("connection lost"), expected=(ConnectionError,))
        async with Supervisor(Policy(), [child], name="s") as sup:
            await trio.sleep(6)
            assert sup.statistics().restarts == 1

    with caplog.at_level(level, "actors.runtime"):
        virtual(main)
    assert [(r.levelname, r.getMessage(), bool(r.exc_info)) for r in caplog.records] == lines


def test_an_unexpected_error_is_logged_with_its_traceback(
    virtual: Any, diary: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with Supervisor(Policy(), [lasting(diary, "a", 5, OSError("broken"), expected=(KeyError,))], name="s"):
            await trio.sleep(6)

    virtual(main)
    failed, restarts = caplog.records
    assert (failed.levelname, failed.getMessage(), bool(failed.exc_info)) == ("ERROR", "s/a failed: OSError", True)
    assert restarts.levelname == "WARNING"
