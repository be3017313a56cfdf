"""Scripts as a Hypothesis strategy, as code, and made plainer."""

from __future__ import annotations

import importlib.util
import threading
from pathlib import Path
from typing import get_args, get_type_hints

import attrs
import pytest
import trio
from hypothesis import HealthCheck, Phase, find, given, settings

import actors.testing
from actors.testing import (
    Act,
    Crash,
    Fault,
    Network,
    Pace,
    Script,
    Talk,
    as_code,
    check,
    draw_script,
    scripts,
    simplify,
    simulate,
)
from actors.testing._script import ActorName
from actors.testing._simulation import _SimulatedCall
from actors.testing._trace import Faulted, Restarted
from statechart import Resume

spec = importlib.util.spec_from_file_location("mutants", Path(__file__).with_name("mutants.py"))
mutants = importlib.util.module_from_spec(spec)
spec.loader.exec_module(mutants)


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(scripts())
def test_every_invariant_holds_in_every_script(script):
    assert [str(violation) for violation in check(simulate(script))] == []


def test_hypothesis_shrinks_to_the_shortest_call_that_shows_a_fault():
    with mutants.MUTANTS["side_effect_runs_twice"]():
        script = find(
            scripts(),
            lambda script: any(v.invariant == "I3" for v in check(simulate(script))),
            settings=settings(max_examples=100, database=None, phases=[Phase.generate, Phase.shrink]),
        )
    assert len(script.acts) <= 2
    assert (script.asides, script.faults, script.crashes, script.network) == ((), (), (), Network())


def test_simplify_keeps_what_matters():
    def resumes(script):
        return any(isinstance(effect, Resume) for step in simulate(script).steps for effect in step.step.effects)

    seed = next(seed for seed in range(100) if resumes(draw_script(seed)) and draw_script(seed).faults)
    plain = simplify(draw_script(seed), resumes)
    assert resumes(plain)
    assert (plain.faults, plain.crashes) == ((), ())
    assert len(plain.acts) + len(plain.asides) <= 2


@pytest.mark.parametrize("seed", range(20))
def test_script_as_code_is_the_script(seed):
    script = draw_script(seed)
    assert eval(as_code(script), vars(actors.testing)) == script


ACTORS = get_args(ActorName)
WHEN = ["speaking", "listening", "interrupted", "commit", ""]


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("when", WHEN)
def test_any_actor_may_crash(actor, when):
    """The transcriber takes words along that it was at; all else goes on as if nothing had happened."""
    asked = Act("say", "ended", talk=Talk("Please book it for Miller."))
    over = Act("say", "speaking", 300, Talk("wait what about Jones?"))
    trace = simulate(Script(acts=(asked, over), crashes=(Crash(actor, 60, when),), pace=Pace(end_ms=300)))
    assert check(trace) == []
    assert [(entry.part, entry.kind) for _, _, entry in trace.entries(Faulted)] == [(actor, "crash")]
    assert [entry.actor for _, _, entry in trace.entries(Restarted)] == [actor]


def test_every_actor_of_a_call_is_among_them(monkeypatch):
    names = []
    children = _SimulatedCall._children

    def named(self):
        specs = children(self)
        names.extend(spec.name for spec in specs)
        return specs

    monkeypatch.setattr(_SimulatedCall, "_children", named)
    simulate(Script())
    assert sorted(names) == sorted(ACTORS)


def test_scripts_hold_crashes_of_every_actor_and_faults_of_every_part():
    drawn = [draw_script(seed) for seed in range(1000)]
    assert {crash.actor for script in drawn for crash in script.crashes} == set(ACTORS)
    assert {crash.when for script in drawn for crash in script.crashes} >= set(WHEN)
    faults = {(fault.part, fault.kind) for script in drawn for fault in script.faults}
    parts, kinds = ({pair[i] for pair in faults} for i in (0, 1))
    assert parts == set(get_args(get_type_hints(Fault)["part"]))
    assert kinds == set(get_args(get_type_hints(Fault)["kind"]))
    assert len(faults) == len(parts) * len(kinds)


def test_no_threads(monkeypatch):
    """The clock leaps as soon as every task waits: it would not wait for one."""

    def start(*_, **__):
        raise AssertionError("a simulated call wanted a thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    monkeypatch.setattr(trio.to_thread, "run_sync", start)
    for seed in range(30):
        assert check(simulate(draw_script(seed))) == []


def test_script_by_hand():
    asked = Act("say", "ended", talk=Talk("Please book it for Miller."))
    stopped = Act("say", "commit", 100, Talk("wait what about Jones?"))
    trace = simulate(Script(acts=(asked, stopped), faults=(Fault("llm", "disconnect"),), network=Network(delay_ms=50)))
    assert check(trace) == []
    assert trace.reason == "caller"
    assert [text for _, text in trace.history.caller] == ["Please book it for Miller.", "wait what about Jones?"]
    assert attrs.evolve(trace.script, seed=1) != trace.script
