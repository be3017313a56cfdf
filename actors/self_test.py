"""A measured self-test of each engine, for ``bargein doctor``.

The agent's voice says a sentence, the recogniser and the voice detector are given it, the language model is greeted,
and what judges sounds over the agent is given a noise.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from functools import partial

import attrs
import numpy as np
import trio

from actors.audio import resample, to_array
from actors.engines import EngineOptions, Part, Step, open_intent, open_llm, open_stt, open_tts, open_vad
from actors.errors import BargeinError, EngineBadReply, EngineError, EngineMissing
from actors.local.intent import MoonshineIntent
from actors.ports import AGENT_RATE, CALLER_RATE, LlmMessage, LlmRequest, LlmText, Pcm

__all__ = ["SelfTest", "self_test"]

_SENTENCE, _WORD = "The appointment is on Tuesday morning.", "tuesday"
_TIMEOUT = 60.0

_Test = Callable[[EngineOptions, list[Pcm]], Awaitable[tuple[float, str]]]


@attrs.frozen
class SelfTest:
    """What there is to say of one engine. ``ok`` None: it is not installed, and calls do without. ``ms``: a typical
    piece of work, loading apart; ``advice`` if not ``ok``."""

    part: Step
    name: str
    ok: bool | None
    ms: float
    detail: str
    advice: str = ""


async def self_test(options: EngineOptions) -> tuple[SelfTest, ...]:
    """Test each engine alone, fallbacks too, one after the other. Never raises for an engine's failure."""
    said: list[Pcm] = []
    results = {
        part: [
            await _result(part, name, partial(test, options.only(part, name), said)) for name in options.chains[part]
        ]
        for part, test in _TESTS
    }
    chosen = [test for part in ("vad", "stt", "llm", "tts") for test in results[part]]
    return (*chosen, await _result("intent", MoonshineIntent.name, _intent, needed=False))


async def _result(
    part: Step, name: str, test: Callable[[], Awaitable[tuple[float, str]]], *, needed: bool = True
) -> SelfTest:
    try:
        with trio.fail_after(_TIMEOUT):
            ms, detail = await test()
    except trio.TooSlowError:
        return SelfTest(part, name, False, _TIMEOUT * 1000, "no answer", f"it took longer than {_TIMEOUT:.0f} s")
    except BargeinError as error:
        advice = str(error).removeprefix(f"{error.engine}: ") if isinstance(error, EngineError) else str(error)
        missing = isinstance(error, EngineMissing) and not needed
        return SelfTest(part, name, None if missing else False, 0.0, type(error).__name__, advice)
    return SelfTest(part, name, True, ms, detail)


async def _tts(options: EngineOptions, said: list[Pcm]) -> tuple[float, str]:
    async with open_tts(options) as engine:
        pieces, words, first = [], 0, 0.0
        begun = time.perf_counter()
        async with engine.open_voice(0) as voice:
            async for chunk in voice.say(_SENTENCE):
                first = first or _since(begun)
                pieces.append(to_array(chunk.pcm))
                words += len(chunk.words)
    audio = np.concatenate(pieces) if pieces else np.empty(0, np.int16)
    if len(audio) < AGENT_RATE or words not in (0, len(_SENTENCE.split())):
        raise EngineBadReply(engine.name, f"{len(audio) / AGENT_RATE:.1f} s of speech with {words} word timings")
    said.append(resample(audio, AGENT_RATE, CALLER_RATE))
    timed = "" if words else ", without word times"
    return first, f"first audio of a sentence of {len(audio) / AGENT_RATE:.1f} s{timed}"


async def _stt(options: EngineOptions, said: list[Pcm]) -> tuple[float, str]:
    async with open_stt(options) as engine:
        audio = _speech(engine.name, said)
        stream = await engine.open_stream()
        stream.begin(0)
        for at in range(0, len(audio), CALLER_RATE // 10):
            stream.push(audio[at : at + CALLER_RATE // 10])
            if options.names["stt"] != "moonshine":  # a service transcribes as it hears, and hears no faster than this
                await trio.sleep(0.1)
        begun = time.perf_counter()
        text = await stream.final()
        ms = _since(begun)
        await stream.aclose()
    if _WORD not in text.lower():
        raise EngineBadReply(engine.name, "it did not understand the test sentence")
    return ms, f"transcript of {len(audio) / CALLER_RATE:.1f} s of speech"


async def _vad(options: EngineOptions, said: list[Pcm]) -> tuple[float, str]:
    async with open_vad(options) as engine:
        audio = _speech(engine.name, said)
        stream = engine.open_stream()
        silence = max(stream.feed(np.zeros(CALLER_RATE // 2, np.int16)))
        begun = time.perf_counter()
        heard = stream.feed(audio)
        ms = _since(begun) / len(heard)
    if silence > 0.5 or max(heard) < 0.5:
        raise EngineBadReply(engine.name, f"speech {max(heard):.2f}, silence {silence:.2f}")
    return ms, f"a window of {stream.window * 1000 // CALLER_RATE} ms"


async def _llm(options: EngineOptions, _: list[Pcm]) -> tuple[float, str]:
    system = LlmMessage("system", "You are the receptionist of a hospital. Answer in one short sentence.")
    request = LlmRequest((system, LlmMessage("user", "Hello, can you hear me?")), max_tokens=24)
    async with open_llm(options, request) as engine:
        first, pieces = 0.0, 0
        begun = time.perf_counter()
        async with engine.stream(request) as deltas:
            async for delta in deltas:
                if isinstance(delta, LlmText):
                    first, pieces = first or _since(begun), pieces + 1
        whole = _since(begun)
        if not pieces:
            raise EngineBadReply(engine.name, "it said nothing")
        rate = (pieces - 1) / (whole - first) * 1000 if whole > first else 0.0
        return first, f"first token of {engine.model}, then {rate:.0f} tokens/s"


async def _intent() -> tuple[float, str]:
    sound = np.random.default_rng(0).normal(0, 1000, CALLER_RATE).astype(np.int16)
    async with open_intent() as engine:
        if engine is None:
            raise EngineMissing(
                "intent", "sounds over the agent are judged by words and length alone; make install again"
            )
        await engine.meant(sound)  # the first takes longer than all others
        begun = time.perf_counter()
        await engine.meant(sound)
        return _since(begun), "1 s of a sound over the agent"


#: What is tested in which order: the voice first, whose speech the others hear.
_TESTS: tuple[tuple[Part, _Test], ...] = (("tts", _tts), ("stt", _stt), ("vad", _vad), ("llm", _llm))


def _speech(engine: str, said: list[Pcm]) -> Pcm:
    if not said:
        raise EngineBadReply(engine, "not tested, as there is no voice to test it with")
    return said[0]


def _since(begun: float) -> float:
    return (time.perf_counter() - begun) * 1000
