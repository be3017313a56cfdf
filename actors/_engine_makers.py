"""Each engine by the name it is chosen by: how it is made from the options, and how it is tried.

Each maker loads one library, lazily and in a thread, and opens a connection where the engine is a service.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import attrs
import trio

from actors._engine_options import EngineOptions
from actors.fallback import Member
from actors.ports import Llm, LlmRequest, Stt, Tts

__all__ = ["MAKERS"]

_GREETING = "Hello."


@asynccontextmanager
async def _moonshine(*_: object) -> AsyncIterator[Member[Stt]]:
    def load() -> Stt:
        from actors.local.moonshine import MoonshineStt

        stt = MoonshineStt()
        stt.warm_up()
        return stt

    yield Member("moonshine", await trio.to_thread.run_sync(load))


@asynccontextmanager
async def _deepgram(options: EngineOptions, _: LlmRequest | None) -> AsyncIterator[Member[Stt]]:
    def load() -> Any:
        from actors.cloud.deepgram_v1 import DeepgramV1Stt

        return DeepgramV1Stt

    engine = await trio.to_thread.run_sync(load)
    async with engine(**_of_deepgram(options)) as stt:
        yield Member("deepgram", stt, lambda: _connect(stt))


@asynccontextmanager
async def _deepgram_flux(options: EngineOptions, _: LlmRequest | None) -> AsyncIterator[Member[Stt]]:
    def load() -> Any:
        from actors.cloud.deepgram_flux import DeepgramFluxStt

        return DeepgramFluxStt

    engine = await trio.to_thread.run_sync(load)
    async with engine(**_of_deepgram(options)) as stt:
        yield Member("deepgram-flux", stt, lambda: _connect(stt))


def _of_deepgram(options: EngineOptions) -> dict[str, Any]:
    given = {"api_key": options.deepgram_api_key, "base_url": options.deepgram_base_url, "model": options.stt_model}
    return {name: value for name, value in given.items() if value is not None}


async def _connect(stt: Stt) -> None:
    stream = await stt.open_stream()
    await stream.aclose()


@asynccontextmanager
async def _local(options: EngineOptions, warm_up: LlmRequest | None) -> AsyncIterator[Member[Llm]]:
    from actors.local.llama import LlamaSpec, embedded_spec, open_llama

    model = options.llm_model
    spec = embedded_spec() if model is None else LlamaSpec(Path(model), name=Path(model).stem)
    if options.llm_adapter is not None:
        adapter = Path(options.llm_adapter)
        spec = attrs.evolve(spec, adapter=adapter, name=f"{spec.model.stem} with {adapter.name}")
    async with open_llama(attrs.evolve(spec, slots=options.llm_slots, threads=options.llm_threads), warm_up) as llm:
        yield Member("local", llm)


@asynccontextmanager
async def _openai(options: EngineOptions, _: LlmRequest | None) -> AsyncIterator[Member[Llm]]:
    def load() -> Any:
        from actors.cloud.openai_llm import OpenAiLlm

        return OpenAiLlm(base_url=options.llm_base_url, api_key=options.llm_api_key, model=options.llm_model or "")

    async with await trio.to_thread.run_sync(load) as llm:
        yield Member("openai", llm, llm.list_models)


@asynccontextmanager
async def _hibari(options: EngineOptions, _: LlmRequest | None) -> AsyncIterator[Member[Tts]]:
    def load() -> Tts:
        from actors.local.hibari import HibariTts

        tts = HibariTts(options.tts_voice or "heart")
        tts.warm_up()
        return tts

    yield Member("hibari", await trio.to_thread.run_sync(load))


@asynccontextmanager
async def _elevenlabs(options: EngineOptions, _: LlmRequest | None) -> AsyncIterator[Member[Tts]]:
    from actors.cloud.elevenlabs_tts import DEFAULT_MODEL, DEFAULT_VOICE, open_elevenlabs

    async with open_elevenlabs(
        options.elevenlabs_api_key or "",
        voice=options.tts_voice or DEFAULT_VOICE,
        model=options.tts_model or DEFAULT_MODEL,
        base_url=options.elevenlabs_base_url or "https://api.elevenlabs.io",
    ) as tts:
        yield Member("elevenlabs", tts, tts.check)


@asynccontextmanager
async def _speech(options: EngineOptions, _: LlmRequest | None) -> AsyncIterator[Member[Tts]]:
    def load() -> Any:
        from actors.cloud.speech_http_tts import SpeechHttpTts

        # Names that OpenAI has, and that servers like Kokoro's take for their own.
        return SpeechHttpTts(
            base_url=options.speech_base_url,
            api_key=options.speech_key,
            model=options.tts_model or "tts-1",
            voice=options.tts_voice or "alloy",
            name="speech" if options.speech_base_url else "openai",  # whose key it is, in messages
        )

    async with await trio.to_thread.run_sync(load) as tts:

        async def speak() -> None:
            async with tts.open_voice(-1) as voice:
                async for _ in voice.say(_GREETING):
                    pass

        yield Member("speech", tts, speak)


#: Name -> a context manager of the options (and what a model is to evaluate ahead of time) that gives a Member, warm.
MAKERS: Final = {
    "moonshine": _moonshine,
    "deepgram": _deepgram,
    "deepgram-flux": _deepgram_flux,
    "local": _local,
    "openai": _openai,
    "hibari": _hibari,
    "elevenlabs": _elevenlabs,
    "speech": _speech,
}
