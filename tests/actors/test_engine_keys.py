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


async def _refused(open_part, options, variable):
    with pytest.raises(EngineRefused, match=variable) as caught:
        async with open_part(options):
            pytest.fail("opened")
    assert WRONG not in f"{caught.value!r} {options!r}"


@pytest.mark.parametrize("engine", ["deepgram", "deepgram-flux"])
def test_deepgram(engine):
    async def main():
        async with trio.open_nursery() as nursery:
            url = await nursery.start(DeepgramServer(NO_ENGINE, NO_ENGINE, key="right").run)
            options = EngineOptions(stt=engine, deepgram_api_key=WRONG, deepgram_base_url=url)
            await _refused(open_stt, options, "DEEPGRAM_API_KEY")
            nursery.cancel_scope.cancel(reason="done")

    trio.run(main)


def of_elevenlabs(url):
    return EngineOptions(elevenlabs_api_key=WRONG, elevenlabs_base_url=url)


def of_openai(url, key=WRONG):
    return EngineOptions(llm_api_key=key, llm_base_url=f"{url}/v1", llm_model="m")


def of_speech(url):
    return EngineOptions(speech_api_key=WRONG, speech_base_url=f"{url}/v1")


@pytest.mark.parametrize(
    ("server", "open_part", "options", "variable"),
    [
        (ElevenLabsServer(NO_ENGINE, api_key="right"), open_tts, of_elevenlabs, "ELEVENLABS_API_KEY"),
        (OpenAiServer(llm=NO_ENGINE, api_key="right"), open_llm, of_openai, "OPENAI_API_KEY"),
        (OpenAiServer(tts=NO_ENGINE, api_key="right"), open_tts, of_speech, "SPEECH_API_KEY"),
    ],
    ids=["elevenlabs", "openai", "speech"],
)
def test_over_http(server, open_part, options, variable):
    async def main():
        async with server.served() as port:
            await _refused(open_part, options(f"http://127.0.0.1:{port}"), variable)

    trio.run(main)


def test_openai_with_the_right_key_is_opened():
    async def main():
        async with (
            OpenAiServer(llm=NO_ENGINE, api_key="right").served() as port,
            open_llm(of_openai(f"http://127.0.0.1:{port}", "right")) as llm,
        ):
            assert (llm.name, llm.model) == ("openai", "m")

    trio.run(main)
