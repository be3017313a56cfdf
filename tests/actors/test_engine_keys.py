"""Each service with a wrong key, over real sockets: refused when it is opened, by the name of the variable."""

from __future__ import annotations

import pytest
import trio

from actors.cloud.servers.deepgram import DeepgramServer
from actors.cloud.servers.elevenlabs import ElevenLabsServer
from actors.cloud.servers.openai import OpenAiServer
from actors.engines import EngineOptions, open_llm, open_stt, open_tts
from actors.errors import EngineRefused

WRONG = "sk-wrong-key-9876"
NO_ENGINE = object()  # nothing gets that far


async def _refused(nursery, open_part, options, variable):
    with pytest.raises(EngineRefused, match=variable) as caught:
        async with open_part(options):
            pytest.fail("opened")
    assert WRONG not in f"{caught.value!r} {options!r}"
    nursery.cancel_scope.cancel(reason="done")


@pytest.mark.parametrize("engine", ["deepgram", "deepgram-flux"])
def test_deepgram(engine):
    async def main():
        async with trio.open_nursery() as nursery:
            url = await nursery.start(DeepgramServer(NO_ENGINE, NO_ENGINE, key="right").run)
            options = EngineOptions(stt=engine, deepgram_api_key=WRONG, deepgram_base_url=url)
            await _refused(nursery, open_stt, options, "DEEPGRAM_API_KEY")

    trio.run(main)


def test_elevenlabs():
    async def main():
        async with trio.open_nursery() as nursery:
            port = await nursery.start(ElevenLabsServer(NO_ENGINE, api_key="right").serve)
            options = EngineOptions(elevenlabs_api_key=WRONG, elevenlabs_base_url=f"http://127.0.0.1:{port}")
            await _refused(nursery, open_tts, options, "ELEVENLABS_API_KEY")

    trio.run(main)


def test_openai():
    async def main():
        async with trio.open_nursery() as nursery:
            port = await nursery.start(OpenAiServer(llm=NO_ENGINE, api_key="right").serve)
            url = f"http://127.0.0.1:{port}/v1"
            options = EngineOptions(llm_api_key=WRONG, llm_base_url=url, llm_model="m")
            await _refused(nursery, open_llm, options, "OPENAI_API_KEY")

    trio.run(main)


def test_a_speech_server():
    async def main():
        async with trio.open_nursery() as nursery:
            port = await nursery.start(OpenAiServer(tts=NO_ENGINE, api_key="right").serve)
            options = EngineOptions(speech_api_key=WRONG, speech_base_url=f"http://127.0.0.1:{port}/v1")
            await _refused(nursery, open_tts, options, "SPEECH_API_KEY")

    trio.run(main)


def test_openai_with_the_right_key_is_opened():
    async def main():
        async with trio.open_nursery() as nursery:
            port = await nursery.start(OpenAiServer(llm=NO_ENGINE, api_key="right").serve)
            url = f"http://127.0.0.1:{port}/v1"
            async with open_llm(EngineOptions(llm_api_key="right", llm_base_url=url, llm_model="m")) as llm:
                assert (llm.name, llm.model) == ("openai", "m")
            nursery.cancel_scope.cancel(reason="done")

    trio.run(main)
