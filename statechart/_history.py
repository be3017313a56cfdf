"""The conversation as the model is to see it: the caller's words, and of the agent exactly what the caller heard.

A turn of the agent is logged as it is made (:class:`Spoke`, :class:`Called`, :class:`Returned`, in order) and rendered
to chat messages: in full while the turn is under way, and for good, cut at the last word heard, once it is settled.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, assert_never

import attrs

from statechart._heard import Said, cut_mark, heard

__all__ = ["INTERRUPTED_RESULT", "Called", "Entry", "History", "Message", "Returned", "Spoke", "ToolCall", "render"]

INTERRUPTED_RESULT = '{"error":"interrupted"}'  #: what a function call gets whose turn was cut before it returned


@attrs.frozen
class ToolCall:
    """A function call that the model asks for. ``arguments`` is the JSON text exactly as the model wrote it."""

    id: str
    name: str
    arguments: str


@attrs.frozen
class Message:
    """One chat message. ``tool_calls`` only for the assistant, ``tool_call_id`` only for role "tool"."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None


@attrs.frozen
class Spoke:
    """Words given to the voice, where they lie in the turn's audio."""

    said: Said


@attrs.frozen
class Called:
    """The model asked for these functions, all at once."""

    calls: tuple[ToolCall, ...]


@attrs.frozen
class Returned:
    """A function's result, as JSON text."""

    call_id: str
    content: str


Entry = Spoke | Called | Returned


def render(entries: Sequence[Entry], played: int | None = None, *, finished: bool = True) -> tuple[Message, ...]:
    """Chat messages of one agent turn.

    ``played``: how many of the turn's samples (24 kHz) were heard; None: the turn is under way, take it in full.
    ``finished``: False where the turn was cut before the model had said all, so that even fully heard words are marked.
    What follows the last word heard is left out, except function calls and their results: those happened. A call
    without a result was interrupted, and says so. Words spoken while functions ran (a filler) belong to the message
    that called them.
    """
    messages: list[Message] = []
    spans: list[Said] = []
    calls: tuple[ToolCall, ...] = ()
    results: dict[str, str] = {}

    def close(*, complete: bool = True) -> None:
        nonlocal spans, calls, results
        text, all_heard = _text(spans, played)
        if not (all_heard and complete):
            text = cut_mark(text) if text else ""
        if text or calls:
            messages.append(Message("assistant", text, calls))
        for call in calls:
            default = INTERRUPTED_RESULT if played is not None else None
            content = results.get(call.id, default)
            if content is not None:
                messages.append(Message("tool", content, tool_call_id=call.id))
        spans, calls, results = [], (), {}

    for entry in entries:
        match entry:
            case Spoke(said):
                if calls and len(results) == len(calls):
                    close()
                spans.append(said)
            case Called(asked):
                if calls:
                    close()
                calls = asked
            case Returned(call_id, content):
                results[call_id] = content
            case _:
                assert_never(entry)
    close(complete=finished)
    return tuple(messages)


def _text(spans: Sequence[Said], played: int | None) -> tuple[str, bool]:
    if played is None:
        return "".join(span.raw for span in spans).strip(), True
    outcome = heard(spans, played)
    return outcome.text.strip(), outcome.complete


@attrs.frozen
class History:
    """The settled conversation, oldest turn first: what the caller said and the agent's messages, by turn."""

    caller: tuple[tuple[int, str], ...] = ()
    agent: tuple[tuple[int, tuple[Message, ...]], ...] = ()

    def with_caller(self, turn: int, text: str) -> History:
        """The caller's words of this turn; they replace earlier ones of the same turn."""
        kept = tuple(item for item in self.caller if item[0] != turn)
        return attrs.evolve(self, caller=(*kept, (turn, text)))

    def with_agent(self, turn: int, messages: tuple[Message, ...]) -> History:
        """The agent's settled messages of this turn."""
        kept = tuple(item for item in self.agent if item[0] != turn)
        return attrs.evolve(self, agent=(*kept, (turn, messages)))

    def messages(self, most_characters: int | None = None) -> tuple[Message, ...]:
        """All turns as chat messages, without the oldest ones where they exceed ``most_characters``.

        The latest turn always stays. Whole turns go, so that no function call loses its result.
        """
        turns: dict[int, list[Message]] = {}
        for turn, text in self.caller:
            if text:
                turns.setdefault(turn, []).append(Message("user", text))
        for turn, messages in self.agent:
            turns.setdefault(turn, []).extend(messages)
        kept: list[Message] = []
        left = most_characters
        for turn in sorted(turns, reverse=True):
            if left is not None:
                left -= sum(map(_size, turns[turn]))
                if left < 0 and kept:
                    break
            kept[:0] = turns[turn]
        return tuple(kept)


def _size(message: Message) -> int:
    return len(message.content) + sum(len(call.name) + len(call.arguments) for call in message.tool_calls)
