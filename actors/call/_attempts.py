"""The attempts under way: each is a task in the call's nursery, inside a cancel scope of its own."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import trio

from actors.agents import Agent
from actors.call._answer import Answerer, Attempt
from actors.call._playout import Playout
from actors.call._record import Record
from actors.call._reel import Reel
from actors.call._speaker import Speaker
from actors.errors import EngineError
from statechart import (
    CancelAnswer,
    ConfirmAnswer,
    Event,
    Phrase,
    ReplyFailed,
    ReplyFinished,
    Say,
    StartAnswer,
    Tell,
)

__all__ = ["Attempts"]

_log = logging.getLogger(__name__)

NEAR_S = 0.6  #: a model that writes has a sentence sooner than a filler would be over


class Attempts:
    """Starts, confirms and cancels what the chart orders to be said."""

    def __init__(
        self,
        answerer: Answerer,
        speaker: Speaker,
        playout: Playout,
        record: Record,
        agent: Agent,
        *,
        nursery: trio.Nursery,
        post: Callable[[Event], None],
    ) -> None:
        self._answerer, self._speaker, self._playout = answerer, speaker, playout
        self._record, self._agent = record, agent
        self._nursery, self._post = nursery, post
        self._scopes: dict[tuple[int, int], set[trio.CancelScope]] = {}
        self._latest: Attempt | None = None
        self._fillers = self._idle_prompts = 0  # used so far, so that they vary

    # --- the chart's orders ------------------------------------------------------------------------------------------

    def start(self, order: StartAnswer) -> None:
        attempt = Attempt(
            reel=self._playout.reel_for(order.turn, order.attempt, confirmed=not order.speculative),
            only_announce=not order.text,
            prompt=self._record.prompt(order.turn, order.text),
            announcements=self._record.announcements(order.announce),
            confirmed=trio.Event(),
            times=self._record.new_attempt(order.turn),
        )
        if not order.speculative:
            attempt.confirmed.set()
        self._latest = attempt
        self._spawn(order.turn, order.attempt, self._answer, attempt)

    def confirm(self, order: ConfirmAnswer) -> None:
        attempt = self._latest
        if attempt is not None and (attempt.reel.turn, attempt.reel.attempt) == (order.turn, order.attempt):
            attempt.confirmed.set()
            self._playout.confirm(attempt.reel)
            self._record.attempt_confirmed(attempt)

    def say(self, order: Say) -> None:
        self._spawn(order.turn, order.attempt, self._say, order)

    def tell(self, order: Tell) -> None:
        self._spawn(order.turn, order.attempt, self._tell, order)

    def cancel(self, order: CancelAnswer) -> None:
        for scope in self._scopes.get((order.turn, order.attempt), ()):
            scope.cancel(reason=order.reason)
        self._playout.drop(order.turn)

    def cancel_all(self, reason: str) -> None:
        for scopes in self._scopes.values():
            for scope in scopes:
                scope.cancel(reason=reason)

    # --- the tasks ---------------------------------------------------------------------------------------------------

    def _spawn(self, turn: int, attempt: int, work: Callable[..., Awaitable[None]], about: object) -> None:
        # The scope is known before the task runs: an order to cancel may come in the same breath.
        scope = trio.CancelScope()
        self._scopes.setdefault((turn, attempt), set()).add(scope)
        self._nursery.start_soon(self._run, (turn, attempt), scope, work, about, name=f"attempt {turn}.{attempt}")

    async def _run(
        self, key: tuple[int, int], scope: trio.CancelScope, work: Callable[..., Awaitable[None]], about: object
    ) -> None:
        with scope:
            try:
                await work(about)
            except* EngineError as errors:
                _log.warning("attempt %s failed: %s", key, _first(errors))
                self._post(ReplyFailed(*key, "engine"))
            except* Exception:
                # A fault of ours, or of an agent's function: this answer is lost, the call is not.
                _log.exception("attempt %s failed", key)
                self._post(ReplyFailed(*key, "internal"))
        self._scopes[key].discard(scope)
        if not self._scopes[key]:
            del self._scopes[key]

    async def _answer(self, attempt: Attempt) -> None:
        await self._answerer.run(attempt)
        self._playout.finish(attempt.reel)
        self._post(ReplyFinished(attempt.reel.turn, attempt.reel.attempt))

    async def _say(self, order: Say) -> None:
        reel = self._playout.reel_for(order.turn, order.attempt, confirmed=True)
        if order.phrase is Phrase.FILLER:
            if await self._answer_is_near(reel):
                return
            try:
                await self._speaker.speak_phrase(
                    reel, self._words(order.phrase), filler=True, times=self._record.times(order.turn)
                )
            except EngineError as error:
                _log.warning("no filler: %s", error)  # nothing is lost but a courtesy
            return
        reel.drop_unspoken()
        await self._speaker.speak_phrase(reel, self._words(order.phrase))
        self._playout.finish(reel)
        self._post(ReplyFinished(order.turn, order.attempt))

    async def _tell(self, order: Tell) -> None:
        reel = self._playout.reopen(order.turn, order.attempt)
        if reel is not None:
            for key, words in self._record.announcements(order.announce):
                if not reel.tells_of(key):  # the answer may have wanted the same, and told of it itself
                    reel.outcome(key)
                    await self._speaker.speak_phrase(reel, words, tells=True)
            self._playout.finish(reel)
        self._post(ReplyFinished(order.turn, order.attempt))

    async def _answer_is_near(self, reel: Reel) -> bool:
        """Whether words of the answer come before a filler would be over: it would only make them later."""
        attempt = self._latest
        if attempt is None or attempt.reel is not reel or not attempt.writing:
            return False
        with trio.move_on_after(NEAR_S):
            await attempt.sentence.wait()
        return attempt.sentence.is_set()

    def _words(self, phrase: Phrase) -> str:
        agent = self._agent
        match phrase:
            case Phrase.GREETING:
                return agent.greeting
            case Phrase.GOODBYE:
                return agent.goodbye
            case Phrase.APOLOGY:
                return agent.apology
            case Phrase.BREAKDOWN:
                return agent.breakdown
            case Phrase.FILLER:
                if self._latest is not None and self._latest.filler:
                    return self._latest.filler
                self._fillers += 1
                return agent.fillers[(self._fillers - 1) % len(agent.fillers)]
            case Phrase.IDLE_PROMPT:
                self._idle_prompts += 1
                return agent.idle_prompts[(self._idle_prompts - 1) % len(agent.idle_prompts)]


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
