"""Any voice behind OpenAI's ``/v1/audio/speech``: Kokoro, Orpheus, Chatterbox, LocalAI, vLLM-Omni, OpenAI itself.

    tts = SpeechHttpTts(base_url="http://localhost:8880/v1", api_key=None, model="kokoro", voice="af_heart")
    async with tts, tts.open_voice(turn=7) as voice:
        async for chunk in voice.say("Doctor Chen is free at nine."): ...

One request per sentence, answered by PCM at 24 kHz as it is made; leaving the voice closes the request, so that the
server stops. The protocol has no word times: what was heard is judged per sentence, in proportion.

Tried against :mod:`actors.cloud.servers.openai` only; never against OpenAI, Kokoro, Orpheus or any other live server.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, cast

import trio

from actors.cloud._openai_client import CLOSE_TIMEOUT, OpenAiClient
from actors.cloud._pcm_stream import NotPcm, PcmStream
from actors.errors import EngineBadReply, EngineTimeout
from actors.ports import SpeechChunk, TtsVoice

__all__ = ["SpeechHttpTts", "SpeechHttpVoice"]


class SpeechHttpTts(OpenAiClient):
    """A client with its own connections; an async context manager, or ``aclose`` it.

    ``base_url`` ends in /v1 as a rule, None is OpenAI's. ``first_audio`` and ``between_audio`` are deadlines in
    seconds; passing one raises EngineTimeout. ``extra_body`` is added to every request (``speed``, ``instructions``).
    The key appears in no error, log or repr. EngineMissing where the package openai is not installed.
    """

    def __init__(
        self,
        *,
        base_url: str | None,
        api_key: str | None,
        model: str,
        voice: str,
        name: str = "speech",
        first_audio: float = 4.0,
        between_audio: float = 4.0,
        extra_body: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(name, base_url=base_url, api_key=api_key, keep=20)
        self._first_audio, self._between_audio = first_audio, between_audio
        self._body: dict[str, Any] = {
            "model": model,
            "voice": voice,
            "response_format": "pcm",
            "extra_body": dict(extra_body or {}),
        }
        self._create = self._client.audio.speech.with_streaming_response.create  # loads what it needs, too

    def open_voice(self, turn: int) -> AbstractAsyncContextManager[TtsVoice]:  # noqa: ARG002 - requests know no turns
        """See :class:`actors.ports.Tts`."""

        @asynccontextmanager
        async def voice() -> AsyncIterator[TtsVoice]:
            speaker = SpeechHttpVoice(self)
            try:
                yield speaker
            finally:
                await speaker.aclose()

        return voice()

    async def speak(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        """One sentence. Close the generator to close its request.

        Raises EngineRefused, EngineOverloaded, EngineTimeout, EngineUnavailable, EngineBadReply.
        """
        if not any(char.isalnum() for char in text):
            return
        from actors.cloud._openai_errors import FAILURES, translated

        deadline = trio.current_time() + self._first_audio
        manager = self._create(input=text, **self._body)
        pcm, silent, pieces = PcmStream(), True, None
        try:
            with trio.fail_at(deadline):
                response = await manager.__aenter__()
            pieces = cast("AsyncGenerator[bytes, None]", response.iter_bytes())
            while True:
                with trio.fail_at(deadline):
                    data = await anext(pieces, None)
                samples = pcm.finish() if data is None else pcm.feed(data)
                if samples:
                    silent = False
                    yield SpeechChunk(samples)
                    deadline = trio.current_time() + self._between_audio
                if data is None:
                    break
        except trio.TooSlowError:
            raise EngineTimeout(self.name, "no audio in time") from None
        except NotPcm as error:
            raise EngineBadReply(self.name, f"the answer is {error}") from None
        except FAILURES as error:
            raise translated(self.name, error) from None
        finally:
            with trio.move_on_after(CLOSE_TIMEOUT, shield=True):
                if pieces is not None:
                    await pieces.aclose()
                await manager.__aexit__(None, None, None)
        if silent:
            raise EngineBadReply(self.name, "the answer holds no audio")


class SpeechHttpVoice:
    """The voice of one turn."""

    def __init__(self, engine: SpeechHttpTts) -> None:
        self._engine = engine
        self._saying: AsyncGenerator[SpeechChunk, None] | None = None

    def say(self, text: str) -> AsyncIterator[SpeechChunk]:
        """See :class:`actors.ports.TtsVoice`."""
        self._saying = self._engine.speak(text)
        return self._saying

    async def aclose(self) -> None:
        """Close the request under way, if there is one."""
        saying, self._saying = self._saying, None
        if saying is not None:
            with trio.CancelScope(shield=True):
                await saying.aclose()
