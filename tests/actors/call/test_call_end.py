"""How a call ends, is lost and comes back, in virtual time."""

from __future__ import annotations

import trio

from actors.line import (
    AgentDone,
)
from actors.testing import Pause


def agent_history(stage, turn):
    return next(messages for t, messages in stage.call.history.agent if t == turn)


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


def test_lost_line_is_resumed_without_losing_or_repeating_a_word(play, into_the_answer):
    async def part(c):
        await into_the_answer(c, 2)
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


def test_answer_that_ends_long_after_its_last_word_was_heard(play, ask):
    def script(request):
        yield "That is all right with us, I think. "
        yield Pause(6)

    async def part(c):
        await c.say("Tell me about your doctors, please.")
        await c.wait_for("speaking")
        await c.wait_for("idle")
        await trio.sleep(0.3)
        await ask(c)

    stage = play(part, script=script)
    assert stage.said(2).startswith("That is all right")
    assert len([m for m in stage.caller.messages(AgentDone) if m.turn == 1]) == 1
    assert stage.caller.transcript(1, "agent").final


def test_call_that_ends_in_mid_sentence_keeps_what_was_heard(play, into_the_answer):
    async def part(c):
        await into_the_answer(c, 1.5)
        c.hang_up()
        await c.ended.wait()

    stage = play(part)
    (message,) = agent_history(stage, 1)
    assert message.content.endswith(" —")
    assert message.content.removesuffix(" —").split() == stage.said(1).split()
