"""One simulated call, with its caller and its engines."""

from __future__ import annotations

import math
import random
from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import trio

from actors.agents import Agent
from actors.call import Call, CallSetup, Phrasebook, phrases_of
from actors.runtime import ChildSpec
from actors.testing._acting import Actor
from actors.testing._caller import Caller
from actors.testing._diary import Diary
from actors.testing._engines import FakeIntent, FakeLlm, FakeStt, FakeTts, FakeVad, Said
from actors.testing._flaky import Faults, FlakyIntent, FlakyLlm, FlakyStt, FlakyTts
from actors.testing._office import Office, answer
from actors.testing._script import Crash
from actors.testing._timing import HASTY, USUAL
from actors.testing._trace import Asked, Began, Entry, Faulted, Restarted, Returned, Stepped, Trace
from actors.tools import Resources
from statechart import Event, Snapshot, Step

__all__ = ["LONGEST_CALL_S", "Simulation"]

LONGEST_CALL_S = 180.0  #: virtual seconds; a call that is not over then hangs
AFTERMATH_S = 1.0  #: how long a call is watched after its end
_CRASH_PATIENCE_MS = 8000
_INTENT_MS = 10


class _CrashError(Exception):
    """What an actor dies of."""


class _SimulatedCall(Call):
    """A call whose actors can be made to fail at any await: ``crash(actor)``. ``note`` is told of each that did, and
    of each that begins anew."""

    def __init__(self, *args: Any, note: Callable[[Entry], None], **options: Any) -> None:
        super().__init__(*args, **options)
        self._note = note
        self._alive: dict[str, trio.CancelScope] = {}
        self._begun: set[str] = set()

    def crash(self, actor: str) -> None:
        """It fails where it waits now, or next; nothing happens to one that has ended."""
        if actor in self._alive:
            self._alive[actor].cancel(reason="a simulated crash")

    def _children(self) -> list[ChildSpec]:
        return [attrs.evolve(spec, run=self._mortal(spec.name, spec.run)) for spec in super()._children()]

    def _mortal(self, name: str, run: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[None]]:
        async def mortal(*, task_status: trio.TaskStatus[None]) -> None:
            if name in self._begun:
                self._note(Restarted(name))
            self._begun.add(name)
            scope = self._alive[name] = trio.CancelScope()
            try:
                with scope:
                    await run(task_status=task_status)
            finally:
                del self._alive[name]
            if scope.cancelled_caught:
                self._note(Faulted(name, "crash"))
                raise _CrashError(name)

        return mortal


class Simulation:
    """One call, its caller and its engines. Its side effects are entered into ``diary``."""

    def __init__(self, trace: Trace, call_id: str, diary: Diary) -> None:
        script = trace.script
        pace, network = script.pace, script.network
        self._trace, self._script = trace, script
        self._random = random.Random(script.seed)
        self.caller = Caller(
            delay=network.delay_ms / 1000,
            jitter=network.jitter_ms / 1000,
            reports=network.reports != "never",
            report_delay=0.4 if network.reports == "late" else 0.0,
            report_loss=0.5 if network.reports == "patchy" else 0.0,
            tick=pace.tick_ms / 1000,
            ms_per_character=30,
            seed=script.seed,
            note=self._note,
        )
        self.office = Office(lambda: self._draw(pace.tool_ms), self._faults("tool"), self._note, diary)
        self.call = _SimulatedCall(
            self._setup(self.office.agent()),
            self.caller,
            call_id=call_id,
            draining=(drain := trio.Event()),
            observe=self._observe,
            note=self._note,
        )
        self._actor = Actor(self.caller, self.office, drain.set, self._note)
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
        intent = FakeIntent(self.caller.dictionary, latency=lambda: self._draw(_INTENT_MS))
        return CallSetup(
            agent=agent,
            resources=Resources(limiter=None),
            vad=FakeVad(),
            stt=FlakyStt(stt, self._faults("stt"), signals=self._faults("signals")),
            llm=FlakyLlm(llm, self._faults("llm")),
            # Half of the calls have one, as machines have it or not.
            intent=FlakyIntent(intent, self._faults("intent")) if script.seed % 2 else None,
            tts=FlakyTts(tts, self._faults("tts")),
            phrases=self._phrasebook(tts, agent),
            settings=HASTY if script.hasty else USUAL,
        )

    def _phrasebook(self, tts: FakeTts, agent: Agent) -> Phrasebook:
        texts = dict.fromkeys(phrases_of(agent))
        recorded = texts if self._script.recorded else ()
        said = [Said(-1, text, tts.dictionary.pronounce(text), complete=True) for text in recorded]
        self._trace.phrases = tuple(said)
        fillers = [tool.filler for tool in agent.tools if tool.filler]
        self._trace.empty_phrases = frozenset((*agent.fillers, *agent.idle_prompts, *fillers))
        return Phrasebook({each.text: tuple(chunk for _, chunk in tts.speak(each.text, each.words)) for each in said})

    def _faults(self, part: str) -> Faults:
        return Faults(part, self._script.faults, lambda fault: self._note(Faulted(fault.part, fault.kind)))

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

    # --- what happens ------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        trace = self._trace
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.caller.live)
            nursery.start_soon(self._actor.play, self._script.acts)
            for aside in self._script.asides:
                nursery.start_soon(self._actor.do, aside)
            for crash in self._script.crashes:
                nursery.start_soon(self._crash, crash)
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

    async def _crash(self, crash: Crash) -> None:
        await self._actor.wait(crash.when, crash.after_ms, _CRASH_PATIENCE_MS)
        self.call.crash(crash.actor)
