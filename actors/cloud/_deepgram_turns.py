"""Signals about the caller's turn, which some recognisers give apart from words: an optional extension of the port.

A stream that has them is a :class:`TurnSignalStream`; ask with ``isinstance``. They are hints, nobody needs to listen:
the call's own end-of-turn detection goes on beside them. What they are for:

 - ``likely_end``: start the speculative answer to ``text`` now, without waiting for a pause to be long enough;
 - ``resumed``: the caller goes on: withdraw it;
 - ``ended``: the turn is over and ``text`` is its transcript, the same as at ``likely_end`` if that came before.

In any stream of signals, each segment's begin with ``started`` and a ``likely_end`` is followed by ``resumed`` or
``ended`` before there is another, unless a new segment begins (:class:`SignalGate` sees to it, whatever the service
sends and however often the connection is replaced).
"""

from __future__ import annotations

from collections import deque
from typing import Literal, Protocol, runtime_checkable

import attrs
import trio

from actors.ports import SttStream

__all__ = ["SignalGate", "SignalKind", "SignalQueue", "TurnSignal", "TurnSignalStream"]

SignalKind = Literal["started", "likely_end", "resumed", "ended"]


@attrs.frozen
class TurnSignal:
    """``segment``: the open segment it is about. ``text``: everything heard of that segment so far. ``confidence``:
    how sure the service is that the turn is over, 0 to 1; 0 where it does not say."""

    kind: SignalKind
    segment: int
    text: str
    confidence: float = 0.0


@runtime_checkable
class TurnSignalStream(SttStream, Protocol):
    """A recogniser that also tells about turns."""

    async def next_signal(self) -> TurnSignal:
        """Wait for the next signal; one task at a time. Those of segments that are closed are dropped, and so are the
        oldest when nobody asks for long."""


class SignalGate:
    """Makes any sequence of signals a legal one. Pure."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """A new segment."""
        self._state: Literal["silent", "speaking", "likely"] = "silent"
        self._text = ""

    def pass_on(self, kind: SignalKind, text: str) -> list[SignalKind]:
        """What to tell when the service says ``kind``, with ``text`` as the transcript so far."""
        out: list[SignalKind] = []
        if not text and kind != "started":
            return out
        if self._state == "silent":
            out.append("started")
            self._state = "speaking"
        if self._state == "likely" and (kind in ("started", "resumed") or text != self._text):
            out.append("resumed")
            self._state = "speaking"
        if kind == "ended":
            out.append("ended")
            self._state = "silent"
        elif kind == "likely_end" and self._state == "speaking":
            out.append("likely_end")
            self._state, self._text = "likely", text
        return out

    def heard(self, text: str) -> list[SignalKind]:
        """What to tell when a transcript comes without a signal: other words after a likely end withdraw it."""
        if self._state == "likely" and text != self._text:
            self._state = "speaking"
            return ["resumed"]
        return []


class SignalQueue:
    """Signals on their way to the call; bounded."""

    def __init__(self, most: int = 16) -> None:
        self._waiting: deque[TurnSignal] = deque(maxlen=most)
        self._more = trio.Event()

    def clear(self) -> None:
        self._waiting.clear()

    def put(self, signal: TurnSignal) -> None:
        self._waiting.append(signal)
        self._more.set()

    async def get(self) -> TurnSignal:
        await trio.lowlevel.checkpoint()
        while not self._waiting:
            self._more = trio.Event()
            await self._more.wait()
        return self._waiting.popleft()
