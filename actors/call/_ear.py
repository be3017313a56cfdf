"""The ear: caller audio in, voice and transcript events out.

The voice detector runs inline on every frame, and always on what really came in, so that its memory stays right; where
that may be no more than the agent's own echo (see ``_echo``), its verdict is overruled. Speech between two long pauses
is a *segment*; the recogniser gets a segment's audio from a little before its first voiced sample on, pauses included,
and is asked for what it has at intervals (partial) and at each pause (final). At most one request is under way; a final
goes before a partial, and begins *ahead*, in the first silent window: by the time the voice counts as silent much of it
is done, and if the voice goes on after all (one time in eight over the benches' corpus) nothing was lost but the work.

Silence is counted in received samples, so that a network hiccup ends nobody's turn; when no input has come for 400 ms
the wall clock counts instead, since a muted or broken microphone must not hold a turn open for ever. It begins at the
caller's last *audible* sample: the detector lingers after a sound for 60 ms (25 to 110), and its windows are coarse.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import attrs
import numpy as np
import trio

from actors.audio import SILENCE_DB, to_array
from actors.call._echo import EchoGate
from actors.call._intent_watch import IntentWatch
from actors.call._recent import Recent
from actors.call._turn_signals import as_event
from actors.call._voice import Voice, VoiceSettings
from actors.errors import EngineError
from actors.ports import CALLER_RATE, Intent, SttStream, TurnSignalStream, VadStream
from statechart import Event, FinalTranscript, PartialTranscript, SttFailed, VoiceStarted, VoiceStopped

__all__ = ["Ear", "EarSettings"]

_log = logging.getLogger(__name__)

_REST = 3  # a partial costs its own time and delays a final that comes meanwhile: rest so many times as long


@attrs.frozen(kw_only=True)
class EarSettings:
    """Milliseconds. ``join_ms``: a shorter pause does not close a segment. ``longest_ms``: a longer segment is closed
    even in mid-speech, which bounds memory and the time of a transcription. ``pre_roll_ms``: what the recogniser gets
    of the time before the voice set in; over the agent less, since its echo holds words, too."""

    voice: VoiceSettings = VoiceSettings()
    pre_roll_ms: int = 320
    pre_roll_over_agent_ms: int = 176
    join_ms: int = 1000
    longest_ms: int = 25_000
    partial_every_ms: int = 500
    no_input_ms: int = 400
    stt_timeout_ms: int = 4000


@attrs.frozen
class _FinalWanted:
    segment: int
    pause: int


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
        most = settings.longest_ms * CALLER_RATE // 1000
        self._recent = Recent(pre_roll=settings.pre_roll_ms * CALLER_RATE // 1000, most=most)
        self._watch = IntentWatch(intent)
        self._text = ""  # what the open segment sounds like, as far as was told
        self._segment = -1
        self._segment_open = False
        self._segment_samples = 0
        self._pauses = 0
        self._over_agent = False  # the agent's own voice can be in what came in last
        self._onset = 0  # sample at which the latest voice set in
        self._voice_ended = 0
        self._peak = 0  # of the segment's voice
        self._silent_since = 0  # the sample behind the last audible one
        self._clock = 0  # samples received, and silence made up for missing input
        self._silence_wanted: int | None = None  # in samples after the last voiced one
        self._final_wanted: _FinalWanted | None = None
        self._ahead_wanted = False  # a final: the voice may be about to end
        self._final_of: tuple[int, int] | None = None  # segment and last voiced sample of the latest final
        self._final: str | None = None
        self._partial_due = 0
        self._partial_scope = trio.CancelScope()
        self._wake = trio.Event()
        self._weigh = trio.Event()
        self._last_input = trio.current_time()
        self.last_voiced_at = self._last_input  #: when the last voiced sample arrived (trio's clock)

    # --- audio in --------------------------------------------------------------------------------------------------

    def hear(self, pcm: bytes) -> None:
        """Take caller audio: PCM int16 LE, 16 kHz, any even length. Never blocks."""
        now = trio.current_time()
        self._last_input = now
        samples = to_array(pcm)
        agent_db = self._agent_db(len(samples) / CALLER_RATE)
        self._clock += len(samples)
        self._recent.keep(samples, end=self._clock, arrived=now, voiced=self._voice.voiced)
        if self._segment_open:
            self._stt.push(samples)
            self._segment_samples += len(samples)
        self._over_agent = agent_db > SILENCE_DB
        against = self._gate.feed(samples, agent_db)
        for probability, over in zip(self._vad.feed(samples), against, strict=True):
            change = self._voice.feed(probability, over)
            if change is not None:
                self._changed(voiced=change.voiced, at=change.at, now=now)
            elif self._voice.sounding:
                self.last_voiced_at = now
            elif self._voice.voiced and self._segment_open and self._final_of != self._so_far:
                self._ahead_wanted = True
                self._wake.set()
        self._mind_length()
        self._check_silence()
        if self._partial_is_due:
            self._wake.set()
        if self._weighing_is_due:
            self._weigh.set()

    def close_segment(self) -> None:
        """What the caller says from now on is a new segment; a voice that is under way is taken over whole."""
        if not self._segment_open:
            self._segment += 1  # each order closes one, also where none was begun: the chart counts them so
        self._segment_open = False
        if self._voice.voiced:
            self._open_segment()

    def want_final(self, segment: int, pause: int) -> None:
        """Ask for the final transcript as of this pause."""
        self._final_wanted = _FinalWanted(segment, pause)
        self._partial_scope.cancel(reason="a final transcript is wanted")
        self._wake.set()

    def want_silence(self, after_ms: int | None) -> None:
        """Call ``on_silence`` once, when ``after_ms`` of silence follow the last voiced sample; None: never mind."""
        self._silence_wanted = None if after_ms is None else after_ms * CALLER_RATE // 1000
        self._check_silence()

    @property
    def silence_ms(self) -> float:
        """Silence so far after the last voiced sample."""
        return (self._clock - self._silent_since) * 1000 / CALLER_RATE

    @property
    def _clear_ms(self) -> int:
        return self._voice.clear * 1000 // CALLER_RATE

    @property
    def _so_far(self) -> tuple[int, int]:
        """Segment and last voiced sample: what a transcript asked for now covers."""
        return self._segment, self._voice.last_voiced

    @property
    def _partial_is_due(self) -> bool:
        return self._voice.sounding and self._segment_open and self._clock >= self._partial_due

    @property
    def _weighing_is_due(self) -> bool:
        voice = self._voice
        return voice.voiced and self._watch.due(self._clock, sounding=voice.sounding, last_voiced=voice.last_voiced)

    def _changed(self, *, voiced: bool, at: int, now: float) -> None:
        if voiced:
            self.last_voiced_at = now
            self._onset = at
            self._watch.begin(at, over_agent=self._over_agent)
            paused_ms = (at - self._voice_ended) * 1000 / CALLER_RATE if self._segment_open else 0.0
            if not self._segment_open or paused_ms > self._settings.join_ms:
                self._open_segment()
            self._partial_due = self._clock + self._settings.partial_every_ms * CALLER_RATE // 1000
            self._post(VoiceStarted(self._segment, self._unheard_ms(), self._heard()))
        else:
            self._pauses += 1
            self._voice_ended = at
            self._silent_since = at
            if (found := self._recent.last_audible(at, self._peak)) is not None:
                self._silent_since, self.last_voiced_at, self._peak = found.end, found.arrived, found.peak
            self._post(VoiceStopped(self._segment, self._pauses, self._clear_ms))

    def _open_segment(self) -> None:
        self._segment += 1
        self._segment_open = True
        self._peak = 0
        self._text = ""
        self._segment_samples = 0
        self._stt.begin(self._segment)
        # The voice before this one was in another segment: its last words must not be heard again. Nor must the agent's
        # own, which are all that there is before a voice over it.
        first = self._voice_ended
        if self._over_agent:
            first = max(first, self._onset - self._settings.pre_roll_over_agent_ms * CALLER_RATE // 1000)
        for samples in self._recent.since(first):
            self._stt.push(samples)
            self._segment_samples += len(samples)

    def _mind_length(self) -> None:
        most = self._settings.longest_ms * CALLER_RATE // 1000
        if self._segment_open and self._segment_samples > most:
            # Longer than any breath: take what there is, and listen on in a new segment.
            self._segment_open = False
            if self._voice.voiced:
                self._open_segment()

    def _check_silence(self) -> None:
        if (
            self._silence_wanted is not None
            and not self._voice.voiced
            and not self._voice.setting_in  # the next window tells; nobody is answered into their first word
            and self._clock - self._silent_since >= self._silence_wanted
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
                while self._voice.voiced:
                    change = self._voice.feed(0.0)
                    self._clock = max(self._clock, self._voice.position)
                    if change is not None:
                        self._changed(voiced=False, at=change.at, now=trio.current_time())
            elif self._silence_wanted is None:
                await trio.sleep(step)
                continue
            self._clock += int(step * CALLER_RATE)
            self._voice.skip(int(step * CALLER_RATE))
            self._check_silence()
            await trio.sleep(step)

    async def transcribe(self) -> None:
        """Ask the recogniser when there is something to ask. Runs for ever; its failures are told, not raised."""
        while True:
            if self._final_wanted is not None:
                wanted, self._final_wanted = self._final_wanted, None
                text = await self._all_so_far()
                if text is None:
                    self._post(SttFailed(wanted.segment, wanted.pause))
                else:
                    if wanted.segment == self._segment:
                        self._text = text
                    self._post(FinalTranscript(wanted.segment, wanted.pause, text, self._meant(wanted.segment)))
            elif self._ahead_wanted:
                await self._all_so_far()
            elif self._partial_is_due:
                await self._show_partial()
            else:
                self._wake = trio.Event()
                await self._wake.wait()

    async def _all_so_far(self) -> str | None:
        """The final transcript of everything voiced so far; asked for ahead, it is there already, failed or not."""
        self._ahead_wanted = False
        if self._final_of != (so_far := self._so_far):
            text = await self._ask(self._stt.final, "final")
            self._final_of, self._final = so_far, text
        return self._final

    async def _show_partial(self) -> None:
        segment, begun = self._segment, trio.current_time()
        text = None
        with trio.CancelScope() as self._partial_scope:
            text = await self._ask(self._stt.partial, "partial")
        rest = max(self._settings.partial_every_ms / 1000, _REST * (trio.current_time() - begun))
        self._partial_due = self._clock + int(rest * CALLER_RATE)
        if text and segment == self._segment and self._final_wanted is None:
            self._text = text
            self._post(PartialTranscript(segment, text, self._clear_ms, self._meant(segment)))

    def _meant(self, segment: int) -> float | None:
        return self._watch.meant if segment == self._segment else None

    async def weigh(self) -> None:
        """Judge by the sound alone what set in over the agent, and tell. Runs for ever."""
        while True:
            if not self._weighing_is_due:
                self._weigh = trio.Event()
                await self._weigh.wait()
                continue
            voice = self._voice
            first = self._onset - self._settings.pre_roll_over_agent_ms * CALLER_RATE // 1000
            sound = np.concatenate(list(self._recent.since(first)))
            known = await self._watch.ask(sound, self._clock, sounding=voice.sounding, last_voiced=voice.last_voiced)
            if known and voice.voiced and self._segment_open:
                self._post(PartialTranscript(self._segment, self._text, self._clear_ms, self._watch.meant))

    async def heed(self) -> None:
        """Tell what the recogniser thinks of the caller's turn. Ends where it does not, or has failed."""
        stt = self._stt
        try:
            while isinstance(stt, TurnSignalStream):
                signal = await stt.next_signal()
                if signal.segment == self._segment and self._segment_open:
                    event = as_event(
                        signal,
                        voiced=self._voice.voiced,
                        voiced_until=self._segment_samples - (self._clock - self._silent_since),
                        silence_ms=self.silence_ms,
                    )
                    if event is not None:
                        self._post(event)
        except EngineError as error:
            _log.warning("no more turn signals: %s", error)

    async def _ask(self, request: Callable[[], Awaitable[str]], what: str) -> str | None:
        text: str | None = None
        with trio.move_on_after(self._settings.stt_timeout_ms / 1000) as scope:
            try:
                text = await request()
            except EngineError as error:
                _log.warning("%s transcript failed: %s", what, error)
        if scope.cancelled_caught:
            _log.warning("%s transcript took longer than %d ms", what, self._settings.stt_timeout_ms)
        return text
