"""Fixed words, synthesised once per process: the greeting is there at once, and the apology needs no engine."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from actors.errors import EngineError
from actors.ports import SpeechChunk, Tts

__all__ = ["Phrasebook"]

_log = logging.getLogger(__name__)


class Phrasebook:
    """Speech of fixed texts. Immutable once made."""

    def __init__(self, speech: Mapping[str, tuple[SpeechChunk, ...]] | None = None) -> None:
        self._speech = dict(speech or {})

    @classmethod
    async def synthesise(cls, tts: Tts, texts: Iterable[str]) -> Phrasebook:
        """Speak all ``texts`` now. A text that fails is left out, and spoken by the engine when it is due."""
        speech: dict[str, tuple[SpeechChunk, ...]] = {}
        async with tts.open_voice(-1) as voice:
            for text in dict.fromkeys(texts):
                try:
                    speech[text] = tuple([chunk async for chunk in voice.say(text)])
                except EngineError as error:
                    _log.warning("a fixed phrase could not be synthesised: %s", error)
        return cls(speech)

    def get(self, text: str) -> tuple[SpeechChunk, ...] | None:
        """The speech of this text, if it is in the book."""
        return self._speech.get(text)
