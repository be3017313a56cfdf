"""Stands between a call and its line and tells the call's journal what passes, and when."""

from __future__ import annotations

import trio

from actors.call._playout import Playout
from actors.journal import CallJournal
from actors.line import Incoming, Line, Outgoing
from statechart import Event, Snapshot, Step

__all__ = ["Witness"]


class Witness:
    """A :class:`~actors.line.Line` like the one given. ``playout``, once there is one, knows what is heard when."""

    def __init__(self, line: Line, journal: CallJournal) -> None:
        self._line, self._journal = line, journal
        self._began = trio.current_time()
        self.playout: Playout | None = None

    @property
    def incoming(self) -> trio.MemoryReceiveChannel[Incoming]:
        return self._line.incoming

    @property
    def round_trip(self) -> float:
        return self._line.round_trip

    def send(self, message: Outgoing) -> None:
        self._line.send(message)
        self._journal.note(self._at, message)

    def send_audio(self, turn: int, pcm: bytes) -> None:
        self._line.send_audio(turn, pcm)
        assert self.playout is not None
        self._journal.sent(self._at, turn, self.playout.position[1], pcm)

    def stepped(self, before: Snapshot, event: Event, step: Step | None) -> None:
        """The chart took ``event``; None: it was illegal."""
        self._journal.step(self._at, before, event, step)

    def heard(self, pcm: bytes) -> None:
        """The caller's audio came in."""
        assert self.playout is not None
        turn, _, heard = self.playout.position
        self._journal.caller(self._at, pcm, turn, heard)

    def settled(self, turn: int, heard: int, cut: bool) -> None:
        """Exactly so much of the turn was heard."""
        self._journal.settled(self._at, turn, heard, cut)

    def close(self, reason: str) -> None:
        """The call is over."""
        self._journal.close(self._at, reason)

    @property
    def _at(self) -> float:
        return round(trio.current_time() - self._began, 4)
