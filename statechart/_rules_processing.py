"""Rules of PROCESSING: model and tools work. A voice delays what is ready; words withdraw it.

While a voice is being judged (timer OVERLAP runs) neither audio nor a side effect starts.
"""

from __future__ import annotations

import attrs

from statechart._draft import Draft
from statechart._effects import Phrase, Say
from statechart._events import (
    AudioReady,
    FinalTranscript,
    PartialTranscript,
    ReplyFailed,
    ReplyFinished,
    SttFailed,
    TextTyped,
    Timer,
    TimerFired,
    VoiceStarted,
    VoiceStopped,
)
from statechart._hearing import (
    add_typed,
    is_latest,
    let_pass,
    note_sound,
    open_segment,
    take_floor,
    take_words,
    verdict,
    verdict_on_ignored,
    voice_ended,
)
from statechart._moves import (
    SOONEST_FILLER_MS,
    apologise,
    confirm,
    cut,
    end_turn,
    listen,
    play,
    release_commits,
    went_well,
    withdraw,
)
from statechart._overlap import Verdict
from statechart._snapshot import Kind, Utterance
from statechart._words import words

__all__ = [
    "audio_ready",
    "failed",
    "finished",
    "stt_failed",
    "timer",
    "transcript",
    "typed",
    "voice",
    "voice_stopped",
]


# --- the caller -------------------------------------------------------------------------------------------------------


def voice(d: Draft, event: VoiceStarted) -> None:
    d.disarm(Timer.FILLER)
    d.set(voiced=True)
    if d.now.judging:  # a voice that comes and goes delays an answer once
        open_segment(d, event.segment)
        return
    utterance = Utterance(segment=max(event.segment, d.now.utterance.segment), settled=False)
    heard = event.heard if d.reply.played else ""
    d.set(utterance=utterance, overlap_ms=0, burst_ms=0, meant=None, heard=heard)
    d.arm(Timer.OVERLAP, d.now.settings.overlap_in_processing_ms)


def voice_stopped(d: Draft, event: VoiceStopped) -> None:
    voice_ended(d, event)
    if d.now.judging:
        _decide(d, verdict(d))
    else:
        let_pass(d)


def transcript(d: Draft, event: PartialTranscript | FinalTranscript) -> None:
    settled = isinstance(event, FinalTranscript) and is_latest(d, event)
    note_sound(d, event)
    if take_words(d, event.segment, event.text, settled=settled):
        decided = verdict(d)
        if settled or decided is Verdict.CUT:  # what may still change cannot let the agent go ahead
            _decide(d, decided)
    elif verdict_on_ignored(d, event) is Verdict.CUT:
        utterance = d.now.utterance
        _goes_on(d, attrs.evolve(utterance, pieces=(*utterance.pieces, event.text)))


def stt_failed(d: Draft, event: SttFailed) -> None:
    if is_latest(d, event):
        _decide(d, Verdict.RESUME)


def typed(d: Draft, event: TextTyped) -> None:
    if words(event.text):
        add_typed(d, event.text)
        utterance = _take_back(d, d.now.utterance)
        listen(d, utterance)
        confirm(d, silence_ms=0)


def _decide(d: Draft, decided: Verdict) -> None:
    if decided is Verdict.CUT:
        _goes_on(d, d.now.utterance)
    elif decided is Verdict.RESUME and d.now.judging:
        let_pass(d)
        _go_ahead(d)


def _goes_on(d: Draft, utterance: Utterance) -> None:
    """The caller was not done."""
    take_floor(d, _take_back(d, utterance))


def _take_back(d: Draft, utterance: Utterance) -> Utterance:
    """Withdraw what was answered too early: both pieces are one utterance. Where something of it was heard or done
    already, the new words are a new turn."""
    reply = d.reply
    if reply.kind is Kind.ANSWER and not reply.played and not reply.committed:
        withdraw(d, "the caller goes on")
        return attrs.evolve(utterance, pieces=(reply.text, *utterance.pieces))
    cut(d, "barge-in", utterance)
    return utterance


def _go_ahead(d: Draft) -> None:
    """What waited for the voice may happen."""
    d.disarm(Timer.OVERLAP)
    release_commits(d)
    if d.reply.ready:
        play(d)
    elif not d.reply.filler:
        d.arm(Timer.FILLER, SOONEST_FILLER_MS)


# --- the agent --------------------------------------------------------------------------------------------------------


def audio_ready(d: Draft, _: AudioReady) -> None:
    d.mark(ready=True)
    if not d.now.judging:
        play(d)


def finished(d: Draft, _: ReplyFinished) -> None:
    reply = d.reply
    d.mark(finished=True)
    went_well(d)
    if reply.ready:
        return
    if reply.kind is Kind.ANSWER and not reply.answered:
        apologise(d)
    elif reply.played or not reply.answered:
        end_turn(d)
    # Else its words were ready before the turn was confirmed, and AudioReady is on its way.


def failed(d: Draft, _: ReplyFailed) -> None:
    if d.reply.kind is Kind.ANSWER:
        apologise(d)
        return
    # Not even fixed words can be spoken. What there is of them is heard.
    d.mark(finished=True, failed=True)
    if not d.reply.ready:
        end_turn(d)


def timer(d: Draft, event: TimerFired) -> None:
    if event.timer is Timer.OVERLAP:
        let_pass(d)
        _go_ahead(d)
    elif event.timer is Timer.FILLER:
        if d.reply.kind is Kind.ANSWER and not d.reply.answered:
            d.mark(filler=True)
            d.emit(Say(d.now.turn, d.now.attempt, Phrase.FILLER))
    elif d.reply.ready:
        let_pass(d)  # the deadline is for hearing something: no more waiting for the voice to fall silent
        _go_ahead(d)
    else:
        _too_late(d)


def _too_late(d: Draft) -> None:
    reply = d.reply
    withdraw(d, "deadline")
    # Should what the answer waited for never come, later answers must not wait for it, too.
    d.set(reply=attrs.evolve(reply, finished=True, failed=True), unsettled=None)
    if reply.kind is Kind.ANSWER:
        apologise(d)
    else:
        end_turn(d)
