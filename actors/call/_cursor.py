"""Where the caller's loudspeaker is, and how far ahead of it to send. Pure: times come in as arguments.

The client reports how many samples of a turn it has played; between reports the position is the last one plus the time
since. A client that never reports (or falls silent for a second) is taken to play what it was sent, in real time, from
the moment it was sent. Positions are samples of the turn at 24 kHz and never lie beyond what was sent.
"""

from __future__ import annotations

from actors.ports import AGENT_RATE

__all__ = ["REPORTS_MISSING_S", "Cursor", "lead_samples"]

REPORTS_MISSING_S = 1.0  #: without a report for this long the send clock serves


def lead_samples(round_trip: float) -> int:
    """How far ahead of the estimated position to send: 200 ms plus the round trip (s), 500 ms at most; in samples."""
    return int(min(0.5, 0.2 + max(0.0, round_trip)) * AGENT_RATE)


class Cursor:
    """The playback position of one turn."""

    def __init__(self) -> None:
        self.sent = 0
        self.reported = 0
        self._began: float | None = None
        self._reported_at: float | None = None
        self._position = 0.0
        self._at = 0.0
        self._running = True

    def estimate(self, now: float) -> int:
        """The position at ``now`` (seconds, any monotonic clock), in samples."""
        elapsed = max(0.0, now - self._at) if self._running else 0.0
        return int(min(self._position + elapsed * AGENT_RATE, self.sent))

    def on_sent(self, samples: int, now: float) -> None:
        """``samples`` more were sent."""
        self._anchor(self.estimate(now), now)
        self._began = now if self._began is None else self._began
        self.sent += samples

    def on_report(self, samples: int, now: float) -> None:
        """The client has played ``samples`` in all. Reports run neither backwards nor ahead of what was sent."""
        self.reported = min(max(samples, self.reported), self.sent)
        self._reported_at = now
        self._anchor(self.reported, now)

    def pause(self, now: float) -> None:
        """Playback is held: the position stands still until :meth:`go_on`, reports aside."""
        self._anchor(self.estimate(now), now)
        self._running = False

    def go_on(self, now: float) -> None:
        """Playback runs (again)."""
        self._anchor(self.estimate(now), now)
        self._running = True

    def rewind(self, now: float, lost_at: float) -> None:
        """The client lost at ``lost_at`` what it had not played: all beyond its last report must be sent again, or,
        where it had not been reporting, all beyond the estimate."""
        last = self._began if self._reported_at is None else self._reported_at
        reporting = last is None or lost_at - last < REPORTS_MISSING_S
        self.sent = self.reported if reporting else self.estimate(now)
        self._anchor(self.sent, now)

    def trusts_reports(self, now: float) -> bool:
        """Whether the client has reported recently enough to be waited for."""
        return self._reported_at is not None and now - self._reported_at < REPORTS_MISSING_S

    def is_drained(self, total: int, now: float) -> bool:
        """Whether all ``total`` samples of the turn have been heard."""
        if self.sent < total:
            return False
        return self.reported >= total if self.trusts_reports(now) else self.estimate(now) >= total

    def next_check(self, total: int, now: float) -> float:
        """Seconds after which :meth:`is_drained` may have changed without a new report."""
        left = (total - self.estimate(now)) / AGENT_RATE
        if self.trusts_reports(now):
            assert self._reported_at is not None
            left = max(left, self._reported_at + REPORTS_MISSING_S - now)
        return max(left, 0.001)

    def _anchor(self, position: float, now: float) -> None:
        self._position = position
        self._at = now
