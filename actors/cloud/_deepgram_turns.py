"""Makes the turn signals of a service into what the port promises (see :class:`actors.ports.TurnSignal`), whatever the
service sends and however often the connection is replaced."""

from __future__ import annotations

from collections import deque
from typing import Literal

import trio

from actors.ports import SignalKind, TurnSignal

__all__ = ["SignalGate", "SignalQueue"]


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
