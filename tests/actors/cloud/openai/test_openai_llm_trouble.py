"""The client against a server that refuses, breaks off, lags or talks nonsense: in virtual time, through a transport of
the HTTP library; and once over a real socket, where it is the client that leaves."""

import logging
import math
import traceback

import httpx2
import pytest
import trio

from actors import errors
from actors.cloud.openai_llm import OpenAiLlm
from actors.ports import LlmText


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (lambda wire: wire.refuse(400), errors.EngineRefused, "400"),
        (lambda wire: wire.refuse(401, code="invalid_api_key"), errors.EngineRefused, "invalid_api_key"),
        (lambda wire: wire.refuse(403), errors.EngineRefused, "403"),
        (lambda wire: wire.refuse(404, code="model_not_found"), errors.EngineRefused, "model_not_found"),
        (lambda wire: wire.refuse(429, code=wire.KEY), errors.EngineOverloaded, "429"),
        (lambda wire: wire.refuse(429, code="insufficient_quota"), errors.EngineRefused, "credit"),
        (lambda wire: wire.refuse(503), errors.EngineOverloaded, "503"),
        (lambda wire: wire.refuse(500), errors.EngineUnavailable, "500"),
        (lambda wire: wire.refuse(504), errors.EngineTimeout, "504"),
        (lambda _: (502, {}, [b"<html>"]), errors.EngineUnavailable, "502"),
        (lambda _: httpx2.ConnectError("no route to sk-very-secret"), errors.EngineUnavailable, "reached"),
        (lambda wire: wire.stream(wire.say("Hel"), httpx2.ReadError("gone")), errors.EngineUnavailable, "broke"),
        (
            lambda wire: wire.stream(wire.say("Hel"), httpx2.RemoteProtocolError("torn")),
            errors.EngineUnavailable,
            "broke",
        ),
        (lambda wire: wire.stream(wire.say("Hel")), errors.EngineBadReply, "broke off"),
        (lambda wire: wire.stream(), errors.EngineBadReply, "broke off"),
        (lambda wire: wire.stream(b"data: {nonsense\n\n"), errors.EngineBadReply, "protocol"),
        (lambda wire: wire.stream(b"data: 7\n\n"), errors.EngineBadReply, "protocol"),
        (lambda wire: wire.stream(b'data: {"choices": 5}\n\n'), errors.EngineBadReply, "protocol"),
        (lambda wire: wire.stream(b'data: {"choices": [{}]}\n\n', wire.DONE), errors.EngineBadReply, ""),
        (lambda wire: wire.stream(b"data: \xff\xfe\n\n"), errors.EngineBadReply, ""),
        (lambda wire: wire.stream(wire.chunk({"content": ["Hel", "lo"]})), errors.EngineBadReply, "protocol"),
        (lambda wire: wire.stream(wire.chunk({"content": "Hel"}, finish=["stop"])), errors.EngineBadReply, "protocol"),
        (
            lambda wire: wire.stream(wire.call(0, "i", "f", {"x": 1}), wire.STOP, wire.DONE),
            errors.EngineBadReply,
            "protocol",
        ),
        (lambda wire: wire.stream(wire.chunk({"tool_calls": ["f"]})), errors.EngineBadReply, "protocol"),
        (lambda wire: wire.stream(wire.call(0, "i", "", "{}"), wire.STOP), errors.EngineBadReply, "name"),
        (
            lambda wire: wire.stream(b'data: {"error": {"message": "sk-very-secret", "code": "server_error"}}\n\n'),
            errors.EngineUnavailable,
            "server_error",
        ),
        (
            lambda wire: wire.stream(b'data: {"error": {"message": "x", "code": "rate_limit_exceeded"}}\n\n'),
            errors.EngineOverloaded,
            "",
        ),
        (lambda _: (200, {"content-type": "text/html"}, [b"<html>a login page</html>"]), errors.EngineBadReply, ""),
    ],
)
def test_what_goes_wrong_has_the_projects_name_and_tells_no_secrets(wire, answer, error, words, caplog):
    caplog.set_level(logging.INFO)
    with pytest.raises(errors.EngineError) as caught:
        wire.ask(wire.Server(answer(wire)))
    assert type(caught.value) is error
    assert words in str(caught.value)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + caplog.text
    assert wire.KEY not in shown
    assert wire.SECRET not in shown


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({}, None), ({"retry-after": "7"}, 7.0), ({"retry-after-ms": "250"}, 0.25), ({"retry-after": "Mon, 1 Jan"}, None)],
)
def test_when_to_come_back(wire, headers, seconds):
    with pytest.raises(errors.EngineOverloaded) as caught:
        wire.ask(wire.Server(wire.refuse(429, headers)))
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize(
    ("answer", "delay", "after"),
    [
        (lambda wire: wire.stream(wire.say("late"), wire.STOP, wire.DONE), 100.0, 3.0),
        (lambda wire: wire.stream(wire.chunk({"role": "assistant"}), 100.0, wire.say("late")), 0.0, 3.0),
        (lambda wire: wire.stream(wire.say("Hel"), 100.0, wire.say("lo")), 0.0, 1.0),
        (lambda wire: wire.stream(wire.say("Hel"), 0.9, wire.say("lo"), 100.0), 0.0, 1.9),
    ],
)
def test_deadlines(wire, answer, delay, after):
    """3 s to the first token, 1 s from one to the next; a server's sign of life before the first is none."""

    async def main():
        server = wire.Server(answer(wire), delay=delay)
        llm = wire.client(server, base_url=None, first_token=3.0, between_tokens=1.0)
        async with llm:
            began = trio.current_time()
            with pytest.raises(errors.EngineTimeout):
                await wire.read(llm)
            assert trio.current_time() - began == pytest.approx(after, abs=0.01)
            assert all(body.closed for body in server.bodies)

    wire.run(main)


def test_a_slow_reader_is_no_slow_server(wire):
    async def main():
        server = wire.Server(wire.stream(wire.say("Hel"), wire.say("lo"), wire.STOP, wire.DONE))
        llm = wire.client(server, base_url=None, between_tokens=1.0)
        said = ""
        async with llm, llm.stream(wire.REQUEST) as deltas:
            async for delta in deltas:
                said += getattr(delta, "text", "")
                await trio.sleep(60)
        assert said == "Hello"

    wire.run(main)


@pytest.mark.parametrize("how", ["leave", "cancel"])
def test_leaving_closes_the_connection_at_once(wire, how):
    """Over a real socket: the server sees the end of the connection, and so stops generating."""

    async def server(connection, closed, head):
        request = b""
        while b"\r\n\r\n" not in request:
            request += await connection.receive_some()
        head.set()
        await connection.send_all(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        )
        try:
            while True:
                piece = wire.say("and ")
                await connection.send_all(b"%x\r\n%s\r\n" % (len(piece), piece))
                with trio.move_on_after(0.005):
                    while await connection.receive_some():
                        pass
                    break
        except trio.BrokenResourceError:
            pass
        closed.set()

    async def main():
        closed, head = trio.Event(), trio.Event()
        async with trio.open_nursery() as nursery:
            [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
            port = listener.socket.getsockname()[1]
            nursery.start_soon(trio.serve_listeners, lambda connection: server(connection, closed, head), [listener])
            async with OpenAiLlm(base_url=f"http://127.0.0.1:{port}/v1", api_key=wire.KEY, model="m") as llm:
                with trio.CancelScope() as scope:
                    async with llm.stream(wire.REQUEST) as deltas:
                        await anext(deltas)
                        if how == "cancel":
                            scope.cancel()
                            await trio.sleep(math.inf)
                with trio.fail_after(5):  # else it would write for ever
                    await closed.wait()
            nursery.cancel_scope.cancel()

    trio.run(main)


def test_a_kept_connection_that_just_ended_is_replaced_once(wire):
    lost = httpx2.RemoteProtocolError("Server disconnected without sending a response.")
    server = wire.Server(lost, wire.stream(wire.say("Hi."), wire.STOP, wire.DONE))
    assert wire.ask(server)[0] == LlmText("Hi.")
    assert len(server.requests) == 2

    server = wire.Server(lost, lost, wire.stream(wire.say("Hi."), wire.STOP, wire.DONE))
    with pytest.raises(errors.EngineUnavailable):
        wire.ask(server)
    assert len(server.requests) == 2
