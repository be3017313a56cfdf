"""The reel: all that the agent says in one turn, as words, as audio, and as the log from which the history is made.

Plain bookkeeping, no clock and no waiting. Positions are samples of the turn at 24 kHz. A turn has one reel and one
sample count, across filler, answer and apology; a new attempt of a turn that nobody heard anything of begins empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import attrs

from actors.call._cursor import Cursor
from actors.ports import AGENT_RATE, WordTiming
from statechart import Called, Entry, Heard, Returned, Said, Spoke, Spoken, ToolCall, WordSpan, heard, speakable

__all__ = ["Reel", "Span"]

_BYTES = 2  # a sample
_KEEP_BEHIND = AGENT_RATE  # samples kept behind the last report, so that trimming is rare


class Effect(Protocol):
    """A side effect that the turn asked for."""

    started: bool


_NOT_YET = 1 << 62  # where a span lies whose audio has not begun: beyond all that was played


@attrs.define(eq=False)
class Span:
    """Words of the turn in the making; ``start`` and ``samples`` grow real as their audio comes. ``tells``: they are
    about what the caller asked, not fixed words that would be said whatever has happened."""

    raw: str
    spoken: Spoken
    filler: bool = False
    tells: bool = True
    start: int = _NOT_YET
    samples: int = 0
    words: tuple[WordTiming, ...] = ()
    finished: bool = False

    def said(self) -> Said:
        words = tuple(WordSpan(w.start_char, w.end_char, w.start, w.end) for w in self.words)
        return Said(self.raw, self.spoken, self.start, self.samples, words, self.finished)


class Reel:
    """One turn of the agent in the making. ``attempt`` is the one that adds to it now."""

    def __init__(self, turn: int, attempt: int) -> None:
        self.turn = turn
        self.attempt = attempt
        self.cursor = Cursor()
        self.confirmed = False
        self.finished = False
        self.settled: int | None = None  #: samples heard, once that is certain
        self.total = 0  #: samples queued
        self._log: list[Span | Called | Returned] = []
        self._outcomes: list[tuple[str, int]] = []  # (commit key, entries before its outcome was known)
        self._effects: list[Effect] = []
        self._pcm = bytearray()
        self._base = 0  # position of the first sample kept

    # --- recording -------------------------------------------------------------------------------------------------

    def write(self, raw: str, spoken: Spoken, *, filler: bool = False, tells: bool = True) -> Span:
        """The next words, in the order in which they will be spoken; a filler goes before all that is not begun."""
        span = Span(raw, spoken, filler, tells and not filler)
        place = len(self._log)
        if filler:
            place = next((i for i, e in enumerate(self._log) if isinstance(e, Span) and e.start == _NOT_YET), place)
            self._outcomes = [(key, entries + (entries > place)) for key, entries in self._outcomes]
        self._log.insert(place, span)
        return span

    def begin(self, span: Span) -> None:
        """The audio of this span comes next."""
        span.start = self.total

    def add(self, span: Span, pcm: bytes, words: Sequence[WordTiming]) -> None:
        """Audio of the span that was begun last, and the timings of words that it completes."""
        span.words = (*span.words, *words)
        span.samples += len(pcm) // _BYTES
        self.total += len(pcm) // _BYTES
        self._pcm += pcm

    def called(self, calls: Sequence[ToolCall]) -> None:
        self._set_apart()
        self._log.append(Called(tuple(calls)))

    def returned(self, call_id: str, content: str) -> None:
        """A function's result; a later one for the same call takes the place of the first."""
        result = Returned(call_id, content)
        for place, entry in enumerate(self._log):
            if isinstance(entry, Returned) and entry.call_id == call_id:
                self._log[place] = result
                return
        self._log.append(result)

    def asked(self, effect: Effect) -> None:
        """A side effect is asked for. Once it has started, the turn's function calls stay, whatever becomes of it."""
        self._effects.append(effect)

    @property
    def to_keep(self) -> bool:
        """Whether the turn belongs into the history: something of it was sent, or has happened."""
        return bool(self.cursor.sent) or any(effect.started for effect in self._effects)

    def outcome(self, key: str) -> None:
        """What is said from here on tells of the side effect ``key``."""
        self._outcomes.append((key, len(self._log)))

    def reopen(self) -> None:
        """More words follow those that were to be the last."""
        self.finished = False
        self._set_apart()

    def _set_apart(self) -> None:
        """What follows is not part of the last sentence."""
        last = next((entry for entry in reversed(self._log) if isinstance(entry, Span)), None)
        if last is not None and not last.raw[-1:].isspace():
            last.raw += " "

    def tells_of(self, key: str) -> bool:
        """Whether words of this turn tell of the side effect ``key``, or are to."""
        return any(known == key for known, _ in self._outcomes)

    def drop_unspoken(self) -> None:
        """What was written and not spoken will not be: the words that follow take its place."""
        kept = [not isinstance(entry, Span) or _stop_short(entry) for entry in self._log]
        self._outcomes = [(key, sum(kept[:entries])) for key, entries in self._outcomes]
        self._log = [entry for entry, keep in zip(self._log, kept, strict=True) if keep]
        self._set_apart()

    def next_attempt(self, attempt: int) -> None:
        """Another attempt takes over: what was not sent yet is never said."""
        self.attempt = attempt
        self.confirmed = self.finished = False
        sent = self.cursor.sent
        if not self.to_keep:
            self._log.clear()
            self._outcomes.clear()
            self._effects.clear()
        else:
            for entry in self._log:
                if isinstance(entry, Span) and entry.start + entry.samples > sent:
                    entry.samples, entry.finished = max(0, sent - entry.start), False
            self.drop_unspoken()
        del self._pcm[(sent - self._base) * _BYTES :]
        self.total = sent

    # --- playing ---------------------------------------------------------------------------------------------------

    @property
    def unsent(self) -> int:
        """Samples that wait to be sent."""
        return self.total - self.cursor.sent

    def take(self, samples: int) -> bytes:
        """The next audio to send, at most ``samples``; the cursor is not moved."""
        begin = (self.cursor.sent - self._base) * _BYTES
        pcm = bytes(self._pcm[begin : begin + samples * _BYTES])
        behind = self.cursor.reported - self._base - _KEEP_BEHIND
        if behind > _KEEP_BEHIND:
            del self._pcm[: behind * _BYTES]
            self._base += behind
        return pcm

    @property
    def answer_start(self) -> int | None:
        """Where the first words about what was asked begin, if their audio has: a filler or an apology is no answer."""
        spans = (e for e in self._log if isinstance(e, Span))
        return next((s.start for s in spans if s.tells and s.samples), None)

    @property
    def answer_begun(self) -> bool:
        """Whether words that are no filler are being spoken, or were."""
        return any(isinstance(e, Span) and not e.filler and e.start != _NOT_YET for e in self._log)

    # --- reading ---------------------------------------------------------------------------------------------------

    def entries(self) -> list[Entry]:
        """The log, for :func:`statechart.render`."""
        return [Spoke(entry.said()) if isinstance(entry, Span) else entry for entry in self._log]

    @property
    def text(self) -> str:
        """The words whose audio has been begun."""
        return "".join(e.raw for e in self._log if isinstance(e, Span) and e.start != _NOT_YET).strip()

    def heard(self, played: int) -> Heard:
        """What of it the caller heard, given the samples played."""
        return heard([entry.said() for entry in self._log if isinstance(entry, Span)], played)

    def announced(self, played: int) -> frozenset[str]:
        """Keys of the side effects whose outcome the caller heard at least a word about.

        Where the same words tell of several functions, nobody can say which of them the first words were about: then
        all of them must have been heard, up to those about the next one.
        """
        keys: set[str] = set()
        for place, (key, entries) in enumerate(self._outcomes):
            others = [n for _, n in (*self._outcomes[:place], *self._outcomes[place + 1 :])]
            apart = [n for n in others if self._tells_between(entries, n)]
            end = min((n for n in apart if n > entries), default=len(self._log))
            later = [entry.said() for entry in self._log[entries:end] if isinstance(entry, Span) and entry.tells]
            shared = self._asked_with_others(entries) or len(apart) < len(others)
            told = heard(later, played)
            if told.text.strip() and (told.complete or not shared):
                keys.add(key)
        return frozenset(keys)

    def _asked_with_others(self, entries: int) -> bool:
        for i in range(entries - 1, -1, -1):
            entry = self._log[i]
            if isinstance(entry, Called):
                return len(entry.calls) > 1
            if isinstance(entry, Span) and entry.tells:
                return False
        return False

    def _tells_between(self, one: int, other: int) -> bool:
        between = self._log[min(one, other) : max(one, other)]
        return any(isinstance(entry, Span) and entry.tells for entry in between)


def _stop_short(span: Span) -> bool:
    """Let a span that is not spoken to its end be what there is of it; False where that is no word."""
    if span.finished or span.filler:
        return span.start != _NOT_YET
    there = heard([attrs.evolve(span.said(), start=0)], span.samples).text.strip()
    span.raw, span.spoken = there + " ", speakable(there)
    span.words = tuple(word for word in span.words if word.end_char <= len(span.spoken.text))
    span.finished = True
    return bool(there)
