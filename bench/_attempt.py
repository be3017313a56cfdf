"""A model in one turn of a conversation: what it calls, for real, and what it says, as a call would let it.

The rounds are those of ``actors.call._answer``: the same messages, tools, limits and ids; without the sound around it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import attrs
import trio

from actors.agents import Agent
from actors.call._answer import AnswerSettings
from actors.errors import EngineBadReply
from actors.ports import Llm, LlmMessage, LlmRequest, LlmText, LlmToolCall
from actors.tools import Clock, ToolArgumentError, Toolbox, ToolOutcomeUnknown
from bench._judge import Tried
from bench._scenes import Call, Scene, Turn

__all__ = ["Databases", "Desk", "before_turn", "open_desk", "request_key", "try_turn"]

_SETTINGS = AnswerSettings()


@attrs.define
class Desk:
    """An agent at work in one conversation: its tools on a database of their own, and what was said so far."""

    agent: Agent
    toolbox: Toolbox
    messages: list[LlmMessage]
    database: Path
    number: int = 0

    @property
    def known(self) -> tuple[str, ...]:
        """The texts that the model was given."""
        return tuple(message.content for message in self.messages if message.content)

    async def perform(self, call: LlmToolCall) -> str:
        """Run a call and return its result as JSON."""
        self.number += 1
        try:
            result = await self.toolbox.run(self.toolbox.parse(call), key=f"bench-{self.number}")
        except ToolArgumentError as error:
            result = {"error": str(error)}
        except ToolOutcomeUnknown:
            result = {"error": "That took too long. Try again later."}
        return json.dumps(result, ensure_ascii=False, separators=(",", ":"))


@attrs.define
class Databases:
    """Databases for the agents, made in ``folder``: seeded once for each moment, then copied."""

    folder: Path
    _seeded: dict[str, Path] = attrs.field(factory=dict, init=False)
    _lock: trio.Lock = attrs.field(factory=trio.Lock, init=False)

    async def seeded(self, agent: Agent, now: Clock) -> Path:
        """A database as the agent makes it at that moment; no file where the agent has none."""
        key = f"{agent.name}-{now():%Y%m%d%H%M}"
        async with self._lock:
            if key not in self._seeded:
                template = self.folder / f"{key}.db"
                async with agent.open(database=f"sqlite:///{template}", now=now):
                    pass
                self._seeded[key] = template
        return self._seeded[key]


@asynccontextmanager
async def open_desk(agent: Agent, now: datetime, databases: Databases) -> AsyncIterator[Desk]:
    """A desk at the wall clock ``now``, with a database of its own."""
    moment = now.replace(tzinfo=agent.clock()().tzinfo)

    def clock() -> datetime:
        return moment

    template = await databases.seeded(agent, clock)
    with tempfile.TemporaryDirectory(dir=databases.folder) as scratch:
        database = Path(scratch) / "desk.db"
        if template.exists():
            shutil.copyfile(template, database)
        async with agent.open(database=f"sqlite:///{database}", now=clock) as resources:
            toolbox = agent.toolbox(resources, call_id="bench", now=clock)
            yield Desk(agent, toolbox, opening(agent, None), database)


def opening(agent: Agent, said: str | None) -> list[LlmMessage]:
    """The conversation before the caller has said anything."""
    return [LlmMessage("system", agent.system), LlmMessage("assistant", said or agent.greeting)]


async def replay(desk: Desk, turn: Turn, heard: str) -> None:
    """Let the turn have happened as written: its right calls, their true results, the answer."""
    desk.messages.append(LlmMessage("user", heard))
    if turn.calls:
        calls = tuple(
            LlmToolCall(f"call-{desk.number + n}", call.name, json.dumps(dict(call.arguments), ensure_ascii=False))
            for n, call in enumerate(turn.calls, 1)
        )
        desk.messages.append(LlmMessage("assistant", turn.filler, calls))
        for call in calls:
            desk.messages.append(LlmMessage("tool", await desk.perform(call), tool_call_id=call.id))
    if turn.agent:
        desk.messages.append(LlmMessage("assistant", turn.agent))


def request_key(desk: Desk, heard: str) -> str:
    """Names what the model is asked in a turn: the same key, the same question."""
    tools = [(spec.name, spec.parameters) for spec in desk.toolbox.specs()]
    text = json.dumps([[attrs.asdict(m) for m in desk.messages], heard, tools], ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


async def try_turn(llm: Llm, desk: Desk, ident: str, heard: str) -> Tried:
    """Let the model answer; the desk's conversation goes on from there. Raises EngineError when it cannot be asked;
    an answer that is none is the model's failure."""
    known = desk.known
    desk.messages.append(LlmMessage("user", heard))
    made: list[tuple[Call, str]] = []
    said: list[str] = []
    failure = ""
    try:
        for round_ in range(_SETTINGS.rounds + 1):
            tools = desk.toolbox.specs() if round_ < _SETTINGS.rounds else ()
            request = LlmRequest(tuple(desk.messages), tools, max_tokens=_SETTINGS.max_tokens)
            text, calls = await _ask(llm, request, desk.number)
            said += [text] if text else []
            if not calls:
                desk.messages.append(LlmMessage("assistant", text))
                failure = "" if any(map(str.isalnum, text)) else "the model wrote nothing"
                break
            desk.messages.append(LlmMessage("assistant", text, calls))
            for call in calls:
                result = await desk.perform(call)
                desk.messages.append(LlmMessage("tool", result, tool_call_id=call.id))
                made.append((_read(call), result))
        else:
            failure = "the model calls functions without end"
    except EngineBadReply as error:
        failure = str(error)
    return Tried(ident, known, heard, tuple(made), " ".join(said), failure)


async def _ask(llm: Llm, request: LlmRequest, number: int) -> tuple[str, tuple[LlmToolCall, ...]]:
    words: list[str] = []
    calls: list[LlmToolCall] = []
    async with llm.stream(request) as deltas:
        async for delta in deltas:
            match delta:
                case LlmText(text):
                    words.append(text)
                case LlmToolCall():
                    calls.append(attrs.evolve(delta, id=f"call-{number + len(calls) + 1}"))
    return "".join(words).strip(), tuple(calls[: _SETTINGS.calls_at_once])


def _read(call: LlmToolCall) -> Call:
    try:
        arguments = json.loads(call.arguments or "{}")
    except ValueError:
        arguments = {"": call.arguments}
    return Call(call.name, arguments if isinstance(arguments, Mapping) else {"": call.arguments})


@asynccontextmanager
async def before_turn(
    agent: Agent, scene: Scene, number: int, heard: Sequence[str], databases: Databases
) -> AsyncIterator[Desk]:
    """A desk where the first ``number`` turns of the scene have happened as written; ``heard``: the caller's words."""
    async with open_desk(agent, scene.now, databases) as desk:
        desk.messages = opening(agent, scene.opening)
        for earlier, words in zip(scene.turns[:number], heard, strict=False):
            await replay(desk, earlier, words)
        yield desk
