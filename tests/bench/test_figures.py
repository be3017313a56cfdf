"""Percentiles and intervals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench._figures import summarise, wilson


def test_known_interval():
    assert wilson(1, 64) == pytest.approx((0.0028, 0.0833), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_share(pair):
    hits, n = pair
    low, high = wilson(hits, n)
    assert 0 <= low <= hits / n <= high <= 1


def test_summary():
    found = summarise([3.0, 1.0, 2.0])
    assert (found.n, found.p50, found.low, found.high) == (3, 2.0, 1.0, 3.0)
    assert found.p95 == pytest.approx(2.9)
    assert summarise([]) is None
