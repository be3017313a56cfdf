"""The agent of simulated calls, its functions, and a model that plays it: all of its words are made to be checked.

What the caller asks for is found by its keyword: "look" (a read), "note" (idempotent), "book", "move" and "order" (side
effects), "broken" (a function that fails), "at length" (seventeen seconds of talk), "take a breath" or "walk" (a model
that has said all and takes one or three seconds to say so) or "seat" (and then goes on), "hang up", "nothing" (a model
without words); with "kindly" the model speaks first and acts then. A side effect that happened is known by a number of
its own, and whoever hears that number knows of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import attrs
import trio

from actors.agents import Agent
from actors.call._answer import GO_ON
from actors.ports import LlmMessage, LlmRequest, LlmToolCall
from actors.testing._diary import Diary, SlotTaken
from actors.testing._engines import Pause
from actors.testing._flaky import Faults
from actors.testing._trace import Entry, ToolBegan, ToolEnded
from actors.tools import ToolContext, ToolError, find_tool, tool

__all__ = ["COMMITS", "Office", "answer"]

COMMITS = ("book", "move", "order")

_SHORT = (
    "Certainly, we are open until six this evening.",
    "Of course. The entrance is behind the old house. Is there anything else?",
    "Yes, that is possible here.",
    "The doctors work from eight, and the nurses do so too. What else would you like?",
)
_LONG = (
    "There is a lot to be said about this house and its people. "
    "It was built long ago beside the river by a rich family of the town. "
    "They gave it to all of us when the last of them had moved away. "
    "Since then every room was painted twice, and the garden was planted again. "
    "We are proud of the kitchen, which has a window to the west and a stove of iron. "
    "Whoever comes in spring can see the storks from there, and they come every year. "
    "In winter the old stove is lit at five in the morning, and by eight the whole house is warm. "
    "Nobody has ever complained of the cold here, as far as anybody can remember. "
    "On Sundays there is music in the hall, and whoever plays an instrument may join in."
)


class Office:
    """What the functions of one call do. ``seconds`` draws how long each takes; ``note`` is told of each. Side effects
    are entered into ``diary``, which calls may share."""

    def __init__(
        self, seconds: Callable[[], float], faults: Faults, note: Callable[[Entry], None], diary: Diary
    ) -> None:
        self._seconds, self._faults, self._note, self._diary = seconds, faults, note, diary
        self.started: dict[str, trio.Event] = {"read": trio.Event(), "commit": trio.Event()}

    async def _work(self, kind: str, name: str, subject: str, key: str) -> str:
        """Take some time and, if it is a commit, make it happen: the number. Faults are those of the script."""
        fault = self._faults.next()
        number, refused = "", False
        self._note(ToolBegan(name, subject, key))
        self.started[kind].set()
        self.started[kind] = trio.Event()
        try:
            await trio.sleep(self._seconds())
            if fault is not None:
                match fault.kind:
                    case "hang":
                        await trio.sleep_forever()
                    case "drip":
                        await trio.sleep(2.5)
                    case "error":
                        raise ToolError("The book is closed.")
                    case "garbage":
                        raise ValueError("garbage")
                    case "disconnect":
                        pass  # it happens, and the answer is lost
            if kind == "commit":
                number = self._diary.enter(name, subject, key)
            if fault is not None and fault.kind == "disconnect":
                raise ConnectionError("the answer is lost")
            return number
        except SlotTaken:
            refused = True
            raise ToolError("Somebody else has it.") from None
        finally:
            self._note(ToolEnded(name, subject, key, number, refused))

    def _found(self, key: str) -> dict[str, Any] | None:
        number = self._diary.outcome(key)
        return None if number is None else _result(number)

    def agent(self) -> Agent:
        """An agent whose functions work here."""

        async def resolve(context: ToolContext) -> dict[str, Any] | None:
            return self._found(context.key)

        @tool(effect="read", timeout=3.0)
        async def look(subject: str, context: ToolContext) -> dict[str, Any]:
            """Look for free times."""
            await self._work("read", "look", subject, context.key)
            return {"free": "nine and ten"}

        @tool(effect="idempotent", timeout=3.0)
        async def note(subject: str, context: ToolContext) -> dict[str, Any]:
            """Note a wish."""
            await self._work("read", "note", subject, context.key)
            return {"free": "noted"}

        @tool(effect="read")
        async def broken(subject: str) -> dict[str, Any]:
            """Always fails."""
            raise RuntimeError(f"no {subject}")

        @tool(effect="read")
        async def end_call() -> dict[str, Any]:
            """Hang up."""
            return {"ok": True}

        @tool(effect="commit", timeout=4.0, resolve=resolve, filler="I am writing it down.")
        async def book(subject: str, context: ToolContext) -> dict[str, Any]:
            """Book a time."""
            return _result(await self._work("commit", "book", subject, context.key))

        @tool(effect="commit", timeout=4.0, resolve=resolve)
        async def move(subject: str, context: ToolContext) -> dict[str, Any]:
            """Move a booking."""
            return _result(await self._work("commit", "move", subject, context.key))

        @tool(effect="commit", timeout=4.0, resolve=resolve)
        async def order(subject: str, context: ToolContext) -> dict[str, Any]:
            """Order a car."""
            return _result(await self._work("commit", "order", subject, context.key))

        tools = tuple(t for t in map(find_tool, (look, note, broken, end_call, book, move, order)) if t is not None)
        return Agent(
            name="office", system="You answer the phone.", greeting="Good day, this is the office.", tools=tools
        )


def _result(number: str) -> dict[str, Any]:
    return {"number": number}


def answer(request: LlmRequest) -> Iterable[str | LlmToolCall | Pause]:
    """What the model answers: first calls what was asked for, then says what came of it."""
    last = request.messages[-1]
    if last == LlmMessage("user", GO_ON):
        yield from _continued(request)
        return
    if last.role == "tool":
        results: list[str] = []
        for message in reversed(request.messages):
            if message.role != "tool":
                break
            results.insert(0, message.content)
        yield " ".join(_told(json.loads(result)) for result in results)
        return
    asked = next((m.content for m in reversed(request.messages) if m.role == "user"), "").lower()
    calls = [name for name in ("look", "note", "broken", *COMMITS) if name in asked.split()]
    if "kindly" in asked and (calls or "hang up" in asked):
        yield "At once, dear caller, and with pleasure. "
        yield Pause(0.5)
    if calls and request.tools:
        for name in calls:
            yield LlmToolCall("same", name, json.dumps({"subject": "room"}))
    elif "hang up" in asked:
        if "now" in asked:
            yield "Good day to you then. "
            yield Pause(0.2)
        yield LlmToolCall("", "end_call", "{}")
    elif "at length" in asked:
        yield _LONG
    elif "take a" in asked:
        yield "Certainly, and with pleasure. "
        yield Pause(3.0 if "walk" in asked else 1.1)
        if "seat" in asked:
            yield "And welcome. "
    elif "nothing" not in asked:
        yield _SHORT[len(request.messages) % len(_SHORT)]


def _continued(request: LlmRequest) -> Iterable[str | LlmToolCall | Pause]:
    """The rest of an answer that broke off."""
    said = request.messages[-2].content
    for item in answer(attrs.evolve(request, messages=request.messages[:-2])):
        if not isinstance(item, str):
            yield item
        elif said.startswith(item.strip()):
            said = said.removeprefix(item.strip()).lstrip()
        else:
            yield item.removeprefix(said).lstrip()
            said = ""


def _told(result: dict[str, Any]) -> str:
    if "number" in result:
        return f"{result['number']} is what I have written for you."
    if "free" in result:
        return f"I found {result['free']} for you."
    if "ok" in result:
        return "Until then."
    if "status" in result:
        return "That is still under way."
    return "Sadly that was not possible."
