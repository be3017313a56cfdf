"""A caller on a line: a microphone that is always open, a loudspeaker with ears, and a network between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import trio

from actors.line import (
    AgentSpeaking,
    CallEnded,
    CallerAudio,
    Flush,
    HangUp,
    Hold,
    Incoming,
    LineBack,
    LineLost,
    Outgoing,
    PlaybackReport,
    Resume,
    StateChanged,
    TranscriptUpdate,
    TypedText,
)
from actors.ports import CALLER_RATE, Pcm
from actors.testing._loudspeaker import Loudspeaker
from actors.testing._microphone import Microphone
from actors.testing._speech import Dictionary
from actors.testing._trace import Arrived, Entry, Played, Sent, SentAudio
from actors.testing._wire import Received, Wire

__all__ = ["Caller", "Received"]

_REPORT_EVERY = 0.1


class Caller:
    """Implements :class:`actors.line.Line`. Run :meth:`live` beside the call.

    ``delay``: one-way network delay in seconds, and ``jitter`` at most that much more, by ``seed``, in order.
    ``reports`` False: a client that never acknowledges playback; ``report_delay``: one that does so late;
    ``report_loss``: which part of its reports never arrives. ``tick``: how often the microphone gives a frame, in
    seconds. ``note`` is told of all that happens, as entries of a trace. What the caller really heard, by turn, is in
    ``ears``; every message and frame, in order, in ``received``.
    """

    def __init__(
        self,
        *,
        delay: float = 0.0,
        reports: bool = True,
        jitter: float = 0.0,
        report_delay: float = 0.0,
        report_loss: float = 0.0,
        tick: float = 0.02,
        ms_per_character: int = 60,
        seed: int = 0,
        note: Callable[[Entry], None] = lambda _: None,
    ) -> None:
        self.dictionary = Dictionary(CALLER_RATE, ms_per_character=ms_per_character)
        self.round_trip = 2 * delay + jitter
        self.reports = reports
        self.received: list[Received] = []
        self.state = "idle"
        self.ended = trio.Event()
        self.loudspeaker = Loudspeaker(trio.current_time(), lambda turn, samples: note(Played(turn, samples)))
        self.ears = self.loudspeaker.ears
        self._send, self.incoming = trio.open_memory_channel[Incoming](10_000)
        self._wire = Wire(
            self._send, delay=delay, jitter=jitter, report_delay=report_delay, report_loss=report_loss, seed=seed
        )
        self._unseen: list[Outgoing] = []  # messages that wait for the line to come back
        self._note = note
        self._microphone = Microphone(trio.current_time(), tick)
        self._lag = self._wire.lag()  # of the microphone's next frame
        self._reported = -1.0
        self._unanswered = True
        self._changed = trio.Event()
        self._ticked = trio.Event()
        self._poked = trio.Event()

    # --- the line ----------------------------------------------------------------------------------------------------

    def send(self, message: Outgoing) -> None:
        self._note(Sent(message))
        if self._wire.connected:
            self._down(message)
        else:
            self._unseen.append(message)

    def send_audio(self, turn: int, pcm: bytes) -> None:
        self._note(SentAudio(turn, pcm))
        if self._wire.connected:
            self._down(None, turn, pcm)

    def _down(self, message: Outgoing | None, turn: int = -1, pcm: bytes = b"") -> None:
        now = trio.current_time()
        self._wire.put_down(now, message, turn, pcm)
        if self._wire.is_instant(now):
            self._catch_up(now)
        if message is not None:
            self._poked.set()

    # --- what the caller does ----------------------------------------------------------------------------------------

    async def say(self, text: str, *, ms: int | None = None) -> None:
        """Speak, and return when the last word is out."""
        samples = [np.full(word.samples, word.value, np.int16) for word in self.dictionary.pronounce(text, ms=ms)]
        await self._utter(np.concatenate(samples))

    async def make_noise(self, ms: int) -> None:
        """Cough, or drop something."""
        word = self.dictionary.noise(ms)
        await self._utter(np.full(word.samples, word.value, np.int16))

    async def _utter(self, samples: Pcm) -> None:
        self._catch_up(trio.current_time())
        self._microphone.speak(samples)
        self._unanswered = True
        while self._microphone.speaking:
            await self._ticked.wait()

    def left_s(self) -> float:
        """Seconds of audio that the loudspeaker has left."""
        self._catch_up(trio.current_time())
        return self.loudspeaker.queued_s

    def type_text(self, text: str) -> None:
        self._unanswered = True
        self._to_server(TypedText(text))

    def hang_up(self) -> None:
        self._to_server(HangUp("caller"))

    def report(self, turn: int, samples: int) -> None:
        """Say that so much of a turn was played, whether it was or not."""
        self._catch_up(trio.current_time())  # what the microphone gave before goes before
        self._to_server(PlaybackReport(turn, samples))

    def lose_line(self) -> None:
        """The network goes away; audio in it is lost, messages come again when it is back."""
        if self._wire.connected:
            self._unseen = self._wire.lose()
            self._send.send_nowait(LineLost())

    def stall(self, seconds: float) -> None:
        """The network gives nothing for a while, and then all of it at once."""
        self._catch_up(trio.current_time())
        self._wire.stall(trio.current_time() + seconds)

    def regain_line(self) -> None:
        """The network is back: as a browser would, forget what was not played and say how far that came."""
        if not self._wire.connected:
            now = trio.current_time()
            self._wire.connected = True
            self.loudspeaker.advance(now)
            self.loudspeaker.forget()
            unseen, self._unseen = self._unseen, []
            for message in unseen:
                self._down(message)
            self._send.send_nowait(LineBack())
            self._report(now)
            self._poked.set()

    async def wait_for(self, *states: str) -> None:
        """Until the call is in one of these states."""
        while self.state not in states:
            await self._changed.wait()

    async def wait_until_answered(self) -> None:
        """Until the agent is done speaking, and has spoken since the caller said something last."""
        while self._unanswered or self.state != "idle":
            await self._changed.wait()

    async def wait_for_answer(self) -> None:
        """Until the agent has begun to speak and is done again."""
        await self.wait_for("speaking")
        await self.wait_for("idle")

    # --- what the caller got -----------------------------------------------------------------------------------------

    def messages(self, kind: type | None = None) -> list[Any]:
        """All messages, or those of one kind."""
        messages = [received.message for received in self.received if received.message is not None]
        return [message for message in messages if kind is None or isinstance(message, kind)]

    def heard_samples(self, turn: int) -> Pcm:
        """What came out of the loudspeaker in this turn."""
        return np.concatenate([np.zeros(0, np.int16), *self.ears.get(turn, [])])

    def transcript(self, turn: int, role: str) -> TranscriptUpdate | None:
        """The latest transcript of this turn and role."""
        found = reversed(self.messages(TranscriptUpdate))
        return next((m for m in found if (m.turn, m.role) == (turn, role)), None)

    # --- the client --------------------------------------------------------------------------------------------------

    async def live(self) -> None:
        """Microphone, loudspeaker and network. Runs until the call has ended.

        It wakes for what reaches the call, for each message that reaches the client, and when the loudspeaker runs
        dry. What needs no answer (audio that arrives, a frame that leaves the microphone) is done late, as of its own
        time.
        """
        while not self.ended.is_set():
            now = trio.current_time()
            self._catch_up(now)
            if not self.loudspeaker.queued_s:
                self._listen(now)
            self._wire.carry_up(now)
            self._poked = trio.Event()
            with trio.move_on_at(max(now, self._next_event(now))):
                await self._poked.wait()

    def _catch_up(self, now: float) -> None:
        """Do all that is due, in order."""
        down = self._wire.down
        while True:
            capture = self._microphone.due
            arrival = down[0].at if down else float("inf")
            if min(capture, arrival) > now + 1e-9:
                break
            if arrival <= capture:
                self._take(down.popleft())
            else:
                self._capture(capture)
        self._listen(now)

    def _capture(self, at: float) -> None:
        """A frame leaves the microphone."""
        self._listen(at)
        self._wire.put_up(at, CallerAudio(self._microphone.frame()), self._lag)
        self._lag = self._wire.lag()
        self._ticked.set()
        self._ticked = trio.Event()

    def _next_event(self, now: float) -> float:
        due = min(self._microphone.due + self._lag, self._wire.next_event())
        if self.loudspeaker.queued_s and not self.loudspeaker.held:
            due = min(due, now + self.loudspeaker.queued_s)
        return due

    def _to_server(self, message: Incoming, at: float | None = None) -> None:
        self._wire.put_up(trio.current_time() if at is None else at, message)
        self._poked.set()

    def _take(self, item: Received) -> None:
        """Something has reached the client."""
        self.loudspeaker.advance(item.at)
        self.received.append(item)
        if item.message is not None:
            self._note(Arrived(item.message))
            self._on_message(item.message, item.at)
        elif item.turn == self.loudspeaker.turn:
            self.loudspeaker.add(item.pcm)

    def _on_message(self, message: Outgoing, now: float) -> None:
        match message:
            case StateChanged(state):
                self.state = state
                self._notify()
            case AgentSpeaking(turn):
                self.loudspeaker.begin(turn)
                self._unanswered = False
                self._notify()
            case Hold():
                self.loudspeaker.held = True
                self._report(now)
            case Resume():
                self.loudspeaker.held = False
            case Flush(turn):
                if turn == self.loudspeaker.turn:
                    self.loudspeaker.forget()
                    self.loudspeaker.held = False
                self._report(now)
            case CallEnded():
                self.ended.set()
                self._notify()
            case _:
                pass

    def _listen(self, now: float) -> None:
        played = self.loudspeaker.advance(now)
        if played and (not self.loudspeaker.queued_s or now - self._reported >= _REPORT_EVERY - 1e-9):
            self._report(now)

    def _report(self, now: float) -> None:
        self._reported = now
        if self.reports and self.loudspeaker.turn >= 0:
            self._to_server(PlaybackReport(self.loudspeaker.turn, self.loudspeaker.played), now)

    def _notify(self) -> None:
        self._changed.set()
        self._changed = trio.Event()
