from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from actors.call._cursor import Cursor, lead_samples
from actors.ports import AGENT_RATE

steps = st.lists(
    st.tuples(
        st.sampled_from(["send", "report", "pause", "go_on", "rewind", "wait"]),
        st.integers(0, 2 * AGENT_RATE),
        st.floats(0, 2),
    ),
    max_size=60,
)


@given(steps)
def test_position_stays_between_the_last_report_and_what_was_sent(script):
    cursor, now = Cursor(), 100.0
    for what, samples, seconds in script:
        now += seconds
        match what:
            case "send":
                cursor.on_sent(samples, now)
            case "report":
                cursor.on_report(samples, now)
            case "pause":
                cursor.pause(now)
            case "go_on":
                cursor.go_on(now)
            case "rewind":
                cursor.rewind(now, now)
        assert 0 <= cursor.reported <= cursor.estimate(now) <= cursor.sent
        assert cursor.next_check(cursor.sent, now) > 0


@given(steps)
def test_reports_never_run_backwards(script):
    cursor, now, best = Cursor(), 0.0, 0
    for what, samples, seconds in script:
        now += seconds
        if what == "send":
            cursor.on_sent(samples, now)
        elif what == "report":
            cursor.on_report(samples, now)
            assert cursor.reported >= best
            best = cursor.reported


def test_plays_in_real_time_without_any_report():
    cursor = Cursor()
    cursor.on_sent(AGENT_RATE, 10.0)
    assert cursor.estimate(10.5) == AGENT_RATE // 2
    assert not cursor.is_drained(AGENT_RATE, 10.9)
    assert cursor.is_drained(AGENT_RATE, 11.0)


def test_waits_for_a_client_that_reports():
    cursor = Cursor()
    cursor.on_sent(AGENT_RATE, 10.0)
    cursor.on_report(AGENT_RATE // 2, 10.9)
    assert not cursor.is_drained(AGENT_RATE, 11.5)
    cursor.on_report(AGENT_RATE, 11.6)
    assert cursor.is_drained(AGENT_RATE, 11.6)


def test_gives_up_waiting_for_a_client_that_stopped_reporting():
    cursor = Cursor()
    cursor.on_sent(AGENT_RATE, 10.0)
    cursor.on_report(AGENT_RATE // 2, 10.5)
    assert cursor.is_drained(AGENT_RATE, 11.51)


def test_time_spent_held_does_not_count():
    cursor = Cursor()
    cursor.on_sent(AGENT_RATE, 10.0)
    cursor.pause(10.25)
    assert cursor.estimate(15.0) == AGENT_RATE // 4
    cursor.go_on(15.0)
    assert cursor.estimate(15.25) == AGENT_RATE // 2


def test_time_spent_with_nothing_to_play_does_not_count():
    cursor = Cursor()
    cursor.on_sent(100, 10.0)
    cursor.on_sent(AGENT_RATE, 20.0)
    assert cursor.estimate(20.5) == 100 + AGENT_RATE // 2


@given(st.floats(-1, 100))
def test_lead_is_bounded(round_trip):
    assert 0.2 * AGENT_RATE - 1 <= lead_samples(round_trip) <= 0.5 * AGENT_RATE


def test_client_that_never_reported_goes_on_at_the_estimate_after_a_lost_line():
    cursor = Cursor()
    cursor.on_sent(AGENT_RATE * 3, 0.0)
    cursor.pause(2.0)
    cursor.rewind(5.0, 2.0)
    assert cursor.sent == AGENT_RATE * 2


def test_client_that_had_no_time_to_report_begins_anew_after_a_lost_line():
    """Found by simulation: what was in the network when the line went was taken for heard."""
    cursor = Cursor()
    cursor.on_sent(AGENT_RATE // 2, 0.0)
    cursor.pause(0.4)
    cursor.rewind(1.0, 0.4)
    assert cursor.sent == 0
