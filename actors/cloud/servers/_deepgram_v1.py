"""The server's side of listen v1: which messages the audio of a connection gives rise to."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from actors.cloud.servers._deepgram_hearing import Hearing
from actors.cloud.servers._recogniser import TimedWord
from actors.ports import CALLER_RATE

__all__ = ["V1Session"]

Message = dict[str, Any]

_INTERIM_EVERY = 0.5  # seconds of audio
_LONGEST = 5.0  # seconds after which a result is final even in the middle of speech, at the next gap
_WAIT_FOR_GAP = 1.0


class V1Session:
    """One connection. ``options`` are those of the address."""

    def __init__(self, hearing: Hearing, options: Mapping[str, str]) -> None:
        self._hearing = hearing
        self._model = options.get("model", "nova-3")
        self._request = str(uuid.uuid4())
        self._interim = _is_on(options.get("interim_results"))
        self._vad_events = _is_on(options.get("vad_events"))
        self._endpointing = _samples(options.get("endpointing", "10"))
        self._utterance_end = _samples(options.get("utterance_end_ms", ""))
        self._sha = hashlib.sha256()
        self._speaking = False
        self._shown = 0  # audio up to here has been in some result
        self._last_word: float | None = None  # end of the last final word, until UtteranceEnd

    def greeting(self) -> Iterator[Message]:
        yield from ()

    async def audio(self, pcm: bytes) -> list[Message]:
        """What there is to say after more audio."""
        self._sha.update(pcm)
        out: list[Message] = []
        for voiced in self._hearing.feed(pcm):
            out += await self._window(voiced=voiced)
        return out

    async def control(self, kind: str) -> list[Message] | None:
        """What a message of the client's gives rise to; None for one that the protocol does not know."""
        match kind:
            case "KeepAlive":
                return []
            case "Finalize":
                return [await self._result(self._hearing.received, final=True, from_finalize=True)]
            case "CloseStream":
                last = [] if self._hearing.received == self._hearing.base else [await self._settle()]
                return [*last, self._metadata()]
            case _:
                return None

    def error(self, code: str, message: str) -> Message:
        """An error in the words of this protocol."""
        variant = code or "INTERNAL_SERVER_ERROR"
        said = message or "The server had an error."
        return {"type": "Error", "description": variant, "message": said, "variant": variant}

    async def _window(self, *, voiced: bool) -> list[Message]:
        hearing, out = self._hearing, []
        at = hearing.window(voiced=voiced)
        silence, span = at - hearing.last_voiced, (at - hearing.base) / CALLER_RATE
        if voiced and not self._speaking:
            self._speaking = True
            if self._vad_events:
                out.append({"type": "SpeechStarted", "channel": [0], "timestamp": _seconds(at - 512)})
        if self._speaking and self._endpointing is not None and silence >= self._endpointing:
            self._speaking = False
            out.append(await self._result(at, final=True, speech_final=True))
        elif span >= _LONGEST and (not voiced or span >= _LONGEST + _WAIT_FOR_GAP):
            out.append(await self._result(at, final=True))
        elif self._interim and at - self._shown >= _INTERIM_EVERY * CALLER_RATE:
            out.append(await self._result(at, final=False))
        if (
            self._utterance_end is not None
            and self._last_word is not None
            and at - self._last_word * CALLER_RATE >= self._utterance_end
            and not self._speaking
        ):
            out.append({"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": self._last_word})
            self._last_word = None
        return out

    async def _settle(self) -> Message:
        return await self._result(self._hearing.received, final=True, speech_final=True)

    async def _result(
        self, until: int, *, final: bool, speech_final: bool = False, from_finalize: bool = False
    ) -> Message:
        start = self._hearing.base
        words = await self._hearing.words(until)
        self._shown = until
        if final:
            self._hearing.drop_before(until)
            self._last_word = round(words[-1].end, 4) if words else self._last_word
        best = {
            "transcript": " ".join(word.text for word in words),
            "confidence": 0.99 if words else 0.0,
            "words": [_word(word) for word in words],
        }
        return {
            "type": "Results",
            "channel_index": [0, 1],
            "duration": _seconds(until - start),
            "start": _seconds(start),
            "is_final": final,
            "speech_final": speech_final,
            "channel": {"alternatives": [best]},
            "metadata": {
                "request_id": self._request,
                "model_info": {"name": self._model, "version": "0", "arch": "local"},
                "model_uuid": self._request,
            },
            "from_finalize": from_finalize,
        }

    def _metadata(self) -> Message:
        return {
            "type": "Metadata",
            "transaction_key": "deprecated",
            "request_id": self._request,
            "sha256": self._sha.hexdigest(),
            "created": "1970-01-01T00:00:00.000Z",
            "duration": _seconds(self._hearing.received),
            "channels": 1,
        }


def _word(word: TimedWord) -> Message:
    bare = "".join(c for c in word.text.lower() if c.isalnum() or c in "'-")
    return {
        "word": bare,
        "start": round(word.start, 4),
        "end": round(word.end, 4),
        "confidence": 0.99,
        "punctuated_word": word.text,
    }


def _seconds(samples: int) -> float:
    return round(samples / CALLER_RATE, 4)


def _is_on(value: str | None) -> bool:
    return (value or "").lower() == "true"  # the SDK sends Python's True


def _samples(ms: str) -> int | None:
    """Milliseconds as samples; None where the feature is off."""
    return int(ms) * CALLER_RATE // 1000 if ms.isdigit() else None
