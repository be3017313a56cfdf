"""Whole calls, in virtual time, with fake engines."""

from __future__ import annotations

import pytest
import trio

from actors.errors import EngineUnavailable
from actors.line import (
    AgentDone,
    AgentSpeaking,
    Flush,
    Hold,
    Resume,
    ToolProgress,
    TurnMetrics,
)
from actors.ports import LlmToolCall
from actors.testing import Pause


def agent_history(stage, turn):
    return next(messages for t, messages in stage.call.history.agent if t == turn)


def test_greets_answers_and_hangs_up(play):
    async def part(c):
        await c.say("I would like to see a doctor, please.")
        await c.wait_for_answer()

    stage = play(part)
    assert stage.states == ["idle", "processing", "speaking", "idle", "listening", "processing", "speaking", "idle"]
    assert stage.reason == "caller"
    assert stage.said(0) == "Hello. How can I help you?"
    assert stage.said(1).startswith("Sure, I can help you")
    assert stage.caller.transcript(1, "user").text == "I would like to see a doctor, please."
    assert [m.content for m in stage.call.history.messages()][1] == "I would like to see a doctor, please."


def test_answer_is_ready_before_the_turn_is_confirmed(play):
    """The speculative answer hides the engines' time inside the endpointing wait."""

    async def part(c):
        await c.say("so I thought about it and then um")
        await c.wait_for_answer()

    stage = play(part)
    metrics = next(m for m in stage.caller.messages(TurnMetrics) if m.turn == 1)
    assert metrics.ttfa_ms == metrics.endpoint_ms  # nothing was left to wait for


def test_words_after_a_pause_join_the_turn(play):
    async def part(c):
        await c.say("I would like to see")
        await trio.sleep(0.7)
        await c.say("Doctor Chen on Tuesday, please.")
        await c.wait_for_answer()

    stage = play(part)
    users = [m for m in stage.call.history.messages() if m.role == "user"]
    assert [m.content for m in users] == ["I would like to see Doctor Chen on Tuesday, please."]
    assert len(stage.caller.messages(AgentSpeaking)) == 2


def test_barge_in_holds_cuts_and_remembers_what_was_heard(play):
    async def part(c):
        await c.say("Tell me about your doctors, please.")
        await c.wait_for("speaking")
        await trio.sleep(2)
        await c.say("wait, what about Wednesday?")
        await c.wait_for("speaking")
        await c.wait_for("idle")

    stage = play(part, delay=0.03)
    heard = stage.said(1)
    assert heard
    assert not heard.endswith("Which one is it?")
    update = stage.caller.transcript(1, "agent")
    assert update.final
    assert update.text.split() == heard.split()
    assert update.unheard
    (message,) = agent_history(stage, 1)
    assert message.content == update.text + " —"
    kinds = [type(m) for m in stage.caller.messages() if isinstance(m, Hold | Flush | AgentDone) and m.turn == 1]
    assert kinds == [Hold, Flush, AgentDone]
    flushed = next(r.at for r in stage.caller.received if isinstance(r.message, Flush))
    assert not [r for r in stage.caller.received if r.turn == 1 and r.at > flushed]


def test_backchannel_resumes_at_the_very_next_sample(play):
    async def part(c):
        await c.say("Tell me about your doctors, please.")
        await c.wait_for("speaking")
        await trio.sleep(2)
        await c.say("uh-huh")
        await c.wait_for("idle")

    stage = play(part, delay=0.03)
    assert [type(m) for m in stage.caller.messages() if isinstance(m, Hold | Resume | Flush)] == [Hold, Resume]
    assert stage.said(1).split() == stage.caller.transcript(1, "agent").text.split()
    assert stage.said(1).endswith("Which one is it?")
    assert [m for m in stage.call.history.messages() if m.role == "user"][-1].content.startswith("Tell me")


def test_cough_resumes(play):
    async def part(c):
        await c.say("Tell me about your doctors, please.")
        await c.wait_for("speaking")
        await trio.sleep(1)
        await c.make_noise(250)
        await c.wait_for("idle")

    stage = play(part)
    assert [type(m) for m in stage.caller.messages() if isinstance(m, Hold | Resume | Flush)] == [Hold, Resume]
    assert stage.said(1).endswith("Which one is it?")


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


def test_commit_cut_by_barge_in_runs_once_and_is_announced(play, world):
    world.book_seconds = 1.5

    async def part(c):
        await c.say("Please book Tuesday for me?")
        await c.wait_for("processing")
        await trio.sleep(0.7)
        await c.say("wait what do you do there?")
        await c.wait_for_answer()

    stage = play(part)
    assert world.booked == ["Tuesday"]
    history = stage.call.history.messages()
    results = [m.content for m in history if m.role == "tool"]
    assert results == ['{"status":"booked","day":"Tuesday"}']
    last_turn = max(stage.caller.ears)
    assert stage.said(last_turn).startswith("By the way, your request went through: book.")


def test_identical_commit_is_not_done_twice(play, world):
    async def part(c):
        for _ in range(2):
            await c.say("Please book Tuesday for me?")
            await c.wait_for_answer()
            await trio.sleep(0.3)

    stage = play(part)
    assert world.booked == ["Tuesday"]
    assert len([m for m in stage.call.history.messages() if m.role == "tool"]) == 2


def test_failing_function_is_told_to_the_model(play):
    async def part(c):
        await c.say("Please try what is broken?")
        await c.wait_for_answer()

    stage = play(part)
    assert "error" in stage.said(1)
    assert "RuntimeError" not in stage.said(1)


def test_model_that_fails_is_apologised_for(play):
    def script(request):
        raise EngineUnavailable("fake", "down")
        yield

    async def part(c):
        await c.say("Tell me about your doctors, please.")
        await c.wait_for_answer()

    stage = play(part, script=script)
    assert stage.said(1).endswith("Could you say that again?")
    assert not [m for m in stage.caller.messages(TurnMetrics) if m.turn == 1]  # an apology is no answer


def test_model_that_comes_back_is_asked_again(play):
    failures = [EngineUnavailable("fake", "restarting")] * 2

    def script(request):
        if failures:
            raise failures.pop()
        yield "I am back again now."

    async def part(c):
        await c.say("Tell me about your doctors, please.")
        await c.wait_for_answer()

    stage = play(part, script=script)
    assert stage.said(1).endswith("I am back again now.")


def test_hanging_model_is_apologised_for_within_its_deadline(play):
    def script(request):
        yield Pause(1000)

    async def part(c):
        await c.say("Tell me about your doctors, please.")
        await c.wait_for_answer()

    stage = play(part, script=script)
    assert stage.said(1) == "One moment. " + stage.setup.agent.apology
    assert stage.setup.llm.cancelled >= 1


def test_recogniser_that_fails_is_apologised_for(play):
    async def part(c):
        await c.say("Tell me about your doctors, please.")
        await c.wait_for_answer()

    def prepare(stage):
        stage.setup.stt.error = EngineUnavailable("fake", "deaf")

    stage = play(part, prepare=prepare)
    assert stage.said(1).endswith("Could you say that again?")


def test_voice_that_fails_ends_the_turn_not_the_call(play):
    async def part(c):
        c_stage[0].setup.tts.error = EngineUnavailable("fake", "mute")
        await c.say("Tell me about your doctors, please.")
        await c.wait_for("processing")
        await c.wait_for("idle")
        c_stage[0].setup.tts.error = None
        await c.say("Tell me about your doctors, please.")
        await c.wait_for_answer()

    c_stage = []
    stage = play(part, prepare=c_stage.append)
    assert stage.said(2).startswith("Sure")


def test_silent_caller_is_asked_twice_then_bidden_goodbye(play):
    async def part(c):
        await c.ended.wait()

    stage = play(part)
    assert stage.reason == "idle"
    assert [stage.said(turn) for turn in (1, 2, 3)] == [
        "Are you still there?",
        "Hello? I'm still here if you need me.",
        "Thank you for calling. Goodbye.",
    ]


def test_farewell_hangs_up_only_after_it_was_heard(play):
    def script(request):
        yield "Goodbye, and thank you for calling us."

    async def part(c):
        await c.say("That's all, goodbye!")
        await c.ended.wait()

    stage = play(part, script=script, delay=0.05)
    assert stage.reason == "farewell"
    assert stage.said(1) == "Goodbye, and thank you for calling us."


def test_speech_over_the_goodbye_cancels_it(play):
    def script(request):
        last = request.messages[-1].content
        yield "Goodbye, and thank you very much for calling us today." if "goodbye" in last else "Of course you can."

    async def part(c):
        await c.say("That's all, goodbye!")
        await c.wait_for("speaking")
        await trio.sleep(0.5)
        await c.say("wait, one more question, can I come on Monday?")
        await c.wait_for_answer()
        await trio.sleep(1)

    stage = play(part, script=script)
    assert stage.reason == "caller"
    assert stage.said(2) == "Of course you can."


def test_agent_ends_the_call_by_function(play):
    async def part(c):
        await c.say("Could you hang up for me?")  # no farewell, by which the chart itself would end the call
        await c.ended.wait()

    stage = play(part)
    assert stage.reason == "agent"


def test_typed_text_is_a_turn_and_cuts_speech(play):
    async def part(c):
        c.type_text("hello there")
        await c.wait_for("speaking")
        await trio.sleep(1)
        c.type_text("something else")
        await c.wait_for("processing")
        await c.wait_for_answer()

    stage = play(part)
    assert [m.content for m in stage.call.history.messages() if m.role == "user"] == ["hello there", "something else"]
    assert stage.caller.transcript(1, "agent").unheard


def test_caller_without_reports_still_gets_a_whole_call(play):
    async def part(c):
        await c.say("Tell me about your doctors, please.")
        await c.wait_for_answer()

    stage = play(part, reports=False)
    assert stage.said(1).endswith("Which one is it?")


def test_drain_ends_the_call_after_the_turn(play):
    boxes = []

    async def part(c):
        await c.say("Tell me about your doctors, please.")
        await c.wait_for("speaking")
        boxes[0].draining.set()
        await c.ended.wait()

    stage = play(part, prepare=boxes.append)
    assert stage.reason == "drain"
    assert stage.said(1).endswith("Which one is it?")


def test_function_calls_without_end_are_stopped(play):
    def script(request):
        yield LlmToolCall("x", "look", '{"day": "Tuesday"}')

    async def part(c):
        await c.say("Please look around for me?")
        await c.wait_for_answer()
        await c.wait_for("idle")

    stage = play(part, script=script)
    assert "Could you say that again?" in stage.said(1)


def test_greeting_can_be_interrupted(play):
    async def part(c):
        await c.wait_for("speaking")
        await trio.sleep(0.3)
        await c.say("yes hello I need to see a doctor, please.")
        await c.wait_for_answer()

    stage = play(part, skip_greeting=False)
    assert stage.caller.transcript(0, "agent").unheard
    assert stage.said(1).startswith("Sure")


def test_lost_line_is_resumed_without_losing_or_repeating_a_word(play):
    async def part(c):
        await c.say("Tell me about your doctors, please.")
        await c.wait_for("speaking")
        await trio.sleep(2)
        c.lose_line()
        await trio.sleep(4)
        c.regain_line()
        await c.wait_for("idle")

    stage = play(part, delay=0.03)
    assert stage.said(1).split() == stage.caller.transcript(1, "agent").text.split()
    assert stage.said(1).endswith("Which one is it?")


def test_line_lost_for_good_ends_the_call(play):
    async def part(c):
        c.lose_line()
        await trio.sleep(60)

    assert play(part).reason == "lost"


def test_answer_that_ends_long_after_its_last_word_was_heard(play):
    def script(request):
        yield "That is all right with us, I think. "
        yield Pause(6)

    async def part(c):
        await c.say("Tell me about your doctors, please.")
        await c.wait_for("speaking")
        await c.wait_for("idle")
        await trio.sleep(0.3)
        await c.say("Tell me about your doctors, please.")
        await c.wait_for_answer()

    stage = play(part, script=script)
    assert stage.said(2).startswith("That is all right")
    assert len([m for m in stage.caller.messages(AgentDone) if m.turn == 1]) == 1
    assert stage.caller.transcript(1, "agent").final


def test_call_that_ends_in_mid_sentence_keeps_what_was_heard(play):
    async def part(c):
        await c.say("Tell me about your doctors, please.")
        await c.wait_for("speaking")
        await trio.sleep(1.5)
        c.hang_up()
        await c.ended.wait()

    stage = play(part)
    (message,) = agent_history(stage, 1)
    assert message.content.endswith(" —")
    assert message.content.removesuffix(" —").split() == stage.said(1).split()


def test_marks_without_words_are_no_answer(play):
    def script(request):
        yield "** … **"

    async def part(c):
        await c.say("Tell me about your doctors, please.")
        await c.wait_for_answer()

    stage = play(part, script=script)
    assert stage.said(1).endswith("Could you say that again?")
    assert not [m for m in stage.caller.messages(TurnMetrics) if m.turn == 1]  # an apology is no answer
