"""Functions, side effects and fillers in a call, in virtual time."""

from __future__ import annotations

import pytest
import trio

from actors.errors import EngineUnavailable
from actors.line import (
    AgentDone,
    AgentSpeaking,
    ToolProgress,
    TurnMetrics,
)
from actors.ports import LlmToolCall
from actors.testing import Pause


def agent_history(stage, turn):
    return next(messages for t, messages in stage.call.history.agent if t == turn)


def test_read_function_is_called_and_its_result_spoken(play, world):
    async def part(c):
        await c.say("Please look for a time on Tuesday?")
        await c.wait_for_answer()

    stage = play(part)
    assert world.looked == ["Tuesday"]
    assert "slotsnine" in stage.said(1)
    assert [m.status for m in stage.caller.messages(ToolProgress)] == ["running", "ok"]
    roles = [m.role for m in agent_history(stage, 1)]
    assert roles == ["assistant", "tool", "assistant"]


def test_several_functions_at_once_and_one_after_the_other(play, world):
    """Two at once take the time of one; what the next one is asked after is the results of both, in their order."""
    world.look_seconds = 1.0
    asked = []

    def script(request):
        asked.append([m.role for m in request.messages].count("tool"))
        if asked[-1] == 0:
            yield LlmToolCall("", "look", '{"day": "Tuesday"}')
            yield LlmToolCall("", "look", '{"day": "Friday"}')
        elif asked[-1] == 2:
            yield LlmToolCall("", "look", '{"day": "Sunday"}')
        else:
            yield "There is something on each of these days."

    async def part(c):
        await c.say("Please look for a time this week?")
        await c.wait_for_answer()

    stage = play(part, script=script)
    assert sorted(world.looked[:2]) == ["Friday", "Tuesday"]
    assert world.looked[2:] == ["Sunday"]
    assert asked == [0, 2, 3]
    times = [m.at for m in stage.caller.received if isinstance(m.message, ToolProgress)]
    assert times[3] - times[0] < 1.2
    history = agent_history(stage, 1)
    calls = [call.id for m in history for call in m.tool_calls]
    assert [m.tool_call_id for m in history if m.role == "tool"] == calls


@pytest.mark.parametrize("count", [4, 6])
def test_no_more_functions_at_once_than_allowed(play, world, count):
    def script(request):
        if request.messages[-1].role == "tool":
            yield "There is something on each of these days."
        else:
            for day in range(count):
                yield LlmToolCall("", "look", f'{{"day": "{day}"}}')

    async def part(c):
        await c.say("Please look for a time this week?")
        await c.wait_for_answer()

    stage = play(part, script=script)
    assert sorted(world.looked) == ["0", "1", "2", "3"]
    assert len([m for m in agent_history(stage, 1) if m.role == "tool"]) == 4


def slow_writer(seconds):
    return lambda request: ["It", Pause(seconds), " is the third floor, as it always was."]


def test_no_filler_before_a_sentence_that_is_being_written(play):
    """It would be in the way of the answer: the model has begun, and needs less time than the filler would."""

    async def part(c):
        await c.say("Where is the cafeteria in this building?")
        await c.wait_for_answer()

    stage = play(part, script=slow_writer(0.5))
    assert stage.said(1) == "It is the third floor, as it always was."
    metrics = next(m for m in stage.caller.messages(TurnMetrics) if m.turn == 1)
    assert not metrics.filler
    assert metrics.ttfa_ms > 750  # later than the filler was due


def test_a_writer_that_gets_stuck_is_bridged(play):
    async def part(c):
        await c.say("Where is the cafeteria in this building?")
        await c.wait_for_answer()

    stage = play(part, script=slow_writer(4.0))
    assert stage.said(1) == "One moment. It is the third floor, as it always was."
    assert next(m for m in stage.caller.messages(TurnMetrics) if m.turn == 1).filler


def test_filler_bridges_a_slow_function_and_is_remembered(play, world):
    world.look_seconds = 2.5

    async def part(c):
        await c.say("Please look for a time on Tuesday?")
        await c.wait_for_answer()

    stage = play(part)
    assert stage.said(1).startswith("One moment. Here is what came of it")
    assert stage.states[4:] == ["listening", "processing", "speaking", "processing", "speaking", "idle"]
    first = agent_history(stage, 1)[0]
    assert (first.content, len(first.tool_calls)) == ("One moment.", 1)
    assert len([m for m in stage.caller.messages(AgentSpeaking) if m.turn == 1]) == 1
    assert len([m for m in stage.caller.messages(AgentDone) if m.turn == 1]) == 1
    metrics = next(m for m in stage.caller.messages(TurnMetrics) if m.turn == 1)
    assert metrics.filler
    assert metrics.ttfa_ms > 2000


def test_commit_waits_for_the_confirmed_end_of_turn(play, world):
    started = []

    async def part(c):
        await c.say("Please book Tuesday and then")
        await trio.sleep(1.0)  # an unfinished clause: the answer is on trial
        started.append(list(world.booked))
        await c.say("tell me more about it, please.")
        await c.wait_for_answer()
        await c.wait_for("idle")

    play(part)
    assert started == [[]]
    assert world.booked == ["Tuesday"]


NEWS = "By the way, your request went through: book."


async def books_and_asks_on(c):
    """The outcome comes while the next answer is heard."""
    await c.say("Please book Tuesday for me?")
    await c.wait_for("processing")
    await trio.sleep(0.7)
    await c.say("wait what do you do there?")
    await c.wait_for_answer()
    await trio.sleep(4)


def test_commit_cut_by_barge_in_runs_once_and_is_announced(play, world):
    world.book_seconds = 1.5

    stage = play(books_and_asks_on)
    assert world.booked == ["Tuesday"]
    history = stage.call.history.messages()
    results = [m.content for m in history if m.role == "tool"]
    assert results == ['{"status":"booked","day":"Tuesday"}']
    last_turn = max(stage.caller.ears)
    assert stage.said(last_turn).startswith(NEWS)


def turns_heard(stage):
    return [stage.said(turn) for turn in sorted(stage.caller.ears) if stage.said(turn)]


@pytest.mark.parametrize("seconds", [3.5, 5.0, 7.0])
def test_an_outcome_known_while_the_next_answer_is_heard_is_its_last_words(play, world, seconds):
    world.book_seconds = seconds
    stage = play(books_and_asks_on)
    *_, last = turns_heard(stage)
    assert last.startswith("Sure, I can help you with that.")
    assert last.endswith(f"Which one is it? {NEWS}")
    *_, message = stage.call.history.messages()
    assert message.content == last
    assert len(stage.caller.messages(AgentDone)) == len(stage.caller.messages(AgentSpeaking))


def test_an_outcome_that_the_voice_fails_on_is_told_right_behind(play, world):
    world.book_seconds = 4.0

    def prepare(stage):
        tts = stage.setup.tts
        speak, failed = tts.speak, []

        def once(text, words):
            if text == NEWS and not failed:
                failed.append(text)
                raise EngineUnavailable("fake", "no voice")
            return speak(text, words)

        tts.speak = once

    stage = play(books_and_asks_on, prepare=prepare)
    *_, before, last = turns_heard(stage)
    assert before.endswith("Which one is it?")
    assert last == NEWS


def test_an_outcome_that_comes_as_the_answer_ends_is_told_right_behind(play, world):
    """What is left of it is on its way: the caller's end knows that nothing follows."""

    async def part(c):
        world.book_seconds = 60
        await c.say("Please book Tuesday for me?")
        await c.wait_for("processing")
        await trio.sleep(0.7)
        await c.say("wait what do you do there?")
        await c.wait_for("speaking")
        while len(c.messages(AgentDone)) < len(c.messages(AgentSpeaking)):  # noqa: ASYNC110 - it is a clock, too
            await trio.sleep(0.02)
        assert c.left_s() > 0
        world.until.set()
        await c.wait_for_answer()
        await trio.sleep(4)

    stage = play(part)
    *_, before, last = turns_heard(stage)
    assert before.endswith("Which one is it?")
    assert last == NEWS


def test_an_answer_that_wanted_the_same_tells_of_it_once(play, world):
    """It was asked for again while it ran: its outcome is told by the words of that answer."""
    world.book_seconds = 3.0

    async def part(c):
        await c.say("Please book Tuesday for me?")
        await c.wait_for("processing")
        await trio.sleep(0.7)
        await c.say("wait, please book Tuesday, I said")
        await c.wait_for_answer()
        await trio.sleep(1)

    stage = play(part)
    assert world.booked == ["Tuesday"]
    *_, last = turns_heard(stage)
    assert "Here is what came of it" in last
    assert NEWS not in " ".join(turns_heard(stage))


def test_identical_commit_is_not_done_twice(play, world):
    async def part(c):
        for _ in range(2):
            await c.say("Please book Tuesday for me?")
            await c.wait_for_answer()
            await trio.sleep(0.3)

    stage = play(part)
    assert world.booked == ["Tuesday"]
    assert len([m for m in stage.call.history.messages() if m.role == "tool"]) == 2
