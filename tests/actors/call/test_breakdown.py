"""Everything is down: recorded apologies, then a recorded goodbye, and the call ends by itself."""

from __future__ import annotations

import attrs
import pytest

from actors.call import Phrasebook, phrases_of
from actors.errors import EngineRefused, EngineUnavailable
from actors.line import CallEnded
from actors.testing import Caller, FakeStt, Stage, make_setup, run_virtual

DOWN = EngineUnavailable("fake", "down")


def dead_model(request):
    raise DOWN
    yield


def fixed(request):
    yield "We are open from eight."


def play(part, *, model, stt_works=True, voice_works=True):
    """The fixed words are recorded while the voice still works."""

    async def main():
        caller = Caller()
        setup = make_setup(caller, model)
        phrases = await Phrasebook.synthesise(setup.tts, phrases_of(setup.agent))
        stage = Stage(attrs.evolve(setup, phrases=phrases), caller)
        assert isinstance(setup.stt, FakeStt)
        setup.stt.error = None if stt_works else DOWN
        setup.tts.error = None if voice_works else EngineRefused("fake", "no voice")
        await stage.play(part)
        return stage

    return run_virtual(main)


async def keep_trying(caller):
    for _ in range(9):
        await caller.wait_for("idle")
        await caller.say("What are your opening hours?")
        await caller.wait_until_answered()


def heard(stage):
    return [stage.said(turn) for turn in sorted(stage.caller.ears) if turn]


@pytest.mark.parametrize(
    "broken", [{"model": dead_model}, {"model": fixed, "voice_works": False}, {"model": fixed, "stt_works": False}]
)
def test_after_the_third_failed_turn_the_call_ends_with_recorded_words(broken):
    stage = play(keep_trying, **broken)
    agent = stage.setup.agent
    last_words = zip(heard(stage), (agent.apology, agent.apology, agent.breakdown), strict=True)
    assert all(words.endswith(fixed) for words, fixed in last_words)  # behind a filler, perhaps
    assert stage.reason == "failing"
    assert stage.caller.messages(CallEnded) == [CallEnded("failing")]


def test_all_at_once():
    stage = play(keep_trying, model=dead_model, stt_works=False, voice_works=False)
    assert heard(stage)[-1] == stage.setup.agent.breakdown
    assert stage.reason == "failing"


def test_an_answer_in_between_keeps_the_call_going():
    fails = [True, True, False, True, True, False]

    async def five(caller):
        for _ in fails:
            await caller.wait_for("idle")
            await caller.say("What are your opening hours?")
            await caller.wait_until_answered()

    asked = []

    def model(request):
        turn = sum(message.role == "user" for message in request.messages)
        asked.append(turn)
        if fails[turn - 1]:
            raise EngineRefused("fake", "not now")
        yield "We are open from eight."

    stage = play(five, model=model)
    assert stage.reason == "caller"
    assert max(asked) == len(fails)
