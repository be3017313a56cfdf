"""The general soak: every invariant in every call, and everywhere been."""

from __future__ import annotations

import os

import pytest

from actors.testing import FEATURES, Coverage, as_code, soak
from statechart import AudioReady, PlayoutDrained, Settled, State

PARTS = 4
MANY = 2000
#: Seldom or never seen, and why that is no gap.
SELDOM = {
    # The playout says so only once it has said PlayoutDrained, which leaves SPEAKING; the rule is a safety net.
    (State.SPEAKING, AudioReady),
    # All must have been heard in the very step of the scheduler in which the voice sets in.
    (State.INTERRUPTED, PlayoutDrained),
    (State.INTERRUPTED, AudioReady),
    # What was heard is settled 250 ms after a cut at most; the next sound, filler or answer, comes later than that.
    (State.SPEAKING, Settled),
    (State.INTERRUPTED, Settled),
}


@pytest.fixture(scope="session")
def seen() -> Coverage:
    return Coverage()


@pytest.mark.parametrize("part", range(PARTS))
def test_every_invariant_holds(part, seen, simulated_calls):
    calls = -(-simulated_calls // PARTS)
    result = soak(calls, seed=part * calls, jobs=min(4, os.cpu_count() or 1), most_failures=3)
    seen.merge(result.coverage)
    for failure in result.failures[:1]:
        script, violations = failure.simplest()
        pytest.fail(f"seed {failure.seed}: {failure.violations[0]}\n\n{as_code(script)}\n{violations[0]}")


def test_has_been_everywhere(seen, simulated_calls, capsys):
    if seen.calls < simulated_calls:
        pytest.skip("not the whole soak was run")
    with capsys.disabled():
        print(f"\n{seen.table()}")
    assert {name for name in FEATURES if seen.features[name] < 0.2 * seen.calls} == set()
    if simulated_calls >= MANY:
        rare = [
            (state.name, event.__name__, n) for state, event, n in seen.rare_pairs(20) if (state, event) not in SELDOM
        ]
        if rare:
            pytest.xfail(f"some pairs came up less than 20 times: {rare}")
