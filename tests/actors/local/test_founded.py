"""A small model's second thoughts; the models here are lists of answers."""

import json
from contextlib import asynccontextmanager

import pytest

from actors.local._founded import founded
from actors.ports import LlmFinished, LlmMessage, LlmRequest, LlmText, LlmToolCall, ToolSpec

TOOL = ToolSpec(
    "find",
    "",
    {
        "type": "object",
        "properties": {"name": {"type": "string"}, "born": {"type": "string"}, "day": {"type": "string"}},
        "required": ["name", "born"],
    },
)
REQUEST = LlmRequest((LlmMessage("user", "I'm Emma Thompson's mother."),), (TOOL,))


def call(**arguments):
    return LlmToolCall("c1", "find", json.dumps(arguments))


async def stream(*deltas):
    for delta in deltas:
        yield delta


async def answer(first, *later):
    """What comes out, and the requests made on the way."""
    asked, answers, left = [], iter(later), []

    async def leave():
        left.append(True)

    @asynccontextmanager
    async def ask(request):
        assert left, "the first answer is still being written"
        asked.append(request)
        yield stream(*next(answers))

    return [delta async for delta in founded(stream(*first), REQUEST, ask, leave=leave)], asked


@pytest.mark.trio
async def test_words_and_whole_calls_pass():
    deltas = (LlmText("One moment."), call(name="Emma Thompson", born="mother"), LlmFinished("tool_calls"))
    assert await answer(deltas) == (list(deltas), [])


@pytest.mark.trio
async def test_a_date_that_nobody_said_is_asked_for():
    again = (LlmText("What is her date of birth?"), LlmFinished("stop"))
    made_up = call(name="Emma Thompson", born="May 10, 2015")
    given, (asked,) = await answer((made_up, LlmFinished("tool_calls")), again)
    assert given == list(again)
    *before, wish, refusal = asked.messages
    assert tuple(before) == REQUEST.messages
    assert asked.tools == REQUEST.tools
    assert wish.tool_calls == (call(name="Emma Thompson"),)
    assert refusal.tool_call_id == "c1"
    assert json.loads(refusal.content) == {"error": "find needs 'born'. Ask the caller."}


@pytest.mark.trio
async def test_an_optional_one_is_left_out():
    given, asked = await answer((call(name="Emma Thompson", born="mother", day="Friday"),))
    assert (given, asked) == ([call(name="Emma Thompson", born="mother")], [])


@pytest.mark.trio
async def test_there_is_no_third_thought():
    stubborn = call(name="Lydia Jones", born="2000")
    given, asked = await answer((stubborn,), (stubborn, LlmFinished("tool_calls")))
    assert (given, len(asked)) == ([LlmToolCall("c1", "find", "{}"), LlmFinished("tool_calls")], 1)


@pytest.mark.trio
async def test_what_the_toolbox_refuses_better_goes_there():
    for bad in (LlmToolCall("c1", "find", "{"), LlmToolCall("c1", "unknown", "{}")):
        assert await answer((bad,)) == ([bad], [])
