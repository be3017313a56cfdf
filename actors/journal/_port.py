"""The port behind which journals are kept. A call tells it everything as it happens; nothing here ever waits or raises,
and what becomes of it is no business of the call's."""

from __future__ import annotations

from typing import Protocol

from actors.line import Outgoing
from statechart import Event, Settings, Snapshot, Step

__all__ = ["CallJournal", "Journal", "NoJournal"]


class CallJournal(Protocol):
    """The journal of one call. ``at``: seconds since the call began, never falling. Pure book-keeping, at once."""

    def step(self, at: float, before: Snapshot, event: Event, step: Step | None) -> None:
        """The chart was at ``before`` and took ``event``; ``step`` is what came of it, None where it was illegal."""

    def note(self, at: float, message: Outgoing) -> None:
        """The caller's end was told this."""

    def sent(self, at: float, turn: int, start: int, pcm: bytes) -> None:
        """Agent audio went out, from sample ``start`` of ``turn`` on: PCM int16 LE, 24 kHz, mono."""

    def caller(self, at: float, pcm: bytes, turn: int, heard: int) -> None:
        """Caller audio came in (PCM int16 LE, 16 kHz, mono), and the caller has heard ``heard`` samples (24 kHz) of
        ``turn`` by now; -1, 0 while nothing is played."""

    def settled(self, at: float, turn: int, heard: int, cut: bool) -> None:
        """Exactly so many samples of ``turn`` were heard; with ``cut``, the rest never will be."""

    def close(self, at: float, reason: str) -> None:
        """The call is over."""


class Journal(Protocol):
    """Where journals are kept."""

    def begin(self, call: str, agent: str, settings: Settings) -> CallJournal:
        """A journal for a call that begins now. ``settings``: the chart's."""


class NoJournal:
    """Keeps nothing: both a :class:`Journal` and a :class:`CallJournal`."""

    def begin(self, call: str, agent: str, settings: Settings) -> CallJournal:  # noqa: ARG002
        return self

    def step(self, at: float, before: Snapshot, event: Event, step: Step | None) -> None:
        pass

    def note(self, at: float, message: Outgoing) -> None:
        pass

    def sent(self, at: float, turn: int, start: int, pcm: bytes) -> None:
        pass

    def caller(self, at: float, pcm: bytes, turn: int, heard: int) -> None:
        pass

    def settled(self, at: float, turn: int, heard: int, cut: bool) -> None:
        pass

    def close(self, at: float, reason: str) -> None:
        pass
