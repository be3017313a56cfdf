"""Contexts of one connection: never more than five, never one taken for another."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from actors.cloud._elevenlabs_contexts import LIMIT, PATIENCE, Contexts


class ContextsAgainstTheService(RuleBasedStateMachine):
    """The service counts a context from its first message until it confirms the close."""

    def __init__(self) -> None:
        super().__init__()
        self.contexts = Contexts()
        self.now = 0.0
        self.open: dict[str, float] = {}
        self.closing: dict[str, float] = {}
        self.seen: set[str] = set()

    @rule(seconds=st.floats(0, 20))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def begin(self) -> None:
        if len(self.open) + len(self.closing) == LIMIT:
            with pytest.raises(ValueError, match="taken"):
                self.contexts.begin(self.now)
            return
        name = self.contexts.begin(self.now)
        assert name not in self.seen
        self.seen.add(name)
        self.open[name] = self.now

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.open)))
        assert self.contexts.close(name, self.now)
        assert not self.contexts.close(name, self.now)
        del self.open[name]
        self.closing[name] = self.now

    @precondition(lambda self: self.open or self.closing)
    @rule(data=st.data())
    def gone(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted({**self.open, **self.closing})))
        self.contexts.gone(name)
        self.open.pop(name, None)
        self.closing.pop(name, None)

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def sent(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.open)))
        self.contexts.sent(name, self.now)
        self.open[name] = self.now

    @rule()
    def the_service_speaks_of_another(self) -> None:
        self.contexts.gone(None)
        self.contexts.gone("context-unheard-of")

    @invariant()
    def agrees(self) -> None:
        assert self.contexts.room == LIMIT - len(self.open) - len(self.closing) >= 0
        assert set(self.contexts.open) == set(self.open)
        assert {name for name in self.seen if self.contexts.takes(name)} == set(self.open)
        assert not self.contexts.takes(None)
        assert set(self.contexts.idle(self.now, 5.0)) == {n for n, at in self.open.items() if self.now - at >= 5.0}
        assert self.contexts.stale(self.now) == any(self.now - at >= PATIENCE for at in self.closing.values())


TestContexts = ContextsAgainstTheService.TestCase
TestContexts.settings = settings(max_examples=60, stateful_step_count=30)
