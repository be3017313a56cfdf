"""A model that breaks off in the middle of its answer: it is asked to go on, and nothing is said or done twice."""

from __future__ import annotations

import pytest
import trio

from actors.call._answer import GO_ON
from actors.errors import EngineBadReply, EngineTimeout, EngineUnavailable
from actors.fallback import Chain, FallbackLlm, Member
from actors.ports import LlmMessage, LlmToolCall
from actors.testing import FakeLlm

GONE = EngineUnavailable("fake", "gone")
FIRST, SECOND, THIRD = "We are open from eight. ", "On Sundays we are closed. ", "Is there anything else?"


async def ask(caller):
    await caller.say("What are your opening hours?")
    await caller.wait_for_answer()


def answers(*scripts):
    """A model's answers, one after the other, the last one again and again."""
    left = list(scripts)

    def script(request):
        yield from left.pop(0) if len(left) > 1 else left[0]

    return script


def agent_words(stage, turn=1):
    messages = next(messages for t, messages in stage.call.history.agent if t == turn)
    return " ".join(m.content for m in messages if m.role == "assistant" and m.content)


@pytest.mark.parametrize("error", [GONE, EngineTimeout("fake", "slow"), EngineBadReply("fake", "garbage")])
def test_it_goes_on_behind_what_was_said(play, error):
    stage = play(ask, script=answers([FIRST, "On Sund", error], [SECOND, THIRD]))
    broken, again = stage.setup.llm.requests
    assert again.messages == (*broken.messages, LlmMessage("assistant", FIRST.strip()), LlmMessage("user", GO_ON))
    assert stage.said(1) == FIRST + SECOND + THIRD
    assert agent_words(stage) == FIRST + SECOND + THIRD
    assert GO_ON not in [m.content for m in stage.call.history.messages()]


def test_before_anything_was_spoken_it_is_asked_the_same(play):
    stage = play(ask, script=answers(["We are op", GONE], [FIRST, SECOND]))
    broken, again = stage.setup.llm.requests
    assert again == broken
    assert stage.said(1).endswith((FIRST + SECOND).strip())


def test_what_it_says_again_is_left_out(play):
    stage = play(ask, script=answers([FIRST, SECOND, "Is there", GONE], [FIRST, SECOND, THIRD]))
    assert stage.said(1) == FIRST + SECOND + THIRD


def test_it_may_break_off_again(play):
    stage = play(ask, script=answers([FIRST, "And", GONE], [SECOND, "And", GONE], [THIRD]))
    assert stage.setup.llm.requests[2].messages[-2].content == (FIRST + SECOND).strip()
    assert stage.said(1) == FIRST + SECOND + THIRD


def test_that_has_an_end(play):
    def script(request):
        yield f"This is sentence {len(request.messages[-2].content)} of my answer. "
        yield "And"
        raise GONE

    stage = play(ask, script=script)
    assert len(stage.setup.llm.requests) == 5
    assert stage.said(1).endswith(stage.setup.agent.apology)


def test_a_side_effect_does_not_run_again(play, world):
    async def book(caller):
        await caller.say("Please book it for me.")
        await caller.wait_for_answer()

    call = LlmToolCall("", "book", '{"day": "Tuesday"}')
    stage = play(book, script=answers([call], ["It is booked for Tuesday. ", "Plea", GONE], [call], [THIRD]))
    assert world.booked == ["Tuesday"]
    *_, resumed, told = stage.setup.llm.requests
    assert [m.role for m in resumed.messages[-4:]] == ["assistant", "tool", "assistant", "user"]
    assert told.messages[-1].role == "tool"  # the same call again has the first one's result
    assert stage.said(1).endswith("It is booked for Tuesday. " + THIRD)


def test_a_call_that_it_asked_for_as_it_broke_off_runs_once(play, world):
    call = LlmToolCall("", "book", '{"day": "Tuesday"}')
    stage = play(ask, script=answers(["I will do that now. ", call, GONE], [call], [THIRD]))
    assert world.booked == ["Tuesday"]
    assert stage.said(1) == "I will do that now. " + THIRD


def test_a_caller_who_cuts_in_meanwhile_hears_no_more_of_it(play):
    async def cut(caller):
        await caller.say("What are your opening hours?")
        await caller.wait_for("speaking")
        await trio.sleep(1.2)
        await caller.say("wait a moment please")
        await caller.wait_for_answer()

    stage = play(cut, script=answers([FIRST, "And", GONE], [THIRD]))
    assert agent_words(stage).endswith("—")
    assert [m.content for m in stage.call.history.messages() if m.role == "user"][-1] == "wait a moment please"


def test_the_next_engine_of_a_chain_goes_on(play, monkeypatch):
    engines = FakeLlm(answers([FIRST, "On Sund", GONE])), FakeLlm(answers([SECOND, THIRD]))
    chain = FallbackLlm(Chain([Member(name, engine) for name, engine in zip("ab", engines, strict=True)]))
    monkeypatch.setattr("actors.testing._stage.FakeLlm", lambda _: chain)
    stage = play(ask)
    assert [len(engine.requests) for engine in engines] == [1, 1]
    assert engines[1].requests[0].messages[-1].content == GO_ON
    assert stage.said(1) == FIRST + SECOND + THIRD
