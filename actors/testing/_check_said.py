"""The caller's side of I10: what was said to the agent is in the history, in order and once."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from actors.testing._script import Act, Script, Talk
from actors.testing._trace import Faulted, Opened, Spoke, Stepped, Trace, Typed
from actors.testing._violation import Violation
from statechart import EndCall, FinalTranscript, SttFailed, Timer, TimerFired, VoiceStarted

__all__ = ["check_said"]

_HEARD_WITHIN_S = 2.5  # from the last word: the longest pause and a transcript


@attrs.frozen
class _Utterance:
    """``must``: it was meant for the agent, who could understand it. ``mixed``: something was typed at the same time,
    so that typed words may stand in the middle, and what was spoken before may come twice or not at all."""

    text: str
    begin: float
    end: float
    must: bool
    mixed: bool = False


def check_said(trace: Trace) -> Iterator[Violation]:
    """Every word meant for the agent is in the history, in order, once; and nothing that was not said."""
    said = _utterances(trace)
    history = " ".join(text for _, text in sorted(trace.history.caller))
    rest = [word for word in history.split() if any(char.isalnum() for char in word)]
    missing = []
    # Long ones first, since "stop" stands in others, too; and of equal ones first those that must be there.
    for utterance in sorted(said, key=lambda utterance: (-len(utterance.text.split()), not utterance.must)):
        left = _without(rest, utterance.text.split())
        if left is None:
            missing.append(utterance)
        else:
            rest = left
    for utterance in missing:
        left = _without_scattered(rest, utterance.text.split()) if utterance.mixed else None
        if left is not None:
            rest = left
        elif utterance.must:
            text = f"{utterance.text!r} was said and is not in the history: {history!r}"
            yield Violation("I10", utterance.end, text)
    known = {word for utterance in said for word in utterance.text.split()}
    certain = all(utterance.must for utterance in said) and not any(u.mixed for u in said)
    if rest and (certain or not known.issuperset(rest)):
        yield Violation("I10", trace.log[-1][0], f"{' '.join(rest)!r} is in the history, and was not said, or once")


def _without(text: list[str], words: list[str]) -> list[str] | None:
    """``text`` without these words, which follow each other in it; None where they do not."""
    for i in range(len(text) - len(words) + 1):
        if text[i : i + len(words)] == words:
            return text[:i] + text[i + len(words) :]
    return None


def _without_scattered(text: list[str], words: list[str]) -> list[str] | None:
    """``text`` without these words, which come in this order in it; None where they do not."""
    kept, todo = [], list(words)
    for word in text:
        if todo and word == todo[0]:
            todo.pop(0)
        else:
            kept.append(word)
    return None if todo else kept


def _utterances(trace: Trace) -> list[_Utterance]:
    deaf = _deaf(trace)
    away = _away(trace)
    over = _ordered_end(trace)
    typed = [at for at, entry in trace.log if isinstance(entry, Typed)]
    stepped = [(at, entry.event) for at, entry in trace.log if isinstance(entry, Stepped)]
    finals = [(at, event.text) for at, event in stepped if isinstance(event, FinalTranscript)]
    voices = [at for at, event in stepped if isinstance(event, VoiceStarted)]
    found = []
    opened: dict[Talk, float] = {}
    for at, entry in trace.log:
        match entry:
            case Opened(talk):
                opened[talk] = at
            case Spoke(talk) if talk.text:
                begin = opened[talk]
                lost = any(lost <= at + 1 and begin - 1 <= back for lost, back in away)
                mixed = any(begin <= when <= at + _HEARD_WITHIN_S for when in typed)
                understood = not deaf and not lost and not mixed and not _overtaken(talk, at, finals, voices)
                must = talk.kind == "words" and understood and at < over - _HEARD_WITHIN_S
                found.append(_Utterance(talk.text, begin, at, must, mixed))
            case Typed(text) if any(map(str.isalnum, text)):
                lost = any(lost - 1 <= at <= back + 1 for lost, back in away)
                spoke = any(o - 1 <= at <= o + 5 for o in opened.values())
                found.append(_Utterance(text, at, at, not lost and at < over - 1, mixed=spoke))
            case _:
                pass
    return found


def _overtaken(talk: Talk, end: float, finals: list[tuple[float, str]], voices: list[float]) -> bool:
    """Whether the voice set in again before the transcript of what was said until ``end`` had come: then it may be that
    the chart, busy with the new voice, no longer asks whether the old one was meant."""
    final = next((at for at, text in finals if at > end and talk.text in text), float("inf"))
    return any(end < voice < final for voice in voices)


def _away(trace: Trace) -> list[tuple[float, float]]:
    """When the line was away: from, to."""
    losses = [at for at, entry in trace.log if isinstance(entry, Faulted) and entry.part == "line"]
    if not losses:
        return []
    acts: tuple[Act, ...] = (*trace.script.acts, *trace.script.asides)
    longest = max((act.ms / 1000 or float("inf") for act in acts if act.do == "lose"), default=float("inf"))
    return [(at, at + longest) for at in losses]


def _ordered_end(trace: Trace) -> float:
    for at, entry in trace.log:
        if isinstance(entry, Stepped) and any(isinstance(effect, EndCall) for effect in entry.step.effects):
            return at
    return trace.log[-1][0]


def _deaf(trace: Trace) -> bool:
    """Whether the recogniser failed, or an actor on the way to it, or who judges the sound of words talked nonsense."""
    script: Script = trace.script
    if any(fault.part == "stt" or (fault.part, fault.kind) == ("intent", "garbage") for fault in script.faults):
        return True
    if any(crash.actor in ("transcriber", "line") for crash in script.crashes):
        return True
    return any(
        isinstance(event, SttFailed) or (isinstance(event, TimerFired) and event.timer is Timer.TRANSCRIPT)
        for event in (step.event for step in trace.steps)
    )
