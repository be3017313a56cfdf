"""Supervisors under supervisors."""

from __future__ import annotations

import math
from typing import Any

import pytest
import trio

from actors.runtime import ChildSpec, ChildStartFailed, Policy, Supervisor, SupervisorEscalated, supervise


def test_escalation_of_a_nested_supervisor_is_a_failure_for_its_own(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        inner = [*diary.steady_children("stt"), ChildSpec("llm", diary.failing_once, ("llm", 1.0))]
        call = ChildSpec("call", supervise, (Policy(intensity=0), inner), shutdown=math.inf)
        async with Supervisor(Policy(), [*diary.steady_children("db"), call]) as sup:
            await trio.sleep(3)
            assert diary.lines == ["+db", "+stt", "+llm", "!llm", "-stt", "+stt", "+llm"]
            assert "SupervisorEscalated" in str(sup.statistics().children["call"].last_error)
        assert diary.lines[-3:] == ["-llm", "-stt", "-db"]

    virtual(main)


def test_escalation_climbs_to_the_top(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        call = ChildSpec("call", supervise, (Policy(intensity=1), [diary.failing("llm", 0.1)]))
        with pytest.raises(SupervisorEscalated) as caught:
            await supervise(Policy(intensity=1), [call], name="top")
        assert isinstance(caught.value.__cause__, SupervisorEscalated)
        assert isinstance(caught.value.__cause__.__cause__, ValueError)
        assert diary.runs["llm"] == 4

    virtual(main)


def test_nested_start_failure_fails_the_outer_start(virtual: Any) -> None:
    async def broken(*, task_status: Any) -> None:
        raise OSError

    async def main() -> None:
        with pytest.raises(ChildStartFailed) as caught:
            await supervise(Policy(), [ChildSpec("call", supervise, (Policy(), [ChildSpec("x", broken)]))])
        assert isinstance(caught.value.__cause__, ChildStartFailed)

    virtual(main)


def test_clean_stop_of_a_nested_supervisor_is_a_normal_end(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        socket = ChildSpec("socket", diary.lasting, ("socket", 1.0, None), "temporary", significant=True)
        call = ChildSpec("call", supervise, (Policy(), [socket]), "temporary", shutdown=math.inf)
        async with Supervisor(Policy(), [call]) as sup:
            await trio.sleep(2)
            assert not sup.statistics().children
            assert sup.statistics().crashes == 0

    virtual(main)
