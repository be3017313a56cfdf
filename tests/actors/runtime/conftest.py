"""Shared by the runtime's tests: virtual time, and children that write down what happens to them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import attrs
import pytest
import trio
from trio.testing import MockClock

from actors.runtime import ChildSpec, RestartRule, shielded_cleanup

T = TypeVar("T")


@pytest.fixture
def virtual() -> Callable[..., Any]:
    """Run an async function to its end in virtual time, and fail where it would wait for ever."""

    def run(main: Callable[..., Awaitable[T]], *args: object, limit: float = 1000.0) -> T:
        async def bounded() -> T:
            with trio.fail_after(limit):
                return await main(*args)

        return trio.run(bounded, clock=MockClock(autojump_threshold=0))

    return run


@attrs.define
class Diary:
    """Children of many tempers. Each writes "+name" when ready and "-name" when it has ended."""

    lines: list[str] = attrs.Factory(list)
    runs: dict[str, int] = attrs.Factory(dict)

    def begin(self, name: str) -> int:
        """Number of this run of the child, 1 for the first."""
        self.runs[name] = self.runs.get(name, 0) + 1
        return self.runs[name]

    async def steady(self, name: str, *, task_status: trio.TaskStatus[str]) -> None:
        """Runs until it is cancelled."""
        self.begin(name)
        self.lines.append(f"+{name}")
        task_status.started(f"value of {name}")
        try:
            await trio.sleep_forever()
        finally:
            self.lines.append(f"-{name}")

    async def lasting(
        self, name: str, seconds: float, error: BaseException | None, *, task_status: trio.TaskStatus[str]
    ) -> None:
        """Ready at once; ends, or raises ``error``, after ``seconds``."""
        self.begin(name)
        self.lines.append(f"+{name}")
        task_status.started(f"value of {name}")
        try:
            await trio.sleep(seconds)
            if error is not None:
                raise error
        finally:
            self.lines.append(f"-{name}")

    def failing(self, name: str, seconds: float, error: BaseException | None = None, **fields: Any) -> ChildSpec:
        """A child that fails after ``seconds``, whenever it is run."""
        return ChildSpec(name, self.lasting, (name, seconds, error or ValueError(name)), **fields)

    async def failing_once(self, name: str, seconds: float, *, task_status: trio.TaskStatus[None]) -> None:
        """The first run raises after ``seconds``, later ones are steady."""
        if self.begin(name) == 1:
            self.lines.append(f"+{name}")
            task_status.started()
            await trio.sleep(seconds)
            self.lines.append(f"!{name}")
            raise ValueError(name)
        self.lines.append(f"+{name}")
        task_status.started()
        try:
            await trio.sleep_forever()
        finally:
            self.lines.append(f"-{name}")

    async def slow_to_end(self, name: str, seconds: float, *, task_status: trio.TaskStatus[None]) -> None:
        """When cancelled it takes ``seconds`` more, by a shield of its own."""
        self.begin(name)
        self.lines.append(f"+{name}")
        task_status.started()
        try:
            await trio.sleep_forever()
        finally:
            with trio.CancelScope(shield=True):
                await trio.sleep(seconds)
            self.lines.append(f"-{name}")

    async def never_ready(self, *, task_status: trio.TaskStatus[None]) -> None:
        """Is never ready, and ends when it is cancelled."""
        try:
            await trio.sleep_forever()
        finally:
            self.lines.append("-never")

    async def patient(self, seconds: float, *, task_status: trio.TaskStatus[None]) -> None:
        """When cancelled it takes ``seconds`` more, as long as it is allowed to."""
        task_status.started()
        try:
            await trio.sleep_forever()
        finally:
            with shielded_cleanup():
                await trio.sleep(seconds)

    # --- as children --------------------------------------------------------------------------------------------------

    def steady_children(self, *names: str, **fields: Any) -> list[ChildSpec]:
        return [ChildSpec(name, self.steady, (name,), **fields) for name in names]

    def lasting_child(
        self,
        name: str,
        seconds: float,
        error: BaseException | None = None,
        restart: RestartRule = "permanent",
        **fields: Any,
    ) -> ChildSpec:
        return ChildSpec(name, self.lasting, (name, seconds, error), restart, **fields)


@pytest.fixture
def diary() -> Diary:
    return Diary()
