"""``bargein soak``: what it tells when all is well, when something is not, and when it is interrupted."""

from __future__ import annotations

import pytest

from actors.testing import Violation, check
from actors.testing import _soak as soak_module
from web.cli import main


def test_all_is_well(capsys):
    assert main(["soak", "--calls", "3", "--seed", "7"]) == 0
    out, err = capsys.readouterr()
    assert "Every invariant held in all 3 calls." in out
    assert "3 of 3 calls" in err


def test_a_broken_call_is_told_with_its_replay_command_and_made_plainer(capsys, monkeypatch):
    def strict(trace):
        early = Violation("I4", 0.0, "it was typed")
        return [*check(trace), early] if any(act.do == "type" for act in trace.script.acts) else check(trace)

    monkeypatch.setattr(soak_module, "check", strict)
    assert main(["soak", "--calls", "20"]) == 1
    out, _ = capsys.readouterr()
    seed = out.split("Seed ")[1].split()[0]
    assert f"Seed {seed} (bargein soak --calls 1 --seed {seed}):\n  I4 at 0.00 s: it was typed" in out
    assert "check(simulate(Script(acts=(Act(do='type'" in out
    assert main(["soak", "--calls", "1", "--seed", seed]) == 1


def test_interrupted(capsys, monkeypatch):
    simulate = soak_module.simulate
    calls = 0

    def interrupted(script):
        nonlocal calls
        calls += 1
        if calls > 12:
            raise BaseExceptionGroup("as trio's nurseries do", [KeyboardInterrupt()])
        return simulate(script)

    monkeypatch.setattr(soak_module, "simulate", interrupted)
    assert main(["soak", "--calls", "40", "--seed", "100"]) == 130
    out, _ = capsys.readouterr()
    assert "10 calls," in out
    assert "Interrupted after 10 of 40 calls; go on with --seed 110." in out


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_edges(jobs, capsys):
    assert main(["soak", "--calls", "4", "--jobs", jobs, "--edges"]) == 0
    assert "CallStarted        -> processing 4" in capsys.readouterr().out
