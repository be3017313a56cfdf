"""What a call tells its journal, on the way from the call to whoever writes it down."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from actors.line import Outgoing
from statechart import Event, Snapshot, Step

__all__ = [
    "CallerItem",
    "CloseItem",
    "Item",
    "ItemJournal",
    "LostItem",
    "NoteItem",
    "SentItem",
    "SettledItem",
    "StepItem",
]


@attrs.frozen(eq=False)
class StepItem:
    at: float
    before: Snapshot
    event: Event
    step: Step | None


@attrs.frozen(eq=False)
class NoteItem:
    at: float
    message: Outgoing


@attrs.frozen(eq=False)
class SentItem:
    at: float
    turn: int
    start: int
    pcm: bytes


@attrs.frozen(eq=False)
class CallerItem:
    at: float
    pcm: bytes
    turn: int
    heard: int


@attrs.frozen(eq=False)
class SettledItem:
    at: float
    turn: int
    heard: int
    cut: bool


@attrs.frozen(eq=False)
class LostItem:
    """There was no room for so many items, and for so much audio."""

    at: float
    lines: int
    audio_ms: int


@attrs.frozen(eq=False)
class CloseItem:
    at: float
    reason: str


Item = StepItem | NoteItem | SentItem | CallerItem | SettledItem | LostItem | CloseItem


@attrs.frozen(eq=False)
class ItemJournal:
    """A :class:`~actors.journal.CallJournal` that gives everything to ``put``."""

    put: Callable[[Item], None]

    def step(self, at: float, before: Snapshot, event: Event, step: Step | None) -> None:
        self.put(StepItem(at, before, event, step))

    def note(self, at: float, message: Outgoing) -> None:
        self.put(NoteItem(at, message))

    def sent(self, at: float, turn: int, start: int, pcm: bytes) -> None:
        self.put(SentItem(at, turn, start, pcm))

    def caller(self, at: float, pcm: bytes, turn: int, heard: int) -> None:
        self.put(CallerItem(at, pcm, turn, heard))

    def settled(self, at: float, turn: int, heard: int, cut: bool) -> None:
        self.put(SettledItem(at, turn, heard, cut))

    def close(self, at: float, reason: str) -> None:
        self.put(CloseItem(at, reason))
