"""A recogniser that knows the truth: Deepgram's Flux protocol, spoken by a server that is told what the caller says.

It waits for the very samples after which a caller falls silent, and then takes as long as it is told to: the transcript
and EndOfTurn come a drawn time after the last voiced sample *arrived here*, EagerEndOfTurn ``lead_s`` sooner; an Update
tells what had been said the same time before, and so no words sooner. In an inner pause it falls for the silence with
probability ``fooled``: an EagerEndOfTurn, then TurnResumed. So nothing is recognised, and nothing else differs from the
service: the client's socket, framing and stitching are the real ones.
"""

from __future__ import annotations

import json
from collections import deque
from random import Random
from typing import Any

import attrs
import trio
from trio.abc import Stream
from trio_websocket import ConnectionClosed, HandshakeError, WebSocketConnection, wrap_server_stream

from actors.cloud.servers._faults import Latency
from actors.cloud.servers._http import serve_tcp
from actors.ports import CALLER_RATE
from bench._tap import Tap, tap, tapped
from bench.speech import Spoken

__all__ = ["Heard", "Oracle"]

_MARK = 48  #: samples by which a place in an utterance is known again
_NOTICE_S = 0.1  # from a voice that goes on to TurnResumed
_UPDATE_S = 0.25


@attrs.define
class Heard:
    """What the oracle noted of an utterance, on trio's clock: when the piece of audio with the last voiced sample came
    in (``beyond`` more samples were behind that one), and when the early signal and the final transcript went out
    (None: not sent). ``stt_s``: the time drawn."""

    stt_s: float
    ended: float | None = None
    beyond: int = 0
    eager: float | None = None
    final: float | None = None


@attrs.define
class _Place:
    """Where something becomes true: ``mark``, the bytes that end there; ``words`` said by then."""

    mark: bytes
    words: int
    what: str  # "pause", "resume" or "end"


class Oracle:
    """One utterance at a time; run :meth:`serve`."""

    def __init__(self) -> None:
        self._lead = self._fooled = 0.0
        self._rng = Random()
        self._words: list[str] = []
        self._places: list[_Place] = []
        self._heard: Heard | None = None
        self._said = 0  # words so far

    def expect(self, spoken: Spoken, stt: Latency, *, lead_s: float, fooled: float, rng: Random) -> Heard:
        """What will be said next. ``stt``: from the last voiced sample to the final transcript."""
        self._lead, self._fooled, self._rng = lead_s, fooled, rng
        self._words = spoken.utterance.text.split()
        self._places = list(_places(spoken))
        self._said = 0
        self._heard = Heard(stt.draw(rng))
        return self._heard

    async def serve(self, *, task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED) -> None:
        """Listen until cancelled; ``started`` gives the port."""
        await serve_tcp(tapped(self._accept), task_status=task_status)

    async def _accept(self, stream: Stream) -> None:
        try:
            async with trio.open_nursery() as nursery:
                request = await wrap_server_stream(nursery, stream)
                ws = await request.accept()
                await _Session(self, ws, nursery).run()
                nursery.cancel_scope.cancel(reason="the client has gone")
        except* (ConnectionClosed, HandshakeError, trio.BrokenResourceError):
            pass
        finally:
            with trio.CancelScope(shield=True):
                await trio.aclose_forcefully(stream)


class _Session:
    def __init__(self, oracle: Oracle, ws: WebSocketConnection, nursery: trio.Nursery) -> None:
        self._oracle, self._ws, self._nursery = oracle, ws, nursery
        tapped_by = tap()
        assert tapped_by is not None
        self._tap: Tap = tapped_by
        self._tail = b""
        self._samples = 0
        self._sequence = self._turn = 0
        self._speaking = self._eager = False
        self._update_due = 0.0
        self._past: deque[tuple[float, int, int, Heard | None]] = deque()  # when, samples, words, of which utterance
        self._pause = 0  # numbers the pauses, so that what was planned in one that is over is not said

    async def run(self) -> None:
        await self._send({"type": "Connected", "request_id": "oracle"})
        while True:
            message = await self._ws.get_message()
            if isinstance(message, bytes):
                self._hear(message)
                if self._speaking and trio.current_time() >= self._update_due:
                    await self._update()
            elif json.loads(message).get("type") == "ForceEndTurn":
                self._nursery.start_soon(self._force)
            elif json.loads(message).get("type") == "CloseStream":
                return

    def _hear(self, pcm: bytes) -> None:
        oracle = self._oracle
        self._tail += pcm
        self._samples += len(pcm) // 2
        while oracle._places and (at := self._tail.find(oracle._places[0].mark)) >= 0:
            place = oracle._places.pop(0)
            self._tail = self._tail[at + len(place.mark) :]
            if place.what == "end" and oracle._heard is not None:
                oracle._heard.ended, oracle._heard.beyond = self._tap.received, len(self._tail) // 2
            oracle._said = place.words
            if place.what == "resume":
                self._nursery.start_soon(self._resumed)
            else:
                self._nursery.start_soon(self._silent, place.what == "end")
        self._tail = self._tail[-2 * CALLER_RATE :]
        self._past.append((trio.current_time(), self._samples, oracle._said, oracle._heard))

    async def _update(self) -> None:
        """What had been said by then, as late as a transcript is."""
        heard = self._oracle._heard
        before = trio.current_time() - (heard.stt_s if heard is not None else 0.0)
        samples = said = 0
        while self._past and self._past[0][0] <= before:
            _, samples, said, whose = self._past.popleft()
            said = said if whose is heard else 0
        if samples:
            await self._info("Update", said=said, samples=samples)

    async def _silent(self, end: bool) -> None:
        """The caller has just fallen silent: for good, or for a moment."""
        oracle, heard, now = self._oracle, self._oracle._heard, self._tap.received
        assert heard is not None
        self._pause += 1
        pause = self._pause
        if end and heard.ended is not None:
            now = heard.ended
        fooled = end or oracle._rng.random() < oracle._fooled
        if oracle._lead > 0 and fooled:
            await trio.sleep_until(now + max(0.0, heard.stt_s - oracle._lead))
            if pause != self._pause:
                return
            self._eager = True
            told = trio.current_time()
            await self._info("EagerEndOfTurn")
            if end:
                heard.eager = self._tap.sent_since(told)
        if end:
            await trio.sleep_until(now + heard.stt_s)
            if heard.final is None:
                await self._end(heard, "model")

    async def _resumed(self) -> None:
        self._pause += 1
        await trio.sleep(_NOTICE_S)
        if not self._speaking:
            self._speaking = True
            await self._info("StartOfTurn")
        elif self._eager:
            await self._info("TurnResumed")
        self._eager = False

    async def _force(self) -> None:
        """The client wants the turn to end now: no sooner than the transcript can be there."""
        heard = self._oracle._heard
        if heard is None or not self._speaking:
            return
        if heard.ended is not None:
            await trio.sleep_until(heard.ended + heard.stt_s)
        else:
            await trio.sleep(heard.stt_s)
        if self._speaking:
            await self._end(heard, "manual")

    async def _end(self, heard: Heard, trigger: str) -> None:
        told = trio.current_time()
        if heard.ended is not None:
            heard.final = told  # so that it is not told twice
        self._speaking = self._eager = False
        await self._info("EndOfTurn", trigger=trigger)
        if heard.ended is not None:
            heard.final = self._tap.sent_since(told)
        self._turn += 1

    async def _info(self, event: str, *, said: int | None = None, samples: int | None = None, **more: str) -> None:
        self._update_due = trio.current_time() + _UPDATE_S
        words = self._oracle._words[: self._oracle._said if said is None else said]
        until = (self._samples if samples is None else samples) / CALLER_RATE
        each = 0.1
        timed = [
            {"word": w, "confidence": 0.99, "start": max(0.0, until - each * (len(words) - i)), "end": until}
            for i, w in enumerate(words)
        ]
        sure = {"EndOfTurn": 0.9, "EagerEndOfTurn": 0.5}.get(event, 0.1)
        await self._send(
            {
                "type": "TurnInfo",
                "request_id": "oracle",
                "event": event,
                "turn_index": self._turn,
                "audio_window_start": 0.0,
                "audio_window_end": until,
                "transcript": " ".join(words),
                "words": timed,
                "end_of_turn_confidence": sure,
                **more,
            }
        )

    async def _send(self, fields: dict[str, Any]) -> None:
        self._sequence += 1
        await self._ws.send_message(json.dumps({**fields, "sequence_id": self._sequence - 1}))


def _places(spoken: Spoken) -> list[_Place]:
    """The beginning, each pause's beginning and end, and the end of an utterance, in order."""
    samples = spoken.samples.astype("<i2")
    counts, said = [], 0
    for piece in spoken.utterance.pieces:
        said += len(piece.split())
        counts.append(said)

    def until(sample: int, words: int, what: str) -> _Place:
        return _Place(samples[sample - _MARK : sample].tobytes(), words, what)

    places = [until(spoken.first + 2 * _MARK, 0, "resume")]
    for number, (start, ms) in enumerate(zip(spoken.pause_starts, spoken.utterance.pauses, strict=True)):
        places.append(until(start, counts[number], "pause"))
        places.append(until(start + ms * CALLER_RATE // 1000 + 2 * _MARK, counts[number], "resume"))
    return [*places, until(spoken.last + 1, counts[-1], "end")]
