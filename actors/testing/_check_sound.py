"""Invariants of sound: I1 (the agent stops, and nothing of a turn is sent after its cut), I7 (to the sample)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from actors.line import AgentDone, AgentSpeaking, Flush, Hold, Resume
from actors.testing._heard import Sound, Sounds
from actors.testing._trace import Faulted, Opened, Sent, SentAudio, Stepped, Trace
from actors.testing._violation import Violation
from statechart import CancelAnswer, PlayoutDrained, ReplyFailed, State
from statechart import Flush as FlushOrder
from statechart import Hold as HoldOrder
from statechart import Resume as ResumeOrder

__all__ = ["check_orders", "check_samples", "check_sending", "check_stopping"]


_ON_THE_WAY = ("line", "conductor")  # actors from a voice to the order to hold; and the line itself, when it is lost


def check_sending(trace: Trace) -> Iterator[Violation]:
    """The order of messages and audio on the line."""
    speaking: int | None = None
    begun: set[int] = set()
    done: set[int] = set()
    held: int | None = None
    flushed = -1
    lost: set[int] = set()  # turns of which a lost line took audio away: that is sent again
    for at, entry in trace.log:
        match entry:
            case SentAudio(turn):
                if turn <= flushed:
                    yield Violation("I1", at, f"audio of turn {turn} was sent after turn {flushed} was flushed")
                if held is not None:
                    yield Violation("I7", at, f"audio of turn {turn} was sent while turn {held} was held")
                if (turn in done or speaking != turn) and turn not in lost:
                    yield Violation("I1", at, f"audio of turn {turn} was sent outside of its agent_speaking")
            case Sent(AgentSpeaking(turn)):
                if turn in begun or speaking is not None:
                    yield Violation("I1", at, f"agent_speaking {turn} came again, or before the other's agent_done")
                speaking = turn
                begun.add(turn)
            case Sent(AgentDone(turn)):
                if turn in done or turn not in begun:
                    yield Violation("I1", at, f"agent_done {turn} came twice or without agent_speaking")
                done.add(turn)
                speaking = None
            case Sent(Hold(turn)):
                held = turn
            case Faulted("line", _):
                lost.update(begun)
            case Sent(Resume(turn)):
                if held != turn:
                    yield Violation("I7", at, f"turn {turn} was resumed and had not been held")
                held = None
            case Sent(Flush(turn)):
                flushed, held = max(flushed, turn), None
            case _:
                pass


def check_orders(trace: Trace) -> Iterator[Violation]:
    """What the chart orders of sound is what goes out on the line, unless all had been heard in that very instant."""
    drained: dict[int, float] = {}
    for at, entry in trace.log:
        if isinstance(entry, Stepped) and isinstance(entry.event, PlayoutDrained):
            drained[entry.event.turn] = at
    begun = {
        entry.message.turn
        for _, entry in trace.log
        if isinstance(entry, Sent) and isinstance(entry.message, AgentSpeaking)
    }
    for order, message in ((HoldOrder, Hold), (ResumeOrder, Resume), (FlushOrder, Flush)):
        ordered: dict[int, list[float]] = {}
        sent: dict[int, int] = {}
        for at, entry in trace.log:
            if isinstance(entry, Stepped):
                for effect in entry.step.effects:
                    if isinstance(effect, order) and drained.get(effect.turn) != at:
                        ordered.setdefault(effect.turn, []).append(at)
            elif isinstance(entry, Sent) and isinstance(entry.message, message):
                sent[entry.message.turn] = sent.get(entry.message.turn, 0) + 1
        for turn, times in ordered.items():
            if turn in begun and sent.get(turn, 0) < len(times):
                what = message.__name__.lower()
                text = f"the chart ordered {what} of turn {turn} {len(times)} times, the line saw {sent.get(turn, 0)}"
                yield Violation("I1" if message is Flush else "I7", times[-1], text)


def check_stopping(trace: Trace) -> Iterator[Violation]:
    """A voice over the agent holds it at once: two windows of voice, two frames, and the network, at most."""
    script = trace.script
    if any(isinstance(entry, Faulted) and entry.part in _ON_THE_WAY for _, entry in trace.log):
        return
    network, pace = script.network, script.pace
    within = 0.1 + (2 * pace.tick_ms + network.delay_ms + network.jitter_ms + script.longest_stall_ms) / 1000
    watched: list[float] = []
    state, voiced = State.IDLE, False
    for at, entry in trace.log:
        for began in [began for began in watched if at > began + within]:
            watched.remove(began)
            yield Violation("I1", at, f"the caller spoke up at {began:.2f} s and the agent spoke on")
        if isinstance(entry, Stepped):
            state, voiced = entry.step.snapshot.state, entry.step.snapshot.voiced
            if state is not State.SPEAKING:
                watched.clear()
        elif isinstance(entry, Opened) and state is State.SPEAKING and not voiced:
            watched.append(at)


def check_samples(trace: Trace, sounds: Sounds) -> Iterator[Violation]:
    """Every turn as heard is its sentences in order, whole, from their first word on; only its end may be missing."""
    withdrawn: dict[int, list[int]] = {}
    for place, _, entry in trace.entries(Stepped):
        for effect in entry.step.effects:
            if isinstance(effect, CancelAnswer):
                withdrawn.setdefault(effect.turn, []).append(place)
        if isinstance(entry.event, ReplyFailed):
            withdrawn.setdefault(entry.event.turn, []).append(place)
    losses = any(isinstance(entry, Faulted) and entry.part == "line" for _, entry in trace.log)
    if losses and trace.script.network.reports != "on time":
        return  # nobody can know what a client had played that does not say so
    for turn, sound in sounds.heard.items():
        for text in _faults(sound, sounds, withdrawn.get(turn, [])):
            yield Violation("I7", _last_played(trace), f"turn {turn}: {text}")


def _faults(sound: Sound, sounds: Sounds, withdrawn: list[int]) -> Iterator[str]:
    if sound.strange:
        yield f"{sound.strange} samples that nobody said"
    seen: set[tuple[int, int]] = set()
    for bit in sound.bits:
        if (id(bit.said), bit.index) in seen:
            yield f"{bit.text!r} was heard twice"
        seen.add((id(bit.said), bit.index))
    if sound.bits and sound.bits[0].index:
        yield f"{sound.bits[0].said.text!r} was not heard from its beginning"
    for bit, after in pairwise(sound.bits):
        given_up = bit.said.turn >= 0 and any(place > sounds.begun[bit.said] for place in withdrawn)
        if not bit.whole and not (given_up and after.said is not bit.said):
            yield f"{bit.samples} samples of {bit.text!r} were heard, not {bit.said.words[bit.index].samples}"
        if after.said is bit.said:
            if after.index != bit.index + 1:
                yield f"{after.text!r} was heard next after {bit.text!r}"
        elif after.index:
            yield f"{after.said.text!r} was not heard from its beginning"
        elif bit.index + 1 < len(bit.said.words) and not given_up and bit.said.complete:
            yield f"{bit.said.text!r} was not heard to its end"
    last = sound.bits[-1] if sound.bits else None
    if last is not None and last.samples > last.said.words[last.index].samples:
        yield f"{last.samples} samples of {last.text!r} were heard, not {last.said.words[last.index].samples}"


def _last_played(trace: Trace) -> float:
    return trace.log[-1][0] if trace.log else 0.0
