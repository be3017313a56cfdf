"""The ear: caller audio in, voice events out.

The voice detector runs inline on every frame, and always on what really came in, so that its memory stays right; where
that may be no more than the agent's own echo (see ``_echo``), its verdict is overruled, and what may yet become a
voice is told before it is one (see ``_suspicion``). Speech between two long pauses
is a *segment*; the recogniser gets a segment's audio from a little before its first voiced sample on, pauses included.

Silence is counted in received samples, so that a network hiccup ends nobody's turn; when no input has come for 400 ms
the wall clock counts instead, since a muted or broken microphone must not hold a turn open for ever. It begins at the
caller's last *audible* sample: the detector lingers after a sound for 60 ms (25 to 110), and its windows are coarse.
"""

from __future__ import annotations

from collections.abc import Callable

import trio

from actors.audio import SILENCE_DB, to_array
from actors.call._asker import Asker
from actors.call._echo import EchoGate
from actors.call._hearing import EarSettings, Hearing
from actors.call._recent import Recent
from actors.call._suspicion import Suspicion
from actors.call._voice import Voice
from actors.ports import CALLER_RATE, Intent, SttStream, VadStream
from statechart import Event, VoiceStarted, VoiceStopped, VoiceSuspected

__all__ = ["Ear"]


class Ear:
    """One call's ear. ``post`` takes the events; ``agent_db(seconds)`` tells how loud the agent's own voice can be in
    the ``seconds`` of caller audio that came in just now (dB relative to full scale, :data:`actors.audio.SILENCE_DB`
    where it cannot be in it); ``unheard_ms`` and ``heard`` what is left of its reply and what is not (see
    :class:`statechart.VoiceStarted`); ``intent`` what a sound over the agent is judged by, words apart."""

    def __init__(
        self,
        vad: VadStream,
        stt: SttStream,
        *,
        settings: EarSettings,
        post: Callable[[Event], None],
        on_silence: Callable[[], None],
        agent_db: Callable[[float], float],
        unheard_ms: Callable[[], int | None],
        heard: Callable[[], str],
        intent: Intent | None = None,
    ) -> None:
        self._vad, self._stt, self._settings = vad, stt, settings
        self._post, self._on_silence = post, on_silence
        self._agent_db, self._unheard_ms, self._heard = agent_db, unheard_ms, heard
        self._voice = Voice(settings.voice, window=vad.window, rate=CALLER_RATE)
        self._gate = EchoGate(window=vad.window, floor_db=-(settings.voice.echo_margin_db or 0.0))
        self._suspicion = Suspicion(settings.suspicion)
        self._probability = 0.0  # of a voice, by the detector's latest window
        most = settings.longest_ms * CALLER_RATE // 1000
        self._recent = Recent(pre_roll=settings.pre_roll_ms * CALLER_RATE // 1000, most=most)
        self._hearing = Hearing(self._voice, self._recent)
        self.asker = Asker(self._hearing, stt, intent, settings=settings, post=post)  #: of this ear's engines
        self._pauses = 0
        self._over_agent = False  # the agent's own voice can be in what came in last
        self._voice_ended = 0
        self._peak = 0  # of the segment's voice
        self._silence_wanted: int | None = None  # in samples after the last voiced one
        self._last_input = trio.current_time()
        self.last_voiced_at = self._last_input  #: when the last voiced sample arrived (trio's clock)

    # --- audio in --------------------------------------------------------------------------------------------------

    def hear(self, pcm: bytes) -> None:
        """Take caller audio: PCM int16 LE, 16 kHz, any even length. Never blocks."""
        now = trio.current_time()
        self._last_input = now
        samples = to_array(pcm)
        agent_db = self._agent_db(len(samples) / CALLER_RATE)
        self._hearing.clock += len(samples)
        self._recent.keep(samples, end=self._hearing.clock, arrived=now, voiced=self._voice.voiced)
        if self._hearing.segment_open:
            self._stt.push(samples)
            self._hearing.segment_samples += len(samples)
        self._over_agent = agent_db > SILENCE_DB
        against = self._gate.feed(samples, agent_db)
        for probability, over in zip(self._vad.feed(samples), against, strict=True):
            self._probability = probability
            change = self._voice.feed(probability, over)
            if change is not None:
                self._changed(voiced=change.voiced, at=change.at, now=now)
            elif self._voice.sounding:
                self.last_voiced_at = now
        if self._suspicion.feed(samples, agent_db=agent_db, probability=self._probability, voiced=self._voice.voiced):
            self._post(VoiceSuspected())
        self._mind_length()
        self._check_silence()
        self.asker.look()

    def close_segment(self) -> None:
        """What the caller says from now on is a new segment; a voice that is under way is taken over whole."""
        if not self._hearing.segment_open:
            self._hearing.segment += 1  # each order closes one, also where none was begun: the chart counts them so
        self._hearing.segment_open = False
        if self._voice.voiced:
            self._open_segment()

    def want_silence(self, after_ms: int | None) -> None:
        """Call ``on_silence`` once, when ``after_ms`` of silence follow the last voiced sample; None: never mind."""
        self._silence_wanted = None if after_ms is None else after_ms * CALLER_RATE // 1000
        self._check_silence()

    def _changed(self, *, voiced: bool, at: int, now: float) -> None:
        if voiced:
            self.last_voiced_at = now
            self._hearing.onset = at
            self.asker.begin(at, over_agent=self._over_agent)
            paused_ms = (at - self._voice_ended) * 1000 / CALLER_RATE if self._hearing.segment_open else 0.0
            if not self._hearing.segment_open or paused_ms > self._settings.join_ms:
                self._open_segment()
            self._post(VoiceStarted(self._hearing.segment, self._unheard_ms(), self._heard()))
        else:
            self._pauses += 1
            self._voice_ended = at
            self._hearing.silent_since = at
            if (found := self._recent.last_audible(at, self._peak)) is not None:
                self._hearing.silent_since, self.last_voiced_at, self._peak = found.end, found.arrived, found.peak
            self._post(VoiceStopped(self._hearing.segment, self._pauses, self._hearing.clear_ms))

    def _open_segment(self) -> None:
        self._hearing.segment += 1
        self._hearing.segment_open = True
        self._peak = 0
        self._hearing.segment_samples = 0
        self._stt.begin(self._hearing.segment)
        # The voice before this one was in another segment: its last words must not be heard again. Nor must the agent's
        # own, which are all that there is before a voice over it.
        first = self._voice_ended
        if self._over_agent:
            first = max(first, self._hearing.onset - self._settings.pre_roll_over_agent_ms * CALLER_RATE // 1000)
        for samples in self._recent.since(first):
            self._stt.push(samples)
            self._hearing.segment_samples += len(samples)

    def _mind_length(self) -> None:
        most = self._settings.longest_ms * CALLER_RATE // 1000
        if self._hearing.segment_open and self._hearing.segment_samples > most:
            # Longer than any breath: take what there is, and listen on in a new segment.
            self._hearing.segment_open = False
            if self._voice.voiced:
                self._open_segment()

    def _check_silence(self) -> None:
        if (
            self._silence_wanted is not None
            and not self._voice.voiced
            and not self._voice.setting_in  # the next window tells; nobody is answered into their first word
            and self._hearing.clock - self._hearing.silent_since >= self._silence_wanted
        ):
            self._silence_wanted = None
            self._on_silence()

    # --- tasks -----------------------------------------------------------------------------------------------------

    async def watch(self) -> None:
        """Count silence by the wall clock while no input comes. Runs for ever."""
        step = 0.02
        while True:
            missing = trio.current_time() - self._last_input - self._settings.no_input_ms / 1000
            if missing < 0:
                await trio.sleep(-missing + 0.001)
                continue
            if self._voice.voiced:
                # The line went dead in mid-word: that is the end of the voice.
                self._vad.reset()
                self._gate.reset()
                self._suspicion.reset()
                self._probability = 0.0
                while self._voice.voiced:
                    change = self._voice.feed(0.0)
                    self._hearing.clock = max(self._hearing.clock, self._voice.position)
                    if change is not None:
                        self._changed(voiced=False, at=change.at, now=trio.current_time())
            elif self._silence_wanted is None:
                await trio.sleep(step)
                continue
            self._hearing.clock += int(step * CALLER_RATE)
            self._voice.skip(int(step * CALLER_RATE))
            self._check_silence()
            await trio.sleep(step)
