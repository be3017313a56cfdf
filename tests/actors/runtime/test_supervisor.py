"""A supervisor from its start to its end, and what it tells of itself."""

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
    Supervisor,
    SupervisorStopped,
    supervise,
)

# --- start and stop ---------------------------------------------------------------------------------------------------


def test_children_start_in_order_and_stop_in_reverse(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        async with Supervisor(Policy(), diary.steady_children("a", "b", "c")) as sup:
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
        sup = Supervisor(Policy(), [ChildSpec("slow", slow), *diary.steady_children("b")])
        async with sup:
            assert diary.lines == ["ready at 3", "+b"]

    begin = 0.0
    sup: Supervisor
    virtual(main)


def test_next_child_stops_only_when_the_one_after_has_ended(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        slow = ChildSpec("slow", diary.slow_to_end, ("slow", 2.0))
        async with Supervisor(Policy(), [*diary.steady_children("a"), slow]):
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
            async with Supervisor(
                Policy(), [*diary.steady_children("a"), ChildSpec("bad", broken), *diary.steady_children("c")]
            ):
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
    async def main() -> None:
        with trio.move_on_after(5) as scope:
            async with Supervisor(Policy(), [*diary.steady_children("a", "b"), ChildSpec("never", diary.never_ready)]):
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
        Supervisor(Policy(), diary.steady_children("a", "b", "a"))


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


# --- stopping early ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("restart", ["transient", "temporary"])
def test_normal_end_of_a_significant_child_stops_cleanly(virtual: Any, diary: Any, restart: RestartRule) -> None:
    async def main() -> None:
        socket = diary.lasting_child("socket", 1, None, restart, significant=True)
        a, c = diary.steady_children("a", "c")
        async with Supervisor(Policy(), [a, socket, c]) as sup:
            await trio.sleep_forever()
        assert diary.lines == ["+a", "+socket", "+c", "-socket", "-c", "-a"]
        assert sup.stop_reason == "significant child 'socket' ended"

    virtual(main)


def test_supervise_returns_after_stop(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        async with trio.open_nursery() as nursery:
            sup = await nursery.start(supervise, Policy(), diary.steady_children("a"))
            sup.stop("drain")
        assert sup.stop_reason == "drain"
        assert diary.lines == ["+a", "-a"]

    virtual(main)


def test_stop_before_the_start_is_done_fails_the_start(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        sup = Supervisor(Policy(), diary.steady_children("a"))
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
        nested = ChildSpec("call", supervise, (Policy(), diary.steady_children("stt")))
        async with Supervisor(Policy(), [*diary.steady_children("a"), nested], name="hospital") as sup:
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
        child = diary.lasting_child("a", 5, ConnectionResetError("connection lost"), expected=(ConnectionError,))
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
        async with Supervisor(
            Policy(), [diary.lasting_child("a", 5, OSError("broken"), expected=(KeyError,))], name="s"
        ):
            await trio.sleep(6)

    virtual(main)
    failed, restarts = caplog.records
    assert (failed.levelname, failed.getMessage(), bool(failed.exc_info)) == ("ERROR", "s/a failed: OSError", True)
    assert restarts.levelname == "WARNING"
