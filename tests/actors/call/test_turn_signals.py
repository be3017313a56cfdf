"""What the recogniser thinks of the caller's turn, in whole calls: sooner where it is right, no harm elsewhere."""

from __future__ import annotations

import attrs
import pytest
import trio
from hypothesis import HealthCheck, example, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from actors.call._turn_signals import as_event
from actors.errors import EngineUnavailable
from actors.ports import TurnSignal
from actors.testing import (
    Act,
    Caller,
    FakeStt,
    Pace,
    Script,
    Stage,
    Talk,
    check,
    make_setup,
    run_virtual,
    simulate,
)
from statechart import (
    CancelAnswer,
    ConfirmAnswer,
    EagerEndOfTurn,
    EndOfTurn,
    StartAnswer,
    State,
    TurnResumed,
    VoiceStopped,
)

SAID = "I would like an appointment with"  # a clause under way: our own wait is a long one


class Judge(FakeStt):
    """A recogniser that gives these signals, so many seconds after each voice sets in, whatever is said."""

    def __init__(self, dictionary, signals):
        super().__init__(dictionary)
        self.signals = signals

    async def open_stream(self, *, hints=()):
        stream = await super().open_stream(hints=hints)
        send, receive = trio.open_memory_channel(100)
        begin = stream.begin

        def begin_and_judge(segment):
            begin(segment)
            for after, kind, text in self.signals:
                send.send_nowait((trio.current_time() + after, kind, segment, text))

        async def next_signal():
            told_at, kind, segment, text = await receive.receive()
            await trio.sleep_until(told_at)
            if isinstance(kind, Exception):
                raise kind
            return TurnSignal(kind, segment, text, 10**9)

        stream.begin, stream.next_signal = begin_and_judge, next_signal
        return stream


@pytest.fixture
def play():
    def play(stt, part, model=lambda request: ["Of course. ", "When would you like to come?"]):
        async def main():
            caller = Caller()
            setup = make_setup(caller, model)

            stage = Stage(attrs.evolve(setup, stt=stt(caller.dictionary)), caller)
            await stage.play(part)
            return stage

        return run_virtual(main)

    return play


async def ask(caller):
    await caller.wait_for("idle")
    await caller.say(SAID)
    await caller.wait_until_answered()


def happened(stage, kind):
    return [(at, event) for at, event, _ in stage.trace if isinstance(event, kind)]


def effects(stage, kind):
    return [(at, effect) for at, _, step in stage.trace for effect in step.effects if isinstance(effect, kind)]


def first_answer(stage):
    return next(at for at, _, step in stage.trace if step.snapshot.turn == 1 and step.snapshot.state is State.SPEAKING)


def test_a_likely_end_starts_the_answer_and_a_certain_one_confirms_it_sooner_than_our_own_wait(play):
    alone = play(lambda words: FakeStt(words), ask)
    sooner = play(lambda words: FakeStt(words, likely_end_ms=160, end_ms=300), ask)
    (_, order), *_ = effects(sooner, StartAnswer)
    assert order.speculative
    assert effects(sooner, ConfirmAnswer)
    silent_at = happened(sooner, VoiceStopped)[0][0]
    confirmed_at = effects(sooner, ConfirmAnswer)[0][0]
    assert confirmed_at - silent_at < 0.45
    assert first_answer(sooner) < first_answer(alone) - 0.5
    assert sooner.said(1) == alone.said(1) == "Of course. When would you like to come?"
    assert [m.content for m in sooner.call.history.messages()] == [m.content for m in alone.call.history.messages()]


def test_a_caller_who_resumes_withdraws_the_answer(play):
    async def hesitate(caller):
        await caller.wait_for("idle")
        await caller.say("I would like an appointment")
        await trio.sleep(0.35)
        await caller.say("with Doctor Chen")
        await caller.wait_until_answered()

    stage = play(lambda words: FakeStt(words, likely_end_ms=100, end_ms=900), hesitate)
    assert happened(stage, TurnResumed)
    assert effects(stage, CancelAnswer)
    assert [e.text for _, e in effects(stage, StartAnswer)][-1] == "I would like an appointment with Doctor Chen"
    assert len({e.turn for _, e in effects(stage, StartAnswer)}) == 1


@pytest.mark.parametrize("likely_end_ms", [0, 100])
def test_a_recogniser_that_never_says_that_the_turn_is_over_costs_nothing(play, likely_end_ms):
    alone = play(lambda words: FakeStt(words), ask)
    stage = play(lambda words: FakeStt(words, likely_end_ms=likely_end_ms), ask)
    assert first_answer(stage) <= first_answer(alone) + 0.01


def test_signals_that_break_off_leave_the_turn_to_our_own_waits(play):
    alone = play(lambda words: FakeStt(words), ask)
    failure = EngineUnavailable("fake", "gone")
    stage = play(lambda words: Judge(words, [(0.2, failure, "")]), ask)
    assert first_answer(stage) == pytest.approx(first_answer(alone), abs=0.05)
    assert stage.reason == "caller"


def test_an_end_while_the_caller_speaks_is_no_more_than_likely(play):
    """Our own voice detector is in charge: the answer is only tried, and withdrawn."""
    stage = play(lambda words: Judge(words, [(0.3, "ended", "I would")]), ask)
    assert not happened(stage, EndOfTurn)
    assert happened(stage, EagerEndOfTurn)
    assert [m.content for m in stage.call.history.messages() if m.role == "user"] == [SAID]
    assert stage.said(1) == "Of course. When would you like to come?"


@pytest.mark.parametrize(
    ("voiced", "voiced_until", "certain"),
    [(False, 16_000, True), (False, 15_000, True), (False, 17_000, False), (True, 0, False)],
)
def test_an_end_is_certain_only_where_it_covers_all_that_was_voiced(voiced, voiced_until, certain):
    signal = TurnSignal("ended", 3, "yes", 16_000)
    event = as_event(signal, voiced=voiced, voiced_until=voiced_until, silence_ms=240.4)
    assert event == (EndOfTurn(3, "yes", 240) if certain else EagerEndOfTurn(3, "yes"))


def test_other_signals_are_passed_on_as_they_are():
    def told(kind):
        return as_event(TurnSignal(kind, 3, "yes", 0), voiced=True, voiced_until=9, silence_ms=-1.0)

    assert told("started") is None
    assert told("likely_end") == EagerEndOfTurn(3, "yes")
    assert told("resumed") == TurnResumed(3)


KINDS = ("started", "likely_end", "resumed", "ended")
SIGNALS = st.tuples(st.floats(0.0, 4.0), st.sampled_from(KINDS), st.sampled_from(["", "I would", SAID, "bye bye"]))


@limits(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(signals=st.lists(SIGNALS, max_size=8))
@example(signals=[(0.0, "ended", SAID), (0.0, "resumed", ""), (3.0, "ended", "I would"), (3.0, "likely_end", SAID)])
def test_signals_in_any_order_leave_the_call_whole(play, signals):
    stage = play(lambda words: Judge(words, sorted(signals)), ask)
    assert stage.call.illegal_events == 0
    assert stage.reason in ("caller", "farewell")
    said = [m for m in stage.call.history.messages() if m.role == "user"]
    assert said
    assert "Of course. When would you like to come?" in stage.said(1)


@pytest.mark.parametrize(("likely_end_ms", "end_ms"), [(200, 400), (40, 60), (0, 300), (100, 0)])
@pytest.mark.parametrize("seed", range(3))
def test_every_invariant_holds_with_a_recogniser_that_judges(likely_end_ms, end_ms, seed):
    acts = (
        Act("say", "idle", talk=Talk("I'd like to see Doctor Chen")),
        Act("say", after_ms=250, talk=Talk("next Tuesday at ten")),
        Act("say", "speaking", 300, Talk("wait, on Wednesday")),
        Act("say", "ended", talk=Talk("Please book it for Miller.")),
    )
    pace = Pace(spread=0.3, likely_end_ms=likely_end_ms, end_ms=end_ms)
    assert not check(simulate(Script(acts=acts, pace=pace, seed=seed)))
