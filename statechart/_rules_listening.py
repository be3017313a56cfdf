"""Rules of LISTENING: the caller speaks, an answer may be prepared on trial."""

from __future__ import annotations

from statechart._draft import Draft
from statechart._events import (
    EagerEndOfTurn,
    EndOfTurn,
    FinalTranscript,
    PartialTranscript,
    ReplyFailed,
    ReplyFinished,
    SttFailed,
    TextTyped,
    Timer,
    TimerFired,
    TurnResumed,
    VoiceStarted,
    VoiceStopped,
)
from statechart._hearing import (
    add_typed,
    answer_on_trial,
    is_latest,
    listen_on,
    open_segment,
    show,
    take_words,
    turn_over,
    voice_ended,
)
from statechart._moves import confirm, withdraw
from statechart._words import same_words, words

__all__ = [
    "end_of_turn",
    "likely_end",
    "resumed",
    "speculation_failed",
    "speculation_finished",
    "stt_failed",
    "timer",
    "transcript",
    "typed",
    "voice",
    "voice_stopped",
]


def voice(d: Draft, event: VoiceStarted) -> None:
    d.disarm(Timer.END_OF_TURN, Timer.TRANSCRIPT)
    d.set(voiced=True, overdue=False)
    open_segment(d, event.segment)
    d.arm(Timer.STALL, d.now.settings.stall_ms)


def voice_stopped(d: Draft, event: VoiceStopped) -> None:
    d.disarm(Timer.STALL)
    voice_ended(d, event)
    d.utter(settled=False, failed=False)
    d.arm(Timer.END_OF_TURN, d.now.settings.waits.max_ms)


def transcript(d: Draft, event: PartialTranscript | FinalTranscript) -> None:
    """A partial one, or one that a later pause has overtaken, only shows what is being said."""
    before = d.now.utterance
    settled = isinstance(event, FinalTranscript) and is_latest(d, event)
    if before.settled and not settled:
        return  # the final one knew better
    if not take_words(d, event.segment, event.text, settled=settled):
        return
    show(d)
    if settled and d.now.overdue:
        turn_over(d, silence_ms=d.now.settings.waits.max_ms)
    elif settled:
        listen_on(d)
    elif d.now.voiced and not same_words(before.full, d.now.utterance.full):
        d.arm(Timer.STALL, d.now.settings.stall_ms)
        if d.now.reply is not None and not same_words(d.reply.text, d.now.utterance.full):
            withdraw(d, "more words")


def stt_failed(d: Draft, event: SttFailed) -> None:
    """What the partial transcripts gave is better than nothing; with nothing at all the caller will be told."""
    if not is_latest(d, event):
        return
    d.utter(settled=True, failed=True)
    if d.now.overdue:
        turn_over(d, silence_ms=d.now.settings.waits.max_ms)
    else:
        listen_on(d)


# --- what the recogniser thinks ---------------------------------------------------------------------------------------


def likely_end(d: Draft, event: EagerEndOfTurn | EndOfTurn) -> None:
    """Answer these words on trial, or the final transcript's, which knows better; the wait for the end goes on as it
    would."""
    if not words(event.text) or event.segment < d.now.utterance.segment:
        return
    if not d.now.utterance.settled:
        take_words(d, event.segment, event.text, settled=False)
        show(d)
    answer_on_trial(d)
    if d.now.voiced:  # by words the caller is done: what goes on is a noise, unless words follow
        d.arm(Timer.STALL, d.now.settings.overlap_in_processing_ms)


def resumed(d: Draft, event: TurnResumed) -> None:
    """Withdraw what is on trial. A caller too soft for the voice detector is given more time."""
    if event.segment < d.now.utterance.segment:
        return
    if d.now.reply is not None:
        withdraw(d, "the caller goes on")
    if d.now.voiced:
        d.arm(Timer.STALL, d.now.settings.stall_ms)
    elif d.now.utterance.settled:
        d.arm(Timer.END_OF_TURN, d.now.settings.waits.patient_ms)


def end_of_turn(d: Draft, event: EndOfTurn) -> None:
    """The turn is over, sooner than our own wait; not while there is a voice, which only our own detector judges."""
    if d.now.voiced:
        likely_end(d, event)
    elif words(event.text) and take_words(d, event.segment, event.text, settled=True):
        turn_over(d, silence_ms=event.silence_ms)


# --- time, and the rest -----------------------------------------------------------------------------------------------


def timer(d: Draft, event: TimerFired) -> None:
    if event.timer is Timer.STALL:
        turn_over(d, silence_ms=0)  # a voice that says nothing new is a noise: it does not hold the floor
    elif event.timer is Timer.TRANSCRIPT:
        d.utter(settled=True, failed=True)
        turn_over(d, silence_ms=d.now.settings.waits.max_ms)
    elif d.now.utterance.settled:
        turn_over(d, silence_ms=d.fired_ms)
    else:
        d.set(overdue=True)
        d.arm(Timer.TRANSCRIPT, d.now.settings.transcript_ms)


def typed(d: Draft, event: TextTyped) -> None:
    if words(event.text):
        add_typed(d, event.text)
        confirm(d, silence_ms=0)


def speculation_finished(d: Draft, _: ReplyFinished) -> None:
    d.mark(finished=True)


def speculation_failed(d: Draft, _: ReplyFailed) -> None:
    # It is tried again, in earnest, when the turn is confirmed.
    withdraw(d, "failed on trial")
