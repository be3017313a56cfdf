"""The client against a server that speaks the wire format as it should: in virtual time, through a transport of the
HTTP library. What goes wrong: ``test_openai_llm_trouble``."""

import json

import pytest

from actors import errors
from actors.cloud.openai_llm import OpenAiLlm
from actors.ports import LlmFinished, LlmMessage, LlmRequest, LlmText, LlmToolCall, ToolSpec


def test_text_streams_and_usage_ends_it(wire):
    usage = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}
    server = wire.Server(
        wire.stream(
            wire.chunk({"role": "assistant", "content": ""}),
            wire.say("Hello"),
            wire.say(" you."),
            wire.STOP,
            wire.chunk(usage=usage),
            wire.DONE,
        )
    )
    assert wire.ask(server) == [LlmText("Hello"), LlmText(" you."), LlmFinished("stop", 7, 2)]
    assert server.bodies[0].closed


def test_what_servers_leave_out_is_not_missed(wire):
    bare = b'data: {"choices": [{"delta": {"content": "Hi."}}]}\n\n'
    end = b'data: {"choices": [{"finish_reason": "stop"}], "usage": {"total_tokens": 3}}\n\n'
    assert wire.ask(wire.Server(wire.stream(bare, end, wire.DONE))) == [LlmText("Hi."), LlmFinished("stop")]
    made_up = b'data: {"choices": [{"delta": {"tool_calls": [{"function": {"name": "f"}}]}}]}\n\n'
    assert wire.ask(wire.Server(wire.stream(made_up, end, wire.DONE)))[0] == LlmToolCall("call_1", "f", "{}")


def test_the_request_says_it_all(wire):
    tool = ToolSpec("book", "Books.", {"type": "object", "properties": {}})
    history = (
        LlmMessage("user", "Book."),
        LlmMessage("assistant", "", (LlmToolCall("i", "book", "{}"),)),
        LlmMessage("tool", '{"ok": true}', tool_call_id="i"),
    )
    server = wire.Server(wire.stream(wire.say("Done."), wire.STOP, wire.DONE))
    wire.ask(server, LlmRequest(history, (tool,), max_tokens=50), max_tokens=20, extra_body={"cache_prompt": True})
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


def test_fragments_of_calls_come_out_whole_and_in_order(wire):
    server = wire.Server(
        wire.stream(
            wire.call(0, "i", "find", ""),
            wire.call(0, arguments='{"a"'),
            wire.call(0, arguments=": 1}"),
            wire.call(1, "j", "book", "{}"),
            wire.chunk(finish="tool_calls"),
            wire.DONE,
        )
    )
    calls = [LlmToolCall("i", "find", '{"a": 1}'), LlmToolCall("j", "book", "{}")]
    assert wire.ask(server) == [*calls, LlmFinished("tool_calls")]


def test_a_stop_with_calls_is_a_call(wire):
    """Some servers say "stop" where they mean "tool_calls"."""
    assert wire.ask(wire.Server(wire.stream(wire.call(0, "i", "f", "{}"), wire.STOP, wire.DONE)))[-1] == LlmFinished(
        "tool_calls"
    )


def test_a_small_model_that_writes_its_calls_as_text_is_understood(wire):
    parts = [
        wire.say(piece)
        for piece in ("One ", "moment. <tool", '_call>{"name": "f", "argu', 'ments": {"x": 1}}</tool_call>')
    ]
    deltas = wire.ask(wire.Server(wire.stream(*parts, wire.STOP, wire.DONE)), small_model=True)
    assert wire.text_of(deltas) == "One moment. "
    assert deltas[-2:] == [LlmToolCall("text_1", "f", '{"x": 1}'), LlmFinished("tool_calls")]


def test_a_small_model_that_goes_round_is_stopped(wire):
    server = wire.Server(wire.stream(*[wire.say("I am sorry. ")] * 1000, 9999))
    deltas = wire.ask(server, small_model=True)
    assert wire.text_of(deltas) == "I am sorry. " * 3
    assert deltas[-1] == LlmFinished("length")
    assert server.bodies[0].closed


def test_parameters_that_a_model_does_not_take_are_left_out_from_then_on(wire):
    server = wire.Server(
        wire.refuse(400, param="temperature", code="unsupported_value"),
        wire.stream(wire.say("Hi"), wire.STOP, wire.DONE),
    )
    assert wire.text_of(wire.ask(server)) == "Hi"
    assert ["temperature" in request for request in server.requests] == [True, False]


def test_models_can_be_listed(wire):
    async def main():
        body = json.dumps({"object": "list", "data": [{"id": "a", "object": "model", "created": 1, "owned_by": "x"}]})
        server = wire.Server(
            (200, {"content-type": "application/json"}, [body.encode()]), wire.refuse(401), wire.refuse(404)
        )
        async with wire.client(server) as llm:
            assert await llm.list_models() == ["a"]
            with pytest.raises(errors.EngineRefused):
                await llm.list_models()
            assert await llm.list_models() == [], "a server without such a list"

    wire.run(main)


def test_the_limit_is_named_as_openai_wants_it_there(wire):
    async def main(base_url):
        server = wire.Server(wire.stream(wire.say("Hi"), wire.STOP, wire.DONE))
        llm = wire.client(server, base_url=base_url)
        async with llm:
            await wire.read(llm)
        return server.requests[0]

    assert wire.run(lambda: main(None))["max_completion_tokens"] == 256
    assert wire.run(lambda: main("http://10.0.0.1:8000/v1"))["max_tokens"] == 256


def test_the_key_is_in_no_repr(wire):
    async def main():
        llm = OpenAiLlm(base_url=None, api_key=wire.KEY, model="m")
        async with llm:
            assert wire.KEY not in repr(llm)

    wire.run(main)
