"""A caller made of WAV files: speaks them one after the other, listens like a good client, and keeps what was heard.

One task and one clock. Every 20 ms the microphone gives a frame, speech or silence; the loudspeaker plays in real time;
what it has played is reported every 100 ms and at once on hold, flush and drain. The next file is spoken when the agent
has finished and a pause has passed, or, with ``interrupt``, in the middle of the agent's answer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from math import inf
from pathlib import Path

import attrs
import numpy as np
import trio

from actors.audio import read_wav, to_bytes
from actors.errors import ConfigurationError
from actors.line import (
    AgentSpeaking,
    CallEnded,
    CallerAudio,
    HangUp,
    Incoming,
    Outgoing,
    StateChanged,
)
from actors.ports import CALLER_RATE, Pcm
from web.cli._loudspeaker import FRAME_SAMPLES, Loudspeaker, Microphone, side_by_side
from web.cli._playback import Playback

__all__ = ["FileLine", "SpokenFile", "Utterance", "read_utterance"]

FRAME_S = FRAME_SAMPLES / CALLER_RATE
AFTER_SPEECH_S = 1.5  #: the agent has this long to notice that something was said at all
PATIENCE_S = 60.0  #: the agent has this long to finish an answer
_SILENT = 32  # the loudest sample of a file without speech: -60 dB
_AHEAD = 500  # messages that may wait for the call: 10 s of audio


@attrs.frozen
class Utterance:
    """What a caller says in one go: 16 kHz samples, and the name to show for it."""

    name: str
    samples: Pcm = attrs.field(eq=False, repr=lambda samples: f"<{len(samples)}>")

    @property
    def seconds(self) -> float:
        return len(self.samples) / CALLER_RATE


@attrs.frozen
class SpokenFile:
    """An utterance begins now."""

    utterance: Utterance
    number: int


def read_utterance(path: Path) -> Utterance:
    """A WAV file of any rate, channel count and width. ConfigurationError where it is none or holds no sound."""
    try:
        wav = read_wav(path)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from None
    if not np.any(np.abs(wav.samples.astype(np.int32)) > _SILENT):
        raise ConfigurationError(f"{path} holds only silence.")
    return Utterance(path.name, wav.mono(CALLER_RATE))


class FileLine:
    """Implements :class:`actors.line.Line`; run :meth:`run` beside the call.

    ``gap``: seconds between the agent's last word and the caller's next. ``interrupt``: speak the second and every
    further utterance when the agent has been heard for this many seconds, whether it has finished or not. ``show`` gets
    everything as it happens, with the seconds since the call began.
    """

    round_trip = 0.0

    def __init__(
        self,
        utterances: Sequence[Utterance],
        *,
        show: Callable[[float, Outgoing | SpokenFile], None],
        gap: float = 0.6,
        interrupt: float | None = None,
        patience: float = PATIENCE_S,
    ) -> None:
        self._into, self.incoming = trio.open_memory_channel[Incoming](_AHEAD)
        self._waiting = deque(utterances)
        self._show, self._gap, self._interrupt, self._patience = show, gap, interrupt, patience
        self._start = trio.current_time()
        self._microphone, self._loudspeaker = Microphone(), Loudspeaker()
        self._playback = Playback(self._loudspeaker, self._start, lambda: self._woken.set())
        self._frames = 0
        self._state, self._state_since = "", self._start
        self._speech_ended = -inf
        self._answer_heard_from: float | None = None  # since when the answer to the latest utterance is heard
        self._woken = trio.Event()
        self._hung_up = self._ended = False
        self.spoken = 0  #: utterances begun
        self.stalled = False  #: the agent never finished, and the caller hung up
        self.out_of_sound = 0.0  #: seconds of the longest pause of this task: a machine too slow for real time

    # --- the call's side ---------------------------------------------------------------------------------------------

    def send(self, message: Outgoing) -> None:
        now = trio.current_time()
        self._playback.take(message, now)
        match message:
            case StateChanged(state):
                self._state, self._state_since = state, now
            case AgentSpeaking():
                self._answer_heard_from = None
            case CallEnded():
                self._ended = True
                self._woken.set()
            case _:
                pass
        self._show(now - self._start, message)

    def send_audio(self, turn: int, pcm: bytes) -> None:
        now = trio.current_time()
        if self._answer_heard_from is None:
            self._answer_heard_from = now
        self._playback.take_audio(turn, pcm, now)

    # --- the caller's side -------------------------------------------------------------------------------------------

    @property
    def left(self) -> int:
        """Utterances that were never spoken."""
        return len(self._waiting)

    async def run(self) -> None:
        """Live the caller's side of the call until it is over."""
        while not self._ended:
            now = trio.current_time()
            self._playback.until(now)
            await self._report(now)
            next_frame = self._start + self._frames * FRAME_S
            self.out_of_sound = max(self.out_of_sound, now - next_frame)
            if now >= next_frame:
                await self._act(now)
                speaking = self._microphone.speaking
                frame = self._microphone.frame()
                if speaking and not self._microphone.speaking:
                    self._speech_ended = now
                await self._into.send(CallerAudio(to_bytes(frame)))
                self._frames += 1
                continue
            self._woken = trio.Event()
            with trio.move_on_at(min(next_frame, self._playback.due)):
                await self._woken.wait()

    def recording(self) -> Pcm:
        """The call so far: stereo at 24 kHz, caller left, agent right, ``[n, 2]``."""
        return side_by_side(self._microphone.track(), self._loudspeaker.track())

    async def _act(self, now: float) -> None:
        """Speak the next utterance, or hang up, if it is time to."""
        if self._microphone.speaking or self._hung_up:
            return
        if self._waiting and self._may_interrupt(now):
            self._say(self._waiting.popleft(), now)
        elif self._agent_finished(now):
            if self._waiting:
                self._say(self._waiting.popleft(), now)
            else:
                await self._hang_up("caller")
        elif now - max(self._state_since, self._speech_ended) > self._patience:
            self.stalled = True
            await self._hang_up("the agent never finished")

    async def _hang_up(self, reason: str) -> None:
        self._hung_up = True
        await self._into.send(HangUp(reason))

    def _say(self, utterance: Utterance, now: float) -> None:
        self.spoken += 1
        self._answer_heard_from = None
        self._microphone.say(utterance.samples)
        self._show(now - self._start, SpokenFile(utterance, self.spoken))

    def _agent_finished(self, now: float) -> bool:
        quiet = self._state == "idle" and not self._loudspeaker.busy and now - self._state_since >= self._gap
        return quiet and now - self._speech_ended >= AFTER_SPEECH_S

    def _may_interrupt(self, now: float) -> bool:
        if self._interrupt is None or not self.spoken or self._answer_heard_from is None:
            return False
        return self._state == "speaking" and now - self._answer_heard_from >= self._interrupt

    # --- playback ----------------------------------------------------------------------------------------------------

    async def _report(self, now: float) -> None:
        report = self._playback.report(now)
        if report is not None:
            await self._into.send(report)
