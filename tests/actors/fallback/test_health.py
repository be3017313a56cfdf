import itertools

from hypothesis import given
from hypothesis import strategies as st

from actors.fallback import BackOff, Health, after_check, after_failure, order

times = st.floats(0, 1e6)
back_offs = st.builds(BackOff, st.floats(0.01, 10), st.floats(10, 600))
healths = st.builds(Health, st.integers(0, 100_000), st.none() | times)
asked = st.none() | st.floats(0, 3600)


@given(healths, times, back_offs, asked)
def test_a_failure_brings_an_engine_down_for_a_bounded_time(health, now, back_off, retry_after):
    after = after_failure(health, now, back_off, retry_after)
    assert after.down_until is not None
    assert after.failures >= max(1, health.failures) or health == after
    if after != health:
        wait = after.down_until - now
        assert back_off.first - 1e-6 <= wait <= max(back_off.most, retry_after or 0) + 1e-6


@given(times, back_offs, st.lists(st.just(None), min_size=2, max_size=40))
def test_each_failure_in_a_row_costs_at_least_as_long(now, back_off, failures):
    health, waits = Health(), []
    for _ in failures:
        health = after_failure(health, now, back_off)
        waits.append(health.down_until - now)
        now = health.down_until
    assert all(b >= a - 1e-6 for a, b in itertools.pairwise(waits))


@given(times, back_offs, st.integers(1, 500))
def test_calls_that_fail_together_count_once(now, back_off, calls):
    health = Health()
    for _ in range(calls):
        health = after_failure(health, now, back_off)
    assert health.failures == 1


@given(healths, times, back_offs)
def test_a_check_that_passes_brings_it_up_but_forgets_nothing(health, now, back_off):
    after = after_check(health, True, now, back_off)
    assert after.down_until is None
    assert after.failures == health.failures


@given(healths, times, back_offs, asked)
def test_a_check_that_fails_leaves_it_alone_again(health, now, back_off, retry_after):
    after = after_check(health, False, now, back_off, retry_after)
    assert after.down_until > now
    assert after.failures == health.failures + 1


@given(st.lists(healths, min_size=1, max_size=6))
def test_all_are_tried_those_that_are_up_first_and_as_preferred(healths):
    found = order(healths)
    assert sorted(found) == list(range(len(healths)))
    up = [i for i in found if healths[i].down_until is None]
    assert list(found[: len(up)]) == sorted(up)
    due = [healths[i].down_until for i in found[len(up) :]]
    assert due == sorted(due)
