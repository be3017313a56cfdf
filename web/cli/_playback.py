"""A loudspeaker in real time, and when to report what it has played: as the page does. Sans-I/O."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from actors.audio import to_array
from actors.line import Flush, Hold, Outgoing, PlaybackReport, Resume
from actors.ports import AGENT_RATE
from web.cli._loudspeaker import Loudspeaker

__all__ = ["Playback"]

_REPORT_EVERY_S = 0.1


class Playback:
    """Feeds ``loudspeaker`` with what the call sends, from ``start`` on. ``now`` is everywhere the same clock's, in
    seconds. A report is due every 100 ms while something plays, and at once on hold, flush and drain (then ``wake`` is
    called)."""

    def __init__(self, loudspeaker: Loudspeaker, start: float, wake: Callable[[], None]) -> None:
        self._loudspeaker, self._start, self._wake = loudspeaker, start, wake
        self.due = inf  #: when the next report is to be sent

    def until(self, now: float) -> None:
        """Play up to now."""
        if self._loudspeaker.advance(round((now - self._start) * AGENT_RATE)):
            self._report_now(now)

    def take(self, message: Outgoing, now: float) -> None:
        """Do what a message means for the loudspeaker, if anything."""
        self.until(now)
        match message:
            case Hold():
                self._loudspeaker.hold()
                self._report_now(now)
            case Resume():
                self._loudspeaker.resume()
            case Flush(turn):
                self._loudspeaker.flush(turn)
                self._report_now(now)
            case _:
                pass

    def take_audio(self, turn: int, pcm: bytes, now: float) -> None:
        self.until(now)
        if self.due == inf:
            self.due = now + _REPORT_EVERY_S
        self._loudspeaker.put(turn, to_array(pcm))

    def report(self, now: float) -> PlaybackReport | None:
        """What is to be sent now; to be asked whenever :attr:`due` has come."""
        if now < self.due:
            return None
        self.due = now + _REPORT_EVERY_S if self._loudspeaker.busy else inf
        turn = self._loudspeaker.turn
        return PlaybackReport(turn, self._loudspeaker.played(turn)) if turn >= 0 else None

    def _report_now(self, now: float) -> None:
        self.due = now
        self._wake()
