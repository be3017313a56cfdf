"""The playout actor: sends the agent's audio at the caller's pace, holds it, lets it go on, throws it away.

It owns the cursor (see ``_cursor``) and so knows what was heard. Everything that it is told is synchronous; its one
task only wakes when audio is due or a wait is over. It sends at most a lead ahead of the estimated position, so that a
cut leaves little in the network, and nothing between hold and resume or after a flush.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import trio

from actors.call._cursor import lead_samples
from actors.call._echo import EchoReference
from actors.call._outlet import Outlet
from actors.call._reel import Reel, Span
from actors.call._settling import Settling
from actors.line import AgentDone, AgentSpeaking, Flush, Hold, Resume
from actors.ports import AGENT_RATE, WordTiming
from statechart import AudioReady, Event, PlayoutDrained

__all__ = ["MOST_UNSENT_S", "Playout"]

MOST_UNSENT_S = 10  #: seconds of audio that may wait; then whoever speaks is made to wait
RESYNC_S = 0.5  #: how long to wait for the report of a client that came back


class Playout:
    """``post`` takes chart events. ``on_settled(reel, played, cut)`` is told what was heard of a turn, once, exactly.
    ``on_answer_sent(turn)``: the first byte of a turn's answer (no filler) has gone out. Audio goes out in frames of
    ``frame_ms``; the wire allows 40."""

    def __init__(
        self,
        out: Outlet,
        *,
        post: Callable[[Event], None],
        on_settled: Callable[[Reel, int, bool], None],
        on_answer_sent: Callable[[int], None],
        frame_ms: int = 40,
    ) -> None:
        self._out, self._post = out, post
        self._frame = AGENT_RATE * frame_ms // 1000
        self._on_settled, self._on_answer_sent = on_settled, on_answer_sent
        self._reel: Reel | None = None
        self._settling = Settling(lambda reel, played: on_settled(reel, played, True))
        self._open = False  # audio of the reel may go out
        self._held = False
        self._connected, self._lost_at = True, 0.0
        self._resync_by: float | None = None  # after a lost line: when to go on without the client's report
        self._ready_told = False  # AudioReady was posted and not yet answered
        self._speaking: int | None = None  # turn of the last agent_speaking without agent_done
        self._answer_told = -1
        self._echo = EchoReference()
        self._changed = trio.Event()
        self._room = trio.Event()  # set, and made anew, whenever audio was sent or dropped

    # --- the speaker's side ----------------------------------------------------------------------------------------

    def reel_for(self, turn: int, attempt: int, *, confirmed: bool) -> Reel:
        """The reel of this turn, taken over by this attempt."""
        reel = self._reel
        if reel is None or reel.turn != turn:
            self._leave()
            reel = self._reel = Reel(turn, attempt)
        elif reel.attempt != attempt:
            reel.next_attempt(attempt)
            self._ready_told = False
        if confirmed:
            self.confirm(reel)
        return reel

    async def add(self, reel: Reel, span: Span, pcm: bytes, words: Sequence[WordTiming] = ()) -> None:
        """Queue audio of the span begun last; waits while :data:`MOST_UNSENT_S` of audio are unsent."""
        while reel is self._reel and reel.unsent > MOST_UNSENT_S * AGENT_RATE:
            await self._room.wait()
        await trio.lowlevel.checkpoint()
        reel.add(span, pcm, words)
        self._tell_ready()
        self._wake()

    def confirm(self, reel: Reel) -> None:
        """The reel's attempt is the real answer."""
        reel.confirmed = True
        self._tell_ready()

    def finish(self, reel: Reel) -> None:
        """Nothing more will be added."""
        reel.finished = True
        if reel is self._reel:
            self._end_if_drained(reel)  # before this was known
        self._wake()

    def reopen(self, turn: int, attempt: int) -> Reel | None:
        """Let more follow what was finished; None where the caller's end was told already that nothing will."""
        if (reel := self._reel) is None or (reel.turn, reel.attempt, self._speaking) != (turn, attempt, turn):
            return None
        reel.reopen()
        return reel

    def _end_if_drained(self, reel: Reel) -> None:
        if reel.finished and reel.cursor.sent and not reel.unsent and not self._open and not self._held:
            self._heard_out(reel)

    def _tell_ready(self) -> None:
        if (reel := self._reel) and reel.confirmed and reel.unsent and not self._open and not self._ready_told:
            self._ready_told = True
            self._post(AudioReady(reel.turn, reel.attempt))

    # --- the chart's orders ----------------------------------------------------------------------------------------

    def play(self, turn: int) -> None:
        if self._reel is None or self._reel.turn != turn:
            return
        self._open, self._held, self._ready_told = True, False, False
        self._reel.cursor.go_on(trio.current_time())
        if self._speaking != turn:
            self._speaking = turn
            self._out.send(AgentSpeaking(turn))
        self._wake()

    def hold(self, turn: int) -> None:
        if self._reel is not None and self._reel.turn == turn and not self._held:
            self._held = True
            self._reel.cursor.pause(trio.current_time())
            self._out.send(Hold(turn))

    def resume(self, turn: int) -> None:
        if self._reel is not None and self._reel.turn == turn and self._held:
            self._held = False
            self._reel.cursor.go_on(trio.current_time())
            self._out.send(Resume(turn))
            self._wake()

    def flush(self, turn: int) -> None:
        """Throw away what was not played; what was, is settled by the client's next report or after a short wait."""
        reel = self._reel
        if reel is None or reel.turn != turn:
            return
        now = trio.current_time()
        reel.cursor.pause(now)
        self._out.send(Flush(turn))
        self._done()
        self._settling.add(reel, now, self._out.round_trip)
        self._reel, self._open, self._held, self._ready_told = None, False, False, False
        self._make_room()
        self._wake()

    def drop(self, turn: int) -> None:
        """The attempt was withdrawn: its unsent audio is never sent."""
        if self._reel is not None and self._reel.turn == turn:
            self._reel.next_attempt(self._reel.attempt)
            self._ready_told = False
            self._wake()

    # --- the line --------------------------------------------------------------------------------------------------

    def report(self, turn: int, samples: int) -> None:
        """The client has played this much of the turn."""
        now = trio.current_time()
        if self._settling.report(turn, samples, now):
            return
        if self._reel is not None and self._reel.turn == turn:
            self._reel.cursor.on_report(samples, now)
            if self._resync_by is not None:
                self._resync(now)
            self._wake()

    def line_lost(self) -> None:
        self._connected = False
        self._lost_at = trio.current_time()
        if self._reel is not None:
            self._reel.cursor.pause(self._lost_at)

    def line_back(self) -> None:
        """The caller is back: what it had not played is sent again."""
        self._connected = True
        self._resync_by = trio.current_time() + RESYNC_S  # the client says first how far it came
        self._wake()

    def _resync(self, now: float) -> None:
        self._resync_by = None
        if self._reel is not None:
            self._reel.cursor.rewind(now, self._lost_at)
            if not self._held:
                self._reel.cursor.go_on(now)

    # --- what others ask -------------------------------------------------------------------------------------------

    def agent_db(self, seconds: float) -> float:
        """How loud the agent's own voice can be in the ``seconds`` of caller audio that came in just now: dB relative
        to full scale, :data:`actors.audio.SILENCE_DB` where it cannot be in it. Ask whenever caller audio comes in."""
        now, round_trip = trio.current_time(), self._out.round_trip
        reel = self._reel
        if reel is not None and self._open and not self._held:
            self._echo.playing(now, reel.turn, reel.cursor.estimate(now), round_trip=round_trip)
        return self._echo.loudest(now, seconds=seconds, round_trip=round_trip)

    @property
    def unheard_ms(self) -> int | None:
        """How much of a finished reply is still to be heard; None while nothing plays or more may come."""
        reel = self._reel
        if reel is None or not reel.finished or not self._open:
            return None
        return (reel.total - reel.cursor.estimate(trio.current_time())) * 1000 // AGENT_RATE

    @property
    def position(self) -> tuple[int, int, int]:
        """The present turn, and how many samples of it were sent and, as far as one can tell, heard; -1, 0, 0 without
        one."""
        reel = self._reel
        return (-1, 0, 0) if reel is None else (reel.turn, reel.cursor.sent, reel.cursor.estimate(trio.current_time()))

    @property
    def heard(self) -> str:
        """The words of the present turn that the caller has heard by now."""
        reel = self._reel
        return "" if reel is None else reel.heard(reel.cursor.estimate(trio.current_time())).text.strip()

    # --- the task --------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Send what is due. Runs for ever."""
        while True:
            self._changed = trio.Event()
            with trio.move_on_after(self._advance(trio.current_time())):
                await self._changed.wait()

    def _advance(self, now: float) -> float:
        """Do what is due; return the seconds until something else may be."""
        wait = self._settling.overdue(now)
        if self._resync_by is not None:
            if now < self._resync_by:
                return min(wait, self._resync_by - now)
            self._resync(now)
        reel = self._reel
        if reel is not None:
            self._end_if_drained(reel)  # while it was held
        if reel is None or not self._open or self._held or not self._connected:
            return wait
        wait = min(wait, self._send_due(reel, now))
        if reel.finished and not reel.unsent:
            self._done()
        if reel.cursor.is_drained(reel.total, now):
            self._open = False
            self._post(PlayoutDrained(reel.turn))
            if reel.finished:
                self._heard_out(reel)
        elif not reel.unsent:
            wait = min(wait, reel.cursor.next_check(reel.total, now))
        return wait

    def _send_due(self, reel: Reel, now: float) -> float:
        lead = lead_samples(self._out.round_trip)
        while reel.unsent:
            room = reel.cursor.estimate(now) + lead - reel.cursor.sent
            samples = min(self._frame, reel.unsent)
            if room < samples:
                return (samples - room) / AGENT_RATE
            pcm = reel.take(samples)
            self._out.send_audio(reel.turn, pcm)
            self._echo.sent(reel.turn, reel.cursor.sent, pcm)
            reel.cursor.on_sent(samples, now)
            self._make_room()
            start = reel.answer_start
            if self._answer_told < reel.turn and start is not None and reel.cursor.sent > start:
                self._answer_told = reel.turn
                self._on_answer_sent(reel.turn)
        return float("inf")

    def _heard_out(self, reel: Reel) -> None:
        self._done()
        self._reel = None
        self._on_settled(reel, reel.total, False)

    def close(self) -> None:
        """The call is over: what was heard up to now is what was heard."""
        self._settling.close(trio.current_time())
        self._leave()

    def _leave(self) -> None:
        """A new turn begins. The old reel, if there is still one, was given up without a flush."""
        if self._reel is not None and self._reel.to_keep:
            self._done()
            self._on_settled(self._reel, self._reel.cursor.estimate(trio.current_time()), True)
        self._reel, self._open, self._held, self._ready_told = None, False, False, False

    def _done(self) -> None:
        if self._speaking is not None:
            self._out.send(AgentDone(self._speaking))
            self._speaking = None

    def _make_room(self) -> None:
        self._room.set()
        self._room = trio.Event()

    def _wake(self) -> None:
        self._changed.set()
