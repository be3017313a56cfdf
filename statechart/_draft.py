"""A transition in the making. Mutable, but never seen outside one call of :func:`statechart.transition`."""

from __future__ import annotations

from typing import Any

import attrs

from statechart._effects import ArmTimer, DisarmTimer, Effect
from statechart._events import Timer
from statechart._snapshot import Armed, Reply, Snapshot, State

__all__ = ["Draft"]

# These watch the call, not a state: leaving a state does not stop them.
_CALL_SCOPED = frozenset({Timer.RECONNECT})


class Draft:
    """Collects changes of a snapshot and the effects that go with them, in order."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.now = snapshot
        self.effects: list[Effect] = []
        self.fired_ms = 0  # how long the timer had run whose firing this transition answers

    def set(self, **changes: Any) -> None:
        self.now = attrs.evolve(self.now, **changes)

    def emit(self, effect: Effect) -> None:
        self.effects.append(effect)

    @property
    def reply(self) -> Reply:
        """The current reply; only for rules that run where there must be one."""
        assert self.now.reply is not None
        return self.now.reply

    def mark(self, **changes: Any) -> None:
        """Change the current reply."""
        self.set(reply=attrs.evolve(self.reply, **changes))

    def utter(self, **changes: Any) -> None:
        """Change the current utterance."""
        self.set(utterance=attrs.evolve(self.now.utterance, **changes))

    def arm(self, timer: Timer, after_ms: int) -> None:
        """Start a timer, or start it anew."""
        serial = self.now.serial + 1
        others = frozenset(armed for armed in self.now.armed if armed.timer is not timer)
        self.set(serial=serial, armed=others | {Armed(timer, serial, after_ms)})
        self.emit(ArmTimer(timer, serial, after_ms))

    def fire(self, timer: Timer) -> None:
        """This timer has run out: it runs no more, and ``fired_ms`` tells for how long it did."""
        armed = self.now.timer(timer)
        assert armed is not None
        self.fired_ms = armed.after_ms
        self.set(armed=self.now.armed - {armed})

    def disarm(self, *timers: Timer) -> None:
        """Stop these timers where they run."""
        for timer in timers:
            if (armed := self.now.timer(timer)) is not None:
                self.set(armed=self.now.armed - {armed})
                self.emit(DisarmTimer(timer))

    def go(self, state: State) -> None:
        """Enter ``state``; the timers of the state that is left stop."""
        if state is not self.now.state:
            self.disarm_all(but=_CALL_SCOPED)
        self.set(state=state)

    def disarm_all(self, *, but: frozenset[Timer] = frozenset()) -> None:
        """Stop every timer except these."""
        self.disarm(*sorted({a.timer for a in self.now.armed} - but, key=lambda timer: timer.name))
