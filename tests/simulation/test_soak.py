"""The general soak: every invariant in every call, and everywhere been."""

from __future__ import annotations

import os

import pytest

from actors.testing import FEATURES, Coverage, as_code, soak

PARTS = 6
MANY = 2000
OFTEN = 20


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
        pytest.fail(
            f"seed {failure.seed}: {failure.violations[0]}\nAgain: {failure.replay}\n"
            f"Plainer: {as_code(script)}\n{violations[0]}"
        )


def test_has_been_everywhere(seen, simulated_calls, capsys):
    if seen.calls < simulated_calls:
        pytest.skip("not the whole soak was run")
    with capsys.disabled():
        print(f"\n{seen.table()}")
    assert {name for name in FEATURES if seen.features[name] < 0.2 * seen.calls} == set()
    if simulated_calls >= MANY:
        rare = {" ".join((e[0].name, e[1].__name__, e[2].name)): n for e, n in seen.rare_edges(OFTEN).items()}
        assert rare == {}
