"""What happened in a journalled call, in time: what there is to show of it."""

from __future__ import annotations

from typing import Literal

import attrs

from actors.journal._lines import TICK_MS, Noted, Set, Sound, Took
from actors.journal._read import Journalled
from actors.line import AgentSpeaking, ToolProgress, TranscriptUpdate
from statechart import Flush, Hold, Resume, ShowCaller, SpanQueued, State

__all__ = ["Course", "HeldFor", "Ran", "Said", "course"]

_TICK = TICK_MS / 1000


@attrs.frozen
class Said:
    """Words of a turn, from ``at`` on. ``unheard``: what of the agent's the caller never heard."""

    at: float
    turn: int
    who: Literal["caller", "agent"]
    text: str
    unheard: str = ""


@attrs.frozen
class Ran:
    """A function call. ``status`` as in :class:`actors.line.ToolProgress`; "running" where its end is not known."""

    at: float
    until: float
    name: str
    status: str


@attrs.frozen
class HeldFor:
    """Playback was held, and then resumed or cut, or neither is known."""

    at: float
    until: float
    then: Literal["resumed", "cut", ""]


@attrs.frozen(kw_only=True)
class Course:
    """Times in seconds since the call began. ``levels``: the caller's, dB relative to full scale, one a tick of 100 ms;
    ``sent`` and ``heard``: seconds of agent audio in each tick. ``cuts``: where the rest of a turn was thrown away."""

    seconds: float
    levels: tuple[int, ...]
    sent: tuple[float, ...]
    heard: tuple[float, ...]
    states: tuple[tuple[float, float, State], ...]
    said: tuple[Said, ...]
    ran: tuple[Ran, ...]
    held: tuple[HeldFor, ...]
    cuts: tuple[float, ...]


def course(journal: Journalled) -> Course:
    """The course of this call."""
    reader = _Reader(journal.seconds)
    for _, line in journal.lines:
        match line:
            case Took():
                reader.took(line)
            case Set(at, snapshot):
                reader.state(at, snapshot.state)
            case Sound():
                reader.sound(line)
            case Noted(at, message):
                reader.noted(at, message)
            case _:
                pass
    return reader.course()


class _Reader:
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        ticks = int(seconds / _TICK) + 1
        self._levels = [-120] * ticks
        self._sent, self._heard = [0.0] * ticks, [0.0] * ticks
        self._agent = (-1, 0, 0)
        self._states: list[tuple[float, State]] = [(0.0, State.IDLE)]
        self._caller: dict[int, Said] = {}
        self._agents: dict[int, Said] = {}
        self._first_words: dict[int, float] = {}
        self._ran: dict[tuple[int, str], Ran] = {}
        self._held: list[HeldFor] = []
        self._cuts: list[float] = []

    def took(self, line: Took) -> None:
        at, event = line.at, line.event
        self.state(at, line.state)
        if isinstance(event, SpanQueued):
            before = self._agents.get(event.turn, Said(at, event.turn, "agent", ""))
            self._agents[event.turn] = attrs.evolve(before, text=f"{before.text} {event.text}".strip())
        for effect in line.effects:
            match effect:
                case ShowCaller(turn, text):
                    first = self._first_words.setdefault(turn, at)
                    self._caller[turn] = Said(first, turn, "caller", text)
                case Hold():
                    self._held.append(HeldFor(at, self._seconds, ""))
                case Resume():
                    self._release(at, "resumed")
                case Flush():
                    self._release(at, "cut")
                    self._cuts.append(at)
                case _:
                    pass

    def state(self, at: float, state: State) -> None:
        if state is not self._states[-1][1]:
            self._states.append((at, state))

    def sound(self, line: Sound) -> None:
        first = round(line.at / _TICK)
        for number, (level, agent) in enumerate(zip(line.caller_db, line.agent, strict=False), first):
            if number >= len(self._levels):
                break
            turn, sent, heard = agent
            same = turn == self._agent[0]
            self._levels[number] = level
            self._sent[number] = max(0, sent - (self._agent[1] if same else 0)) / 24_000
            self._heard[number] = max(0, heard - (self._agent[2] if same else 0)) / 24_000
            self._agent = (turn, sent, heard)

    def noted(self, at: float, message: object) -> None:
        match message:
            case AgentSpeaking(turn):
                if turn in self._agents:
                    self._agents[turn] = attrs.evolve(self._agents[turn], at=at)
            case TranscriptUpdate(turn, "agent", text, True, unheard):
                before = self._agents.get(turn, Said(at, turn, "agent", ""))
                self._agents[turn] = attrs.evolve(before, text=text, unheard=unheard)
            case ToolProgress():
                key = (message.turn, message.id)
                began = self._ran[key].at if key in self._ran and message.status != "running" else at
                until = self._seconds if message.status == "running" else at
                self._ran[key] = Ran(began, until, message.name, message.status)
            case _:
                pass

    def course(self) -> Course:
        ends = [*(at for at, _ in self._states[1:]), self._seconds]
        said = sorted((*self._caller.values(), *self._agents.values()), key=lambda each: each.at)
        return Course(
            seconds=self._seconds,
            levels=tuple(self._levels),
            sent=tuple(self._sent),
            heard=tuple(self._heard),
            states=tuple((at, end, state) for (at, state), end in zip(self._states, ends, strict=True)),
            said=tuple(each for each in said if each.text or each.unheard),
            ran=tuple(self._ran.values()),
            held=tuple(self._held),
            cuts=tuple(self._cuts),
        )

    def _release(self, at: float, then: Literal["resumed", "cut"]) -> None:
        if self._held and not self._held[-1].then:
            self._held[-1] = attrs.evolve(self._held[-1], until=at, then=then)
