"""What is kept and shown of a call: the history, transcripts, function calls, outcomes to announce, times."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import trio

from actors.agents import Agent
from actors.call._answer import Attempt
from actors.call._commits import Commit
from actors.call._meter import TurnTimes
from actors.call._outlet import Outlet
from actors.call._reel import Reel
from actors.call._setup import CallSettings
from actors.line import ToolProgress, TranscriptUpdate
from actors.ports import LlmMessage, LlmToolCall
from statechart import Event, History, Settled, render

__all__ = ["Record"]

_log = logging.getLogger(__name__)


class Record:
    """The call's memory. All methods are synchronous."""

    def __init__(self, out: Outlet, post: Callable[[Event], None], settings: CallSettings, agent: Agent) -> None:
        self._out, self._post, self._settings, self._agent = out, post, settings, agent
        self.history = History()
        self._times: dict[int, TurnTimes] = {}  # of the latest turns
        self._stt_asked: float | None = None
        self._stt_done: float | None = None
        self._untold: dict[Attempt, list[ToolProgress]] = {}
        self._orphans: dict[str, tuple[Attempt, LlmToolCall]] = {}
        self._outcomes: dict[str, tuple[str, Any]] = {}  # commit key -> function name, result

    # --- the conversation --------------------------------------------------------------------------------------------

    def caller_said(self, turn: int, text: str) -> None:
        self.history = self.history.with_caller(turn, text)

    def prompt(self, turn: int, text: str) -> tuple[LlmMessage, ...]:
        """The conversation up to the caller's words of this turn, and these."""
        history = self.history.with_caller(turn, text) if text else self.history
        return history.messages(self._settings.history_characters)

    def settle(self, reel: Reel, played: int, cut: bool) -> None:
        """What was heard of a turn is certain now."""
        reel.settled = played
        heard = reel.heard(played)
        self._write(reel, played)
        if heard.text or heard.unheard:
            self._out.send(TranscriptUpdate(reel.turn, "agent", heard.text.strip(), True, heard.unheard.strip()))
        if cut:
            _log.info("turn %d was cut after %.2f s", reel.turn, played / 24_000)
        self._post(Settled(reel.turn, reel.announced(played)))

    def _write(self, reel: Reel, played: int) -> None:
        messages = render(reel.entries(), played, finished=reel.finished)
        self.history = self.history.with_agent(reel.turn, messages)

    def show_agent(self, reel: Reel) -> None:
        """Show the agent's words so far, unless they may still be withdrawn."""
        if reel.confirmed and reel.text:
            self._out.send(TranscriptUpdate(reel.turn, "agent", reel.text, False))

    # --- function calls ----------------------------------------------------------------------------------------------

    def tell(self, attempt: Attempt, progress: ToolProgress) -> None:
        """Show a function call; while the attempt is on trial, later."""
        if attempt.confirmed.is_set():
            self._out.send(progress)
        else:
            self._untold.setdefault(attempt, []).append(progress)

    def attempt_confirmed(self, attempt: Attempt) -> None:
        """What was kept back is shown now; what was kept back for others never will be."""
        for progress in self._untold.pop(attempt, ()):
            self._out.send(progress)
        self._untold.clear()
        self.show_agent(attempt.reel)

    def orphaned(self, attempt: Attempt, call: LlmToolCall, commit: Commit) -> None:
        """The attempt was cancelled while its side effect runs, or in the very moment in which that ended."""
        self._orphans[commit.key] = (attempt, call)
        if commit.done.is_set():
            self.commit_done(commit)

    def commit_done(self, commit: Commit) -> None:
        """A side effect ended. If its turn was cut meanwhile, the history and the caller's page learn of it here."""
        self._outcomes[commit.key] = (commit.invocation.name, commit.result)
        orphan = self._orphans.pop(commit.key, None)
        if orphan is None:
            return
        attempt, call = orphan
        attempt.reel.returned(call.id, json.dumps(commit.result, ensure_ascii=False, separators=(",", ":")))
        if attempt.reel.settled is not None:
            self._write(attempt.reel, attempt.reel.settled)
        status: Any = "error" if commit.failed else "ok"
        arguments = dict(commit.invocation.arguments)
        self._out.send(ToolProgress(attempt.reel.turn, call.id, call.name, arguments, status, commit.result))

    def announcements(self, keys: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        """What to tell the caller of these side effects."""
        told = []
        for key in keys:
            if key in self._outcomes:
                name, result = self._outcomes[key]
                words = name.replace("_", " ")
                error = result.get("error") if isinstance(result, dict) else None
                if error is not None:
                    told.append((key, self._settings.announcement_failed.format(tool=words, error=error)))
                else:
                    told.append((key, self._settings.announcement.format(tool=words)))
        return tuple(told)

    # --- times -------------------------------------------------------------------------------------------------------

    def times(self, turn: int) -> TurnTimes:
        """The times of a turn's latest attempt."""
        if turn not in self._times:
            self._times = {t: times for t, times in self._times.items() if t > turn - 4}
            self._times[turn] = TurnTimes(turn)
        return self._times[turn]

    def new_attempt(self, turn: int) -> TurnTimes:
        """A new attempt begins: its times replace those of the one before."""
        self._times.pop(turn, None)
        return self.times(turn)

    def turn_confirmed(self, turn: int, voice_ended: float, *, spoken: bool) -> None:
        times = self.times(turn)
        times.voice_ended, times.confirmed = voice_ended, trio.current_time()
        if spoken:
            times.stt_asked, times.stt_done = self._stt_asked, self._stt_done

    def transcript_asked(self) -> None:
        self._stt_asked, self._stt_done = trio.current_time(), None

    def transcript_came(self) -> None:
        self._stt_done = trio.current_time()

    def answer_sent(self, turn: int) -> None:
        """The first byte of the turn's answer has gone out."""
        times = self.times(turn)
        if times.confirmed is not None:
            times.sent = trio.current_time()
            self._out.send(times.metrics())
