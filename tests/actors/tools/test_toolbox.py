"""Running tools: threads, deadlines, failures, outcomes."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

from actors.errors import ConfigurationError
from actors.ports import LlmToolCall
from actors.tools import (
    Injected,
    Invocation,
    Resources,
    Toolbox,
    ToolContext,
    ToolError,
    ToolOutcomeUnknown,
    ToolTimeout,
    find_tool,
    run_tool,
    tool,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@attrs.define
class Ledger:
    """A stand-in for a database: outcomes by key."""

    done: dict[str, str] = attrs.field(factory=dict)
    gate: threading.Event = attrs.field(factory=threading.Event)
    fail: bool = False


def run(main: Callable[[], Awaitable[Any]]) -> Any:
    """In real time: a clock that jumps does not wait for worker threads."""
    return trio.run(main)


def run_virtual(main: Callable[[], Awaitable[Any]]) -> Any:
    return trio.run(main, clock=MockClock(autojump_threshold=0))


def box(*functions: Callable[..., Any], ledger: Ledger | None = None, **options: Any) -> Toolbox:
    resources = Resources(values=(ledger,) if ledger else ())
    declared = [tool for function in functions if (tool := find_tool(function)) is not None]
    return Toolbox(declared, resources, call_id="c1", now=lambda: NOON, **options)


def call(toolbox: Toolbox, name: str, /, **arguments: Any) -> Invocation:
    return toolbox.parse(LlmToolCall("1", name, json.dumps(arguments)))


@tool(effect="read")
def where_am_i(ctx: ToolContext) -> dict[str, Any]:
    """Tell."""
    ctx.session["seen"] = ctx.session.get("seen", 0) + 1
    main = threading.current_thread() is threading.main_thread()
    return {"key": ctx.key, "call": ctx.call_id, "now": ctx.now(), "seen": ctx.session["seen"], "main": main}


@tool(effect="read")
async def where_is_async(day: date) -> list[Any]:
    """Tell."""
    await trio.sleep(1)
    return [threading.current_thread() is threading.main_thread(), day]


@tool(effect="read", timeout=2)
async def slow() -> None:
    """Take long."""
    await trio.sleep(3)


@tool(effect="read")
def refuse() -> None:
    """Say no."""
    raise ToolError("taken", slots=["9 a.m."])


@tool(effect="read")
def explode(name: str) -> None:
    """Fail."""
    raise RuntimeError(f"no luck with {name}")


@tool(effect="read")
def unspeakable() -> object:
    """Return something that JSON cannot say."""
    return object()


def _resolve_pay(ctx: ToolContext, ledger: Injected[Ledger]) -> dict[str, str] | None:
    if ledger.fail:
        raise OSError("the database is gone")
    found = ledger.done.get(ctx.key)
    return None if found is None else {"paid": found}


@tool(effect="commit", timeout=2, resolve=_resolve_pay)
def pay(amount: str, ctx: ToolContext, ledger: Injected[Ledger]) -> dict[str, str]:
    """Pay."""
    if amount == "slowly":
        ledger.gate.wait(5)
    if amount != "nothing":
        ledger.done[ctx.key] = amount
    if amount in ("and break", "nothing"):
        raise RuntimeError("the line broke")
    return {"paid": amount}


@tool(effect="commit")
def shout(word: str) -> None:
    """Shout."""
    raise RuntimeError(word)


def test_a_sync_tool_runs_in_a_thread_and_knows_its_call() -> None:
    toolbox = box(where_am_i)

    async def main() -> Any:
        await toolbox.run(call(toolbox, "where_am_i"), key="c1:7")
        return await toolbox.run(call(toolbox, "where_am_i"), key="c1:8")

    assert run(main) == {"key": "c1:8", "call": "c1", "now": "2026-11-22T12:00:00Z", "seen": 2, "main": False}


def test_an_async_tool_runs_in_the_loop() -> None:
    toolbox = box(where_is_async)
    assert run_virtual(lambda: toolbox.run(call(toolbox, "where_is_async", day="2026-11-24"), key="k")) == [
        True,
        "2026-11-24",
    ]


def test_a_refusal_is_a_result() -> None:
    toolbox = box(refuse)
    assert run(lambda: toolbox.run(call(toolbox, "refuse"), key="k")) == {"slots": ["9 a.m."], "error": "taken"}


@pytest.mark.parametrize(("name", "arguments"), [("explode", {"name": "Mary"}), ("unspeakable", {})])
def test_a_failure_is_told_without_details(
    name: str, arguments: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    toolbox = box(explode, unspeakable)
    with caplog.at_level(logging.INFO, "bargein.tools"):
        result = run(lambda: toolbox.run(call(toolbox, name, **arguments), key="k"))
    assert result == {"error": "That did not work because of a technical problem."}
    assert name in caplog.text
    assert "Mary" not in caplog.text


def test_a_late_answer_is_a_timeout() -> None:
    toolbox = box(slow)

    async def main() -> None:
        start = trio.current_time()
        with pytest.raises(ToolTimeout, match="slow did not answer within 2 s"):
            await toolbox.run(call(toolbox, "slow"), key="k")
        assert trio.current_time() - start == pytest.approx(2)

    run_virtual(main)


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    ledger = Ledger()
    yield ledger
    ledger.gate.set()


def test_a_commit_that_is_late_is_resolved_by_its_key(ledger: Ledger) -> None:
    toolbox = box(pay, ledger=ledger)

    async def main() -> None:
        with pytest.raises(ToolTimeout):
            await toolbox.run(call(toolbox, "pay", amount="slowly"), key="k1")
        assert await toolbox.resolve("k1", "pay") is None
        ledger.gate.set()
        while (found := await toolbox.resolve("k1", "pay")) is None:
            pass
        assert found == {"paid": "slowly"}

    trio.run(main, clock=MockClock(rate=20))  # real threads wait here, so time runs, if fast


def test_a_commit_whose_answer_was_lost_is_found(ledger: Ledger) -> None:
    toolbox = box(pay, ledger=ledger)
    assert run(lambda: toolbox.run(call(toolbox, "pay", amount="and break"), key="k")) == {"paid": "and break"}


def test_a_commit_that_did_nothing_is_a_plain_failure(ledger: Ledger) -> None:
    toolbox = box(pay, ledger=ledger)
    assert run(lambda: toolbox.run(call(toolbox, "pay", amount="nothing"), key="k")) == {
        "error": "That did not work because of a technical problem."
    }


def test_a_commit_nobody_can_tell_of_is_unknown(ledger: Ledger) -> None:
    toolbox = box(pay, ledger=ledger)
    ledger.fail = True

    async def main() -> None:
        with pytest.raises(ToolOutcomeUnknown):
            await toolbox.run(call(toolbox, "pay", amount="and break"), key="k")
        with pytest.raises(ToolOutcomeUnknown):
            await toolbox.resolve("k", "pay")

    run(main)


def test_a_commit_without_resolver_is_not_called_failed() -> None:
    toolbox = box(shout)
    result = run(lambda: toolbox.run(call(toolbox, "shout", word="a"), key="k"))
    assert "not certain" in result["error"]
    with pytest.raises(ToolOutcomeUnknown, match="no resolver"):
        run(lambda: toolbox.resolve("k", "shout"))


def test_cancelling_never_waits_for_a_thread(ledger: Ledger) -> None:
    toolbox = box(pay, ledger=ledger)

    async def main() -> None:
        with trio.move_on_after(0.1) as scope:
            await toolbox.run(call(toolbox, "pay", amount="slowly"), key="k")
        assert scope.cancelled_caught
        assert not ledger.done

    run(main)


def test_threads_are_limited() -> None:
    limiter = trio.CapacityLimiter(1)
    toolbox = Toolbox([t for t in [find_tool(where_am_i)] if t], Resources(limiter=limiter))

    async def main() -> None:
        limiter.acquire_on_behalf_of_nowait("another call")
        with trio.move_on_after(1) as scope:
            await toolbox.run(call(toolbox, "where_am_i"), key="k")
        assert scope.cancelled_caught

    run_virtual(main)


def test_without_a_limiter_sync_tools_run_in_the_loop() -> None:
    toolbox = Toolbox([t for t in [find_tool(where_am_i)] if t], Resources(limiter=None))
    assert run_virtual(lambda: toolbox.run(call(toolbox, "where_am_i"), key="k"))["main"] is True


def test_wrong_toolboxes_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="two tools are called 'refuse'"):
        box(refuse, refuse)
    with pytest.raises(ConfigurationError, match="pay: no resource of type Ledger"):
        box(pay)


def test_specs_keep_the_order() -> None:
    assert [spec.name for spec in box(refuse, explode).specs()] == ["refuse", "explode"]


def test_a_tool_can_be_tried_alone() -> None:
    assert run_tool(where_am_i, now=lambda: NOON, session={"seen": 4})["seen"] == 5
    with pytest.raises(ConfigurationError, match="not declared"):
        run_tool(print)
