from __future__ import annotations

from typing import get_args

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from actors.runtime import (
    Backoff,
    ChildSpec,
    Escalate,
    Exit,
    Ignore,
    Policy,
    Restart,
    RestartRule,
    Stop,
    Strategy,
    SupervisorState,
    decide,
)


async def nothing(*, task_status: object) -> None: ...


ERROR = ValueError("boom")


def child(name: str, restart: RestartRule = "permanent", *, significant: bool = False) -> ChildSpec:
    return ChildSpec(name, nothing, restart=restart, significant=significant)


@st.composite
def specs(draw: st.DrawFn, index: int) -> ChildSpec:
    restart = draw(st.sampled_from(get_args(RestartRule)))
    significant = restart != "permanent" and draw(st.booleans())
    return child(f"c{index}", restart, significant=significant)


@st.composite
def states(draw: st.DrawFn) -> SupervisorState:
    policy = Policy(
        strategy=draw(st.sampled_from(get_args(Strategy))),
        intensity=draw(st.integers(0, 4)),
        period=draw(st.floats(0.1, 20)),
        backoff=draw(st.none() | st.builds(Backoff)),
    )
    return SupervisorState(policy, tuple(draw(specs(index)) for index in range(draw(st.integers(1, 5)))))


histories = st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.floats(0, 30)), min_size=1, max_size=30)


def ends(state: SupervisorState, history: list[tuple[int, bool, float]]) -> list[tuple[Exit, float]]:
    """Ends of children at times that do not go backwards."""
    now, made = 1000.0, []
    for index, failed, pause in history:
        now += pause
        made.append((Exit(f"c{index % len(state.children)}", ERROR if failed else None), now))
    return made


@given(states(), histories)
def test_decision_obeys_the_rules_of_the_ended_child(
    state: SupervisorState, history: list[tuple[int, bool, float]]
) -> None:
    """Temporary: never restarted; transient: after failures only; permanent: always; significance in between."""
    for ended, now in ends(state, history):
        spec = next(spec for spec in state.children if spec.name == ended.name)
        may_restart = spec.restart == "permanent" or (spec.restart == "transient" and ended.error is not None)
        verdict = decide(state, ended, now)
        match verdict.decision:
            case Restart(stop, start, delay):
                assert may_restart
                assert spec.name in start
                assert spec.name not in stop
                assert delay >= 0
                assert bool(delay) <= (state.policy.backoff is not None)
            case Escalate(error, _):
                assert error is ended.error
                assert may_restart or spec.significant
            case Stop(reason):
                assert spec.significant
                assert ended.error is None
                assert spec.name in reason
            case Ignore():
                assert not may_restart
                assert not spec.significant
        state = verdict.state


@given(states(), histories)
def test_no_period_holds_more_than_intensity_restarts(
    state: SupervisorState, history: list[tuple[int, bool, float]]
) -> None:
    """And one more escalates, not earlier: the window holds intensity restarts whenever a restart is refused."""
    done: list[float] = []
    for ended, now in ends(state, history):
        spec = next(spec for spec in state.children if spec.name == ended.name)
        verdict = decide(state, ended, now)
        within = [moment for moment in done if now - moment <= state.policy.period]
        if isinstance(verdict.decision, Restart):
            done.append(now)
            assert len(within) < state.policy.intensity
        elif isinstance(verdict.decision, Escalate) and spec.restart != "temporary":
            assert len(within) == state.policy.intensity
        state = verdict.state
        assert len(state.restarts) <= state.policy.intensity


@given(states(), st.integers(0, 4))
def test_group_is_what_the_strategy_names(state: SupervisorState, index: int) -> None:
    """Stopped in reverse order, started in order; temporary members are not started."""
    position = index % len(state.children)
    state = attrs.evolve(state, policy=attrs.evolve(state.policy, intensity=1))
    spec = state.children[position]
    assume(spec.restart != "temporary")
    decision = decide(state, Exit(spec.name, ERROR), 0.0).decision
    assert isinstance(decision, Restart)
    expected = {
        "one_for_one": state.children[position : position + 1],
        "rest_for_one": state.children[position:],
        "one_for_all": state.children,
    }[state.policy.strategy]
    assert list(decision.start) == [member.name for member in expected if member.restart != "temporary"]
    assert list(decision.stop) == [member.name for member in reversed(expected) if member is not spec]


def test_intensity_zero_gives_up_at_once() -> None:
    state = SupervisorState(Policy(intensity=0), (child("a"),))
    decision = decide(state, Exit("a", ERROR), 0.0).decision
    assert isinstance(decision, Escalate)
    assert decision.error is ERROR


def test_restart_leaves_the_window_after_its_period() -> None:
    state = SupervisorState(Policy(intensity=1, period=5.0), (child("a"),))
    state = decide(state, Exit("a", ERROR), 0.0).state
    assert isinstance(decide(state, Exit("a", ERROR), 5.0).decision, Escalate)
    assert isinstance(decide(state, Exit("a", ERROR), 5.001).decision, Restart)


def test_permanent_child_that_ends_normally_is_restarted() -> None:
    decision = decide(SupervisorState(Policy(), (child("a"),)), Exit("a"), 0.0).decision
    assert decision == Restart(stop=(), start=("a",), delay=0.0)


def test_escalation_of_a_normal_end_has_no_error() -> None:
    decision = decide(SupervisorState(Policy(intensity=0), (child("a"),)), Exit("a"), 0.0).decision
    assert isinstance(decision, Escalate)
    assert decision.error is None
    assert "ended" in decision.reason


def test_significant_transient_child_that_fails_is_restarted() -> None:
    state = SupervisorState(Policy(), (child("a", "transient", significant=True),))
    assert isinstance(decide(state, Exit("a", ERROR), 0.0).decision, Restart)


def test_significant_temporary_child_that_fails_escalates() -> None:
    state = SupervisorState(Policy(), (child("a", "temporary", significant=True),))
    assert decide(state, Exit("a", ERROR), 0.0).decision == Escalate(ERROR, "significant child 'a' failed")


@pytest.mark.parametrize(
    ("restart", "strategy", "forget"),
    [
        ("temporary", "one_for_one", True),
        ("temporary", "one_for_all", True),
        ("transient", "one_for_one", True),
        ("transient", "rest_for_one", False),
        ("transient", "one_for_all", False),
    ],
)
def test_child_is_forgotten_exactly_when_nothing_can_bring_it_back(
    restart: RestartRule, strategy: Strategy, forget: bool
) -> None:
    state = SupervisorState(Policy(strategy), (child("a", restart),))
    assert decide(state, Exit("a"), 0.0).decision == Ignore(forget)


def test_unknown_child_is_loud() -> None:
    with pytest.raises(KeyError, match="b"):
        decide(SupervisorState(Policy(), (child("a"),)), Exit("b"), 0.0)


def test_backoff_grows_per_child_and_is_reset_by_a_quiet_period() -> None:
    policy = Policy(intensity=9, period=10.0, backoff=Backoff(first=1.0, factor=2.0, limit=3.0))
    state = SupervisorState(policy, (child("a"), child("b")))
    delays = []
    for name, now in [("a", 0.0), ("a", 1.0), ("b", 2.0), ("a", 3.0), ("a", 30.0)]:
        verdict = decide(state, Exit(name, ERROR), now)
        assert isinstance(verdict.decision, Restart)
        delays.append(verdict.decision.delay)
        state = verdict.state
    assert delays == [1.0, 2.0, 1.0, 3.0, 1.0]


@given(st.builds(Backoff, first=st.floats(0, 10), factor=st.floats(1, 10), limit=st.floats(0, 60)))
def test_backoff_never_shrinks_and_never_passes_its_limit(backoff: Backoff) -> None:
    delays = [backoff.delay(number) for number in (1, 2, 3, 50, 5000)]
    assert delays == sorted(delays)
    assert max(delays) <= backoff.limit


@pytest.mark.parametrize(
    "make",
    [
        lambda: child("a", "permanent", significant=True),
        lambda: child("a", "eternal"),  # type: ignore[arg-type]
        lambda: ChildSpec("a", nothing, shutdown=-1),
        lambda: ChildSpec("a", nothing, start_timeout=0),
        lambda: Policy("one_for_none"),  # type: ignore[arg-type]
        lambda: Policy(intensity=-1),
        lambda: Policy(period=0),
        lambda: Backoff(factor=0.5),
    ],
)
def test_specs_that_make_no_sense_are_refused(make: object) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        make()  # type: ignore[operator]
