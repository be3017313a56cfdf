"""What happened in a simulated call: one log in causal order, and what was left when it was over.

The log is written by the fakes and the simulated client, not by the code under test; only :class:`Stepped` is the
call's own word. Everything runs in one thread, so the order of the log is the order of causes, also within an instant.
"""

from __future__ import annotations

from typing import Any

import attrs

from actors.line import Outgoing
from actors.ports import LlmRequest, Pcm
from actors.testing._engines import Said
from actors.testing._script import Script, Talk
from statechart import Event, History, Snapshot, Step

__all__ = [
    "Arrived",
    "Asked",
    "Began",
    "Drained",
    "Entry",
    "Faulted",
    "Opened",
    "Played",
    "Restarted",
    "Returned",
    "Sent",
    "SentAudio",
    "Spoke",
    "Stepped",
    "ToolBegan",
    "ToolEnded",
    "Trace",
    "Typed",
]


@attrs.frozen
class Sent:
    """The call gave this message to its line."""

    message: Outgoing


@attrs.frozen
class SentAudio:
    """The call gave this audio of ``turn`` to its line."""

    turn: int
    pcm: bytes = attrs.field(repr=lambda pcm: f"<{len(pcm)} bytes>")


@attrs.frozen
class Arrived:
    """The message has reached the client."""

    message: Outgoing


@attrs.frozen
class Played:
    """These samples of ``turn`` have left the client's loudspeaker, up to now."""

    turn: int
    samples: Pcm = attrs.field(repr=lambda samples: f"<{len(samples)} samples>", eq=False)


@attrs.frozen
class Opened:
    """The caller opens the mouth."""

    talk: Talk


@attrs.frozen
class Spoke:
    """The caller's last word is out (and on its way)."""

    talk: Talk


@attrs.frozen
class Typed:
    text: str


@attrs.frozen
class Asked:
    """The call asked the model."""

    request: LlmRequest


@attrs.frozen(eq=False)
class Began:
    """The voice begins a sentence; ``said`` is its own record of it, and goes on growing."""

    said: Said


@attrs.frozen
class ToolBegan:
    """A tool runs; ``key`` as the call gave it."""

    name: str
    subject: str
    key: str


@attrs.frozen
class ToolEnded:
    """``number`` is what a side effect that really happened is known by; empty where nothing happened. ``refused``:
    somebody else has it."""

    name: str
    subject: str
    key: str
    number: str = ""
    refused: bool = False


@attrs.frozen
class Faulted:
    """A fault of the script took place; ``lasting`` ones make the line or an engine useless for a while."""

    part: str
    kind: str


@attrs.frozen
class Restarted:
    """An actor of the call begins anew."""

    actor: str


@attrs.frozen
class Drained:
    """The server is to stop."""


@attrs.frozen
class Stepped:
    """The call's chart took ``event``."""

    event: Event
    before: Snapshot
    step: Step


@attrs.frozen
class Returned:
    """``Call.run`` has returned."""

    reason: str


Entry = (
    Sent
    | SentAudio
    | Arrived
    | Played
    | Opened
    | Spoke
    | Typed
    | Asked
    | Began
    | ToolBegan
    | ToolEnded
    | Faulted
    | Restarted
    | Drained
    | Stepped
    | Returned
)


@attrs.define(eq=False)
class Trace:
    """A simulated call. ``log`` holds (virtual seconds, entry); ``phrases`` were
    spoken before it began; ``empty_phrases`` are the texts of those that answer nothing (fillers, idle prompts).

    ``error`` is what escaped from the call, ``hung`` that it had to be stopped. ``history`` and ``illegal_events`` are
    the call's own, at its end.
    """

    script: Script
    log: list[tuple[float, Entry]] = attrs.field(factory=list, repr=False)
    phrases: tuple[Said, ...] = attrs.field(default=(), repr=False)
    empty_phrases: frozenset[str] = frozenset()
    history: History = History()
    reason: str | None = None
    error: BaseException | None = None
    hung: bool = False
    illegal_events: int = 0

    def entries(self, *kinds: type) -> list[tuple[int, float, Any]]:
        """(place in the log, virtual seconds, entry) of these kinds."""
        return [(place, at, entry) for place, (at, entry) in enumerate(self.log) if isinstance(entry, kinds)]

    @property
    def steps(self) -> list[Stepped]:
        """Every transition of the chart."""
        return [entry for _, entry in self.log if isinstance(entry, Stepped)]
