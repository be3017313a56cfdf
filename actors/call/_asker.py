"""What the engines are asked about the sound that the ear takes in, and when.

The recogniser is asked for what it has at intervals (partial) and at each pause (final). At most one request is under
way; a final goes before a partial, and begins *ahead*, in the first silent window: by the time the voice counts as
silent much of it is done, and if the voice goes on after all (one time in eight over the benches' corpus) nothing was
lost but the work. What sets in over the agent is judged by its sound beside that, as often as ``_intent_watch`` says.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import attrs
import numpy as np
import trio

from actors.call._hearing import EarSettings, Hearing
from actors.call._intent_watch import IntentWatch
from actors.call._turn_signals import as_event
from actors.errors import EngineError
from actors.ports import CALLER_RATE, Intent, SttStream, TurnSignalStream
from statechart import Event, FinalTranscript, PartialTranscript, SttFailed

__all__ = ["Asker"]

_log = logging.getLogger(__name__)

_REST = 3  # a partial costs its own time and delays a final that comes meanwhile: rest so many times as long


@attrs.frozen
class _FinalWanted:
    segment: int
    pause: int


class Asker:
    """One call's. ``post`` takes the events; ``hearing`` is what there is to ask about. The ear says when a voice
    began (``begin``) and when more came in (``look``)."""

    def __init__(
        self,
        hearing: Hearing,
        stt: SttStream,
        intent: Intent | None,
        *,
        settings: EarSettings,
        post: Callable[[Event], None],
    ) -> None:
        self._hearing, self._stt, self._settings, self._post = hearing, stt, settings, post
        self._watch = IntentWatch(intent)
        self._text = (-1, "")  # a segment, and what it sounds like as far as was told
        self._final_wanted: _FinalWanted | None = None
        self._final_of: tuple[int, int] | None = None  # segment and last voiced sample of the latest final
        self._final: str | None = None
        self._partial_due = 0
        self._partial_scope = trio.CancelScope()
        self._wake = trio.Event()
        self._weigh = trio.Event()

    def begin(self, onset: int, *, over_agent: bool) -> None:
        """A voice set in at this sample of the call."""
        self._watch.begin(onset, over_agent=over_agent)
        self._partial_due = self._hearing.clock + self._settings.partial_every_ms * CALLER_RATE // 1000

    def look(self) -> None:
        """More came in: wake who has something to ask now."""
        if self._final_is_due_ahead or self._partial_is_due:
            self._wake.set()
        if self._weighing_is_due:
            self._weigh.set()

    def want_final(self, segment: int, pause: int) -> None:
        """Ask for the final transcript as of this pause."""
        self._final_wanted = _FinalWanted(segment, pause)
        self._partial_scope.cancel(reason="a final transcript is wanted")
        self._wake.set()

    @property
    def _final_is_due_ahead(self) -> bool:
        """The voice may be about to end, and nobody asked yet what it said."""
        hearing, voice = self._hearing, self._hearing.voice
        return voice.voiced and not voice.sounding and hearing.segment_open and self._final_of != hearing.so_far

    @property
    def _partial_is_due(self) -> bool:
        hearing = self._hearing
        return hearing.voice.sounding and hearing.segment_open and hearing.clock >= self._partial_due

    @property
    def _weighing_is_due(self) -> bool:
        clock, voice = self._hearing.clock, self._hearing.voice
        return voice.voiced and self._watch.due(clock, sounding=voice.sounding, last_voiced=voice.last_voiced)

    # --- tasks -----------------------------------------------------------------------------------------------------

    async def transcribe(self) -> None:
        """Ask the recogniser when there is something to ask. Runs for ever; its failures are told, not raised."""
        while True:
            if self._final_wanted is not None:
                wanted, self._final_wanted = self._final_wanted, None
                text = await self._all_so_far()
                if text is None:
                    self._post(SttFailed(wanted.segment, wanted.pause))
                else:
                    if wanted.segment == self._hearing.segment:
                        self._text = wanted.segment, text
                    self._post(FinalTranscript(wanted.segment, wanted.pause, text, self._meant(wanted.segment, text)))
            elif self._final_is_due_ahead:
                await self._all_so_far()
            elif self._partial_is_due:
                await self._show_partial()
            else:
                self._wake = trio.Event()
                await self._wake.wait()

    async def weigh(self) -> None:
        """Judge the sound of what set in over the agent, and tell. Runs for ever."""
        hearing, voice = self._hearing, self._hearing.voice
        while True:
            if not self._weighing_is_due:
                self._weigh = trio.Event()
                await self._weigh.wait()
                continue
            first = hearing.onset - self._settings.pre_roll_over_agent_ms * CALLER_RATE // 1000
            sound = np.concatenate(list(hearing.recent.since(first)))  # two seconds at most; the judge is in a thread
            known = await self._watch.ask(sound, hearing.clock, sounding=voice.sounding, last_voiced=voice.last_voiced)
            if known and voice.voiced and hearing.segment_open:
                segment, text = self._text
                text = text if segment == hearing.segment else ""
                self._post(PartialTranscript(hearing.segment, text, hearing.clear_ms, self._watch.with_words(text)))

    async def heed(self) -> None:
        """Tell what the recogniser thinks of the caller's turn. Ends where it does not, or has failed."""
        stt, hearing = self._stt, self._hearing
        try:
            while isinstance(stt, TurnSignalStream):
                signal = await stt.next_signal()
                if signal.segment == hearing.segment and hearing.segment_open:
                    event = as_event(
                        signal,
                        voiced=hearing.voice.voiced,
                        voiced_until=hearing.voiced_until,
                        silence_ms=hearing.silence_ms,
                    )
                    if event is not None:
                        self._post(event)
        except EngineError as error:
            _log.warning("no more turn signals: %s", error)

    # --- the recogniser --------------------------------------------------------------------------------------------

    async def _all_so_far(self) -> str | None:
        """The final transcript of everything voiced so far; asked for ahead, it is there already, failed or not."""
        if self._final_of != (so_far := self._hearing.so_far):
            text = await self._ask(self._stt.final, "final")
            self._final_of, self._final = so_far, text
        return self._final

    async def _show_partial(self) -> None:
        segment, begun = self._hearing.segment, trio.current_time()
        text = None
        with trio.CancelScope() as self._partial_scope:
            text = await self._ask(self._stt.partial, "partial")
        rest = max(self._settings.partial_every_ms / 1000, _REST * (trio.current_time() - begun))
        self._partial_due = self._hearing.clock + int(rest * CALLER_RATE)
        if text and segment == self._hearing.segment and self._final_wanted is None:
            self._text = segment, text
            self._post(PartialTranscript(segment, text, self._hearing.clear_ms, self._meant(segment, text)))

    def _meant(self, segment: int, text: str) -> float | None:
        return self._watch.with_words(text) if segment == self._hearing.segment else None

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
