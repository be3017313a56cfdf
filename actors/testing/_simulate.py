"""Whole calls in virtual time: a script in, a trace out. No threads, no sockets, no real clock, and no chance."""

from __future__ import annotations

import logging
import math
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import attrs
import trio

from actors.agents import Agent
from actors.call import Call, CallSetup, Phrasebook, phrases_of
from actors.runtime import ChildSpec
from actors.testing._caller import Caller
from actors.testing._engines import FakeLlm, FakeStt, FakeTts, FakeVad, Said
from actors.testing._flaky import Faults, FlakyLlm, FlakyStt, FlakyTts
from actors.testing._office import Office, answer
from actors.testing._script import Act, Fault, Script
from actors.testing._timing import HASTY, USUAL
from actors.testing._trace import (
    Asked,
    Began,
    Entry,
    Faulted,
    Opened,
    Returned,
    Spoke,
    Stepped,
    Trace,
    Typed,
)
from actors.testing._virtual import LeapingClock, run_virtual
from actors.tools import Resources
from statechart import Event, Snapshot, Step

__all__ = ["LONGEST_CALL_S", "simulate", "simulate_together"]

LONGEST_CALL_S = 180.0  #: virtual seconds; a call that is not over then hangs
_ENDING_S = 0.095  # while there is more to send, a lead of 200 ms less a frame of 100 never goes below this
_JUST_BEFORE_S = 0.002
AFTERMATH_S = 1.0  #: how long a call is watched after its end


def simulate(script: Script) -> Trace:
    """Run one call in virtual time. The same script always gives the same trace."""
    return simulate_together([script])[0]


def simulate_together(scripts: Sequence[Script]) -> list[Trace]:
    """Run calls side by side in one virtual time, each with engines of its own; their traces, in order."""
    traces = [Trace(script) for script in scripts]

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            for number, trace in enumerate(traces):
                nursery.start_soon(_Simulation(trace, f"c{number}").run)

    with _deterministic(sum(script.seed for script in scripts)), _quiet():
        run_virtual(main, limit=LONGEST_CALL_S * 4, clock=LeapingClock())
    return traces


@contextmanager
def _deterministic(seed: int) -> Iterator[None]:
    """Let trio run ready tasks in an order that depends on ``seed`` alone. It has no public way; pytest-trio and
    Hypothesis' own integration do the same."""
    core: Any = trio._core._run
    before = core._ALLOW_DETERMINISTIC_SCHEDULING, core._r.getstate()
    core._ALLOW_DETERMINISTIC_SCHEDULING = True
    core._r.seed(seed)
    try:
        yield
    finally:
        core._ALLOW_DETERMINISTIC_SCHEDULING = before[0]
        core._r.setstate(before[1])


@contextmanager
def _quiet() -> Iterator[None]:
    """Faults are the point here; the trace tells of them."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


class _CrashError(Exception):
    """What an actor dies of."""


class _SimulatedCall(Call):
    """A call whose actors can be made to fail at any await."""

    crashes: dict[str, trio.CancelScope]

    def _children(self) -> list[ChildSpec]:
        self.crashes = {}
        return [attrs.evolve(spec, run=self._mortal(spec.name, spec.run)) for spec in super()._children()]

    def _mortal(self, name: str, run: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[None]]:
        async def mortal(*, task_status: trio.TaskStatus[None]) -> None:
            with trio.CancelScope() as self.crashes[name]:
                await run(task_status=task_status)
            if self.crashes[name].cancelled_caught:
                raise _CrashError(name)

        return mortal


class _Simulation:
    """One call, its caller and its engines."""

    def __init__(self, trace: Trace, call_id: str) -> None:
        script = trace.script
        pace, network = script.pace, script.network
        self._trace, self._script = trace, script
        self._random = random.Random(script.seed)
        self.caller = Caller(
            delay=network.delay_ms / 1000,
            jitter=network.jitter_ms / 1000,
            reports=network.reports != "never",
            report_delay=0.4 if network.reports == "late" else 0.0,
            tick=pace.tick_ms / 1000,
            ms_per_character=30,
            seed=script.seed,
            note=self._note,
        )
        self._tool_faults = Faults("tool", script.faults, self._fault)
        self.office = Office(lambda: self._draw(pace.tool_ms), self._tool_faults, self._note)
        self.call = _SimulatedCall(
            self._setup(self.office.agent()),
            self.caller,
            call_id=call_id,
            draining=(drain := trio.Event()),
            observe=self._observe,
        )
        self._drain = drain
        self._before: Snapshot = self.call.snapshot

    def _setup(self, agent: Agent) -> CallSetup:
        script, pace = self._script, self._script.pace
        tts = FakeTts(
            ttfb=lambda: self._draw(pace.tts_ms),
            real_time_factor=pace.voice_factor,
            timings=pace.timings,
            ms_per_character=30,
            words_per_chunk=3,
            on_say=lambda said: self._note(Began(said)),
        )
        llm = FakeLlm(
            self._asked,
            ttft=lambda: self._draw(pace.llm_ms),
            per_token=lambda: self._draw(pace.token_ms),
            words_per_token=3,
        )
        stt = FakeStt(
            self.caller.dictionary,
            latency=lambda: self._draw(pace.stt_ms),
            likely_end_ms=pace.likely_end_ms,
            end_ms=pace.end_ms,
        )
        return CallSetup(
            agent=agent,
            resources=Resources(limiter=None),
            vad=FakeVad(),
            stt=FlakyStt(stt, Faults("stt", script.faults, self._fault)),
            llm=FlakyLlm(llm, Faults("llm", script.faults, self._fault)),
            tts=FlakyTts(tts, Faults("tts", script.faults, self._fault)),
            phrases=self._phrasebook(tts, agent),
            settings=HASTY if script.hasty else USUAL,
        )

    def _phrasebook(self, tts: FakeTts, agent: Agent) -> Phrasebook:
        texts = dict.fromkeys(phrases_of(agent))
        said = [Said(-1, text, tts.dictionary.pronounce(text), complete=True) for text in texts]
        self._trace.phrases = tuple(said)
        fillers = [tool.filler for tool in agent.tools if tool.filler]
        self._trace.empty_phrases = frozenset((*agent.fillers, *agent.idle_prompts, *fillers))
        return Phrasebook({each.text: tuple(chunk for _, chunk in tts.speak(each.text, each.words)) for each in said})

    def _draw(self, median_ms: int) -> float:
        spread = self._script.pace.spread
        factor = math.exp(min(2.0, self._random.gauss(0, spread))) if spread else 1.0
        return median_ms / 1000 * factor

    # --- what is noted -----------------------------------------------------------------------------------------------

    def _note(self, entry: Entry) -> None:
        self._trace.log.append((trio.current_time(), entry))

    def _observe(self, event: Event, step: Step) -> None:
        self._note(Stepped(event, self._before, step))
        self._before = step.snapshot

    def _asked(self, request: Any) -> Any:
        self._note(Asked(request))
        return answer(request)

    def _fault(self, fault: Fault) -> None:
        self._note(Faulted(fault.part, fault.kind))

    # --- what happens ------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        trace = self._trace
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.caller.live)
            nursery.start_soon(self._act)
            for aside in self._script.asides:
                nursery.start_soon(self._do, aside)
            for crash in self._script.crashes:
                nursery.start_soon(self._crash, crash.actor, crash.after_ms / 1000)
            try:
                with trio.fail_after(LONGEST_CALL_S):
                    trace.reason = await self.call.run()
            except trio.TooSlowError:
                trace.hung = True
            except Exception as error:
                trace.error = error
            self._note(Returned(trace.reason or ""))
            await trio.sleep(AFTERMATH_S)
            nursery.cancel_scope.cancel(reason="the call is over")
        trace.history = self.call.history
        trace.illegal_events = self.call.illegal_events

    async def _act(self) -> None:
        for act in self._script.acts:
            await self._do(act)
        await self._wait_for_quiet()
        self.caller.hang_up()

    async def _wait_for_quiet(self) -> None:
        """Half a second in which nobody has anything to say; a caller does not wait for that for ever."""
        with trio.move_on_after(20):
            quiet = False
            while not quiet:
                await self.caller.wait_for("idle")
                quiet = True
                with trio.move_on_after(0.5):
                    await self.caller.wait_for("listening", "processing", "speaking", "interrupted")
                    quiet = False

    async def _do(self, act: Act) -> None:
        with trio.move_on_after(act.patience_ms / 1000):
            await self._wait_until(act.when)
        await trio.sleep(act.after_ms / 1000)
        caller, talk = self.caller, act.talk
        match act.do:
            case "say":
                self._note(Opened(talk))
                if talk.text:
                    await caller.say(talk.text)
                else:
                    await caller.make_noise(talk.ms)
                self._note(Spoke(talk))
            case "type":
                self._note(Typed(talk.text))
                caller.type_text(talk.text)
            case "lose":
                self._note(Faulted("line", "disconnect"))
                caller.lose_line()
                if act.ms:
                    await trio.sleep(act.ms / 1000)
                    caller.regain_line()
            case "stall":
                self._note(Faulted("network", "stall"))
                caller.stall(act.ms / 1000)
            case "drain":
                self._drain.set()
            case "report":
                self._note(Faulted("client", "garbage"))
                caller.report(act.ms - 3, act.ms * 100_000)
            case "hang up":
                caller.hang_up()
            case "wait":
                pass

    async def _wait_until(self, when: str) -> None:
        match when:
            case "":
                pass
            case "commit" | "read":
                await self.office.started[when].wait()
            case "ending":
                await self.caller.wait_for("speaking")
                while not 0 < self.caller.left_s() < _ENDING_S:  # noqa: ASYNC110 - it is a clock, too
                    await trio.sleep(0.02)
            case "drying":
                await self._wait_until("ending")
                await trio.sleep(max(0.0, self.caller.left_s() - _JUST_BEFORE_S))
            case "ended":
                await self.caller.wait_until_answered()
            case _:
                await self.caller.wait_for(when)

    async def _crash(self, actor: str, after: float) -> None:
        await trio.sleep(after)
        scope = self.call.crashes.get(actor)
        if scope is not None:
            self._note(Faulted(actor, "crash"))
            scope.cancel(reason="a simulated crash")
