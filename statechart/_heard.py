"""What the caller heard of an answer, to the word.

Theory. An answer is spoken span by span; each span lies somewhere in the turn's audio and carries the times of its
words, or they are estimated. A word is heard when its last sample was played. Words are heard in order: the heard text
is everything up to the last word before the first unheard one, in raw characters; a span whose words were all heard
is heard whole, with its closing punctuation and marks, and a span without words goes with the one that follows it,
or, at the end, with the one before. Heard and unheard text together are always the whole raw text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import attrs

from ._speakable import Spoken

__all__ = ["Heard", "Said", "WordSpan", "cut_mark", "estimate_words", "heard"]

_CUT_MARK = " —"


@attrs.frozen
class WordSpan:
    """A word: characters of the spoken text (end exclusive), samples counted from the start of its span."""

    start_char: int
    end_char: int
    start: int
    end: int


@attrs.frozen
class Said:
    """A span given to the voice. ``start`` and ``samples`` place it in the turn's audio (offset, length, in samples).

    ``words``: their times, in order; empty where the engine gives none (then they are estimated from ``samples``).
    ``finished``: the whole span has been synthesised; while it is not, more samples and more words may follow.
    """

    raw: str
    spoken: Spoken
    start: int
    samples: int
    words: tuple[WordSpan, ...] = ()
    finished: bool = True


@attrs.frozen
class Heard:
    """``text`` was heard and ``unheard`` was not; ``complete``: there was no word left to hear."""

    text: str
    unheard: str
    complete: bool


def heard(spans: Sequence[Said], played_samples: int) -> Heard:
    """What was heard of ``spans`` (in order of ``start``) once ``played_samples`` of the turn's audio were played."""
    raw = "".join(said.raw for said in spans)
    position = end = 0
    for said in spans:
        count, complete = _heard_within(said, played_samples - said.start)
        if count:
            end = position + count
        if not complete:
            return Heard(raw[:end], raw[end:], complete=False)
        position += len(said.raw)
    return Heard(raw, "", complete=True)


def cut_mark(text: str) -> str:
    """The heard text as history shows it, marked as cut off; nothing heard stays the empty text."""
    text = text.rstrip()
    return text + _CUT_MARK if text else ""


def _heard_within(said: Said, played: int) -> tuple[int, bool]:
    """How many raw characters of one span were heard, and whether that is all there was to hear."""
    if said.spoken.silent:
        return 0, True
    if played <= 0:
        return 0, False
    if said.finished and played >= said.samples:
        return len(said.raw), True
    spoken_end = 0
    for word in said.words or estimate_words(said.spoken.text, said.samples, finished=said.finished):
        if word.end > played:
            break
        spoken_end = max(spoken_end, word.end_char)
    if not any(char.isalnum() for char in said.spoken.text[spoken_end:]):
        return len(said.raw), True
    return said.spoken.raw_end(spoken_end), False


# --- estimated times --------------------------------------------------------------------------------------------------

# In units of one consonant or one group of vowels, which last alike: a least-squares fit to the word times of flite on
# sixteen receptionist's sentences gave 75 and 69 ms, 10 % off a sentence's length on average, and 0.22 s a comma.
_DIGIT = 4.0  # spoken as a word: "seven"
_WIDE = 3.0  # a CJK character is a syllable
_SYMBOL = 4.0  # "&", "%", "$" are words, too
_LEAD = 3.0  # silence before the first word: flite 0.22 s, hibari 0.3 s
_CLAUSE_PAUSE = 3.0
_SENTENCE_PAUSE = 5.0
_SAMPLES_PER_UNIT = 24_000 * 0.073  # at the agent's rate

_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_CJK}]|[^\s{_CJK}]+")
_SOUND = re.compile(
    rf"(?P<wide>[{_CJK}])|(?P<digit>\d)|(?P<unit>[aeiouyáéíóúàèìòùâêîôûäëïöüæø]+|[^\W_])|(?P<symbol>[&%$€£@#+=°])"
)
_MARKS = " \t\r\n.,;:!?…—–-()[]{}\"'“”‘’«»„¿¡。！？，、；：「」"  # noqa: RUF001 - typographic marks are meant


def estimate_words(text: str, samples: int, *, finished: bool = True) -> tuple[WordSpan, ...]:
    """Guess when each word of a spoken text is said, its audio being ``samples`` long.

    Time is shared out by sound: consonants and vowel groups count one unit, a digit or symbol four (it is a word), a
    CJK character three, a pause three before the first word and at a comma, and five at the end of a sentence. A word
    ends before its pause, and its characters do not include the punctuation around it. ``finished`` False: the audio is
    still growing, so at least the usual pace (73 ms a unit at 24 kHz) is assumed.
    """
    pieces: list[tuple[int, int, float, float]] = []  # first and last character, sounds, pause
    for match in _WORD.finditer(text):
        token = match[0]
        core = token.strip(_MARKS)
        sounds = _sounds(core)
        pause = _pause(token[len(token.rstrip(_MARKS)) :]) if core else _CLAUSE_PAUSE
        if any(char.isalnum() for char in core):
            start = match.start() + token.index(core)
            pieces.append((start, start + len(core), sounds, pause))
        elif pieces:
            first, last, before, earlier = pieces[-1]
            pieces[-1] = (first, last, before, earlier + sounds + pause)
    total = _LEAD + sum(sounds + pause for _, _, sounds, pause in pieces)
    length = samples if finished else max(samples, round(total * _SAMPLES_PER_UNIT))
    words: list[WordSpan] = []
    at = _LEAD
    for first, last, sounds, pause in pieces:
        words.append(WordSpan(first, last, round(at / total * length), round((at + sounds) / total * length)))
        at += sounds + pause
    return tuple(words)


def _sounds(core: str) -> float:
    weights = {"wide": _WIDE, "digit": _DIGIT, "symbol": _SYMBOL}
    return sum(weights.get(sound.lastgroup or "", 1.0) for sound in _SOUND.finditer(core.lower()))


def _pause(marks: str) -> float:
    if any(mark in ".!?…。！？" for mark in marks):  # noqa: RUF001
        return _SENTENCE_PAUSE
    return _CLAUSE_PAUSE if any(mark in ",;:—–，、；：" for mark in marks) else 0.0  # noqa: RUF001
