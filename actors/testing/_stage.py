"""A whole call on stage: an agent, fake engines, a caller, in virtual time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

import attrs
import trio

from actors.agents import Agent
from actors.call import Call, CallSettings, CallSetup, VoiceSettings
from actors.ports import LlmRequest, LlmToolCall
from actors.testing._caller import Caller
from actors.testing._engines import FakeLlm, FakeStt, FakeTts, FakeVad, Pause
from actors.tools import Resources
from statechart import Event, Step

__all__ = ["NO_ECHO", "Stage", "make_setup"]

#: Here a sample's value is a word, not a loudness, and nothing of the agent comes back into the microphone.
NO_ECHO = VoiceSettings(echo_margin_db=None)


def make_setup(
    caller: Caller,
    script: Callable[[LlmRequest], Iterable[str | LlmToolCall | Pause | Exception]],
    *,
    agent: Agent | None = None,
    resources: Resources | None = None,
    settings: CallSettings | None = None,
) -> CallSetup:
    """A call's setup with fake engines that know ``caller``. The echo gate is off: see :data:`NO_ECHO`."""
    settings = settings or CallSettings()
    return CallSetup(
        agent=agent or Agent(name="test", system="You are a test."),
        resources=resources or Resources(),
        vad=FakeVad(),
        stt=FakeStt(caller.dictionary),
        llm=FakeLlm(script),
        tts=FakeTts(),
        settings=attrs.evolve(settings, ear=attrs.evolve(settings.ear, voice=NO_ECHO)),
    )


class Stage:
    """Runs one call. ``trace`` is every event that entered the chart, with the virtual time and the step it caused."""

    def __init__(self, setup: CallSetup, caller: Caller) -> None:
        self.setup, self.caller = setup, caller
        self.trace: list[tuple[float, Event, Step]] = []
        self.draining = trio.Event()
        self.reason: str | None = None
        self.call = Call(setup, caller, call_id="test", draining=self.draining, observe=self._observe)

    def _observe(self, event: Event, step: Step) -> None:
        self.trace.append((trio.current_time(), event, step))

    async def play(self, part: Callable[[Caller], Awaitable[None]]) -> None:
        """Run the call while the caller plays ``part``; then the caller hangs up, unless the agent did before."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.caller.live)
            nursery.start_soon(self._act, part)
            self.reason = await self.call.run()
            nursery.cancel_scope.cancel(reason="the call is over")

    async def _act(self, part: Callable[[Caller], Awaitable[None]]) -> None:
        await part(self.caller)
        self.caller.hang_up()

    @property
    def states(self) -> list[str]:
        """The states that the call went through, in order."""
        states = ["idle"]
        for _, _, step in self.trace:
            if step.snapshot.state.value != states[-1]:
                states.append(step.snapshot.state.value)
        return states

    def said(self, turn: int) -> str:
        """The words of this turn that the caller heard whole."""
        tts = self.setup.tts
        assert isinstance(tts, FakeTts)
        return " ".join(tts.dictionary.heard(self.caller.heard_samples(turn)))
