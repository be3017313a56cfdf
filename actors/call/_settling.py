"""Turns that were cut, until it is known what the caller has heard of each."""

from __future__ import annotations

from collections.abc import Callable

from actors.call._reel import Reel

__all__ = ["SETTLE_S", "Settling"]

SETTLE_S = 0.25  #: how long after a flush to wait for the client's report


class Settling:
    """``on_settled(reel, played)`` is told what was heard, once for each reel. Times are trio's, in seconds."""

    def __init__(self, on_settled: Callable[[Reel, int], None]) -> None:
        self._on_settled = on_settled
        self._waiting: list[tuple[Reel, float, float]] = []  # reel, earliest report that counts, latest

    def add(self, reel: Reel, now: float, round_trip: float) -> None:
        """It was flushed just now. A report sent before the client saw that may still come; the one that answers takes
        a round trip."""
        self._waiting.append((reel, now + min(round_trip, SETTLE_S / 2), now + SETTLE_S))

    def report(self, turn: int, samples: int, now: float) -> bool:
        """The client has played this much of the turn. False: that turn does not wait here."""
        for item in self._waiting:
            reel, earliest, _ = item
            if reel.turn == turn:
                reel.cursor.on_report(samples, now)
                if now >= earliest:
                    self._waiting.remove(item)
                    self._on_settled(reel, reel.cursor.reported)
                return True
        return False

    def overdue(self, now: float) -> float:
        """Settle by estimate what has waited long enough; return the seconds until something else will have."""
        for item in [item for item in self._waiting if item[2] <= now]:
            self._waiting.remove(item)
            self._on_settled(item[0], item[0].cursor.estimate(now))
        return min((due - now for _, _, due in self._waiting), default=float("inf"))

    def close(self, now: float) -> None:
        """No report comes any more."""
        for reel, _, _ in self._waiting:
            self._on_settled(reel, reel.cursor.estimate(now))
        self._waiting.clear()
