"""From phoneme durations to word timings. Pure.

The voice model says how many frames each phoneme lasts, so word timings are exact as to the audio. What needs care is
which phonemes belong to which word of the text: the text is rewritten before it is turned into phonemes ("4:30" becomes
"four thirty"), so words of the rewritten text are laid over those of the original by what they have in common.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from difflib import SequenceMatcher

import attrs

__all__ = ["Piece", "TimedSpan", "fitted", "original_spans", "piece_times", "word_times"]

_WORD = re.compile(r"\S+")
_EARLIEST = 8  #: frames of sound by which a word may begin before the model says so
_PAUSES = frozenset(' ;:,.!?—…"()“”')


@attrs.frozen
class Piece:
    """A token of the rewritten text, how it is pronounced, and what follows it (a space or nothing)."""

    text: str
    phonemes: str
    space: str


@attrs.frozen
class TimedSpan:
    """Characters ``[start_char, end_char)`` of a text, spoken in frames ``[start, end)``."""

    start_char: int
    end_char: int
    start: int
    end: int


def piece_times(pieces: Iterable[Piece], frames: Sequence[int], known: Callable[[str], bool]) -> list[TimedSpan]:
    """When each piece that is heard sounds; characters count in the rewritten text (pieces and spaces joined).

    ``frames``: the model's duration of each phoneme it was given, its two pads included; the phonemes are those of the
    pieces with their spaces, stripped, and without the ones the model does not know.
    """
    ends, total = [], 0
    for count in frames:
        total += int(count)
        ends.append(total)
    heard: list[TimedSpan] = []
    char, slot, begun = 0, 1, False  # slot 0 is the pad in front
    for piece in pieces:
        first = last = None
        for phoneme in piece.phonemes + piece.space:
            if phoneme.isspace() and not begun:
                continue  # stripped
            begun = True
            if not known(phoneme) or slot >= len(ends):
                continue
            if phoneme not in _PAUSES:
                first = slot if first is None else first
                last = slot
            slot += 1
        if first is not None and last is not None:
            heard.append(TimedSpan(char, char + len(piece.text), ends[first - 1], ends[last]))
        char += len(piece.text) + len(piece.space)
    return heard


def original_spans(original: str, rewritten: str, spans: Iterable[TimedSpan]) -> list[TimedSpan]:
    """The same spans with characters counted in ``original``, each grown to what was rewritten as a whole."""
    if original == rewritten:
        return list(spans)
    left, right = _words(original), _words(rewritten)
    matcher = SequenceMatcher(None, [text for text, _, _ in left], [text for text, _, _ in right], autojunk=False)
    moved = []
    blocks = [
        (left[i1][1], left[i2 - 1][2], right[j1][1], right[j2 - 1][2], tag == "equal")
        for tag, i1, i2, j1, j2 in matcher.get_opcodes()
        if i2 > i1 and j2 > j1
    ]
    for span in spans:
        for left_start, left_end, right_start, right_end, equal in blocks:
            if right_start <= span.start_char < right_end:
                if equal:
                    shift = _equal_shift(left, right, left_start, right_start, span.start_char)
                    start, end = span.start_char + shift, span.end_char + shift
                else:
                    start, end = left_start, left_end
                moved.append(TimedSpan(start, end, span.start, span.end))
                break
    return moved


def word_times(text: str, spans: Iterable[TimedSpan]) -> list[TimedSpan]:
    """One span for each word (run of non-space) of ``text`` that is heard, in order.

    Words that share one span (all rewritten as a whole) divide its time in proportion to their lengths.
    """
    spans = list(spans)
    groups: list[tuple[list[tuple[int, int]], int, int]] = []
    for _, start, end in _words(text):
        inside = [span for span in spans if span.start_char < end and span.end_char > start]
        if not inside:
            continue
        begin, finish = min(span.start for span in inside), max(span.end for span in inside)
        if groups and (groups[-1][1], groups[-1][2]) == (begin, finish):
            groups[-1][0].append((start, end))
        else:
            groups.append(([(start, end)], begin, finish))
    timed: list[TimedSpan] = []
    for words, begin, finish in groups:
        whole, done = sum(end - start for start, end in words), 0
        for start, end in words:
            first = begin + (finish - begin) * done // whole
            done += end - start
            timed.append(TimedSpan(start, end, first, begin + (finish - begin) * done // whole))
    return timed


def fitted(words: Iterable[TimedSpan], loud: Sequence[bool], frame: int) -> list[TimedSpan]:
    """The same words, fitted to the sound: the model counts much of a pause to the word before it, and lets the word
    after a pause begin a little late.

    ``loud`` says of each ``frame`` of audio whether anything sounds in it; spans count in the same unit as ``frame``.
    """
    out: list[TimedSpan] = []
    for word in words:
        first, last = word.start // frame, min(-(-word.end // frame), len(loud))
        floor = max(-(-out[-1].end // frame) if out else 0, first - _EARLIEST)
        start = first
        while floor < start <= len(loud) and loud[start - 1]:
            start -= 1
        end = word.end
        if any(loud[first:last]):
            while not loud[last - 1]:
                last -= 1
            end = min(end, last * frame)
        out.append(attrs.evolve(word, start=start * frame if start < first else word.start, end=end))
    return out


def _words(text: str) -> list[tuple[str, int, int]]:
    return [(match.group(), match.start(), match.end()) for match in _WORD.finditer(text)]


def _equal_shift(
    left: list[tuple[str, int, int]], right: list[tuple[str, int, int]], left_start: int, right_start: int, at: int
) -> int:
    """How far the word at ``at`` stands from its like in the original; blanks may differ within equal words."""
    first_left = next(i for i, word in enumerate(left) if word[1] == left_start)
    first_right = next(i for i, word in enumerate(right) if word[1] == right_start)
    index = next(i for i, word in enumerate(right) if word[1] <= at < word[2])
    return left[first_left + index - first_right][1] - right[index][1]
