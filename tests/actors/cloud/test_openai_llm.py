"""The client against a server that speaks the wire format, well and badly: in virtual time through a transport of the
HTTP library, and once over a real socket."""

import json
import logging
import math
import traceback

import httpx2
import pytest
import trio
import trio.testing

from actors import errors
from actors.cloud.openai_llm import OpenAiLlm
from actors.ports import LlmFinished, LlmMessage, LlmRequest, LlmText, LlmToolCall, ToolSpec

KEY = "sk-very-secret"
SECRET = "my rash is none of your business"
REQUEST = LlmRequest((LlmMessage("system", "Be kind."), LlmMessage("user", SECRET)))


def chunk(delta=None, finish=None, **more):
    choices = [] if delta is None and finish is None else [{"index": 0, "delta": delta or {}, "finish_reason": finish}]
    value = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices, **more}
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def say(text):
    return chunk({"content": text})


def call(index, call_id=None, name=None, arguments=None):
    return chunk(
        {
            "tool_calls": [
                {"index": index, "id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
            ]
        }
    )


STOP, DONE = chunk(finish="stop"), b"data: [DONE]\n\n"


class Body(httpx2.AsyncByteStream):
    """Bytes, pauses (numbers, in seconds) and errors, in order."""

    def __init__(self, parts):
        self.parts, self.closed = parts, False

    async def __aiter__(self):
        for part in self.parts:
            if isinstance(part, bytes):
                yield part
            elif isinstance(part, Exception):
                raise part
            else:
                await trio.sleep(part)

    async def aclose(self):
        self.closed = True


class Server(httpx2.AsyncBaseTransport):
    """Answers every request with the next of ``answers``: (status, headers, parts), or an error to raise."""

    def __init__(self, *answers, delay=0.0):
        self.answers, self.delay, self.requests, self.bodies = list(answers), delay, [], []

    async def handle_async_request(self, request):
        self.requests.append(json.loads(request.content) if request.content else None)
        await trio.sleep(self.delay)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, headers, parts = answer
        self.bodies.append(Body(parts))
        return httpx2.Response(status, headers=headers, stream=self.bodies[-1], request=request)


def stream(*parts):
    return 200, {"content-type": "text/event-stream"}, parts


def refuse(status, headers=None, **error):
    body = json.dumps({"error": {"message": f"no: {KEY} said {SECRET}", **error}}).encode()
    return status, {"content-type": "application/json", **(headers or {})}, [body]


def run(main):
    # Not 0: the SDK looks up the platform in a thread, once a client, and the clock must not jump meanwhile.
    return trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0.02))


def ask(server, request=REQUEST, **options):
    """All deltas of one answer, in virtual time."""

    async def main():
        async with (
            OpenAiLlm(base_url="http://test/v1", api_key=KEY, model="m", transport=server, **options) as llm,
            llm.stream(request) as deltas,
        ):
            return [delta async for delta in deltas]

    return run(main)


async def read(llm):
    async with llm.stream(REQUEST) as deltas:
        return [delta async for delta in deltas]


def text_of(deltas):
    return "".join(delta.text for delta in deltas if isinstance(delta, LlmText))


def test_text_streams_and_usage_ends_it():
    usage = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}
    server = Server(
        stream(chunk({"role": "assistant", "content": ""}), say("Hello"), say(" you."), STOP, chunk(usage=usage), DONE)
    )
    assert ask(server) == [LlmText("Hello"), LlmText(" you."), LlmFinished("stop", 7, 2)]
    assert server.bodies[0].closed


def test_what_servers_leave_out_is_not_missed():
    bare = b'data: {"choices": [{"delta": {"content": "Hi."}}]}\n\n'
    end = b'data: {"choices": [{"finish_reason": "stop"}], "usage": {"total_tokens": 3}}\n\n'
    assert ask(Server(stream(bare, end, DONE))) == [LlmText("Hi."), LlmFinished("stop")]
    made_up = b'data: {"choices": [{"delta": {"tool_calls": [{"function": {"name": "f"}}]}}]}\n\n'
    assert ask(Server(stream(made_up, end, DONE)))[0] == LlmToolCall("call_1", "f", "{}")


def test_the_request_says_it_all():
    tool = ToolSpec("book", "Books.", {"type": "object", "properties": {}})
    history = (
        LlmMessage("user", "Book."),
        LlmMessage("assistant", "", (LlmToolCall("i", "book", "{}"),)),
        LlmMessage("tool", '{"ok": true}', tool_call_id="i"),
    )
    server = Server(stream(say("Done."), STOP, DONE))
    ask(server, LlmRequest(history, (tool,), max_tokens=50), max_tokens=20, extra_body={"cache_prompt": True})
    [sent] = server.requests
    assert sent["messages"] == [
        {"role": "user", "content": "Book."},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "i", "type": "function", "function": {"name": "book", "arguments": "{}"}}],
        },
        {"role": "tool", "content": '{"ok": true}', "tool_call_id": "i"},
    ]
    assert sent["tools"][0]["function"] == {"name": "book", "description": "Books.", "parameters": tool.parameters}
    assert (sent["max_tokens"], sent["cache_prompt"], sent["stream"], sent["temperature"]) == (20, True, True, 0.0)


def test_fragments_of_calls_come_out_whole_and_in_order():
    server = Server(
        stream(
            call(0, "i", "find", ""),
            call(0, arguments='{"a"'),
            call(0, arguments=": 1}"),
            call(1, "j", "book", "{}"),
            chunk(finish="tool_calls"),
            DONE,
        )
    )
    calls = [LlmToolCall("i", "find", '{"a": 1}'), LlmToolCall("j", "book", "{}")]
    assert ask(server) == [*calls, LlmFinished("tool_calls")]


def test_a_stop_with_calls_is_a_call():
    """Some servers say "stop" where they mean "tool_calls"."""
    assert ask(Server(stream(call(0, "i", "f", "{}"), STOP, DONE)))[-1] == LlmFinished("tool_calls")


def test_a_small_model_that_writes_its_calls_as_text_is_understood():
    parts = [
        say(piece) for piece in ("One ", "moment. <tool", '_call>{"name": "f", "argu', 'ments": {"x": 1}}</tool_call>')
    ]
    deltas = ask(Server(stream(*parts, STOP, DONE)), small_model=True)
    assert text_of(deltas) == "One moment. "
    assert deltas[-2:] == [LlmToolCall("text_1", "f", '{"x": 1}'), LlmFinished("tool_calls")]


def test_a_small_model_that_goes_round_is_stopped():
    server = Server(stream(*[say("I am sorry. ")] * 1000, 9999))
    deltas = ask(server, small_model=True)
    assert text_of(deltas) == "I am sorry. " * 3
    assert deltas[-1] == LlmFinished("length")
    assert server.bodies[0].closed


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (refuse(400), errors.EngineRefused, "400"),
        (refuse(401, code="invalid_api_key"), errors.EngineRefused, "invalid_api_key"),
        (refuse(403), errors.EngineRefused, "403"),
        (refuse(404, code="model_not_found"), errors.EngineRefused, "model_not_found"),
        (refuse(429, code=KEY), errors.EngineOverloaded, "429"),
        (refuse(429, code="insufficient_quota"), errors.EngineRefused, "credit"),
        (refuse(503), errors.EngineOverloaded, "503"),
        (refuse(500), errors.EngineUnavailable, "500"),
        (refuse(504), errors.EngineTimeout, "504"),
        ((502, {}, [b"<html>"]), errors.EngineUnavailable, "502"),
        (httpx2.ConnectError("no route to sk-very-secret"), errors.EngineUnavailable, "reached"),
        (stream(say("Hel"), httpx2.ReadError("gone")), errors.EngineUnavailable, "broke"),
        (stream(say("Hel"), httpx2.RemoteProtocolError("torn")), errors.EngineUnavailable, "broke"),
        (stream(say("Hel")), errors.EngineBadReply, "broke off"),
        (stream(), errors.EngineBadReply, "broke off"),
        (stream(b"data: {nonsense\n\n"), errors.EngineBadReply, "protocol"),
        (stream(b"data: 7\n\n"), errors.EngineBadReply, "protocol"),
        (stream(b'data: {"choices": 5}\n\n'), errors.EngineBadReply, "protocol"),
        (stream(b'data: {"choices": [{}]}\n\n', DONE), errors.EngineBadReply, ""),
        (stream(b"data: \xff\xfe\n\n"), errors.EngineBadReply, ""),
        (stream(chunk({"content": ["Hel", "lo"]})), errors.EngineBadReply, "protocol"),
        (stream(chunk({"content": "Hel"}, finish=["stop"])), errors.EngineBadReply, "protocol"),
        (stream(call(0, "i", "f", {"x": 1}), STOP, DONE), errors.EngineBadReply, "protocol"),
        (stream(chunk({"tool_calls": ["f"]})), errors.EngineBadReply, "protocol"),
        (stream(call(0, "i", "", "{}"), STOP), errors.EngineBadReply, "name"),
        (
            stream(b'data: {"error": {"message": "sk-very-secret", "code": "server_error"}}\n\n'),
            errors.EngineUnavailable,
            "server_error",
        ),
        (stream(b'data: {"error": {"message": "x", "code": "rate_limit_exceeded"}}\n\n'), errors.EngineOverloaded, ""),
        ((200, {"content-type": "text/html"}, [b"<html>a login page</html>"]), errors.EngineBadReply, ""),
    ],
)
def test_what_goes_wrong_has_the_projects_name_and_tells_no_secrets(answer, error, words, caplog):
    caplog.set_level(logging.INFO)
    with pytest.raises(errors.EngineError) as caught:
        ask(Server(answer))
    assert type(caught.value) is error
    assert words in str(caught.value)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + caplog.text
    assert KEY not in shown
    assert SECRET not in shown


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({}, None), ({"retry-after": "7"}, 7.0), ({"retry-after-ms": "250"}, 0.25), ({"retry-after": "Mon, 1 Jan"}, None)],
)
def test_when_to_come_back(headers, seconds):
    with pytest.raises(errors.EngineOverloaded) as caught:
        ask(Server(refuse(429, headers)))
    assert caught.value.retry_after == seconds


def test_parameters_that_a_model_does_not_take_are_left_out_from_then_on():
    server = Server(refuse(400, param="temperature", code="unsupported_value"), stream(say("Hi"), STOP, DONE))
    assert text_of(ask(server)) == "Hi"
    assert ["temperature" in request for request in server.requests] == [True, False]


@pytest.mark.parametrize(
    ("answer", "delay", "after"),
    [
        (stream(say("late"), STOP, DONE), 100.0, 3.0),
        (stream(chunk({"role": "assistant"}), 100.0, say("late")), 0.0, 3.0),
        (stream(say("Hel"), 100.0, say("lo")), 0.0, 1.0),
        (stream(say("Hel"), 0.9, say("lo"), 100.0), 0.0, 1.9),
    ],
)
def test_deadlines(answer, delay, after):
    """3 s to the first token, 1 s from one to the next; a server's sign of life before the first is none."""

    async def main():
        server = Server(answer, delay=delay)
        llm = OpenAiLlm(base_url=None, api_key=KEY, model="m", transport=server, first_token=3.0, between_tokens=1.0)
        async with llm:
            began = trio.current_time()
            with pytest.raises(errors.EngineTimeout):
                await read(llm)
            assert trio.current_time() - began == pytest.approx(after, abs=0.01)
            assert all(body.closed for body in server.bodies)

    run(main)


def test_a_slow_reader_is_no_slow_server():
    async def main():
        server = Server(stream(say("Hel"), say("lo"), STOP, DONE))
        llm = OpenAiLlm(base_url=None, api_key=KEY, model="m", transport=server, between_tokens=1.0)
        said = ""
        async with llm, llm.stream(REQUEST) as deltas:
            async for delta in deltas:
                said += getattr(delta, "text", "")
                await trio.sleep(60)
        assert said == "Hello"

    run(main)


def test_models_can_be_listed():
    async def main():
        body = json.dumps({"object": "list", "data": [{"id": "a", "object": "model", "created": 1, "owned_by": "x"}]})
        server = Server((200, {"content-type": "application/json"}, [body.encode()]), refuse(401), refuse(404))
        async with OpenAiLlm(base_url="http://test/v1", api_key=KEY, model="m", transport=server) as llm:
            assert await llm.list_models() == ["a"]
            with pytest.raises(errors.EngineRefused):
                await llm.list_models()
            assert await llm.list_models() == [], "a server without such a list"

    run(main)


def test_the_limit_is_named_as_openai_wants_it_there():
    async def main(base_url):
        server = Server(stream(say("Hi"), STOP, DONE))
        llm = OpenAiLlm(base_url=base_url, api_key=KEY, model="m", transport=server)
        async with llm, llm.stream(REQUEST) as deltas:
            async for _ in deltas:
                pass
        return server.requests[0]

    assert run(lambda: main(None))["max_completion_tokens"] == 256
    assert run(lambda: main("http://10.0.0.1:8000/v1"))["max_tokens"] == 256


@pytest.mark.parametrize("how", ["leave", "cancel"])
def test_leaving_closes_the_connection_at_once(how):
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
                piece = say("and ")
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
            async with OpenAiLlm(base_url=f"http://127.0.0.1:{port}/v1", api_key=KEY, model="m") as llm:
                with trio.CancelScope() as scope:
                    async with llm.stream(REQUEST) as deltas:
                        await anext(deltas)
                        if how == "cancel":
                            scope.cancel()
                            await trio.sleep(math.inf)
                with trio.fail_after(5):  # else it would write for ever
                    await closed.wait()
            nursery.cancel_scope.cancel()

    trio.run(main)


def test_the_key_is_in_no_repr():
    async def main():
        llm = OpenAiLlm(base_url=None, api_key=KEY, model="m")
        async with llm:
            assert KEY not in repr(llm)

    run(main)


def test_a_kept_connection_that_just_ended_is_replaced_once():
    lost = httpx2.RemoteProtocolError("Server disconnected without sending a response.")
    server = Server(lost, stream(say("Hi."), STOP, DONE))
    assert ask(server)[0] == LlmText("Hi.")
    assert len(server.requests) == 2

    server = Server(lost, lost, stream(say("Hi."), STOP, DONE))
    with pytest.raises(errors.EngineUnavailable):
        ask(server)
    assert len(server.requests) == 2
