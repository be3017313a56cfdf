from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest
import trio

from actors.agents import Agent
from actors.call import CallSettings
from actors.ports import LlmRequest, LlmToolCall
from actors.testing import Caller, Stage, make_setup, run_virtual
from actors.tools import find_tool, tool

QUESTION = "Tell me about your doctors, please."
LONG = "Sure, I can help you with that. We have many doctors in this house, and all of them are free. Which one is it?"


class World:
    """What the test agent's functions have done."""

    def __init__(self) -> None:
        self.booked: list[str] = []
        self.looked: list[str] = []
        self.look_seconds = 0.1
        self.book_seconds = 0.5
        self.until = trio.Event()  # a booking ends then, or after its seconds


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def agent(world: World) -> Agent:
    @tool(effect="read", timeout=4.0)
    async def look(day: str) -> dict[str, Any]:
        """Look for free times."""
        await trio.sleep(world.look_seconds)
        world.looked.append(day)
        return {"slots": ["nine"]}

    @tool(effect="commit", timeout=100.0)
    async def book(day: str) -> dict[str, Any]:
        """Book a time."""
        with trio.move_on_after(world.book_seconds):
            await world.until.wait()
        world.booked.append(day)
        return {"status": "booked", "day": day}

    @tool(effect="read")
    async def broken(day: str) -> dict[str, Any]:
        """Always fails."""
        raise RuntimeError(f"no {day}")

    @tool(effect="read")
    async def end_call() -> dict[str, Any]:
        """Hang up."""
        return {"ok": True}

    tools = tuple(t for t in map(find_tool, (look, book, broken, end_call)) if t is not None)
    return Agent(name="test", system="You are a test.", tools=tools)


def default_script(request: LlmRequest) -> Iterable[Any]:
    """Calls a function where its name is said; says its result; else speaks at length."""
    last = request.messages[-1]
    if last.role == "tool":
        yield "Here is what came of it: " + "".join(c for c in last.content if c.isalnum() or c in " ,") + "."
        return
    for name in ("look", "book", "broken"):
        if name in last.content:
            yield LlmToolCall("same-id", name, '{"day": "Tuesday"}')
            return
    if "hang up" in last.content:
        yield "Goodbye then. "
        yield LlmToolCall("", "end_call", "{}")
        return
    yield LONG


@pytest.fixture
def ask() -> Callable[[Caller], Awaitable[None]]:
    """A part: a question that the default script answers at length, and the answer heard out."""

    async def part(caller: Caller) -> None:
        await caller.say(QUESTION)
        await caller.wait_for_answer()

    return part


@pytest.fixture
def into_the_answer() -> Callable[[Caller, float], Awaitable[None]]:
    """``await into_the_answer(caller, seconds)``: ask the same, and hear so much of the answer."""

    async def part(caller: Caller, seconds: float) -> None:
        await caller.say(QUESTION)
        await caller.wait_for("speaking")
        await trio.sleep(seconds)

    return part


PlayPart = Callable[..., Stage]


@pytest.fixture
def play(agent: Agent) -> PlayPart:
    """Play a part against a call in virtual time; returns the stage, for looking at."""

    def run(
        part: Callable[[Caller], Awaitable[None]],
        *,
        script: Callable[[LlmRequest], Iterable[Any]] = default_script,
        settings: CallSettings | None = None,
        prepare: Callable[[Stage], None] | None = None,
        skip_greeting: bool = True,
        **caller: Any,
    ) -> Stage:
        async def main() -> Stage:
            someone = Caller(**caller)
            stage = Stage(make_setup(someone, script, agent=agent, settings=settings), someone)
            if prepare is not None:
                prepare(stage)

            async def whole(c: Caller) -> None:
                if skip_greeting:
                    await c.wait_for_answer()
                    await trio.sleep(0.3)
                await part(c)
                await trio.sleep(0.5)

            await stage.play(whole)
            assert stage.call.illegal_events == 0
            return stage

        return run_virtual(main, limit=600)

    return run
