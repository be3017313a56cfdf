"""The call's way out to its line. A caller's end that takes messages too slowly ends the call, once."""

from __future__ import annotations

from collections.abc import Callable

from actors.errors import ClientTooSlow
from actors.line import Line, Outgoing

__all__ = ["Outlet"]


class Outlet:
    """Sends without blocking and without raising. ``on_too_slow`` is called once, when the line gives up."""

    def __init__(self, line: Line, on_too_slow: Callable[[], None]) -> None:
        self._line, self._on_too_slow = line, on_too_slow
        self._gave_up = False

    @property
    def round_trip(self) -> float:
        """Smoothed, in seconds."""
        return self._line.round_trip

    def send(self, message: Outgoing) -> None:
        if not self._gave_up:
            try:
                self._line.send(message)
            except ClientTooSlow:
                self._give_up()

    def send_audio(self, turn: int, pcm: bytes) -> None:
        if not self._gave_up:
            try:
                self._line.send_audio(turn, pcm)
            except ClientTooSlow:
                self._give_up()

    def _give_up(self) -> None:
        self._gave_up = True
        self._on_too_slow()
