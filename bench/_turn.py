"""From what was noted of a call with one utterance to the times of its turn. Pure.

What is told by whom: the *caller* (its line) knows when the last voiced sample was handed over, when each frame of
agent audio came and which of it is a filler (fillers are fixed recordings: an answer begins behind them), and
when each of the caller's turns was declared final. The *probes* know when each engine was asked and answered. The
*chart's observer* only adds which answer was begun when, and how long it meant to wait. The call's own ``metrics`` take
no part, and are compared afterwards.

Cut off: before the last voiced sample had arrived,

- agent audio of an answer or filler was sent (``talked_over``), or
- the caller's turn was final, and stayed so: the rest of the words became another turn or were lost (``split``).

A turn declared final too early, but taken back before any sound was sent, so that the words became one, is ``mended``.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import attrs

from actors.line import ToolProgress, TranscriptUpdate, TurnMetrics
from bench._caller import Came
from bench._probe import Work
from bench.speech import Spoken
from statechart import ArmTimer, Effect, Event, StartAnswer, Timer

__all__ = ["STEPS", "Trace", "Turn", "answer_start", "read_turn"]

#: The steps from the caller's last voiced sample to the first byte of the answer; in each turn they add up to TTFA.
STEPS = (
    "silence noticed",
    "transcript",
    "function call written",
    "function runs",
    "first token",
    "first sentence",
    "first sound",
    "held until sure",
    "behind the filler",
    "sent",
)


@attrs.frozen(kw_only=True)
class Trace:
    """What was noted of one call. Times on trio's clock. ``pauses``: begin and end of each inner pause, on arrival.
    ``fillers`` and ``apology``: the fixed recordings, as PCM. ``chart``: when, what event, to what effect."""

    spoken: Spoken
    first_at: float
    last_at: float
    pauses: Sequence[tuple[float, float]]
    came: Sequence[Came]
    work: Sequence[Work]
    chart: Sequence[tuple[float, Event, Sequence[Effect]]]
    fillers: Sequence[bytes]
    apology: bytes = b""
    late_ms: float = 0.0


@attrs.frozen(kw_only=True)
class Turn:
    """One utterance and its answer; milliseconds from the arrival of the last voiced sample unless said otherwise.

    ``ttfa_ms`` None: no answer came, it was an apology, or the caller was cut off. ``metrics_ttfa_ms``: what the call
    itself says. ``wait_ms``: the silence that the turn's end was made to wait for. ``steps``: see :data:`STEPS`.
    ``spans``: begin and end of what was under way, by name. ``final_text``: what was understood.
    """

    number: int
    voice: str
    text: str
    needs: str | None
    final_text: str = ""
    answer: str = ""
    tools: tuple[str, ...] = ()
    ttfa_ms: float | None = None
    filler_ms: float | None = None
    endpoint_ms: float | None = None
    wait_ms: int | None = None
    metrics_ttfa_ms: float | None = None
    metrics_endpoint_ms: float | None = None
    steps: tuple[float, ...] = ()
    spans: dict[str, tuple[float, float]] = attrs.field(factory=dict)
    talked_over: bool = False
    split: bool = False
    mended: bool = False
    early_text: str = ""  # what had been understood when the turn was declared final too early
    early_pause_ms: int | None = None  # the inner pause in which that happened
    apologised: bool = False
    late_ms: float = 0.0
    others_cores: float = 0.0  # what everybody else on the machine took meanwhile

    @property
    def cut_off(self) -> bool:
        return self.talked_over or self.split


def answer_start(pcm: bytes, fillers: Sequence[bytes]) -> int:
    """The byte at which an answer begins: behind the fillers that the audio opens with."""
    at = 0
    while True:
        opening = [filler for filler in fillers if filler and pcm.startswith(filler, at)]
        if not opening:
            return at
        at += len(max(opening, key=len))


def read_turn(trace: Trace) -> Turn:
    """The times of the trace's one utterance."""
    spoken = trace.spoken
    last = trace.last_at
    finals = [(came.at, m) for came in trace.came if isinstance(m := came.message, TranscriptUpdate) and _is_final(m)]
    early = [(at, m) for at, m in finals if at < last]
    settled_late = {m.turn for at, m in finals if at >= last}
    split = any(m.turn not in settled_late for _, m in early)
    talked_over = any(came.pcm and came.turn > 0 and came.at < last for came in trace.came)
    turn = Turn(
        number=spoken.utterance.number,
        voice=f"{spoken.voice.engine} {spoken.voice.name}",
        text=spoken.utterance.marked,
        needs=spoken.utterance.tool,
        final_text=" | ".join(m.text for _, m in finals[-1:]) if not split else " | ".join(m.text for _, m in finals),
        tools=_tools(trace),
        talked_over=talked_over,
        split=split,
        mended=bool(early) and not split and not talked_over,
        early_text=early[0][1].text if early else "",
        early_pause_ms=_pause_at(trace, early[0][0]) if early else None,
        late_ms=trace.late_ms,
    )
    return turn if turn.cut_off or not finals else _answered(turn, trace, *finals[-1])


def _answered(turn: Turn, trace: Trace, confirmed: float, final: TranscriptUpdate) -> Turn:
    """The times of an utterance that was let finish. ``confirmed``: when its end was declared."""
    number, last = final.turn, trace.last_at
    frames = [came for came in trace.came if came.pcm and came.turn == number]
    pcm = b"".join(came.pcm for came in frames)
    start = answer_start(pcm, trace.fillers)
    sent, passed = None, 0
    for came in frames:
        passed += len(came.pcm)
        if passed > start:
            sent = came.at
            break
    metrics = next((m for c in trace.came if isinstance(m := c.message, TurnMetrics) and m.turn == number), None)
    apologised = bool(trace.apology) and pcm.startswith(trace.apology[: 2 * 2400], start)
    turn = attrs.evolve(
        turn,
        filler_ms=_ms(last, frames[0].at) if frames and start else None,
        endpoint_ms=_ms(last, confirmed),
        wait_ms=_wait(trace, confirmed),
        metrics_ttfa_ms=metrics.ttfa_ms if metrics else None,
        metrics_endpoint_ms=metrics.endpoint_ms if metrics else None,
        answer=_agent_text(trace, number),
        apologised=apologised,
    )
    if sent is None or apologised:
        return turn
    turn = attrs.evolve(turn, ttfa_ms=_ms(last, sent))
    return _explained(turn, trace, number, confirmed, sent)


def _explained(turn: Turn, trace: Trace, number: int, confirmed: float, sent: float) -> Turn:
    """Follow the answer that was sent back to where it began."""
    begun = [
        at
        for at, _, effects in trace.chart
        for effect in effects
        if isinstance(effect, StartAnswer) and effect.turn == number and at <= sent
    ]
    if not begun:
        return turn
    start = begun[-1]
    stt = next((w for w in reversed(trace.work) if w.part == "final" and w.end is not None and w.end <= start), None)
    rounds = [w for w in trace.work if w.part == "llm" and start <= w.begin <= sent]
    voice = next((w for w in trace.work if w.part == "tts" and w.begin >= start and w.first is not None), None)
    if stt is None or stt.end is None or not rounds or voice is None or voice.first is None:
        return turn
    before = [w for w in rounds if w.begin <= voice.begin]
    speaks, calls = before[-1], before[:-1]
    first = speaks.first or voice.begin
    written = calls[0].end or calls[0].begin if calls else speaks.begin
    # A function with side effects waits until the end of the turn is sure, and with it all that follows.
    waits = calls and any(name in _COMMITS for name in calls[0].tools)
    released = max(written, confirmed) if waits else written
    marks = [trace.last_at, stt.begin, stt.end, written, released, speaks.begin, first, voice.begin, voice.first]
    marks += [max(voice.first, confirmed), sent]
    deltas = _deltas(marks)
    noticed, transcript, call, commit_held, function, token, sentence, sound, held, out = deltas
    if not calls:  # from the transcript to the request: no function, hardly any time
        token, call = token + call + function, 0.0
        function = 0.0
    # A filler that was begun is played to its end, and the answer is sent behind it.
    queued, out = (out, 0.0) if turn.filler_ms is not None else (0.0, out)
    steps = (noticed, transcript, call, function, token, sentence, sound, held + commit_held, queued, out)
    spans = {
        "waiting for the end": (trace.last_at, confirmed),
        "recogniser": (stt.begin, stt.end),
        "voice": (voice.begin, voice.first),
        "first token": (speaks.begin, first),
        "first sentence": (first, voice.begin),
        "answer sent": (sent, sent),
    }
    if calls:
        spans["function call"] = (calls[0].begin, written)
        spans["function"] = (written, speaks.begin)
    relative = {name: (_ms(trace.last_at, a), _ms(trace.last_at, b)) for name, (a, b) in spans.items()}
    return attrs.evolve(turn, steps=tuple(round(step * 1000, 1) for step in steps), spans=relative)


_COMMITS = frozenset({"schedule_appointment", "cancel_appointment"})


def _deltas(marks: Sequence[float]) -> list[float]:
    """Differences of neighbours; a mark before an earlier one counts as that one, so that they add up."""
    deltas, latest = [], marks[0]
    for mark in marks[1:]:
        deltas.append(max(0.0, mark - latest))
        latest = max(latest, mark)
    return deltas


def _is_final(message: TranscriptUpdate) -> bool:
    return message.role == "user" and message.final


def _tools(trace: Trace) -> tuple[str, ...]:
    shown = [m for c in trace.came if isinstance(m := c.message, ToolProgress) and m.status != "running"]
    return tuple(dict.fromkeys(m.name for m in shown))


def _agent_text(trace: Trace, turn: int) -> str:
    texts = [m for c in trace.came if isinstance(m := c.message, TranscriptUpdate) and m.turn == turn]
    return next((m.text + m.unheard for m in reversed(texts) if m.role == "agent"), "").strip()


def _wait(trace: Trace, confirmed: float) -> int | None:
    """The wait that was armed last before the turn was over."""
    armed = [
        effect.after_ms
        for at, _, effects in trace.chart
        for effect in effects
        if isinstance(effect, ArmTimer) and effect.timer is Timer.END_OF_TURN and at <= confirmed
    ]
    return armed[-1] if armed else None


def _pause_at(trace: Trace, at: float) -> int | None:
    """The length of the inner pause that this moment fell into, or the last one begun before it."""
    lengths = [*zip(trace.pauses, trace.spoken.utterance.pauses, strict=True), ((inf, inf), 0)]
    found = [ms for (begin, _), ms in lengths if begin <= at]
    return found[-1] if found else None


def _ms(begin: float, end: float) -> float:
    return round((end - begin) * 1000, 1)
