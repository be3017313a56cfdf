"""The moves that several rules share, on the caller's side: take words in, judge them, let them pass, wait for more."""

from __future__ import annotations

import attrs

from statechart._draft import Draft
from statechart._effects import Phrase, ShowCaller, Transcribe
from statechart._endpointing import wait_ms
from statechart._events import FinalTranscript, PartialTranscript, SttFailed, Timer, VoiceStopped
from statechart._moves import answer, close_segment, confirm, listen, regret, rest, say, withdraw
from statechart._overlap import Overlap, Verdict, is_echo, judge
from statechart._snapshot import Kind, Utterance
from statechart._words import same_words, words

__all__ = [
    "add_typed",
    "answer_on_trial",
    "is_latest",
    "let_pass",
    "listen_on",
    "note_sound",
    "of_ignored",
    "open_segment",
    "show",
    "take_floor",
    "take_words",
    "turn_over",
    "verdict",
    "verdict_on_ignored",
    "voice_ended",
]


def take_words(d: Draft, segment: int, text: str, *, settled: bool) -> bool:
    """Put a transcript into the utterance. False, and nothing is changed, where it is of a segment dealt with."""
    utterance = d.now.utterance
    if segment < utterance.segment:
        return False
    if segment > utterance.segment:
        pieces = (*utterance.pieces, utterance.text) if utterance.text else utterance.pieces
        utterance = attrs.evolve(utterance, pieces=pieces, segment=segment, known="")
    news = _beyond(utterance.known, text)
    d.set(utterance=attrs.evolve(utterance, text=news, settled=settled, failed=False))
    return True


def _beyond(known: str, text: str) -> str:
    """What ``text`` says beyond ``known``, where it begins with the same words; else all of it."""
    head, pieces = len(known.split()), text.split()
    return " ".join(pieces[head:]) if same_words(" ".join(pieces[:head]), known) else text


def open_segment(d: Draft, segment: int) -> None:
    """The voice set in, in this segment."""
    if segment > d.now.utterance.segment:
        take_words(d, segment, "", settled=False)
    d.utter(settled=False, failed=False)


def voice_ended(d: Draft, event: VoiceStopped) -> None:
    """The voice fell silent: its words are wanted."""
    d.set(voiced=False, pause=event.pause, overlap_ms=d.now.overlap_ms + event.voiced_ms, burst_ms=0)
    d.emit(Transcribe(event.segment, event.pause))


def is_latest(d: Draft, event: FinalTranscript | SttFailed) -> bool:
    """Whether a transcript covers all that the caller has said."""
    return not d.now.voiced and event.pause == d.now.pause


def add_typed(d: Draft, text: str) -> None:
    """Typed words follow what was spoken so far."""
    utterance = d.now.utterance
    spoken = (utterance.text,) if utterance.text else ()
    d.utter(pieces=(*utterance.pieces, *spoken, text.strip()), text="", known=utterance.text)


def show(d: Draft) -> None:
    """Show the caller's words so far."""
    d.emit(ShowCaller(d.now.turn, d.now.utterance.full, final=False))


# --- whose turn it is -------------------------------------------------------------------------------------------------


def _is_said(d: Draft) -> bool:
    """Whether there are words, and the caller's own."""
    utterance, likeness = d.now.utterance, d.now.settings.overlap.echo_likeness
    spoken = words(utterance.full)
    return bool(spoken) and not (utterance.doubtful and is_echo(spoken, d.now.last_said, likeness))


def listen_on(d: Draft) -> None:
    """The caller fell silent and the transcript is in: wait as long as these words deserve, answering on trial."""
    text, waits = d.now.utterance.full, d.now.settings.waits
    said = _is_said(d)
    if said:
        wait = wait_ms(text, waits, question=d.now.last_said)
    else:
        # Whoever was stopped for nothing, or was not understood, should not be kept waiting in silence.
        wait = waits.patient_ms if d.now.interrupted or d.now.utterance.failed else waits.max_ms
    d.arm(Timer.END_OF_TURN, wait)
    answer_on_trial(d)


def answer_on_trial(d: Draft) -> None:
    """Begin to answer what has been said so far, and withdraw what answers other words."""
    text, said = d.now.utterance.full, _is_said(d)
    if d.now.reply is not None and not (said and same_words(d.reply.text, text)):
        withdraw(d, "other words")
    if d.now.settings.speculate and d.now.reply is None and said:
        answer(d, text, speculative=True)


def take_floor(d: Draft, utterance: Utterance) -> None:
    """The caller has the floor, in mid-utterance perhaps."""
    listen(d, utterance)
    if utterance.full:
        show(d)
    if d.now.voiced:
        return
    if utterance.settled:
        listen_on(d)
    else:
        d.arm(Timer.END_OF_TURN, d.now.settings.waits.max_ms)


def turn_over(d: Draft, silence_ms: int) -> None:
    """The caller's turn is over after ``silence_ms`` of silence; perhaps nothing was said in it."""
    if _is_said(d):
        confirm(d, silence_ms)
        return
    if d.now.reply is not None:
        withdraw(d, "nothing was said")
    failed = d.now.utterance.failed
    d.set(overdue=False, ignored_segment=d.now.utterance.segment if d.now.voiced else -1)
    close_segment(d)
    if failed:
        phrase, ends = regret(d)
        say(d, phrase, kind=Kind.APOLOGY, ends=ends)
    elif d.now.interrupted:
        say(d, Phrase.APOLOGY, kind=Kind.APOLOGY)
    else:
        rest(d)


# --- over the agent's work or speech ----------------------------------------------------------------------------------


def note_sound(d: Draft, event: PartialTranscript | FinalTranscript) -> None:
    """A transcript tells what its sound is like; a partial one, too, how long the voice that goes on has been there."""
    d.set(meant=event.meant)
    if isinstance(event, PartialTranscript) and d.now.voiced:
        d.set(burst_ms=event.voiced_ms)


def verdict(d: Draft, *, elapsed_ms: int = 0) -> Verdict:
    """Judge the voice over the agent."""
    now = d.now
    overlap = Overlap(
        voiced_ms=now.overlap_ms + now.burst_ms,
        still_voiced=now.voiced,
        text=now.utterance.full,
        final=now.utterance.settled and not now.voiced,
        agent_said=now.heard,
        meant=now.meant,
        elapsed_ms=elapsed_ms,
        unheard_ms=d.reply.unheard_ms,
    )
    return judge(overlap, now.settings.overlap)


def let_pass(d: Draft) -> None:
    """The voice was not meant for the agent, as far as one can tell now. What is said next is judged by itself."""
    d.set(ignored_segment=d.now.utterance.segment)
    if not d.now.voiced:
        close_segment(d)


def of_ignored(d: Draft, event: PartialTranscript | FinalTranscript) -> Utterance:
    """What a voice that was let pass has said, without what of it was answered already."""
    known = d.now.utterance.known if event.segment == d.now.utterance.segment else ""
    settled = isinstance(event, FinalTranscript) and is_latest(d, event)
    return Utterance(segment=event.segment, known=known, text=_beyond(known, event.text), settled=settled)


def verdict_on_ignored(d: Draft, event: PartialTranscript | FinalTranscript) -> Verdict:
    """Words of a voice that was let pass: were they meant for the agent after all?"""
    now = d.now
    final = isinstance(event, FinalTranscript) and is_latest(d, event)
    if event.segment < now.ignored_segment or now.ignored_segment < 0 or not (final or now.voiced):
        return Verdict.UNDECIDED
    note_sound(d, event)
    said = now.reply.said if now.reply is not None else now.last_said
    overlap = Overlap(
        voiced_ms=d.now.overlap_ms + d.now.burst_ms,
        still_voiced=now.voiced,
        text=of_ignored(d, event).text,
        final=final,
        meant=event.meant,
        # A voice that goes on may be the echo of what the agent says meanwhile.
        agent_said=said if now.voiced else now.heard,
    )
    return judge(overlap, now.settings.overlap)
