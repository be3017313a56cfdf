"""From what was noted of one barge-in to its figures. Pure.

Everything is seen from the caller's end of the socket, on one clock; what the engines did comes from the probes.
Words heard: a word of the agent's counts when its last sample, by the voice's own timings, was played; compared with
the words that the call says were heard. (How true those timings are is measured apart: ``bench.heard``.)
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from actors.line import Flush, Hold, Outgoing, TranscriptUpdate
from actors.ports import AGENT_RATE, SpeechChunk
from bench._caller import Came
from bench._probe import Work

__all__ = ["Interruption", "Scene", "last_word_heard", "read_interruption"]

_AGENT_RATE_MS = AGENT_RATE // 1000


@attrs.frozen(kw_only=True)
class Scene:
    """One barge-in. ``turn``: the agent's that was talked over; ``began``: arrival of the caller's first voiced sample;
    ``ended``: of the last; ``came``: all that the call sent, in order; ``played``: samples of the turn that the
    loudspeaker played; ``work``: all that the engines did; ``phrases``: the fixed recordings."""

    turn: int
    began: float
    ended: float
    came: Sequence[Came]
    played: int
    work: Sequence[Work]
    phrases: Sequence[tuple[SpeechChunk, ...]] = ()


@attrs.frozen(kw_only=True)
class Interruption:
    """Milliseconds after the caller's first voiced sample (``answer_ms``: after the last); None where there was none.

    ``stale_bytes``: audio of the old turn that came behind its flush. ``late_characters`` and ``late_audio_ms``: what
    the model and the voice went on to make for the old turn after the flush. ``heard_error``: words that the call
    counts as heard, less those that were; None where it cannot be told.
    """

    hold_ms: float | None
    stop_ms: float | None
    cut_ms: float | None
    last_audio_ms: float | None
    answer_ms: float | None
    stale_bytes: int
    late_characters: int
    late_audio_ms: float
    heard_error: int | None
    heard: str = ""
    unheard: str = ""


def read_interruption(scene: Scene) -> Interruption:
    """The figures of a barge-in."""
    turn, began = scene.turn, scene.began

    def ms(at: float | None, since: float = began) -> float | None:
        return None if at is None else (at - since) * 1000

    def first(kind: type[Outgoing]) -> float | None:
        return next((c.at for c in scene.came if c.at >= began and isinstance(c.message, kind)), None)

    hold, cut = first(Hold), first(Flush)
    stop = min((at for at in (hold, cut) if at is not None), default=None)
    old = [c for c in scene.came if c.pcm and c.turn == turn]
    before_cut = [c for c in old if cut is None or c.at <= cut]
    answer = next((c.at for c in scene.came if c.pcm and c.turn > turn and c.at >= scene.ended), None)
    after = [w for w in scene.work if cut is not None and w.begin < cut]
    heard = next(
        (m for c in reversed(scene.came) if isinstance(m := c.message, TranscriptUpdate) and _is_old(m, turn)), None
    )
    return Interruption(
        hold_ms=ms(hold),
        stop_ms=ms(stop),
        cut_ms=ms(cut),
        last_audio_ms=ms(before_cut[-1].at if before_cut else None),
        answer_ms=ms(answer, scene.ended),
        stale_bytes=sum(len(c.pcm) for c in old) - sum(len(c.pcm) for c in before_cut),
        late_characters=sum(len(w.what) - w.length_at(cut) for w in after if w.part == "llm") if cut else 0,
        late_audio_ms=sum(_late_audio(w, cut) for w in after if w.part == "tts") if cut else 0.0,
        heard_error=_error(scene, heard),
        heard="" if heard is None else heard.text,
        unheard="" if heard is None else heard.unheard,
    )


def _is_old(message: TranscriptUpdate, turn: int) -> bool:
    return message.role == "agent" and message.turn == turn and message.final


def _late_audio(work: Work, cut: float) -> float:
    late = sum(len(chunk.pcm) for chunk, at in zip(work.speech, work.spoken_at, strict=True) if at > cut)
    return late / 2 / _AGENT_RATE_MS


def _error(scene: Scene, heard: TranscriptUpdate | None) -> int | None:
    if heard is None:
        return None
    pcm = b"".join(c.pcm for c in scene.came if c.turn == scene.turn)
    pieces = [tuple(w.speech) for w in scene.work if w.part == "tts" and w.speech]
    truth = last_word_heard(pcm, [*scene.phrases, *pieces], scene.played)
    return None if truth is None else len(heard.text.removesuffix("—").split()) - truth


def last_word_heard(pcm: bytes, pieces: Sequence[Sequence[SpeechChunk]], played: int) -> int | None:
    """How many words end within the first ``played`` samples of a turn's audio ``pcm``, which is made of some of
    ``pieces``, in any order. None where it is made of something else."""
    at = words = 0
    while at < min(len(pcm), played * 2):
        piece = next((p for p in pieces if _lies_at(pcm, at, b"".join(c.pcm for c in p))), None)
        if piece is None:
            return None
        timings = [word for chunk in piece for word in chunk.words]
        words += sum(at // 2 + word.end <= played for word in timings)
        at += sum(len(chunk.pcm) for chunk in piece)
    return words


def _lies_at(pcm: bytes, at: int, piece: bytes) -> bool:
    rest = pcm[at : at + len(piece)]
    return bool(piece) and piece.startswith(rest)
