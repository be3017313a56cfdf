"""A call whose engines and functions fail, in virtual time."""

from __future__ import annotations

from actors.errors import EngineUnavailable
from actors.line import (
    TurnMetrics,
)
from actors.ports import LlmToolCall
from actors.testing import Pause


def test_failing_function_is_told_to_the_model(play):
    async def part(c):
        await c.say("Please try what is broken?")
        await c.wait_for_answer()

    stage = play(part)
    assert "error" in stage.said(1)
    assert "RuntimeError" not in stage.said(1)


def test_model_that_fails_is_apologised_for(play, ask):
    def script(request):
        raise EngineUnavailable("fake", "down")
        yield

    stage = play(ask, script=script)
    assert stage.said(1).endswith("Could you say that again?")
    assert not [m for m in stage.caller.messages(TurnMetrics) if m.turn == 1]  # an apology is no answer


def test_model_that_comes_back_is_asked_again(play, ask):
    failures = [EngineUnavailable("fake", "restarting")] * 2

    def script(request):
        if failures:
            raise failures.pop()
        yield "I am back again now."

    stage = play(ask, script=script)
    assert stage.said(1).endswith("I am back again now.")


def test_hanging_model_is_apologised_for_within_its_deadline(play, ask):
    def script(request):
        yield Pause(1000)

    stage = play(ask, script=script)
    assert stage.said(1) == "One moment. " + stage.setup.agent.apology
    assert stage.setup.llm.cancelled >= 1


def test_recogniser_that_fails_is_apologised_for(play, ask):
    def prepare(stage):
        stage.setup.stt.error = EngineUnavailable("fake", "deaf")

    stage = play(ask, prepare=prepare)
    assert stage.said(1).endswith("Could you say that again?")


def test_voice_that_fails_ends_the_turn_not_the_call(play, ask):
    async def part(c):
        c_stage[0].setup.tts.error = EngineUnavailable("fake", "mute")
        await c.say("Tell me about your doctors, please.")
        await c.wait_for("processing")
        await c.wait_for("idle")
        c_stage[0].setup.tts.error = None
        await ask(c)

    c_stage = []
    stage = play(part, prepare=c_stage.append)
    assert stage.said(2).startswith("Sure")


def test_function_calls_without_end_are_stopped(play):
    def script(request):
        yield LlmToolCall("x", "look", '{"day": "Tuesday"}')

    async def part(c):
        await c.say("Please look around for me?")
        await c.wait_for_answer()
        await c.wait_for("idle")

    stage = play(part, script=script)
    assert "Could you say that again?" in stage.said(1)


def test_marks_without_words_are_no_answer(play, ask):
    def script(request):
        yield "** … **"

    stage = play(ask, script=script)
    assert stage.said(1).endswith("Could you say that again?")
    assert not [m for m in stage.caller.messages(TurnMetrics) if m.turn == 1]  # an apology is no answer
