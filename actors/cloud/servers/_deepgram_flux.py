"""The server's side of Flux (listen v2): which messages the audio of a connection gives rise to.

How sure it is that a turn is over grows with the silence after it; that is all this stand-in knows about turns.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from actors.cloud.servers._deepgram_hearing import Hearing
from actors.cloud.servers._recogniser import TimedWord
from actors.ports import CALLER_RATE

__all__ = ["FluxSession", "silence_for"]

Message = dict[str, Any]

_UPDATE_EVERY = CALLER_RATE // 4
_PRE_ROLL = CALLER_RATE * 3 // 10
_SURE_AFTER = 0.35  # seconds of silence in which doubt falls to 1/e


def silence_for(confidence: float) -> float:
    """Seconds of silence after which a turn counts as over with this confidence; never for 1."""
    return math.inf if confidence >= 1.0 else -_SURE_AFTER * math.log(1.0 - confidence)


class FluxSession:
    """One connection. ``options`` are those of the address."""

    def __init__(self, hearing: Hearing, options: Mapping[str, str]) -> None:
        eager = options.get("eager_eot_threshold")
        self._hearing = hearing
        self._request = str(uuid.uuid4())
        self._eot = silence_for(float(options.get("eot_threshold", "0.7")))
        self._eager = silence_for(float(eager)) if eager else math.inf
        self._timeout = float(options.get("eot_timeout_ms", "5000")) / 1000
        self._sequence = 0
        self._turn = 0
        self._state: Literal["initial", "ongoing", "awaiting"] = "initial"
        self._words: list[TimedWord] = []
        self._heard = 0  # audio up to here is in the words
        self._update_at = _UPDATE_EVERY

    def greeting(self) -> Iterator[Message]:
        yield self._message({"type": "Connected", "request_id": self._request})

    async def audio(self, pcm: bytes) -> list[Message]:
        """What there is to say after more audio."""
        out: list[Message] = []
        for voiced in self._hearing.feed(pcm):
            out += await self._window(voiced=voiced)
        return out

    async def control(self, kind: str) -> list[Message] | None:
        """What a message of the client's gives rise to; None for one that the protocol does not know."""
        match kind:
            case "ForceEndTurn":
                return await self._force()
            case "CloseStream" | "Configure":
                return []
            case _:
                return None

    def error(self, code: str, message: str) -> Message:
        """An error in the words of this protocol."""
        said = message or "The server had an error."
        return self._message({"type": "Error", "code": code or "INTERNAL_SERVER_ERROR", "description": said})

    async def _window(self, *, voiced: bool) -> list[Message]:
        hearing, out = self._hearing, []
        at = hearing.window(voiced=voiced)
        silence = (at - hearing.last_voiced) / CALLER_RATE
        if self._state == "awaiting" and voiced:
            self._state = "ongoing"
            out.append(self._info("TurnResumed", at))
        elif hearing.has_voice and silence >= min(self._eager, self._eot, self._timeout):
            out += await self._silent(silence, at)
        elif at >= self._update_at:
            out += await self._update(at)
        if not hearing.has_voice:
            hearing.drop_before(at - _PRE_ROLL)
        return out

    async def _update(self, at: int) -> list[Message]:
        hearing = self._hearing
        if self._heard < hearing.last_voiced:
            await self._listen(at)
            # A recogniser that is slower than this rhythm is asked less often.
            self._update_at = at + max(_UPDATE_EVERY, round(2 * hearing.cost * CALLER_RATE))
        else:
            self._update_at = at + _UPDATE_EVERY
        if self._state == "initial" and self._words:
            self._state = "ongoing"
            return [self._info("StartOfTurn", at)]
        return [self._info("Update", at)]

    async def _silent(self, silence: float, at: int) -> list[Message]:
        """Silence after speech: the turn may be over."""
        out: list[Message] = []
        if self._heard < self._hearing.last_voiced:
            await self._listen(at)
        if not self._words:  # a noise
            self._hearing.drop_before(at)
            return out
        if self._state == "initial":
            self._state = "ongoing"
            out.append(self._info("StartOfTurn", at))
        if self._state == "ongoing" and silence >= self._eager:
            self._state = "awaiting"
            out.append(self._info("EagerEndOfTurn", at))
        if silence >= min(self._eot, self._timeout):
            out.append(self._end(at, "model" if silence >= self._eot else "timeout"))
        elif not out and at >= self._update_at:
            self._update_at = at + _UPDATE_EVERY
            out.append(self._info("Update", at))
        return out

    async def _force(self) -> list[Message]:
        at = self._hearing.received
        if self._hearing.has_voice and self._heard < self._hearing.last_voiced:
            await self._listen(at)
        if not self._words:
            return []
        started = [self._info("StartOfTurn", at)] if self._state == "initial" else []
        return [*started, self._end(at, "manual")]

    async def _listen(self, at: int) -> None:
        self._words = await self._hearing.words(at)
        self._heard = at

    def _end(self, at: int, trigger: str) -> Message:
        message = self._info("EndOfTurn", at, trigger=trigger)
        self._turn += 1
        self._state = "initial"
        self._words = []
        self._hearing.drop_before(at)
        return message

    def _info(self, event: str, at: int, **more: str) -> Message:
        silence = (at - self._hearing.last_voiced) / CALLER_RATE
        sure = 1.0 - math.exp(-silence / _SURE_AFTER) if self._words else 0.0
        return self._message(
            {
                "type": "TurnInfo",
                "request_id": self._request,
                "event": event,
                "turn_index": self._turn,
                "audio_window_start": round(self._hearing.base / CALLER_RATE, 4),
                "audio_window_end": round(at / CALLER_RATE, 4),
                "transcript": " ".join(word.text for word in self._words),
                "words": [
                    {"word": w.text, "confidence": 0.99, "start": round(w.start, 4), "end": round(w.end, 4)}
                    for w in self._words
                ],
                "end_of_turn_confidence": round(sure, 4),
                **more,
            }
        )

    def _message(self, fields: Message) -> Message:
        numbered = {**fields, "sequence_id": self._sequence}
        self._sequence += 1
        return numbered
