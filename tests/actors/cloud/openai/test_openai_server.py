"""The language model's client against our OpenAI server, over real sockets on loopback, and the server alone. What it
does wrong when it is told to: ``test_openai_server_faults``."""

from __future__ import annotations

from typing import Any

import attrs
import httpx
import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.cloud.openai_llm import OpenAiLlm
from actors.cloud.servers._faults import Latency
from actors.cloud.servers._openai_chat import BadRequest, ChatStream, chat_request
from actors.errors import EngineRefused
from actors.ports import LlmDelta, LlmFinished, LlmMessage, LlmRequest, LlmText, LlmToolCall, ToolSpec

FIND = LlmToolCall("c1", "find_slot", '{"day": "Tuesday", "doctor": "Chen"}')
BOOK = LlmToolCall("c2", "book_slot", '{"slot": 4}')
TOOL = ToolSpec("find_slot", "Find a free slot.", {"type": "object", "properties": {"day": {"type": "string"}}})
REQUEST = LlmRequest((LlmMessage("system", "Be kind."), LlmMessage("user", "Tuesday, please.")), (TOOL,), max_tokens=99)


def words(*texts: str) -> list[LlmText]:
    return [LlmText(text) for text in texts]


# --- answers ----------------------------------------------------------------------------------------------------------


def test_text_and_parallel_calls_mixed_come_as_they_were_written(ours: Any) -> None:
    async def main() -> None:
        llm = ours.Llm(*words("Let me ", "look. "), FIND, BOOK, LlmFinished("tool_calls", 12, 34))
        async with ours.asking(llm) as (server, engine, _):
            deltas = await ours.answer(engine, REQUEST)
            assert deltas == [*words("Let me ", "look. "), FIND, BOOK, LlmFinished("tool_calls", 12, 34)]
            assert len(server.received) == 1
        assert llm.requests == [REQUEST]
        assert llm.requests[0].tools[0].parameters == TOOL.parameters

    ours.run(main)


def test_a_conversation_with_calls_arrives_unchanged(ours: Any) -> None:
    async def main() -> None:
        request = attrs.evolve(
            REQUEST,
            messages=(
                *REQUEST.messages,
                LlmMessage("assistant", "One moment.", (FIND, BOOK)),
                LlmMessage("tool", '{"free": 4}', tool_call_id="c1"),
                LlmMessage("tool", "{}", tool_call_id="c2"),
            ),
            temperature=0.3,
        )
        llm = ours.Llm(LlmText("Done."), LlmFinished("stop"))
        async with ours.asking(llm) as (_, engine, _):
            await ours.answer(engine, request)
        assert llm.requests == [request]

    ours.run(main)


@pytest.mark.parametrize(
    ("deltas", "expected"),
    [
        ([LlmText("Well"), LlmFinished("length")], [LlmText("Well"), LlmFinished("length")]),
        ([LlmText("Well"), LlmFinished("content_filter")], [LlmText("Well"), LlmFinished("content_filter")]),
        ([LlmFinished("stop")], [LlmFinished("stop")]),
        (  # half a call is not what the model asked for
            [LlmText("So "), LlmToolCall("c", "book_slot", '{"slot": '), LlmFinished("length")],
            [LlmText("So "), LlmFinished("length")],
        ),
        ([LlmToolCall("c", "end_call", ""), LlmFinished("length")], [LlmFinished("length")]),
        (  # the first is whole, the second is not
            [FIND, LlmToolCall("c", "book_slot", '{"slot"'), LlmFinished("content_filter")],
            [FIND, LlmFinished("content_filter")],
        ),
        ([BOOK, LlmFinished("length")], [BOOK, LlmFinished("length")]),
        (  # the toolbox says what is wrong with it
            [LlmToolCall("c", "book_slot", '{"slot": '), LlmFinished("tool_calls")],
            [LlmToolCall("c", "book_slot", '{"slot": '), LlmFinished("tool_calls")],
        ),
        (
            [LlmToolCall("c", "end_call", ""), LlmFinished("tool_calls")],
            [LlmToolCall("c", "end_call", "{}"), LlmFinished("tool_calls")],
        ),
    ],
)
def test_answers_cut_off_or_broken_have_a_stated_outcome(
    deltas: list[LlmDelta], expected: list[LlmDelta], ours: Any
) -> None:
    async def main() -> None:
        async with ours.asking(ours.Llm(*deltas)) as (_, engine, _):
            assert await ours.answer(engine) == expected

    ours.run(main)


def test_a_refusal_is_spoken(ours: Any) -> None:
    """Its words come in a field of their own; a server made by hand, as ours has no such model."""

    async def serve(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        chunks = [
            {"choices": [{"index": 0, "delta": {"role": "assistant", "refusal": "I cannot "}, "finish_reason": None}]},
            {"choices": [{"index": 0, "delta": {"refusal": "help with that."}, "finish_reason": None}]},
            {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        ]
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
        await stream.send_all(head + b"".join(b"data: %s\n\n" % httpx_json(chunk) for chunk in chunks))
        await stream.send_eof()
        while await stream.receive_some():  # to close with some of the request unread would take the answer back
            pass

    async def main() -> None:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        port = listeners[0].socket.getsockname()[1]
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.serve_listeners, serve, listeners)
            async with OpenAiLlm(base_url=f"http://127.0.0.1:{port}/v1", api_key=None, model="m") as engine:
                deltas = await ours.answer(engine)
            nursery.cancel_scope.cancel()
        assert deltas == [*words("I cannot ", "help with that."), LlmFinished("content_filter")]

    ours.run(main)


def httpx_json(value: Any) -> bytes:
    return httpx.Request("POST", "http://x", json={"id": "x", "created": 1, "model": "m", **value}).content


# --- cancelling -------------------------------------------------------------------------------------------------------


def test_a_cancelled_answer_closes_its_request_within_five_milliseconds(best_of: Any, ours: Any) -> None:
    """Measured where it counts: from the cancellation to the end of generating in the server."""

    async def main() -> None:
        llm = ours.Llm(*words(*["word "] * 2000), LlmFinished("stop"))
        async with ours.asking(llm, per_token=Latency(0.002)) as (_, engine, _):

            async def cancel() -> tuple[float, float]:
                before = len(llm.ended)
                with trio.CancelScope() as scope:
                    async with engine.stream(REQUEST) as deltas:
                        await anext(deltas)
                        begun = trio.current_time()
                        scope.cancel()
                        await trio.sleep_forever()
                left = trio.current_time()
                while len(llm.ended) == before:  # noqa: ASYNC110 - what is waited for is in the server
                    await trio.sleep(0.0002)
                return left - begun, llm.ended[-1] - begun

            took, ended = await best_of(cancel, 0.005, 0.005)
        print(f"left in {took * 1e3:.2f} ms, generating ended after {ended * 1e3:.2f} ms")
        assert ended < 0.005

    ours.run(main)


def test_cancelling_before_the_first_token_ends_it_too(ours: Any) -> None:
    async def main() -> None:
        async with ours.asking(ours.Llm(LlmFinished("stop")), latency=Latency(60.0)) as (server, engine, _):
            left = server.left
            with trio.move_on_after(0.1):
                await ours.answer(engine)
            await left.wait()  # else it would take longer than the test may

    ours.run(main)


# --- trouble ----------------------------------------------------------------------------------------------------------


def test_models_are_listed_and_others_unknown(ours: Any) -> None:
    async def main() -> None:
        async with ours.asking(ours.Llm(), model="nurse", any_model=False) as (_, engine, _):
            assert await engine.list_models() == ["nurse"]
            with pytest.raises(EngineRefused, match="model_not_found"):
                await ours.answer(engine)

    ours.run(main)


# --- the server alone -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "param"),
    [
        ("GET", "/v1/nothing", None, 404, None),
        ("POST", "/v1/chat/completions", b"{", 400, None),
        ("POST", "/v1/chat/completions", b"[]", 400, None),
        ("POST", "/v1/chat/completions", b'{"messages": []}', 400, "messages"),
        ("POST", "/v1/chat/completions", b'{"messages": [{"role": "pope"}]}', 400, "messages[0]"),
        ("POST", "/v1/chat/completions", b'{"messages": [{"role": "user", "content": 5}]}', 400, "messages[0]"),
        ("POST", "/v1/audio/speech", b'{"input": "hello"}', 404, "model"),
    ],
)
def test_bad_requests_are_worded_as_the_protocol_does(
    method: str, path: str, body: bytes | None, status: int, param: str | None, ours: Any
) -> None:
    async def main() -> None:
        async with ours.asking(ours.Llm()) as (_, _, url), httpx.AsyncClient(trust_env=False) as http:
            headers = {"Authorization": f"Bearer {ours.KEY}"}
            answered = await http.request(method, url.removesuffix("/v1") + path, content=body, headers=headers)
            assert answered.status_code == status
            assert answered.json()["error"]["param"] == param
            assert set(answered.json()["error"]) == {"message", "type", "param", "code"}
            listed = await http.get(url + "/models", headers=headers)  # the connection goes on
            assert listed.status_code == 200

    ours.run(main)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
function = st.fixed_dictionaries(
    {"name": st.text(max_size=5) | json_values}, optional={"parameters": json_values, "arguments": json_values}
)
calls = st.lists(st.fixed_dictionaries({"function": function | json_values}, optional={"id": json_values}), max_size=2)
messages = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "assistant", "tool"])},
        optional={"content": json_values, "tool_calls": calls | json_values, "tool_call_id": json_values},
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=300)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "messages": messages | json_values,
            "tools": calls | json_values,
            "max_tokens": json_values,
            "temperature": json_values,
        },
    )
)
def test_any_body_is_a_request_or_a_bad_one(body: dict[str, Any]) -> None:
    try:
        request = chat_request(body)
    except BadRequest:
        return
    assert request.messages


@given(st.text(max_size=80))
def test_fragments_of_arguments_add_up(arguments: str) -> None:
    chat = ChatStream("id", "m", 0)
    parts = [
        chunk["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"]
        for chunk in chat.chunks(LlmToolCall("c", "f", arguments))
    ]
    assert "".join(parts) == arguments
