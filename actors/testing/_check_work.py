"""Invariant I3: side effects happen at most once, are recorded, and the caller is told of each exactly once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from actors.testing._heard import Sounds
from actors.testing._office import COMMITS
from actors.testing._trace import Returned, Stepped, ToolBegan, ToolEnded, Trace
from actors.testing._violation import Violation
from statechart import EndCall, State

__all__ = ["check_announced", "check_effects", "check_recorded"]

_NEWS = "By the way, your request went through: "


def check_effects(trace: Trace) -> Iterator[Violation]:
    """No side effect runs twice, and no wish is fulfilled twice."""
    keys = Counter(e.key for _, e in trace.log if isinstance(e, ToolBegan) and e.name in COMMITS)
    for key, count in keys.items():
        if count > 1:
            yield Violation("I3", trace.log[-1][0], f"the side effect {key} ran {count} times")
    wishes = Counter((e.name, e.subject) for _, e in trace.log if isinstance(e, ToolEnded) and e.number)
    for (name, subject), count in wishes.items():
        if count > 1:
            yield Violation("I3", trace.log[-1][0], f"{name} {subject!r} happened {count} times")


def check_recorded(trace: Trace) -> Iterator[Violation]:
    """In the history every function call has one result, and every side effect that happened is there."""
    messages = [message for _, turn in trace.history.agent for message in turn]
    end = trace.log[-1][0]
    asked = Counter(call.id for message in messages for call in message.tool_calls)
    given = Counter(message.tool_call_id or "" for message in messages if message.role == "tool")
    for call in asked | given:
        if asked[call] != 1 or given[call] != 1:
            yield Violation("I3", end, f"{call}: {asked[call]} calls and {given[call]} results in the history")
    if not _ended_quietly(trace):
        return
    for at, entry in trace.log:
        if isinstance(entry, ToolEnded) and entry.number and not _in_results(entry.number, trace):
            yield Violation("I3", at, f"{entry.number} happened and is not in the history")


def _in_results(number: str, trace: Trace) -> bool:
    return any(number in m.content for _, turn in trace.history.agent for m in turn if m.role == "tool")


def check_announced(trace: Trace, sounds: Sounds) -> Iterator[Violation]:
    """Of each side effect the caller hears: from the answer that asked for it, or "by the way", but not both."""
    # Nobody can know what was heard, or nothing can be said, or what the model says means nothing.
    sure = trace.script.network.reports == "on time" and trace.script.pace.timings
    faults = {(fault.part, fault.kind) for fault in trace.script.faults}
    if not sure or ("llm", "garbage") in faults or any(part == "tts" for part, _ in faults):
        return
    end = trace.log[-1][0]
    told: dict[str, list[tuple[int, str]]] = {}  # number -> turn and sentence of which a word was heard
    # Where one answer tells of several functions and is cut, nobody knows which of them was told of.
    shared = {turn for turn, messages in trace.history.agent if any(len(m.tool_calls) > 1 for m in messages)}
    numbers = {e.number: e.name for _, e in trace.log if isinstance(e, ToolEnded) and e.number}
    for turn, sound in sorted(sounds.heard.items()):
        for said in dict.fromkeys(bit.said for bit in sound.bits if bit.whole):
            for number, name in numbers.items():
                if number in said.text or said.text == f"{_NEWS}{name}.":
                    told.setdefault(number, []).append((turn, said.text))
    for number in numbers:
        tellings = told.get(number, [])
        tellings = [(turn, text) for turn, text in tellings if text.startswith(_NEWS) or turn not in shared]
        news = [place for place, (_, text) in enumerate(tellings) if text.startswith(_NEWS)]
        if len(news) > 1 or (news and news[0] > 0):
            yield Violation("I3", end, f"{number} was announced although the caller knew: {tellings}")
        if not told.get(number) and _ended_quietly(trace):
            yield Violation("I3", end, f"{number} happened, and the caller was never told")


def _ended_quietly(trace: Trace) -> bool:
    """The caller hung up after a quiet moment in which nothing was under way."""
    quiet_since: float | None = None
    running: set[str] = set()
    for at, entry in trace.log:
        match entry:
            case Stepped(_, _, step):
                if any(isinstance(effect, EndCall) for effect in step.effects):
                    return trace.reason == "caller" and quiet_since is not None and at - quiet_since >= 0.5
                if step.snapshot.state is not State.IDLE or running or not step.snapshot.connected:
                    quiet_since = None
                elif quiet_since is None:
                    quiet_since = at
            case ToolBegan(key=key):
                running.add(key)
            case ToolEnded(key=key):
                running.discard(key)
                quiet_since = None
            case Returned():
                return False
            case _:
                pass
    return False
