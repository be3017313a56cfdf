"""Whole calls, in virtual time, with fake engines: turns and barge-in."""

from __future__ import annotations

import trio

from actors.line import (
    AgentDone,
    AgentSpeaking,
    Flush,
    Hold,
    Resume,
    TurnMetrics,
)


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


def test_barge_in_holds_cuts_and_remembers_what_was_heard(play, into_the_answer):
    async def part(c):
        await into_the_answer(c, 2)
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


def test_backchannel_resumes_at_the_very_next_sample(play, into_the_answer):
    async def part(c):
        await into_the_answer(c, 2)
        await c.say("uh-huh")
        await c.wait_for("idle")

    stage = play(part, delay=0.03)
    assert [type(m) for m in stage.caller.messages() if isinstance(m, Hold | Resume | Flush)] == [Hold, Resume]
    assert stage.said(1).split() == stage.caller.transcript(1, "agent").text.split()
    assert stage.said(1).endswith("Which one is it?")
    assert [m for m in stage.call.history.messages() if m.role == "user"][-1].content.startswith("Tell me")


def test_cough_resumes(play, into_the_answer):
    async def part(c):
        await into_the_answer(c, 1)
        await c.make_noise(250)
        await c.wait_for("idle")

    stage = play(part)
    assert [type(m) for m in stage.caller.messages() if isinstance(m, Hold | Resume | Flush)] == [Hold, Resume]
    assert stage.said(1).endswith("Which one is it?")


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


def test_caller_without_reports_still_gets_a_whole_call(play, ask):
    stage = play(ask, reports=False)
    assert stage.said(1).endswith("Which one is it?")


def test_greeting_can_be_interrupted(play):
    async def part(c):
        await c.wait_for("speaking")
        await trio.sleep(0.3)
        await c.say("yes hello I need to see a doctor, please.")
        await c.wait_for_answer()

    stage = play(part, skip_greeting=False)
    assert stage.caller.transcript(0, "agent").unheard
    assert stage.said(1).startswith("Sure")
