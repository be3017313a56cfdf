"""The ledger of a call's side effects: each runs at most once, in the call's own nursery, and is recorded exactly once.

An attempt asks and waits; the chart says when it may run. Cancelling the attempt ends the waiting, never the side
effect. Its key is the call's id and an ordinal of our own, because the model's ids may repeat. The same wish again
within a call gets the first outcome, unless that was undone since.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import attrs
import trio

from actors.tools import Invocation, Toolbox, ToolOutcomeUnknown
from statechart import CommitFinished, CommitRequested, Event

__all__ = ["Commit", "Commits"]

_log = logging.getLogger(__name__)

_RESOLVE_EVERY_S = 1.0
_RESOLVE_TRIES = 8
UNKNOWN: dict[str, Any] = {"status": "unknown", "note": "It is being checked. Do not try again."}


@attrs.define(eq=False)
class Commit:
    """One side effect, from being asked for to its result (JSON values)."""

    key: str
    invocation: Invocation
    done: trio.Event = attrs.field(factory=trio.Event)
    started: bool = False
    undone: bool = False
    result: Any = None

    @property
    def failed(self) -> bool:
        return isinstance(self.result, dict) and "error" in self.result


class Commits:
    """``on_done(commit)`` is called once for each side effect that ran, before the chart is told."""

    def __init__(
        self,
        toolbox: Toolbox,
        *,
        call_id: str,
        nursery: trio.Nursery,
        post: Callable[[Event], None],
        on_done: Callable[[Commit], None],
    ) -> None:
        self._toolbox, self._call_id, self._nursery = toolbox, call_id, nursery
        self._post, self._on_done = post, on_done
        self._all: dict[str, Commit] = {}
        self._ordinal = 0

    def ask(self, invocation: Invocation, turn: int, attempt: int) -> Commit:
        """Ask the chart for this side effect; the same one that runs already, or was done before, is given instead."""
        commit = self._same(invocation)
        if commit is None:
            self._ordinal += 1
            commit = Commit(f"{self._call_id}-{self._ordinal}", invocation)
            self._all[commit.key] = commit
            self._post(CommitRequested(turn, attempt, commit.key))
        return commit

    async def wait(self, commit: Commit) -> Any:
        """Its result. Cancelled before the chart let it start, it never happens; after that it goes on all the same."""
        try:
            await commit.done.wait()
        finally:
            if not commit.started:
                self._all.pop(commit.key, None)
        return commit.result

    def start(self, key: str) -> None:
        """The chart lets it run."""
        commit = self._all.get(key)
        if commit is None:
            self._post(CommitFinished(key))  # its attempt failed meanwhile: it never happens
        elif not commit.started:
            commit.started = True
            self._nursery.start_soon(self._execute, commit)

    async def wait_all(self) -> None:
        """Until nothing runs any more."""
        for commit in list(self._all.values()):
            if commit.started:
                await commit.done.wait()

    def _same(self, invocation: Invocation) -> Commit | None:
        """An identical wish that is under way or was fulfilled and not undone since."""
        for commit in self._all.values():
            if commit.invocation.identity == invocation.identity and commit.started and not commit.undone:
                if commit.done.is_set() and commit.failed:
                    continue
                return commit
        return None

    async def _execute(self, commit: Commit) -> None:
        commit.result = await self._outcome(commit)
        if not commit.failed:
            for other in self._all.values():
                if other is not commit and other.invocation.name in commit.invocation.undoes:
                    other.undone = True
                if other is not commit and commit.invocation.name in other.invocation.undoes:
                    other.undone = True  # cancelled, booked again: cancelling once more is a new wish
        commit.done.set()
        self._on_done(commit)
        self._post(CommitFinished(commit.key))

    async def _outcome(self, commit: Commit) -> Any:
        """Run it; where the answer is lost, find out by the key what happened. Never an error that invites a retry."""
        try:
            return await self._toolbox.run(commit.invocation, key=commit.key)
        except ToolOutcomeUnknown:
            _log.warning("the outcome of %s is not known yet", commit.invocation.name)
        for _ in range(_RESOLVE_TRIES):
            await trio.sleep(_RESOLVE_EVERY_S)
            try:
                found = await self._toolbox.resolve(commit.key, commit.invocation.name)
            except ToolOutcomeUnknown:
                continue
            if found is not None:
                return found
        return dict(UNKNOWN)
