"""Invariants of a call's course: I4 (an answer in time), I5 (the chart), I6 (bounds), I10 (it goes on)."""

from __future__ import annotations

from collections.abc import Iterator

from actors.line import StateChanged
from actors.ports import AGENT_RATE
from actors.testing._engines import Said
from actors.testing._heard import Sounds
from actors.testing._trace import (
    Asked,
    Began,
    Drained,
    Faulted,
    Opened,
    Played,
    Restarted,
    Returned,
    Sent,
    SentAudio,
    Spoke,
    Stepped,
    ToolBegan,
    ToolEnded,
    Trace,
    Typed,
)
from actors.testing._violation import Violation
from statechart import IGNORED, TABLE, CancelAnswer, DrainRequested, EndCall, ReplyFailed, State

__all__ = ["check_actors", "check_answers", "check_bounds", "check_chart", "check_end"]

_MOST_UNSENT_S = 10.0
_GRACE_S = 12.0
_AT_ONCE_S = 0.1


def check_answers(trace: Trace, sounds: Sounds, *, within: float) -> Iterator[Violation]:
    """After the caller's words the agent is heard within so many seconds, unless something else happens first. Words
    that only bridge a wait or ask whether the caller is there do not count."""
    empty = {said for said in (*trace.phrases, *sounds.says) if said.text in trace.empty_phrases}
    waiting: tuple[float, str] | None = None
    for at, entry in trace.log:
        if waiting is not None and at > waiting[0] + within:
            yield Violation("I4", at, f"{waiting[1]!r} has had no answer for {within:g} s")
            return
        match entry:
            case Spoke(talk) if talk.kind == "words":
                waiting = (at, talk.text)
            case Typed(text) if any(map(str.isalnum, text)):
                waiting = (at, text)
            case Opened() | Returned():
                waiting = None
            case Played(_, samples) if not empty.issuperset(sounds.said_in(samples)):
                waiting = None
            case Faulted("line", _):
                return
            case Stepped(_, _, step):
                for effect in step.effects:
                    if isinstance(effect, EndCall):
                        if effect.reason == "idle" and waiting is not None:
                            yield Violation("I4", at, f"{waiting[1]!r} had no answer, and the agent hung up")
                        return
            case _:
                pass


def check_chart(trace: Trace) -> Iterator[Violation]:
    """Every transition stands in the table, and the client was told of each state."""
    state = State.IDLE
    states: list[str] = []
    for at, entry in trace.log:
        if not isinstance(entry, Stepped):
            continue
        pair, after = (entry.before.state, type(entry.event)), entry.step.snapshot.state
        if entry.before.state is not state:
            yield Violation("I5", at, f"the state was {state.name} and is {entry.before.state.name}")
        targets = TABLE[pair].targets if pair in TABLE else frozenset()
        changed = bool(entry.step.effects) or entry.step.snapshot != entry.before
        if (pair not in IGNORED and pair not in TABLE and changed) or (changed and after not in targets):
            yield Violation("I5", at, f"{pair[1].__name__} leads from {pair[0].name} to {after.name}")
        if after is not state:
            states.append(after.value)
        state = after
    told = [e.message.state for _, e in trace.log if isinstance(e, Sent) and isinstance(e.message, StateChanged)]
    if told != states:
        yield Violation("I5", trace.log[-1][0], f"the client was told of {told}, the states were {states}")
    if trace.illegal_events:
        yield Violation("I5", trace.log[-1][0], f"{trace.illegal_events} events were illegal")


def check_bounds(trace: Trace, sounds: Sounds) -> Iterator[Violation]:
    """Little is made that nobody hears, and nothing happens once the call has returned."""
    sent: dict[int, int] = {}
    made: dict[int, int] = {}
    speaking: dict[int, Said] = {}
    withdrawn: dict[int, int] = {}  # attempts, whose speech may be made and never sent
    largest = max((word.samples for said in sounds.says for word in said.words[: said.given]), default=0)
    for at, entry in trace.log:
        if isinstance(entry, SentAudio):
            sent[entry.turn] = sent.get(entry.turn, 0) + len(entry.pcm) // 2
        elif isinstance(entry, Stepped):
            for effect in entry.step.effects:
                if isinstance(effect, CancelAnswer):
                    withdrawn[effect.turn] = withdrawn.get(effect.turn, 0) + 1
        elif isinstance(entry, Began):  # the sentence before it is all made
            turn, before = entry.said.turn, speaking.get(entry.said.turn)
            speaking[turn] = entry.said
            if before is not None:
                made[turn] = made.get(turn, 0) + sum(word.samples for word in before.words[: before.given])
            waiting = made.get(turn, 0) - sent.get(turn, 0)
            if waiting > _MOST_UNSENT_S * AGENT_RATE * (1 + withdrawn.get(turn, 0)) + 2 * largest:
                yield Violation("I6", at, f"turn {turn}: {waiting / AGENT_RATE:.1f} s of speech waited to be sent")
                return
    over: float | None = None
    for at, entry in trace.log:
        if isinstance(entry, Returned):
            over = at
        elif over is not None and isinstance(entry, Asked | Began | ToolBegan | ToolEnded | Sent | SentAudio):
            yield Violation("I6", at, f"after the call had returned: {entry}")


def check_actors(trace: Trace) -> Iterator[Violation]:
    """An actor that crashed begins anew at once, none fails by itself, and an order to stop is never lost."""
    dead: dict[str, float] = {}
    drained: float | None = None
    for at, entry in trace.log:
        for actor in [actor for actor, since in dead.items() if at > since + _AT_ONCE_S]:
            yield Violation("I10", at, f"the {actor} crashed at {dead.pop(actor):.2f} s and was not restarted")
        if drained is not None and at > drained + _AT_ONCE_S:
            yield Violation("I10", at, f"the server was to stop at {drained:.2f} s, and the call was not told")
            drained = None
        match entry:
            case Faulted(actor, "crash"):
                dead[actor] = at
            case Restarted(actor):
                if dead.pop(actor, None) is None:
                    yield Violation("I10", at, f"the {actor} failed by itself")
            case Drained():
                drained = at
            case Stepped(DrainRequested()):
                drained = None
            case Returned():
                return
            case Stepped(_, _, step) if any(isinstance(effect, EndCall) for effect in step.effects):
                return
            case _:
                pass


def check_end(trace: Trace) -> Iterator[Violation]:
    """The call ends, in good order, soon after it should."""
    end = trace.log[-1][0]
    if trace.hung:
        yield Violation("I10", end, "the call never came to its end")
    if trace.error is not None:
        yield Violation("I10", end, f"the call failed: {trace.error!r}")
    if trace.reason == "internal":
        yield Violation("I10", end, "the call gave up")
    if trace.reason in ("lost", "drain", "agent") and not _has_cause(trace, trace.reason):
        yield Violation("I10", end, f"the call ended ({trace.reason}), and nothing had happened that ends it")
    ordered: float | None = None
    for at, entry in trace.log:
        if isinstance(entry, Stepped):
            if any(isinstance(effect, EndCall) for effect in entry.step.effects):
                ordered = at
            if isinstance(entry.event, ReplyFailed) and entry.event.reason == "internal":
                yield Violation("I10", at, "an answer failed by a fault of ours")
        elif isinstance(entry, Returned) and ordered is not None and at > ordered + _GRACE_S:
            yield Violation("I6", at, f"the call ended {at - ordered:.1f} s after its end was ordered")


def _has_cause(trace: Trace, reason: str) -> bool:
    """Whether the script has what this end comes of: the line lost, the server drained, the agent asked to hang up."""
    acts = (*trace.script.acts, *trace.script.asides)
    match reason:
        case "lost":
            return any(act.do == "lose" for act in acts)
        case "drain":
            return any(act.do == "drain" for act in acts)
        case _:
            return any("hang up" in act.talk.text.lower() for act in acts)
