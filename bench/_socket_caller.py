"""A bench's caller (:mod:`bench._caller`) on the far end of a real WebSocket, and a real server for it to call."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_client_stream

from actors.call import Call, CallSetup
from actors.line import AgentSpeaking, CallEnded, CallerAudio, Line, LineBack, LineLost
from bench._caller import Caller
from web.limits import Limits
from web.server import Bound, CallInfo, serve
from web.settings import Config, ServerSettings
from web.wire import Hello, Ready, decode_server, encode_client

__all__ = ["open_server", "over_socket"]


@asynccontextmanager
async def open_server(setup_for: Callable[[str], CallSetup], *, calls: int) -> AsyncIterator[int]:
    """A server on a port of its own, for so many calls at once. ``setup_for``: a call's engines, by its id."""

    async def serve_call(line: Line, info: CallInfo) -> None:
        await Call(setup_for(info.call), line, call_id=info.call, draining=info.draining).run()

    config = Config(server=ServerSettings(port=0), limits=Limits(max_calls=calls))
    async with trio.open_nursery() as nursery:
        where: Bound = await nursery.start(serve, config, serve_call)
        yield where.port
        nursery.cancel_scope.cancel(reason="the bench is over")


@asynccontextmanager
async def over_socket(port: int, caller: Caller) -> AsyncIterator[str]:
    """Let ``caller`` call the server; gives the call's id. The call ends with the block, if it has not before."""
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    try:
        async with trio.open_nursery() as nursery:
            ws = await wrap_client_stream(nursery, stream, "127.0.0.1", "/ws", message_queue_size=1000)
            await ws.send_message(encode_client(Hello()))
            greeting = await ws.get_message()
            ready, _ = decode_server(greeting if isinstance(greeting, str) else "")
            if not isinstance(ready, Ready):
                raise ValueError(f"the server began with {ready!r}")
            nursery.start_soon(_receive, ws, caller)
            nursery.start_soon(_send, ws, caller)
            nursery.start_soon(caller.run)
            yield ready.call
            nursery.cancel_scope.cancel(reason="the caller is done")
    finally:
        with trio.CancelScope(shield=True):
            await trio.aclose_forcefully(stream)


async def _receive(ws: WebSocketConnection, caller: Caller) -> None:
    turn = -1
    try:
        while True:
            message = await ws.get_message()
            if isinstance(message, bytes):
                caller.send_audio(turn, message)
                continue
            value, _ = decode_server(message)
            if isinstance(value, AgentSpeaking):
                turn = value.turn
            if not isinstance(value, Ready):
                caller.send(value)
    except ConnectionClosed:
        if not caller.ended:
            caller.send(CallEnded("the socket was closed"))


async def _send(ws: WebSocketConnection, caller: Caller) -> None:
    try:
        async for message in caller.incoming:
            if isinstance(message, CallerAudio):
                await ws.send_message(message.pcm)
            elif not isinstance(message, LineLost | LineBack):
                await ws.send_message(encode_client(message))
    except ConnectionClosed:
        pass
