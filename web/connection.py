"""One socket: a task that reads, the one task that writes, one that pings. Decides what a message means for the line.

The socket's first message (or ``start_seconds`` without any) decides which call it serves: a ``hello`` with the token
of a call that waits takes that one up, anything else begins a new one. After that the socket only carries messages
until one of these ends it; docs/protocol.md lists the close codes.

- The caller closes with 1000 or without a code, sends ``hangup``, or breaks the protocol: the call gets ``HangUp``.
- The socket breaks, or stays silent to a ping: the line is lost, and the call waits for another socket.
- The call ends or gives its caller up: the line closes the outlet, and the writer closes the socket after it.
"""

from __future__ import annotations

import math
from typing import Final

import trio
from trio_websocket import ConnectionClosed, WebSocketConnection
from wsproto.utilities import LocalProtocolError

from actors.errors import ClientTooSlow
from actors.line import CallerAudio, ErrorNotice, HangUp, PlaybackReport, TypedText
from web.limits import Limits, TokenBucket
from web.line import SocketLine
from web.metrics import Metrics
from web.outlet import Outlet
from web.switchboard import Refused, Switchboard
from web.wire import Hello, Malformed, decode_audio, decode_client, encode_server

__all__ = ["Connection"]

# Closed like this, the caller does not come back: on purpose (1000; 1005 is a close without a code), or for a breach
# of the protocol that this side noticed (bad frame, wrong kind of data, bad UTF-8, policy, too big).
_FINAL_CODES: Final = frozenset({1000, 1002, 1003, 1005, 1007, 1008, 1009})
_REFUSAL_CODES: Final = {"draining": 1012}
_TRY_AGAIN_LATER: Final = 1013
_FORGIVEN_AFTER: Final = 60.0  # s without a dropped message, after which those dropped before no longer count


class Connection:
    """Serves one accepted socket until it is closed. ``remote``: the caller's address, for the call's information."""

    def __init__(
        self, ws: WebSocketConnection, switchboard: Switchboard, limits: Limits, metrics: Metrics, remote: str
    ) -> None:
        self._ws = ws
        self._switchboard = switchboard
        self._limits = limits
        self._metrics = metrics
        self._remote = remote
        self._outlet = Outlet(limits.outlet_bytes, self._count_sent)
        self._line: SocketLine | None = None
        self._bucket = TokenBucket(limits.control_rate, limits.control_burst)
        self._over_rate = 0
        self._dropped_at = -math.inf
        self._malformed = 0
        self._heard = False
        self._heard_at = trio.current_time()

    async def run(self) -> None:
        """Return once the socket is closed or of no more use. The stream itself is the caller's to close."""
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._write, nursery.cancel_scope)
                nursery.start_soon(self._begin_in_time)
                nursery.start_soon(self._ping, nursery.cancel_scope)
                await self._read()
                if not self._outlet.is_closing:
                    nursery.cancel_scope.cancel("the socket is gone")
        finally:
            self._leave()

    # --- tasks --------------------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        try:
            while True:
                message = await self._ws.get_message()
                if isinstance(message, str):
                    self._take_text(message)
                else:
                    self._take_audio(message)
        except ConnectionClosed:
            return

    async def _write(self, scope: trio.CancelScope) -> None:
        try:
            close = await self._outlet.run(self._ws.send_message, self._limits.stall_seconds)
            with trio.move_on_after(self._limits.close_seconds):
                await self._ws.aclose(close.code, close.reason)
        except (ConnectionClosed, LocalProtocolError):
            return  # the reader takes what was received before, and then sees the end for itself
        except ClientTooSlow as error:
            if self._line is not None:
                self._line.give_up(error)
        scope.cancel("the socket is closed")

    async def _begin_in_time(self) -> None:
        await trio.sleep(self._limits.start_seconds)
        if self._line is None:
            self._begin()

    async def _ping(self, scope: trio.CancelScope) -> None:
        try:
            while True:
                sent_at = trio.current_time()
                with trio.move_on_after(self._limits.pong_seconds) as waiting:
                    await self._ws.ping()
                if waiting.cancelled_caught:
                    scope.cancel("no pong")
                    return
                if self._line is not None:
                    self._line.observe_round_trip(trio.current_time() - sent_at)
                await trio.sleep(self._limits.ping_seconds)
                if trio.current_time() - self._heard_at > self._limits.idle_seconds:
                    self._end("idle", "Nothing was received for too long.", 1000)
        except (ConnectionClosed, LocalProtocolError):
            return

    # --- what a message means -----------------------------------------------------------------------------------------

    def _take_text(self, text: str) -> None:
        self._heard_at = trio.current_time()
        size = len(text.encode("utf-8"))
        self._metrics.received.labels("json").inc(size)
        if self._outlet.is_closing:
            return
        if size > self._limits.max_message_bytes:
            self._end("too_big", "A message was too big.", 1009)
            return
        if not self._bucket.take(self._heard_at):
            self._drop_for_rate()
            return
        message = decode_client(text, max_text_chars=self._limits.max_text_chars)
        is_first, self._heard = not self._heard, True
        if isinstance(message, Hello):
            if is_first:
                self._greet(message)
                return
            message = Malformed("bad_message", "hello: only as the first message.")
        if self._line is None:
            self._begin()
        self._pass_on(message)

    def _take_audio(self, data: bytes) -> None:
        self._heard_at = trio.current_time()
        self._metrics.received.labels("audio").inc(len(data))
        message = decode_audio(data)
        if message is None or self._outlet.is_closing:
            return
        self._heard = True
        if self._line is None:
            self._begin()
        self._pass_on(message)

    def _pass_on(self, message: CallerAudio | PlaybackReport | TypedText | HangUp | Malformed | None) -> None:
        line = self._line
        if line is None:
            return
        match message:
            case None:
                pass
            case Malformed(code, text, counts):
                self._malformed += counts
                if self._malformed >= self._limits.max_malformed:
                    self._end(code, text, 1008)
                else:
                    line.notify(code, text)
            case HangUp(reason):
                line.hang_up(reason)
            case _:
                line.receive(message)

    def _drop_for_rate(self) -> None:
        # Between the dropped ones the bucket lets some through: these do not make a flood any better.
        if self._heard_at - self._dropped_at > _FORGIVEN_AFTER:
            self._over_rate = 0
        self._dropped_at = self._heard_at
        self._over_rate += 1
        if self._over_rate >= self._limits.control_excess:
            self._end("rate_limited", "Far too many messages.", 1008)
        elif self._over_rate == 1 and self._line is not None:
            self._line.notify("rate_limited", "Too many messages at once; some were dropped.")

    # --- which call ---------------------------------------------------------------------------------------------------

    def _greet(self, hello: Hello) -> None:
        line = self._switchboard.find(hello.resume) if hello.resume else None
        if line is not None and line is not self._line:
            if self._line is not None:  # the hello took longer than `start_seconds` to arrive
                self._line.hang_up("resumed another call")
                self._line.detach(self._outlet)
            self._line = line
            line.attach(self._outlet, hello.received)
            return
        if self._line is None:
            self._begin()
        if hello.resume and line is None and self._line is not None:
            self._line.notify("resume_unknown", "The earlier call is over or unknown; this is a new one.")

    def _begin(self) -> None:
        line = self._switchboard.begin(self._outlet, self._remote)
        if isinstance(line, Refused):
            self._outlet.put_text(encode_server(ErrorNotice(line.code, line.message), 0))
            self._outlet.close(_REFUSAL_CODES.get(line.code, _TRY_AGAIN_LATER), line.code)
        else:
            self._line = line

    # --- ends ---------------------------------------------------------------------------------------------------------

    def _end(self, code: str, message: str, close_code: int) -> None:
        """End the call of a caller who broke a rule: say which, close, hang up."""
        if self._line is not None:
            self._line.notify(code, message)
            self._line.hang_up(code)
        self._outlet.close(close_code, code)

    def _leave(self) -> None:
        closed = self._ws.closed
        if self._line is None:
            return
        if closed is not None and closed.code in _FINAL_CODES and self._line.serves(self._outlet):
            self._line.hang_up(f"closed {closed.code}")
        self._line.detach(self._outlet)

    def _count_sent(self, message: str | bytes) -> None:
        self._metrics.sent.labels("json" if isinstance(message, str) else "audio").inc(len(message))
