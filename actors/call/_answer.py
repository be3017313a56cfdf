"""One attempt at an answer: the model writes, its sentences are spoken, its function calls run, until it has no more.

Everything here lives in the attempt's cancel scope and may be cancelled at any await; side effects do not live here
(see ``_commits``). Before the attempt is confirmed it may think, read and fill the reel, but nothing of it reaches the
caller.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import attrs
import trio

from actors.agents import Agent
from actors.call._commits import Commit, Commits
from actors.call._meter import TurnTimes
from actors.call._reel import Reel, Span
from actors.call._speaker import Speaker
from actors.errors import EngineBadReply, EngineError, EngineUnavailable
from actors.line import ToolProgress
from actors.ports import Llm, LlmFinished, LlmMessage, LlmRequest, LlmText, LlmToolCall, ToolSpec
from actors.tools import Invocation, ToolArgumentError, Toolbox, ToolOutcomeUnknown
from statechart import EndCallRequested, Event, SentenceBuffer, render, same_words, speakable

__all__ = ["AnswerSettings", "Answerer"]

_log = logging.getLogger(__name__)

IN_PROGRESS = '{"status":"in progress"}'  #: the result, until it ends, of a side effect that outlived its turn
#: To a model whose answer broke off behind words that were spoken; the caller never sees it.
GO_ON = "Your answer broke off behind these words. Continue with the next sentence, and repeat nothing."
END_CALL = "end_call"  #: a tool of this name is the call's own: it hangs up once the goodbye was heard


@attrs.frozen(kw_only=True)
class AnswerSettings:
    """``rounds`` of function calls at most; in each the model is asked again, where it breaks off, up to ``retries``
    times: at once where words of it were spoken, else after ``retry_after`` seconds."""

    rounds: int = 5
    calls_at_once: int = 4
    max_tokens: int = 160
    retries: int = 4
    retry_after: float = 0.5


@attrs.define(eq=False)
class Attempt:
    """What an attempt at an answer works with. ``prompt`` is the conversation up to and with the caller's words.

    ``only_announce``: the caller said nothing; the turn is our own, to tell an outcome.
    """

    reel: Reel
    only_announce: bool
    prompt: tuple[LlmMessage, ...]
    announcements: tuple[tuple[str, str], ...]  # (commit key, words)
    confirmed: trio.Event
    times: TurnTimes
    filler: str | None = None  # what to say while the latest function runs long
    writing: bool = False  # the model is at words for the caller just now, and not at a function call
    sentence: trio.Event = attrs.field(factory=trio.Event)  # the first one is on its way to the voice


class Answerer:
    """Makes the answers of one call.

    ``tell(attempt, progress)`` shows a function call once the attempt is confirmed; ``orphaned(attempt, call, commit)``
    takes over a side effect whose attempt was cancelled while it ran.
    """

    def __init__(
        self,
        agent: Agent,
        llm: Llm,
        toolbox: Toolbox,
        speaker: Speaker,
        commits: Commits,
        *,
        settings: AnswerSettings,
        post: Callable[[Event], None],
        tell: Callable[[Attempt, ToolProgress], None],
        orphaned: Callable[[Attempt, LlmToolCall, Commit], None],
    ) -> None:
        self._agent, self._llm, self._toolbox = agent, llm, toolbox
        self._speaker, self._commits = speaker, commits
        self._settings, self._post, self._tell = settings, post, tell
        self._orphaned = orphaned
        self._specs = toolbox.specs()
        self._ordinal = 0

    async def run(self, attempt: Attempt) -> None:
        """Think and speak to the end.

        Raises:
            EngineError: (perhaps in a group) the model or the voice failed.
        """
        reel = attempt.reel
        for key, words in attempt.announcements:
            reel.outcome(key)
            await self._speaker.speak_phrase(reel, words, tells=True)
        if attempt.only_announce:
            return
        into, spans = trio.open_memory_channel[Span](8)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._speaker.speak_all, reel, spans, attempt.times)
            async with into:
                await self._think(attempt, into)

    # --- the model -------------------------------------------------------------------------------------------------

    async def _think(self, attempt: Attempt, into: trio.MemorySendChannel[Span]) -> None:
        reel, settings = attempt.reel, self._settings
        for round_ in range(settings.rounds + 1):
            messages = (LlmMessage("system", self._agent.system), *attempt.prompt, *_so_far(reel))
            tools = self._specs if round_ < settings.rounds else ()
            calls, wrote = await self._listen_to_model(attempt, messages, tools, into)
            if not calls:
                if not wrote:
                    raise EngineBadReply(self._llm.name, "the model wrote nothing")
                return
            reel.called(calls)
            await self._run_calls(attempt, calls)
        raise EngineBadReply(self._llm.name, "the model calls functions without end")

    async def _listen_to_model(
        self,
        attempt: Attempt,
        messages: tuple[LlmMessage, ...],
        tools: tuple[ToolSpec, ...],
        into: trio.MemorySendChannel[Span],
    ) -> tuple[tuple[LlmToolCall, ...], bool]:
        """One answer of the model's: the calls it asks for, and whether it wrote anything. Where it breaks off, it is
        asked again: for the same while none of it went to the voice, after that to go on from there."""
        said: list[str] = []
        for left in range(self._settings.retries, -1, -1):
            earlier = tuple(said)
            request = LlmRequest((*messages, *_broken_off(earlier)), tools, max_tokens=self._settings.max_tokens)
            sentences = SentenceBuffer()
            calls: list[LlmToolCall] = []
            wrote = attempt.writing = False
            attempt.times.llm_asked = attempt.times.llm_asked or trio.current_time()
            try:
                async with self._llm.stream(request) as deltas:
                    async for delta in deltas:
                        attempt.times.llm_first = attempt.times.llm_first or trio.current_time()
                        match delta:
                            case LlmText(text):
                                wrote = attempt.writing = wrote or any(map(str.isalnum, text))
                                for raw in _new(sentences.feed(text), earlier):
                                    said.append(raw)
                                    await self._write(attempt, raw, into)
                            case LlmToolCall():
                                calls.append(self._own_id(delta))
                            case LlmFinished():
                                pass
            except EngineError as error:
                spoke = len(said) > len(earlier)
                if not left or not (spoke or isinstance(error, EngineUnavailable)):
                    raise
                _log.warning("asking the model again: %s", error)
                if not spoke:
                    await trio.sleep(self._settings.retry_after)
                continue
            for raw in _new(filter(None, [sentences.flush()]), earlier):
                await self._write(attempt, raw, into)
            return tuple(calls[: self._settings.calls_at_once]), wrote or bool(said)
        raise AssertionError("unreachable")

    async def _write(self, attempt: Attempt, raw: str, into: trio.MemorySendChannel[Span]) -> None:
        attempt.times.sentence = attempt.times.sentence or trio.current_time()
        attempt.sentence.set()
        await into.send(attempt.reel.write(raw, speakable(raw)))

    def _own_id(self, call: LlmToolCall) -> LlmToolCall:
        # Models repeat their ids or leave them out; a result must find its call.
        self._ordinal += 1
        return attrs.evolve(call, id=f"call-{self._ordinal}")

    # --- functions -------------------------------------------------------------------------------------------------

    async def _run_calls(self, attempt: Attempt, calls: tuple[LlmToolCall, ...]) -> None:
        attempt.times.tools += len(calls)
        async with trio.open_nursery() as nursery:
            for call in calls:
                nursery.start_soon(self._run_call, attempt, call)

    async def _run_call(self, attempt: Attempt, call: LlmToolCall) -> None:
        reel = attempt.reel
        try:
            invocation = self._toolbox.parse(call)
        except ToolArgumentError as error:
            result: Any = {"error": str(error)}
            self._progress(attempt, call, {"text": call.arguments[:200]}, "error", result)
            reel.returned(call.id, _json(result))
            return
        arguments = dict(invocation.arguments)
        self._progress(attempt, call, arguments, "running")
        try:
            result = await self._perform(attempt, call, invocation)
        except trio.Cancelled:
            if invocation.effect != "commit":  # a commit goes on; its end is told when it comes
                self._progress(attempt, call, arguments, "cancelled")
            raise
        failed = isinstance(result, Mapping) and "error" in result
        self._progress(attempt, call, arguments, "error" if failed else "ok", result)
        if call.name == END_CALL and not failed:
            self._post(EndCallRequested(reel.turn, reel.attempt))

    async def _perform(self, attempt: Attempt, call: LlmToolCall, invocation: Invocation) -> Any:
        reel = attempt.reel
        attempt.filler = invocation.filler
        if invocation.effect == "commit":
            commit = self._commits.ask(invocation, reel.turn, reel.attempt)
            reel.asked(commit)
            try:
                result = await self._commits.wait(commit)
            except trio.Cancelled:
                if commit.started:
                    self._left_behind(attempt, call, commit)
                raise
            reel.returned(call.id, _json(result))
            reel.outcome(commit.key)
            return result
        try:
            result = await self._toolbox.run(invocation, key=f"{call.id}-{reel.turn}-{reel.attempt}")
        except ToolOutcomeUnknown:
            result = {"error": "That took too long. Try again later."}
        reel.returned(call.id, _json(result))
        return result

    def _left_behind(self, attempt: Attempt, call: LlmToolCall, commit: Commit) -> None:
        """The turn was cut while its side effect runs: its result will find its place in the history."""
        attempt.reel.returned(call.id, IN_PROGRESS)
        self._orphaned(attempt, call, commit)

    def _progress(
        self, attempt: Attempt, call: LlmToolCall, arguments: dict[str, Any], status: Any, result: Any = None
    ) -> None:
        self._tell(attempt, ToolProgress(attempt.reel.turn, call.id, call.name, arguments, status, result))


def _so_far(reel: Reel) -> tuple[LlmMessage, ...]:
    """The turn as the model is to go on from: it ends with the results of functions. Words after these (a filler, an
    announcement) are the agent's, but a model that sees its own words last would continue them."""
    messages = render(reel.entries())
    while messages and messages[-1].role == "assistant" and not messages[-1].tool_calls:
        messages = messages[:-1]
    return messages


def _broken_off(said: Sequence[str]) -> tuple[LlmMessage, ...]:
    """What a model that broke off is told: its own words, which are spoken, and to go on."""
    return (LlmMessage("assistant", "".join(said).strip()), LlmMessage("user", GO_ON)) if said else ()


def _new(sentences: Iterable[str], earlier: Sequence[str]) -> list[str]:
    """The sentences without those that were spoken before the answer broke off: models like to begin again."""
    return [raw for raw in sentences if not any(same_words(raw, spoken) for spoken in earlier)]


def _json(result: Any) -> str:
    return json.dumps(result, ensure_ascii=False, separators=(",", ":"))
