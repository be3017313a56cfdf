"""Faults to order, the same for every protocol server: what goes wrong on which connection, and when.

The decision is pure: an :class:`Order` says which fault strikes which connections at which moment, :class:`Strikes`
counts one connection's traffic and says when a fault is due, each once. Applying it: :class:`FaultyStream` wraps the
connection before any protocol sees it and suffers what happens on the wire (stall, cut, garbage); :func:`refuse`
answers a request head; an :class:`ErrorFrame` is put into words by each server, in its own protocol.

    desk = FaultDesk([Order(Refuse(429, retry_after=2.0), times=2), Order(Cut(), received=32_000)])
    ...for each connection...
    strikes = desk.open()
    stream = FaultyStream(stream)
    if isinstance(fault := strikes.at_head(), Refuse): await refuse(stream, fault)
    ...
    if (fault := strikes.on_received(len(data))) is not None: await stream.suffer(fault)
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Iterable

import attrs
import trio
from trio.abc import HalfCloseableStream, Stream

from actors.cloud._wrapped import WrappedStream

__all__ = [
    "Cut",
    "ErrorFrame",
    "Fault",
    "FaultDesk",
    "FaultyStream",
    "Garbage",
    "Latency",
    "Order",
    "Refuse",
    "Stall",
    "Strikes",
    "refuse",
]

_Z95 = 1.6449  # standard normal quantile
_REASONS = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 429: "Too Many Requests"}


@attrs.frozen
class Latency:
    """A time in seconds as it is measured in the field: log-normal with this median and 95th percentile; always the
    median where ``p95`` is None."""

    p50: float = attrs.field(default=0.0, validator=attrs.validators.ge(0.0))
    p95: float | None = None

    def draw(self, rng: random.Random) -> float:
        """One time out of the distribution, in seconds."""
        if self.p95 is None or self.p50 == 0.0:
            return self.p50
        return self.p50 * math.exp(rng.gauss(0.0, 1.0) * math.log(self.p95 / self.p50) / _Z95)


# --- what goes wrong --------------------------------------------------------------------------------------------------


@attrs.frozen
class Refuse:
    """Answer the request head with an HTTP error; ``retry_after`` in seconds. For orders at the head."""

    status: int
    retry_after: float | None = None
    body: bytes = b""  #: by default a JSON error object


@attrs.frozen
class Stall:
    """Send nothing more for so many seconds, then go on; the connection stays open."""

    seconds: float = math.inf


@attrs.frozen
class Cut:
    """Close the connection without a word; in the middle of the next frame if ``mid_frame``, else at once."""

    mid_frame: bool = False


@attrs.frozen
class Garbage:
    """Send bytes that no protocol allows there. The default is no HTTP, and in a WebSocket a frame with reserved bits
    set."""

    data: bytes = b"\xff\xf0garbage\x00\r\n\r\n"


@attrs.frozen
class ErrorFrame:
    """An error as the protocol itself words it, in the middle of an answer that had begun well. ``code`` and
    ``message`` empty: the server's own choice."""

    code: str = ""
    message: str = ""


Fault = Refuse | Stall | Cut | Garbage | ErrorFrame


# --- when -------------------------------------------------------------------------------------------------------------


@attrs.frozen
class Order:
    """One fault ordered.

    Which connections (or requests, for a server that counts those): from number ``first`` (0 is the first) on,
    ``times`` of them (None: all), each with probability ``chance``. When: at the request head, unless ``sent``
    (before the message with this index is sent, so that as many were) or ``received`` (as soon as so many bytes of
    payload were received) is given.
    """

    fault: Fault
    first: int = 0
    times: int | None = 1
    chance: float = 1.0
    sent: int | None = None
    received: int | None = None

    def __attrs_post_init__(self) -> None:
        if self.sent is not None and self.received is not None:
            raise ValueError("a fault strikes after messages sent or bytes received, not both")
        if isinstance(self.fault, Refuse) and not self.at_head:
            raise ValueError("a request can be refused at its head only")

    @property
    def at_head(self) -> bool:
        return self.sent is None and self.received is None

    def concerns(self, number: int) -> bool:
        """Whether it may strike connection ``number``."""
        return number >= self.first and (self.times is None or number < self.first + self.times)


class Strikes:
    """What strikes one connection. Pure counting; each order strikes once, in the order given."""

    def __init__(self, orders: Iterable[Order]) -> None:
        self._waiting = list(orders)
        self._sent = 0
        self._received = 0

    def at_head(self) -> Fault | None:
        """The fault at the request head, if any."""
        return self._take(lambda order: order.at_head)

    def on_message(self) -> Fault | None:
        """Call before each message is sent: the fault that strikes now. The message counts as sent all the same."""
        sent, self._sent = self._sent, self._sent + 1
        return self._take(lambda order: order.sent is not None and order.sent <= sent)

    def on_received(self, size: int) -> Fault | None:
        """Call with the size of each payload received: the fault that strikes now."""
        self._received += size
        return self._take(lambda order: order.received is not None and order.received <= self._received)

    def _take(self, due: Callable[[Order], bool]) -> Fault | None:
        order = next(filter(due, self._waiting), None)
        if order is None:
            return None
        self._waiting.remove(order)
        return order.fault


class FaultDesk:
    """Where faults are ordered for one server; numbers its connections. More may be ordered while it runs."""

    def __init__(self, orders: Iterable[Order] = (), *, seed: int = 0) -> None:
        self.orders = list(orders)
        self.opened = 0  #: connections so far
        self._rng = random.Random(seed)

    def open(self) -> Strikes:
        """The next connection's faults."""
        number, self.opened = self.opened, self.opened + 1
        return Strikes([o for o in self.orders if o.concerns(number) and self._rng.random() < o.chance])


# --- on the wire ------------------------------------------------------------------------------------------------------


class FaultyStream(WrappedStream, HalfCloseableStream):
    """A connection on which faults strike. Wrap it before anything is read or written."""

    def __init__(self, stream: Stream) -> None:
        super().__init__(stream)
        self._stalled_until = -math.inf
        self._cut_next = False

    async def suffer(self, fault: Fault) -> None:
        """Let a fault of the wire strike now. Raises ValueError for one that a server must put into words itself."""
        match fault:
            case Stall(seconds):
                self._stalled_until = trio.current_time() + seconds
            case Cut(mid_frame=True):
                self._cut_next = True
            case Cut():
                await trio.aclose_forcefully(self._stream)
            case Garbage(data):
                await self.send_all(data)
            case _:
                raise ValueError(f"{fault} is not a fault of the wire")

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        if self._stalled_until > trio.current_time():
            await trio.sleep_until(self._stalled_until)
        if self._cut_next:
            await self._stream.send_all(bytes(data)[: max(1, len(data) // 2)])
            await trio.aclose_forcefully(self._stream)
            raise trio.BrokenResourceError("cut by order")
        await self._stream.send_all(data)

    async def send_eof(self) -> None:
        if isinstance(self._stream, HalfCloseableStream):
            await self._stream.send_eof()


async def refuse(stream: Stream, fault: Refuse) -> None:
    """Answer a request (its head read or not) with an HTTP error; the connection is to be closed after it."""
    reason = _REASONS.get(fault.status, "Error")
    body = fault.body or json.dumps({"error": {"message": reason, "code": fault.status}}).encode()
    head = [f"HTTP/1.1 {fault.status} {reason}", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    if fault.retry_after is not None:
        head.append(f"Retry-After: {fault.retry_after:g}")
    await stream.send_all("\r\n".join([*head, "Connection: close", "", ""]).encode() + body)
