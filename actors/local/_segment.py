"""What of a segment of caller audio is worth transcribing. Pure.

Moonshine turns silence into "You", slurs the first word of speech that begins at once, and repeats the last number of
speech that ends at once ("4835-4835-4835"). So speech gets 300 ms in front of it and 200 ms behind it, the rest is left
out, and what holds no speech at all is never shown to it. A transcription begins in the first silent window, when there
are some 90 ms of the 200: the room's own sound, played back and forth, makes up the rest. Over the benches' corpus
that is as good as waiting for it, and better than silence.
"""

from __future__ import annotations

import attrs
import numpy as np

from actors.ports import CALLER_RATE, Pcm

__all__ = ["LEAD", "LONGEST", "TAIL", "Span", "cut_point", "padded", "speech_span"]

LEAD = CALLER_RATE * 300 // 1000  #: samples kept before speech
TAIL = CALLER_RATE * 200 // 1000  #: samples kept after it
LONGEST = CALLER_RATE * 14  #: samples transcribed at once; the model was trained on short pieces

_FRAME = CALLER_RATE // 100
_QUIET = 32768 * 10 ** (-52 / 20)  #: RMS of a 10 ms frame below which nobody can be speaking
_BELOW_PEAK = 10 ** (-32 / 20)  #: a frame this far under the loudest one is no speech either
_LEAST_VOICED = 6  #: frames; a click is shorter than any word


@attrs.frozen
class Span:
    """Where in a segment its speech lies, in samples; 10 ms steps."""

    start: int
    end: int


def _levels(samples: Pcm) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    frames = samples[: len(samples) - len(samples) % _FRAME].reshape(-1, _FRAME)
    levels: np.ndarray[tuple[int], np.dtype[np.float64]] = np.sqrt(np.mean(np.square(frames, dtype=np.float64), axis=1))
    return levels


def speech_span(samples: Pcm) -> Span | None:
    """From the first to the last loud 10 ms of a segment; None where there is too little to be a word.

    Judged by level alone: telling a voice from other sounds was the voice detector's part.
    """
    levels = _levels(samples)
    if not len(levels):
        return None
    loud = np.flatnonzero(levels > max(_QUIET, levels.max() * _BELOW_PEAK))
    if len(loud) < _LEAST_VOICED:
        return None
    return Span(int(loud[0]) * _FRAME, (int(loud[-1]) + 1) * _FRAME)


def padded(samples: Pcm, span: Span) -> Pcm:
    """The speech of ``span`` with :data:`LEAD` before and :data:`TAIL` after it. Where the audio begins later there is
    silence before it; where it ends sooner, what follows the speech goes on back and forth, or silence does."""
    start, end = span.start - LEAD, span.end + TAIL
    kept = np.pad(samples[max(0, start) : end], (max(0, -start), 0))
    missing = end - len(samples)
    if missing <= 0:
        return kept
    room = samples[span.end :]
    if not len(room):
        return np.pad(kept, (0, missing))
    return np.concatenate((kept, np.resize(np.concatenate((room[::-1], room)), missing)))


def cut_point(samples: Pcm) -> int | None:
    """Where to divide a segment that is longer than :data:`LONGEST`: its quietest moment in the second half of that
    length, so that a word is rarely split. None while it is short enough.

    Depends only on the first :data:`LONGEST` samples, so that it never moves as more is pushed.
    """
    if len(samples) <= LONGEST:
        return None
    levels = _levels(samples[:LONGEST])
    half, width = len(levels) // 2, 10
    smooth = np.convolve(levels, np.ones(width) / width, mode="same")
    return (half + int(np.argmin(smooth[half : len(levels) - width]))) * _FRAME
