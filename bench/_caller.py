"""A caller in real time on a call's own line, who notes when everything came and went.

The microphone never stops: a frame of 20 ms is handed over when its time has passed, whatever the call is doing. It
picks up the caller, the room, and (if there is an :class:`EchoPath`) the loudspeaker. The loudspeaker plays as the page
does and reports every 100 ms and at once on hold, flush and drain.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np
import soxr
import trio

from actors.audio import to_bytes
from actors.line import (
    AgentDone,
    CallEnded,
    CallerAudio,
    HangUp,
    Incoming,
    Outgoing,
    StateChanged,
    TypedText,
)
from actors.ports import AGENT_RATE, CALLER_RATE, Pcm
from web.cli._loudspeaker import FRAME_SAMPLES, Loudspeaker
from web.cli._playback import Playback

__all__ = ["Caller", "Came", "EchoPath"]

FRAME_S = FRAME_SAMPLES / CALLER_RATE
_AHEAD = 500


@attrs.frozen
class Came:
    """Something that the call sent: a message, or audio of a turn (then ``pcm``), at this time of trio's clock."""

    at: float
    message: Outgoing | None = None
    turn: int = -1
    pcm: bytes = attrs.field(default=b"", repr=False)


@attrs.frozen
class EchoPath:
    """From the loudspeaker back into the microphone: ``gain_db`` relative to what was played, ``delay_ms`` later."""

    gain_db: float
    delay_ms: float


class _Speaker(Loudspeaker):
    """A loudspeaker whose sound can be had at once: each piece played, with the position where it began."""

    def __init__(self) -> None:
        super().__init__()
        self._taken = 0

    def take_new(self) -> list[tuple[int, Pcm]]:
        """What was played since this was last asked."""
        new, self._taken = self._track[self._taken :], len(self._track)
        return new

    @property
    def total(self) -> int:
        """Samples played of all turns."""
        return sum(self._played.values())


class Caller:
    """Implements :class:`actors.line.Line`; run :meth:`run` beside the call.

    ``noise_db``: the room's noise at the microphone, RMS relative to full scale. What came is in ``came``; ``late`` is
    the longest time (s) that a frame was behind its schedule: a machine too slow to be measured.
    """

    round_trip = 0.0

    def __init__(self, *, noise_db: float = -62.0, echo: EchoPath | None = None, seed: int = 0) -> None:
        self._into, self.incoming = trio.open_memory_channel[Incoming](_AHEAD)
        self._start = trio.current_time()
        self._random = np.random.default_rng(seed)
        self._noise = 10 ** (noise_db / 20) * 32768
        self._echo = _Echo(echo) if echo is not None else None
        self._loudspeaker = _Speaker()
        self._playback = Playback(self._loudspeaker, self._start, lambda: self._woken.set())
        self._waiting: Pcm = np.empty(0, np.int16)
        self._sent_at: list[float] = []  # when each frame was handed over
        self._woken = trio.Event()
        self._changed = trio.Event()
        self.came: list[Came] = []
        self.state = ""
        self.ended = False
        self.late = 0.0

    # --- the call's side ---------------------------------------------------------------------------------------------

    def send(self, message: Outgoing) -> None:
        now = trio.current_time()
        self.came.append(Came(now, message))
        self._playback.take(message, now)
        match message:
            case StateChanged(state):
                self.state = state
            case CallEnded():
                self.ended = True
                self._woken.set()
            case _:
                pass
        self._notify()

    def send_audio(self, turn: int, pcm: bytes) -> None:
        now = trio.current_time()
        self.came.append(Came(now, None, turn, pcm))
        self._playback.take_audio(turn, pcm, now)
        self._notify()

    # --- what the caller does ----------------------------------------------------------------------------------------

    @property
    def speaking(self) -> bool:
        return len(self._waiting) > 0

    @property
    def heard_seconds(self) -> float:
        """Agent speech that came out of the loudspeaker so far."""
        return self._loudspeaker.total / AGENT_RATE

    def played(self, turn: int) -> int:
        """Samples of this turn that came out of the loudspeaker."""
        return self._loudspeaker.played(turn)

    def heard_track(self) -> tuple[float, Pcm]:
        """All that came out of the loudspeaker (24 kHz), and when its first sample was due."""
        return self._start, self._loudspeaker.track()

    @property
    def agent_silent(self) -> bool:
        """Nothing is left to be played."""
        return not self._loudspeaker.busy

    def say(self, samples: Pcm) -> int:
        """Speak from the next frame on; returns the microphone's number of the first of these samples."""
        first = len(self._sent_at) * FRAME_SAMPLES + len(self._waiting)
        self._waiting = np.concatenate((self._waiting, samples))
        return first

    @property
    def waited_for(self) -> bool:
        """Whether all was heard and the agent waits for the caller."""
        return self.agent_silent and self.state == "idle"

    @property
    def greeted(self) -> bool:
        """The same, and the greeting (turn 0) was among it: a call begins idle, too."""
        done = any(isinstance(came.message, AgentDone) and came.message.turn == 0 for came in self.came)
        return done and self.waited_for

    def type_text(self, text: str) -> None:
        self._into.send_nowait(TypedText(text))

    def hang_up(self) -> None:
        self._into.send_nowait(HangUp("caller"))

    def arrived(self, sample: int) -> float | None:
        """When the frame with this microphone sample was handed to the call; None: not yet."""
        frame = sample // FRAME_SAMPLES
        return self._sent_at[frame] if frame < len(self._sent_at) else None

    async def until(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Wait until this holds (looked at whenever something comes or goes); False after ``timeout`` seconds, or when
        the call has ended first."""
        with trio.move_on_after(timeout):
            while not condition():
                if self.ended:
                    return False
                await self._changed.wait()
            return True
        return condition()

    # --- the caller's devices ----------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Live the caller's side until the call has ended."""
        while not self.ended:
            now = trio.current_time()
            self._playback.until(now)
            await self._report(now)
            # A microphone hands a frame over when the last of its samples has been taken.
            due = self._start + (len(self._sent_at) + 1) * FRAME_S
            if now >= due:
                self.late = max(self.late, now - due)
                frame = self._frame()
                self._sent_at.append(trio.current_time())
                await self._into.send(CallerAudio(to_bytes(frame)))
                self._notify()
                continue
            self._woken = trio.Event()
            with trio.move_on_at(min(due, self._playback.due)):
                await self._woken.wait()

    def _frame(self) -> Pcm:
        sound = self._random.standard_normal(FRAME_SAMPLES) * self._noise
        now, self._waiting = self._waiting[:FRAME_SAMPLES], self._waiting[FRAME_SAMPLES:]
        sound[: len(now)] += now
        if self._echo is not None:
            sound += self._echo.take(self._loudspeaker.take_new(), self._loudspeaker.position)
        return np.clip(np.rint(sound), -32768, 32767).astype(np.int16)

    async def _report(self, now: float) -> None:
        report = self._playback.report(now)
        if report is not None:
            await self._into.send(report)

    def _notify(self) -> None:
        self._changed.set()
        self._changed = trio.Event()


class _Echo:
    """What comes back of the loudspeaker's sound, frame by frame."""

    def __init__(self, path: EchoPath) -> None:
        self._gain = 10 ** (path.gain_db / 20)
        self._resampler = soxr.ResampleStream(AGENT_RATE, CALLER_RATE, 1, dtype="float32", quality="LQ")
        self._ready = np.zeros(round(path.delay_ms * CALLER_RATE / 1000), np.float32)
        self._position = 0  # up to where the loudspeaker's sound has been taken over, 24 kHz

    def take(self, played: list[tuple[int, Pcm]], position: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        """The next frame; ``played`` is what came out of the loudspeaker since the last one, up to ``position``."""
        new = np.zeros(position - self._position, np.float32)
        for start, samples in played:
            new[start - self._position : start - self._position + len(samples)] = samples
        self._position = position
        if len(new):
            self._ready = np.concatenate((self._ready, self._resampler.resample_chunk(new) * self._gain))
        frame = np.zeros(FRAME_SAMPLES, np.float32)
        now, self._ready = self._ready[:FRAME_SAMPLES], self._ready[FRAME_SAMPLES:]
        frame[: len(now)] = now
        return frame
