"""The local voice behind the protocol servers, heard through the clients: the same speech, the same words."""

from __future__ import annotations

import pytest
import trio

from actors.audio import level_db, to_array
from actors.cloud.elevenlabs_tts import open_elevenlabs
from actors.cloud.servers.elevenlabs import ElevenLabsServer
from actors.cloud.servers.openai import OpenAiServer
from actors.cloud.speech_http_tts import SpeechHttpTts
from actors.ports import Tts, WordTiming

TEXT = "Doctor Chen is free at 4:30 on Tuesday — shall I book it for you?"
MS = 24


async def hear(tts: Tts) -> tuple[bytes, list[WordTiming]]:
    pcm, words = b"", []
    async with tts.open_voice(1) as voice:
        async for chunk in voice.say(TEXT):
            pcm += chunk.pcm
            words += chunk.words
    return pcm, words


@pytest.mark.engines
def test_the_local_voice_sounds_the_same_through_both_protocols() -> None:
    from actors.local.hibari import HibariTts

    async def main() -> None:
        hibari = await trio.to_thread.run_sync(HibariTts)
        direct, direct_words = await hear(hibari)
        with trio.fail_after(30):
            async with trio.open_nursery() as nursery:
                port = await nursery.start(ElevenLabsServer(hibari).serve)
                async with open_elevenlabs("any", base_url=f"http://127.0.0.1:{port}") as tts:
                    await tts.check()
                    pcm, words = await hear(tts)
                port = await nursery.start(OpenAiServer(tts=hibari).serve)
                url = f"http://127.0.0.1:{port}/v1"
                async with SpeechHttpTts(base_url=url, api_key=None, model="hibari", voice="heart") as speech:
                    plain, none = await hear(speech)
                nursery.cancel_scope.cancel()
        assert pcm == direct
        assert plain == direct
        assert none == []
        assert level_db(to_array(pcm)) > -40
        assert [(w.start_char, w.end_char) for w in words] == [(w.start_char, w.end_char) for w in direct_words]
        assert words[0].start == 0  # the first character counts from the beginning of the audio
        ends = [(word.end, other.end) for word, other in zip(words, direct_words, strict=True)]
        starts = [(word.start, other.start) for word, other in zip(words[1:], direct_words[1:], strict=True)]
        assert max(abs(a - b) for a, b in starts + ends) <= MS  # a millisecond is the protocol's measure

    trio.run(main)
