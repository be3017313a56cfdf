"""The server that ``bench.memory`` calls, in a process of its own: real sockets, real calls, the hospital's own agent
and records; only the engines are fakes. Prints its port, then answers each line on standard input with its figures."""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path

import attrs
import numpy as np
import trio

from actors.agents import load_agent
from actors.call import Call, CallSettings, CallSetup, EarSettings, VoiceSettings
from actors.errors import EngineBadReply
from actors.line import Line
from actors.ports import CALLER_RATE, LlmRequest, LlmToolCall, Pcm
from actors.testing import Dictionary, FakeLlm, FakeStt, FakeTts, FakeVad
from bench._figures import resident_kib
from statechart import EndpointWaits, Settings
from web.limits import Limits
from web.server import Bound, CallInfo, serve
from web.settings import Config, ServerSettings

__all__ = ["LIMITS", "PHRASES", "callers_words"]

#: What callers say, by what it is good for. Both processes make the same sounds of it.
PHRASES = {
    "ask": "When can I see Doctor Chen?",
    "chat": "What can you help me with?",
    "over": "Wait, stop, that is wrong.",
    "break": "Please break now.",
    "bye": "Thank you, goodbye.",
}

#: Shorter than the defaults, so that 200 calls end while one watches; the numbers and sizes are the defaults.
LIMITS = Limits(resume_seconds=1.0, end_seconds=5.0, stall_seconds=2.0)


def callers_words() -> tuple[Dictionary, dict[str, Pcm]]:
    """A dictionary of the callers' words, and the sound of each phrase (16 kHz)."""
    words = Dictionary(CALLER_RATE, ms_per_character=20)
    sounds = {}
    for name, text in PHRASES.items():
        parts = [np.full(word.samples, word.value, np.int16) for word in words.pronounce(text)]
        sounds[name] = np.concatenate(parts)
    return words, sounds


def _script(request: LlmRequest) -> Iterable[str | LlmToolCall | Exception]:
    last = request.messages[-1]
    if last.role == "tool":
        return ["The next free time is at nine. ", "Would that suit you?"]
    if "break" in last.content:
        return [EngineBadReply("fake", "as ordered")]
    if "Chen" in last.content:
        return [LlmToolCall("1", "check_availability", '{"doctor": "Chen"}')]
    return ["I can find you a doctor and a time. ", "I can also cancel appointments, or look one up for you."]


@attrs.define
class _Calls:
    running: int = 0
    done: int = 0
    failed: int = 0
    illegal: int = 0


async def _main() -> None:
    words, _ = callers_words()
    agent = attrs.evolve(load_agent("hospital"), greeting="Hello.")
    # The waits of the chart are halved and more, again for time's sake.
    waits = EndpointWaits(complete_ms=100, default_ms=150, open_ms=180, patient_ms=200, max_ms=300)
    # The fakes' sounds have no pitch: with the echo gate they would count as noises over the agent.
    ear = EarSettings(voice=VoiceSettings(echo_margin_db=None))
    settings = CallSettings(chart=Settings(waits=waits), ear=ear)
    calls = _Calls()
    with tempfile.TemporaryDirectory(prefix="bargein-bench-") as folder:
        async with agent.open(database=f"sqlite:///{Path(folder) / 'bench.db'}") as resources:

            async def serve_call(line: Line, info: CallInfo) -> None:
                setup = CallSetup(
                    agent=agent,
                    resources=resources,
                    vad=FakeVad(),
                    stt=FakeStt(words, latency=0.02),
                    llm=FakeLlm(_script, ttft=0.02, per_token=0.002),
                    tts=FakeTts(ttfb=0.02),
                    settings=settings,
                )
                call = Call(setup, line, call_id=info.call, draining=info.draining)
                calls.running += 1
                try:
                    reason = await call.run()
                    calls.failed += reason == "internal"
                finally:
                    calls.running -= 1
                    calls.done += 1
                    calls.illegal += call.illegal_events

            config = Config(server=ServerSettings(port=0), limits=LIMITS)
            async with trio.open_nursery() as nursery:
                where: Bound = await nursery.start(serve, config, serve_call)
                print(json.dumps({"port": where.port}), flush=True)
                async for _ in trio.lowlevel.FdStream(os.dup(sys.stdin.fileno())):
                    print(json.dumps(_figures(calls)), flush=True)
                nursery.cancel_scope.cancel(reason="the bench is over")


def _figures(calls: _Calls) -> dict[str, int]:
    gc.collect()
    return attrs.asdict(calls) | {
        "rss_kib": resident_kib(os.getpid()),
        "tasks": trio.lowlevel.current_statistics().tasks_living,
        "files": len(os.listdir("/proc/self/fd")) - 1,  # without the one that lists them
        "threads": threading.active_count(),
        "objects": len(gc.get_objects()),
    }


if __name__ == "__main__":
    trio.run(_main)
