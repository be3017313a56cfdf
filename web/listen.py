"""Listening: the address, the certificate and the signals that end it."""

from __future__ import annotations

import errno
import os
import signal
import ssl
import sys
from collections.abc import Callable
from pathlib import Path

import attrs
import trio

from actors.errors import ConfigurationError
from web.settings import ServerSettings

__all__ = ["Bound", "bound", "make_tls_context", "open_listeners", "watch_signals"]


@attrs.frozen
class Bound:
    """Where the server listens. ``url`` is for a browser on this machine."""

    host: str
    port: int
    url: str


def make_tls_context(settings: ServerSettings) -> ssl.SSLContext | None:
    """The context for ``tls_cert`` and ``tls_key``; None where there is no certificate."""
    if settings.tls_cert is None:
        if settings.tls_key is not None:
            raise ConfigurationError("tls_key is set without tls_cert: give both, or neither.")
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key)
    except (OSError, ssl.SSLError) as error:
        named = " and ".join(str(Path(path)) for path in (settings.tls_cert, settings.tls_key) if path)
        raise ConfigurationError(f"tls_cert, tls_key: {named} cannot be used: {error.strerror or error}.") from None
    return context


async def open_listeners(settings: ServerSettings) -> list[trio.SocketListener]:
    """Listen on the address given; with port 0 on one free port only."""
    try:
        listeners = await trio.open_tcp_listeners(settings.port, host=settings.host)
    except OSError as error:
        advice = " Choose another with --port." if error.errno == errno.EADDRINUSE else ""
        raise ConfigurationError(
            f"host, port: cannot listen on {settings.host} port {settings.port}: {error.strerror or error}.{advice}"
        ) from None
    if settings.port == 0:  # each would have picked a port of its own
        for each in listeners[1:]:
            await each.aclose()
        del listeners[1:]
    return listeners


def bound(settings: ServerSettings, listener: trio.SocketListener, *, tls: bool) -> Bound:
    """Where a listener came to listen."""
    host, port = listener.socket.getsockname()[:2]
    shown = "localhost" if settings.host in ("0.0.0.0", "::", "127.0.0.1", "::1", "localhost") else settings.host  # noqa: S104
    shown = f"[{shown}]" if ":" in shown else shown
    return Bound(host, port, f"{'https' if tls else 'http'}://{shown}:{port}/")


async def watch_signals(
    stop: trio.Event,
    *,
    leave: Callable[[int], object] = os._exit,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Set ``stop`` at the first SIGTERM or Ctrl-C; leave at once, with status 130, at a Ctrl-C after that.

    Run it beside :func:`serve` and cancel it when that returns.
    """
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as received:
        task_status.started()
        async for number in received:
            if stop.is_set() and number == signal.SIGINT:
                sys.stdout.flush()
                sys.stderr.flush()
                leave(130)
            stop.set()
