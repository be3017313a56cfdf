"""Who is restarted: the three strategies and the three restart rules."""

from __future__ import annotations

from typing import Any

import pytest
import trio

from actors.runtime import (
    ChildSpec,
    Policy,
    RestartRule,
    Strategy,
    Supervisor,
)


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
        a, c, d = diary.steady_children("a", "c", "d")
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
        async with Supervisor(Policy(), [diary.lasting_child("a", 1, error, restart)]) as sup:
            await trio.sleep(1.5)
            assert diary.runs["a"] == runs
            assert ("a" in sup.statistics().children) == (runs == 2)

    virtual(main)


def test_group_restart_drops_temporary_children_and_brings_back_transient_ones(virtual: Any, diary: Any) -> None:
    async def main() -> None:
        children = [
            diary.lasting_child("loader", 0.5, None, "transient"),
            *diary.steady_children("guest", restart="temporary"),
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
