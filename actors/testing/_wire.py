"""The network between a call and its client: both ways are slow, and each keeps its order."""

from __future__ import annotations

import random
from collections import deque

import attrs
import trio

from actors.line import Incoming, Outgoing, PlaybackReport

__all__ = ["Received", "Wire"]


@attrs.frozen
class Received:
    """Something that reached the caller: a message, or audio of a turn (then ``pcm``), ``at`` virtual seconds."""

    at: float
    message: Outgoing | None = None
    turn: int = -1
    pcm: bytes = b""


class Wire:
    """``send`` leads to the call. Times are in seconds; see :class:`actors.testing.Caller` for the others."""

    def __init__(
        self,
        send: trio.MemorySendChannel[Incoming],
        *,
        delay: float,
        jitter: float,
        report_delay: float,
        report_loss: float,
        seed: int,
    ) -> None:
        self.connected = True
        self.down: deque[Received] = deque()  #: on its way to the client
        self._up: deque[tuple[float, Incoming]] = deque()
        self._late: deque[tuple[float, Incoming]] = deque()  # reports that take longer
        self._send = send
        self._delay, self._jitter = delay, jitter
        self._report_delay, self._report_loss = report_delay, report_loss
        self._random = random.Random(seed)
        self._stalled_until = 0.0

    def is_instant(self, now: float) -> bool:
        """Whether what leaves now is there now."""
        return self._delay == 0 and now >= self._stalled_until

    def stall(self, until: float) -> None:
        """What leaves before ``until`` arrives then."""
        self._stalled_until = until

    def lag(self) -> float:
        """How long the next thing takes."""
        return self._delay + (self._random.random() * self._jitter if self._jitter else 0.0)

    def put_down(self, now: float, message: Outgoing | None, turn: int = -1, pcm: bytes = b"") -> None:
        """Something leaves the call."""
        earliest = max(self._stalled_until, self.down[-1].at if self.down else now)
        self.down.append(Received(max(earliest, now + self.lag()), message, turn, pcm))

    def put_up(self, at: float, message: Incoming, lag: float | None = None) -> None:
        """Something leaves the client; nothing does while the line is lost."""
        if not self.connected:
            return
        report = isinstance(message, PlaybackReport)
        if report and self._report_loss and self._random.random() < self._report_loss:
            return
        if report and self._report_delay:
            self._late.append((max(self._stalled_until, at + self._report_delay + self._delay), message))
        elif lag is None and not self._up and self.is_instant(at):
            self._send.send_nowait(message)
        else:
            earliest = max(self._stalled_until, self._up[-1][0] if self._up else at)
            self._up.append((max(earliest, at + (self.lag() if lag is None else lag)), message))

    def carry_up(self, now: float) -> None:
        """Give the call what has reached it by now."""
        for way in (self._late, self._up):
            while way and way[0][0] <= now + 1e-9:
                self._send.send_nowait(way.popleft()[1])

    def next_event(self) -> float:
        """When the next thing reaches the call, or the next message the client; infinity where nothing is under way."""
        due = next((item.at for item in self.down if item.message is not None), float("inf"))
        for way in (self._up, self._late):
            if way:
                due = min(due, way[0][0])
        return due

    def lose(self) -> list[Outgoing]:
        """The line goes away; the messages that did not reach the client."""
        self.connected = False
        unseen = [item.message for item in self.down if item.message is not None]
        for way in (self.down, self._up, self._late):
            way.clear()
        return unseen
