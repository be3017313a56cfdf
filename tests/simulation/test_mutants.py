"""The soak bites: whatever is broken, it notices, without a test made for it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from actors.testing import check, draw_script, simulate

spec = importlib.util.spec_from_file_location("mutants", Path(__file__).with_name("mutants.py"))
mutants = importlib.util.module_from_spec(spec)
spec.loader.exec_module(mutants)

MANY = 600  #: calls, the soak's first, within which each is noticed
FEW = 60  #: on a developer's machine: enough for most


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", mutants.MUTANTS)
def test_soak_catches(name, simulated_calls, capsys):
    calls = MANY if simulated_calls >= 1000 else FEW
    with mutants.MUTANTS[name]():
        for seed in range(calls):
            violations = check(simulate(draw_script(seed)))
            if violations:
                with capsys.disabled():
                    print(f"\n{name}: noticed in call {seed + 1}: {violations[0]}", end=" ")
                return
    if calls == FEW:
        pytest.skip(f"not within {FEW} calls; BARGEIN_SIMULATED_CALLS=5200 makes {MANY} of them")
    pytest.fail(f"{name} went unnoticed for {calls} calls")
