"""A caller's line over WebSocket: what a call sees of its caller, whatever happens to the socket beneath it.

A :class:`SocketLine` lives as long as its call. Sockets come and go: each brings an :class:`~web.outlet.Outlet`, and
at most one is attached. While none is, JSON is kept for the caller's return and audio is dropped (the call is told
with ``LineLost`` and holds its playback). Every JSON message is numbered when it is sent; the newest ones, up to
``replay_bytes``, are kept, and a caller who comes back gets those after the last one it received.

All methods but :meth:`SocketLine.watch` are synchronous: they run between two checkpoints, so nobody sees a state in
between.
"""

from __future__ import annotations

import contextlib
import secrets
from collections import deque
from typing import Final

import trio

from actors.errors import ClientTooSlow
from actors.line import (
    CallEnded,
    ErrorNotice,
    Flush,
    HangUp,
    Incoming,
    LineBack,
    LineLost,
    Outgoing,
)
from web.inbox import Inbox
from web.limits import Limits, TokenBucket
from web.metrics import Metrics
from web.outlet import Outlet, text_cost
from web.wire import Ready, encode_server

__all__ = ["SocketLine"]

_SMOOTHING: Final = 0.25
_MAX_KEPT: Final = 2_048
_NOTICES_PER_SECOND: Final = 5.0
_NOTICES_AT_ONCE: Final = 20


class SocketLine:
    """Implements :class:`actors.line.Line`. ``call`` is a public name; ``token`` lets its holder take the call over.

    ``round_trip`` is in seconds, smoothed, 0.0 until the first pong.
    """

    incoming: trio.MemoryReceiveChannel[Incoming]
    round_trip: float

    def __init__(self, limits: Limits, metrics: Metrics) -> None:
        self.call = secrets.token_hex(6)
        self.token = secrets.token_urlsafe(24)
        self.round_trip = 0.0
        self.hung_up = trio.Event()  #: set once the caller is gone for good
        self.ended_with: str | None = None  #: the reason of the CallEnded that was sent
        self._limits = limits
        self._metrics = metrics
        self._inbox = Inbox(limits.inbox_audio_bytes)
        self.incoming = self._inbox.channel
        self._outlet: Outlet | None = None
        self._too_slow: ClientTooSlow | None = None
        self._flushed = -1
        self._seq = 0
        self._kept: deque[tuple[int, str]] = deque()
        self._kept_bytes = 0
        self._max_kept_bytes = min(limits.replay_bytes, limits.outlet_bytes // 2)
        self._notices = TokenBucket(_NOTICES_PER_SECOND, _NOTICES_AT_ONCE)
        self._fresh_round_trip = True
        self._lost = trio.Event()
        self._back = trio.Event()

    def serves(self, outlet: Outlet) -> bool:
        """Whether this outlet is the one attached."""
        return self._outlet is outlet

    # --- the call's side ----------------------------------------------------------------------------------------------

    def send(self, message: Outgoing) -> None:
        """Queue a message. Raises :class:`~actors.errors.ClientTooSlow` once the caller's end cannot keep up."""
        self._raise_if_too_slow()
        self._metrics.observe(message)
        if isinstance(message, CallEnded):
            self.ended_with = message.reason
        elif isinstance(message, Flush):
            self._flushed = max(self._flushed, message.turn)
            if self._outlet is not None:
                self._metrics.audio_dropped.labels("out").inc(self._outlet.flush(message.turn))
        self._seq += 1
        text = encode_server(message, self._seq)
        self._keep(text)
        if self._outlet is not None:
            try:
                self._outlet.put_text(text)
            except ClientTooSlow as error:
                self.give_up(error)
                raise

    def send_audio(self, turn: int, pcm: bytes) -> None:
        """Queue audio; dropped where the turn was flushed or no socket is there. Raises as :meth:`send` does."""
        self._raise_if_too_slow()
        try:
            if self._outlet is None or not self._outlet.put_audio(turn, pcm):
                self._metrics.audio_dropped.labels("out").inc(len(pcm))
        except ClientTooSlow as error:
            self.give_up(error)
            raise

    # --- the socket's side --------------------------------------------------------------------------------------------

    def attach(self, outlet: Outlet, received: int | None = None) -> None:
        """Serve the call over a new socket. ``received``: the last ``seq`` a returning caller has; None: a new caller.

        A socket that is still attached is closed: its caller knows better than we do that it is dead.
        """
        returning = received is not None
        if self._outlet is not None:
            old, self._outlet = self._outlet, None
            old.clear()
            old.close(1000, "replaced by another socket")
            self._inbox.put(LineLost())
        first = self._kept[0][0] if self._kept else self._seq + 1
        known = min(received or 0, self._seq)
        outlet.clear()
        outlet.flush(self._flushed)
        # Numbers never go back on a socket: `ready` carries the one of the message before the first that follows.
        outlet.put_text(encode_server(Ready(self.call, self.token), max(known, first - 1)))
        for seq, text in self._kept:
            if seq > known:
                outlet.put_text(text)
        self._outlet = outlet
        self._fresh_round_trip = True
        self._back.set()
        self._lost = trio.Event()
        if returning:
            self._metrics.sockets_resumed.inc()
            self._inbox.put(LineBack())
            if known < first - 1:
                self.notify("replay_gap", f"{first - 1 - known} messages are too old to be sent again.")

    def detach(self, outlet: Outlet) -> None:
        """The socket is gone, and the caller may come back. Nothing happens where another one was attached since."""
        if self._outlet is not outlet:
            return
        self._outlet = None
        if not self.hung_up.is_set() and not outlet.is_closing:
            self._metrics.sockets_lost.inc()
            self._inbox.put(LineLost())
        self._back = trio.Event()
        self._lost.set()

    def receive(self, message: Incoming) -> None:
        """Pass on what the caller sent. Never waits: see :mod:`web.inbox` for what goes when the call falls behind."""
        dropped = self._inbox.put(message)
        if dropped:
            self._metrics.audio_dropped.labels("in").inc(dropped)
            self.notify("audio_overflow", "The server fell behind; some of the caller's audio was dropped.")

    def notify(self, code: str, message: str) -> None:
        """Tell the caller of an error, unless there were too many of late. Never raises."""
        if self._too_slow is not None or not self._notices.take(trio.current_time()):
            self._metrics.count_error(code)
            return
        try:
            self.send(ErrorNotice(code, message))
        except ClientTooSlow:
            return  # `send` has given the line up

    def observe_round_trip(self, seconds: float) -> None:
        """Take a measured round trip into the smoothed one; the first of a socket stands alone."""
        if self._fresh_round_trip:
            self._fresh_round_trip = False
            self.round_trip = seconds
        else:
            self.round_trip += _SMOOTHING * (seconds - self.round_trip)

    # --- ends ---------------------------------------------------------------------------------------------------------

    def hang_up(self, reason: str) -> None:
        """The caller is gone for good: the call gets ``HangUp`` and then the end of its channel."""
        if not self.hung_up.is_set():
            self.hung_up.set()
            self._inbox.put(HangUp(reason))
            self._inbox.close()

    def give_up(self, error: ClientTooSlow) -> None:
        """The caller's end is too slow: what is queued goes nowhere, and from now on ``send`` raises."""
        self._too_slow = error
        self._metrics.count_error("too_slow")
        self.close(1008, "too slow", drop=True)
        self.hang_up("too slow")

    def close(self, code: int, reason: str = "", *, drop: bool = False) -> None:
        """Close the attached socket, if any, after what is queued; with ``drop`` before it."""
        if self._outlet is not None:
            if drop:
                self._outlet.clear()
            self._outlet.close(code, reason)

    def close_with(self, notice: ErrorNotice, code: int) -> None:
        """Tell the caller why, then close. Never raises."""
        if self._too_slow is None:
            with contextlib.suppress(ClientTooSlow):  # then it is closed already
                self.send(notice)
        self.close(code, notice.code)

    async def watch(self) -> None:
        """Return once the caller is gone for good; hang up by itself where a lost one does not come back in time."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._watch_lost)
            await self.hung_up.wait()
            nursery.cancel_scope.cancel()

    async def _watch_lost(self) -> None:
        while True:
            await self._lost.wait()
            with trio.move_on_after(self._limits.resume_seconds) as scope:
                await self._back.wait()
            if scope.cancelled_caught:
                self.hang_up("lost")
                return

    # --- inside -------------------------------------------------------------------------------------------------------

    def _raise_if_too_slow(self) -> None:
        if self._too_slow is not None:
            raise ClientTooSlow(str(self._too_slow))

    def _keep(self, text: str) -> None:
        self._kept.append((self._seq, text))
        self._kept_bytes += text_cost(text)
        while len(self._kept) > _MAX_KEPT or self._kept_bytes > self._max_kept_bytes:
            self._kept_bytes -= text_cost(self._kept.popleft()[1])
