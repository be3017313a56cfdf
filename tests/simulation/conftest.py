from __future__ import annotations

import os

import pytest

#: How many calls the soak simulates: BARGEIN_SIMULATED_CALLS, else 5,200 in CI and a few on a developer's machine.
CALLS = int(os.environ.get("BARGEIN_SIMULATED_CALLS") or (5200 if os.environ.get("CI") else 160))


@pytest.fixture(scope="session")
def simulated_calls() -> int:
    return CALLS
