"""Rules of the states in which the agent has the floor: SPEAKING, and INTERRUPTED, in which it is held."""

from __future__ import annotations

from statechart._draft import Draft
from statechart._effects import Hold, Resume
from statechart._events import (
    AudioReady,
    FinalTranscript,
    PartialTranscript,
    PlayoutDrained,
    ReplyFailed,
    ReplyFinished,
    TextTyped,
    Timer,
    TimerFired,
    VoiceStarted,
    VoiceStopped,
    VoiceSuspected,
)
from statechart._hearing import (
    add_typed,
    is_latest,
    let_pass,
    note_sound,
    of_ignored,
    open_segment,
    take_floor,
    take_words,
    verdict,
    verdict_on_ignored,
    voice_ended,
)
from statechart._moves import apologise, confirm, cut, end_turn, fall_silent, play, release_commits, went_well
from statechart._news import tell_on
from statechart._overlap import Verdict
from statechart._snapshot import Kind, State, Utterance
from statechart._words import words

__all__ = [
    "drained",
    "failed",
    "finished",
    "held_audio",
    "held_drained",
    "held_timer",
    "held_transcript",
    "held_voice",
    "held_voice_stopped",
    "suspected",
    "transcript",
    "typed",
    "voice",
]


# --- SPEAKING ---------------------------------------------------------------------------------------------------------


def suspected(d: Draft, _: VoiceSuspected) -> None:
    """It may be the beginning of a voice: hold already. All else is decided when it has proved to be one."""
    d.go(State.INTERRUPTED)
    d.emit(Hold(d.now.turn))
    d.arm(Timer.SUSPICION, d.now.settings.overlap.suspect_ms)


def voice(d: Draft, event: VoiceStarted) -> None:
    d.set(
        voiced=True,
        overlap_ms=0,
        burst_ms=0,
        meant=None,
        utterance=Utterance(segment=event.segment, settled=False),
        heard=event.heard,
    )
    d.mark(unheard_ms=event.unheard_ms if d.reply.playing or not d.reply.finished else 0)
    if verdict(d) is Verdict.CUT:  # the agent was all but done: whoever speaks now answers it
        _cut(d, d.now.utterance)
        return
    if d.now.state is State.SPEAKING:
        d.go(State.INTERRUPTED)
        d.emit(Hold(d.now.turn))
    d.disarm(Timer.SUSPICION)
    d.arm(Timer.OVERLAP, d.now.settings.overlap.decide_ms)


def transcript(d: Draft, event: PartialTranscript | FinalTranscript) -> None:
    if verdict_on_ignored(d, event) is Verdict.CUT:
        _cut(d, of_ignored(d, event))


def drained(d: Draft, _: PlayoutDrained) -> None:
    if d.reply.finished:
        end_turn(d)
    else:
        fall_silent(d)


# --- in both ----------------------------------------------------------------------------------------------------------


def typed(d: Draft, event: TextTyped) -> None:
    if words(event.text):
        cut(d, "typed", Utterance(segment=d.now.utterance.segment))
        add_typed(d, event.text)
        confirm(d, silence_ms=0)


def finished(d: Draft, _: ReplyFinished) -> None:
    d.mark(finished=True)
    went_well(d)
    if d.reply.kind is Kind.ANSWER and not d.reply.answered:
        apologise(d)
    tell_on(d)


def failed(d: Draft, _: ReplyFailed) -> None:
    if d.reply.kind is Kind.ANSWER:
        apologise(d)
    else:
        d.mark(finished=True, failed=True)


# --- INTERRUPTED ------------------------------------------------------------------------------------------------------


def held_voice(d: Draft, event: VoiceStarted) -> None:
    if d.now.suspecting:
        voice(d, event)
        return
    d.set(voiced=True)
    open_segment(d, event.segment)


def held_voice_stopped(d: Draft, event: VoiceStopped) -> None:
    voice_ended(d, event)
    _decide(d, verdict(d))


def held_transcript(d: Draft, event: PartialTranscript | FinalTranscript) -> None:
    if d.now.suspecting:  # of a voice that was let pass before
        transcript(d, event)
        return
    settled = isinstance(event, FinalTranscript) and is_latest(d, event)
    note_sound(d, event)
    if take_words(d, event.segment, event.text, settled=settled):
        _decide(d, verdict(d))


def held_timer(d: Draft, event: TimerFired) -> None:
    if event.timer is Timer.SUSPICION:
        _go_on(d)
        return
    if not words(d.now.utterance.full):
        d.utter(doubtful=True)
    _decide(d, verdict(d, elapsed_ms=d.now.settings.overlap.decide_ms))


def held_audio(d: Draft, _: AudioReady) -> None:
    d.mark(ready=True)


def held_drained(d: Draft, _: PlayoutDrained) -> None:
    """The caller's loudspeaker had played it all before it could be held."""
    d.mark(playing=False)
    if d.reply.finished and not d.now.suspecting:
        d.mark(unheard_ms=0)
        _decide(d, verdict(d))


def _decide(d: Draft, decided: Verdict) -> None:
    if decided is Verdict.CUT:
        _cut(d, d.now.utterance)
    elif decided is Verdict.RESUME:
        _speak_on(d)


def _cut(d: Draft, utterance: Utterance) -> None:
    cut(d, "barge-in", utterance)
    take_floor(d, utterance)


def _speak_on(d: Draft) -> None:
    let_pass(d)
    _go_on(d)


def _go_on(d: Draft) -> None:
    """From where playback is held, or from whatever has become of it meanwhile."""
    d.mark(unheard_ms=None)
    d.emit(Resume(d.now.turn))
    if d.reply.ready:
        play(d)
    elif d.reply.playing:
        d.go(State.SPEAKING)
        tell_on(d)
    elif d.reply.finished:
        end_turn(d)
        return
    else:
        fall_silent(d)
    release_commits(d)
