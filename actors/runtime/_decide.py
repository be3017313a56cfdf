"""What a supervisor does when a child has ended: a pure function of its policy, its children and its past restarts.

Rules, after Erlang/OTP:

1. The end of a significant child ends the supervisor: cleanly when the child ended normally; with an error when it
   failed and may not be restarted.
2. A temporary child is never restarted; a transient one only when it failed; a permanent one always.
3. A restart takes the group with it that the strategy names. Temporary members of the group are stopped and not started
   again; a transient member that had ended normally before *is* started again, since the group begins anew.
4. Restarts are counted over a sliding window, a group as one. One more than ``intensity`` within ``period`` escalates.
"""

from __future__ import annotations

from typing import assert_never

import attrs

from ._spec import ChildSpec, Policy

__all__ = ["Decision", "Escalate", "Exit", "Ignore", "Restart", "Stop", "SupervisorState", "Verdict", "decide"]


@attrs.frozen
class SupervisorState:
    """All that a decision rests on: ``children`` in start order; ``restarts`` (when, by whose end), oldest first.

    ``restarts`` never holds more than ``policy.intensity`` entries.
    """

    policy: Policy
    children: tuple[ChildSpec, ...]
    restarts: tuple[tuple[float, str], ...] = ()


@attrs.frozen
class Exit:
    """Child ``name`` has ended by itself: ``error`` is what it raised, None for a normal end."""

    name: str
    error: Exception | None = None


@attrs.frozen
class Restart:
    """Stop the children ``stop`` (in this order), wait ``delay`` seconds, start the children ``start`` (in this order).

    The child that ended is in ``start`` and never in ``stop``. Who is in ``stop`` only is forgotten.
    """

    stop: tuple[str, ...]
    start: tuple[str, ...]
    delay: float


@attrs.frozen
class Stop:
    """Stop the supervisor cleanly."""

    reason: str


@attrs.frozen
class Ignore:
    """Go on without the child; ``forget`` it if no later restart can bring it back."""

    forget: bool


@attrs.frozen
class Escalate:
    """Stop the supervisor and raise in its parent; ``error`` is the cause, None if the child ended normally."""

    error: Exception | None
    reason: str


Decision = Restart | Stop | Ignore | Escalate


@attrs.frozen
class Verdict:
    """The decision, and the state to give to the next one."""

    state: SupervisorState
    decision: Decision


def decide(state: SupervisorState, ended: Exit, now: float) -> Verdict:
    """Say what to do now that a child has ``ended`` by itself.

    ``now`` in seconds on a clock that does not go backwards. Raises ``KeyError`` for a child that is not in ``state``.
    """
    names = [child.name for child in state.children]
    if ended.name not in names:
        raise KeyError(ended.name)
    position = names.index(ended.name)
    spec = state.children[position]

    if spec.restart == "temporary" or (spec.restart == "transient" and ended.error is None):
        if spec.significant and ended.error is not None:
            return Verdict(state, Escalate(ended.error, f"significant child {spec.name!r} failed"))
        if spec.significant:
            return Verdict(state, Stop(f"significant child {spec.name!r} ended"))
        no_way_back = spec.restart == "temporary" or state.policy.strategy == "one_for_one"
        return Verdict(state, Ignore(forget=no_way_back))

    policy = state.policy
    recent = tuple(entry for entry in state.restarts if now - entry[0] <= policy.period)
    if len(recent) >= policy.intensity:
        how = "ended" if ended.error is None else "failed"
        reason = f"child {spec.name!r} {how}, and {policy.intensity} restarts within {policy.period:g} s is the limit"
        return Verdict(attrs.evolve(state, restarts=recent), Escalate(ended.error, reason))

    group = _group(state, position)
    restarts = (*recent, (now, spec.name))
    caused = sum(name == spec.name for _, name in restarts)
    return Verdict(
        attrs.evolve(state, restarts=restarts),
        Restart(
            stop=tuple(child.name for child in reversed(group) if child.name != spec.name),
            start=tuple(child.name for child in group if child.restart != "temporary"),
            delay=policy.backoff.delay(caused) if policy.backoff else 0.0,
        ),
    )


def _group(state: SupervisorState, position: int) -> tuple[ChildSpec, ...]:
    """Who is restarted with the child at ``position``, in start order."""
    match state.policy.strategy:
        case "one_for_one":
            return state.children[position : position + 1]
        case "rest_for_one":
            return state.children[position:]
        case "one_for_all":
            return state.children
        case _:
            assert_never(state.policy.strategy)
