"""The table as a whole: total, loud about the impossible, deaf to the stale."""

from __future__ import annotations

import itertools
import typing

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statechart import (
    IGNORED,
    TABLE,
    AudioReady,
    CallStarted,
    CommitFinished,
    CommitRequested,
    DisarmTimer,
    EndCallRequested,
    Event,
    HangUpRequested,
    IllegalEvent,
    LineLost,
    PlayoutDrained,
    ReplyFailed,
    ReplyFinished,
    Settled,
    Snapshot,
    SpanQueued,
    State,
    Timer,
    TimerFired,
    VoiceStarted,
    transition,
)
from statechart.testing import events, snapshots

EVENTS = typing.get_args(Event)
ATTEMPT_EVENTS = (
    lambda *key: SpanQueued(*key, "late"),
    AudioReady,
    ReplyFinished,
    lambda *key: ReplyFailed(*key, "late"),
    lambda *key: CommitRequested(*key, "late"),
    EndCallRequested,
)


@pytest.fixture(params=["idle", "listening", "processing", "speaking", "interrupted"])
def anywhere(request, chart):
    """A chart in each state, in turn 1 or later."""
    if request.param == "idle":
        chart.speaking().finished().drained()
        return chart(Settled(1))
    return getattr(chart, request.param)()


def test_each_pair_is_a_rule_or_ignored_or_illegal_and_never_two_of_them():
    pairs = set(itertools.product(State, EVENTS))
    assert set(TABLE) | IGNORED <= pairs
    assert not set(TABLE) & IGNORED


@given(data=st.data())
def test_the_product_is_total_and_an_illegal_event_changes_nothing(data):
    now = data.draw(snapshots())
    event = data.draw(events(now))
    copy = attrs.evolve(now)
    pair = (now.state, type(event))
    try:
        step = transition(now, event)
    except IllegalEvent as illegal:
        error, step = illegal, None
    if step is None:
        assert error.snapshot is now
        assert error.event == event
        assert pair not in IGNORED
    elif pair in IGNORED or pair not in TABLE:  # no rule: stale, or the end
        assert step.snapshot is now
        assert not step.effects
    elif step.effects or step.snapshot != now:
        assert step.snapshot.state in TABLE[pair].targets
    assert now == copy


@pytest.mark.parametrize("pair", sorted(set(itertools.product(State, EVENTS)) - set(TABLE) - IGNORED, key=str))
def test_a_pair_without_a_rule_is_loud(make_chart, pair):
    state, kind = pair
    chart = make_chart()
    chart = chart.idle() if state is State.IDLE else getattr(chart, state.value)()
    now = chart.now
    for event in (CallStarted(), *(make(*chart.key) for make in ATTEMPT_EVENTS), PlayoutDrained(now.turn)):
        if type(event) is kind:
            with pytest.raises(IllegalEvent, match=f"{kind.__name__} cannot happen in {state.name}"):
                chart(event)
            assert chart.now == now
            break
    else:
        pytest.fail(f"no example of {kind}")


@pytest.mark.parametrize("make", ATTEMPT_EVENTS)
@pytest.mark.parametrize("older", [(0, 0), (0, 9)])
def test_what_belongs_to_an_older_turn_changes_nothing(anywhere, make, older):
    now = anywhere.now
    anywhere(make(*older))
    assert (anywhere.now, anywhere.effects) == (now, [])


@pytest.mark.parametrize("make", ATTEMPT_EVENTS)
def test_what_belongs_to_an_older_attempt_changes_nothing(chart, make):
    chart.processing().says("and on Tuesday")
    assert chart.key == (1, 1)
    for way in (lambda: chart, lambda: chart.fire(Timer.END_OF_TURN), lambda: chart.span().ready(), chart.voice):
        way()
        now = chart.now
        chart(make(1, 0))
        assert (chart.now, chart.effects) == (now, [])


def test_an_older_drained_edge_and_an_older_timer_change_nothing(anywhere):
    now = anywhere.now
    anywhere(PlayoutDrained(0), *(TimerFired(timer, 0) for timer in Timer))
    assert (anywhere.now, anywhere.effects) == (now, [])


@pytest.mark.parametrize("make", ATTEMPT_EVENTS)
def test_what_belongs_to_a_turn_to_come_is_loud(anywhere, make):
    with pytest.raises(IllegalEvent):
        anywhere(make(anywhere.now.turn + 1, 0))


def test_a_timer_armed_anew_makes_the_older_one_stale(chart):
    chart.listening().silence()
    first = chart.now.timer(Timer.END_OF_TURN)
    chart.words("What are your hours?")
    assert chart.armed(Timer.END_OF_TURN) == 1000  # few words
    now = chart.now
    assert chart(TimerFired(Timer.END_OF_TURN, first.serial)).now == now


def test_leaving_a_state_stops_its_timers_but_not_the_wait_for_a_lost_caller(chart):
    chart.processing()(LineLost())
    assert {armed.timer for armed in chart.now.armed} == {Timer.ANSWER, Timer.FILLER, Timer.RECONNECT}
    chart.span().ready()
    assert {armed.timer for armed in chart.now.armed} == {Timer.RECONNECT}
    assert chart.gave(DisarmTimer) == [DisarmTimer(Timer.ANSWER), DisarmTimer(Timer.FILLER)]


def test_the_call_must_have_started_and_starts_once(chart):
    with pytest.raises(IllegalEvent):
        chart(VoiceStarted(0))
    chart(CallStarted())
    with pytest.raises(IllegalEvent):
        chart(CallStarted())
    with pytest.raises(IllegalEvent):
        transition(
            chart.idle().now if not chart.now.started else chart.span().ready().finished().drained().now, CallStarted()
        )


def test_a_side_effect_is_asked_for_once_and_ends_once(chart):
    chart.processing()(CommitRequested(1, 0, "k"))
    with pytest.raises(IllegalEvent):
        chart(CommitRequested(1, 0, "k"))
    with pytest.raises(IllegalEvent):
        chart(CommitFinished("other"))
    chart(CommitFinished("k"))
    with pytest.raises(IllegalEvent):
        chart(CommitFinished("k"))


def test_a_turn_to_come_cannot_be_settled_nor_one_unheard_be_drained(chart):
    chart.processing()
    with pytest.raises(IllegalEvent):
        chart(Settled(2))
    now = chart.now
    assert chart(PlayoutDrained(1)).now == now  # ignored while working


@given(data=st.data())
def test_after_the_end_nothing_changes(data):
    now = transition(data.draw(snapshots()), HangUpRequested()).snapshot
    step = transition(now, data.draw(events(now)))
    assert now.ended
    assert step.snapshot is now
    assert not step.effects


def test_snapshots_are_values():
    assert Snapshot() == Snapshot()
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        Snapshot().turn = 1
