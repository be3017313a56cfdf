"""What holds of every snapshot that a call reaches."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import assert_never

from statechart._events import Timer
from statechart._snapshot import Snapshot, Stage, State

__all__ = ["check_snapshot"]

_TIMERS: dict[State, frozenset[Timer]] = {
    State.IDLE: frozenset({Timer.IDLE}),
    State.LISTENING: frozenset({Timer.END_OF_TURN, Timer.TRANSCRIPT, Timer.STALL}),
    State.PROCESSING: frozenset({Timer.ANSWER, Timer.FILLER, Timer.OVERLAP}),
    State.SPEAKING: frozenset(),
    State.INTERRUPTED: frozenset({Timer.OVERLAP, Timer.SUSPICION}),
}


def check_snapshot(
    now: Snapshot,
    *,
    timers: Mapping[Timer, int],
    late: Collection[Timer],
    audible: bool,
    held: bool,
    live: Collection[tuple[int, int]],
) -> None:
    """Raise AssertionError where a promise is broken.

    ``timers``: the serials of those that the effects so far have armed; ``late``: those that have fired already.
    ``audible``: audio is, or will at once be, on its way to the caller; ``held``: it is held. ``live``: the attempts
    that count.
    """
    armed = {a.timer: a.serial for a in now.armed}
    known = {timer: serial for timer, serial in armed.items() if timer not in late}
    assert known == {t: s for t, s in timers.items() if t not in late}, "the timers are those that were armed"
    assert set(armed) <= _TIMERS[now.state] | {Timer.RECONNECT}, "leaving a state stops its timers"
    assert not held or now.state is State.INTERRUPTED, "held and forgotten"
    pending = [commit for commit in now.commits if commit.stage is Stage.PENDING]
    assert all((c.turn, c.attempt) == (now.turn, now.attempt) for c in pending), "it was withdrawn"
    if now.ended:
        assert not armed
        return
    _check_way_on(now, frozenset(armed), audible)
    reply = now.reply
    if now.state is State.IDLE:
        assert reply is None
    elif now.state is not State.LISTENING:
        assert reply is not None
        assert reply.confirmed
        assert reply.waiting or (now.turn, now.attempt) in live, "nobody was told to answer"


def _check_way_on(now: Snapshot, armed: frozenset[Timer], audible: bool) -> None:
    """Whatever fails or hangs, a timer or the playout brings the call on."""
    match now.state:
        case State.IDLE:
            assert not now.started or not now.connected or Timer.IDLE in armed
        case State.LISTENING:
            assert armed & ({Timer.STALL} if now.voiced else {Timer.END_OF_TURN, Timer.TRANSCRIPT})
        case State.PROCESSING:
            assert Timer.ANSWER in armed
        case State.SPEAKING:
            assert audible, "nothing ends this"
        case State.INTERRUPTED:
            assert len(armed & {Timer.OVERLAP, Timer.SUSPICION}) == 1
        case _:
            assert_never(now.state)
