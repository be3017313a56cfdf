"""A call, told as it happens: for people (rich, coloured in a terminal) or for machines (JSON lines)."""

from __future__ import annotations

import json
from typing import Any, Protocol

import attrs
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from actors.line import (
    ErrorNotice,
    Flush,
    Hold,
    Outgoing,
    Resume,
    StateChanged,
    ToolProgress,
    TranscriptUpdate,
)
from web.cli._file_line import SpokenFile
from web.cli._latency import COLUMNS, Times, TurnTimes, medians
from web.wire import encode_server

__all__ = ["Ending", "HumanStory", "JsonStory", "Story", "call_text", "dump_json"]

_REASONS = {
    "farewell": "the conversation was over",
    "caller": "the caller hung up",
    "idle": "the caller said nothing for too long",
    "failing": "several turns in a row could not be answered",
    "internal": "something went wrong inside the call",
    "drain": "the server stops",
}


@attrs.frozen(kw_only=True)
class Ending:
    """How a call ended. ``out``: the recording's path, if one was written."""

    reason: str
    seconds: float
    files: int = 0
    files_spoken: int = 0
    out: str | None = None
    warnings: tuple[str, ...] = ()


_CALLER = (12, 40)  # columns for the caller's words in the table of times, at least and at most
_OTHERS = 69  # columns that the rest of that table takes


class Story(Protocol):
    """``tell`` is called for everything that happens, ``at`` seconds into the call; ``end`` once."""

    def tell(self, at: float, message: Outgoing | SpokenFile) -> None: ...

    def end(self, ending: Ending) -> None: ...


class JsonStory:
    """One JSON object a line: the wire's messages with ``at`` (seconds), ``speaks`` for a file, ``summary`` last."""

    def __init__(self, console: Console) -> None:
        self._console, self._times = console, Times()

    def tell(self, at: float, message: Outgoing | SpokenFile) -> None:
        if isinstance(message, SpokenFile):
            said = message.utterance
            fields = {"type": "speaks", "file": said.name, "number": message.number, "seconds": round(said.seconds, 3)}
        else:
            self._times.note(message)
            fields = json.loads(encode_server(message, 0))
            del fields["seq"]
        self._print({"at": round(at, 3), **fields})

    def end(self, ending: Ending) -> None:
        turns = self._times.turns()
        rows = [{**attrs.asdict(turn.metrics), "said": turn.said, "tools": list(turn.tools)} for turn in turns]
        p50 = {name: medians(group) for name, group in _groups(turns).items()}
        self._print({"type": "summary", **attrs.asdict(ending), "turns": rows, "p50": p50})

    def _print(self, fields: dict[str, Any]) -> None:
        dump_json(self._console, fields)


def dump_json(console: Console, value: Any) -> None:
    """One line of JSON, as it is: without colours, wrapping or markup."""
    console.out(json.dumps(value, ensure_ascii=False), highlight=False)


class HumanStory:
    """``states``: also show the changes of state. ``times``: show seconds, and the table of times at the end."""

    def __init__(self, console: Console, *, states: bool = True, times: bool = True, caller: bool = True) -> None:
        self._console, self._states, self._show_times, self._caller = console, states, times, caller
        self._times = Times()
        self._shown: dict[tuple[int, str], str] = {}
        self._speaker: tuple[int, str] | None = None  # whose words the last line held

    def tell(self, at: float, message: Outgoing | SpokenFile) -> None:
        if not isinstance(message, SpokenFile):
            self._times.note(message)
        match message:
            case SpokenFile(utterance):
                self._line(at, "", Text(f"▶ {utterance.name} ({utterance.seconds:.1f} s)", "dim"))
            case StateChanged(state) if self._states:
                self._line(at, "", Text(f"· {state}", "dim"))
            case TranscriptUpdate(turn, "user", text, True) if self._caller:
                self._said(at, turn, "caller", text, "cyan")
            case TranscriptUpdate(turn, "agent", text, False):
                self._said(at, turn, "agent", text, "green")
            case TranscriptUpdate(_, "agent", text, True, unheard) if unheard:
                told = Text(f"heard: {text}; " if text else "", "yellow").append("not heard: ")
                self._line(at, "", told.append(unheard, "strike" if self._console.is_terminal else ""), note="✂")
            case ToolProgress():
                self._tool(at, message)
            case Hold() | Resume() | Flush() if self._states:
                name = {Hold: "held", Resume: "resumed", Flush: "cut off"}[type(message)]
                self._line(at, "", Text(f"· playback {name}", "dim"))
            case ErrorNotice(_, text):
                self._line(at, "error", Text(text, "red"))
            case _:
                pass

    def end(self, ending: Ending) -> None:
        console, turns = self._console, self._times.turns()
        console.print()
        console.print(f"The call lasted {ending.seconds:.1f} s; {_REASONS.get(ending.reason, ending.reason)}.")
        for warning in ending.warnings:
            console.print(Text(warning, "yellow"))
        if turns and self._show_times:
            console.print()
            console.print(_latency_table(turns, console.width))
        if ending.out is not None:
            console.print(Text(f"Recorded in {ending.out}: caller left, agent right.", no_wrap=True), soft_wrap=True)

    def _said(self, at: float, turn: int, who: str, text: str, style: str) -> None:
        before = self._shown.get((turn, who), "")
        if text.strip() == before:
            return
        added = text[len(before) :] if before and text.startswith(before) else text
        self._shown[turn, who] = text.strip()
        goes_on = self._speaker == (turn, who)
        self._line(at, "" if goes_on else who, Text(added.strip(), style))
        self._speaker = turn, who

    def _tool(self, at: float, tool: ToolProgress) -> None:
        match tool.status:
            case "running":
                self._line(at, "tool", Text(call_text(tool), "magenta"))
            case "cancelled":
                self._line(at, "", Text(f"{tool.name} cancelled", "yellow"), note="✂")
            case "ok":
                self._line(at, "", Text(_compact(tool.result), "magenta dim"), note="→")
            case "error":
                self._line(at, "", Text(_compact(tool.result), "red"), note="✗")

    def _line(self, at: float, who: str, text: Text, note: str = "") -> None:
        self._speaker = None
        row = Table.grid(padding=(0, 1))
        cells: list[Text] = []
        if self._show_times:
            row.add_column(justify="right", width=6)
            cells.append(Text(f"{at:.2f}", "dim"))
        row.add_column(justify="right", width=6, no_wrap=True)
        row.add_column(overflow="fold")
        row.add_row(*cells, Text(who or note, "bold" if who else "dim"), text)
        self._console.print(row)


def call_text(tool: ToolProgress) -> str:
    """A function call as one would write it: ``name(argument="value")``."""
    return f"{tool.name}({', '.join(f'{name}={_compact(value)}' for name, value in tool.arguments.items())})"


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _groups(turns: list[TurnTimes]) -> dict[str, list[TurnTimes]]:
    """Turns that need a function are told apart from those that need none."""
    return {"without_tool": [t for t in turns if not t.tools], "with_tool": [t for t in turns if t.tools]}


def _latency_table(turns: list[TurnTimes], width: int) -> Table:
    table = Table(title="Times per turn, in milliseconds", title_justify="left", title_style="bold")
    table.box, table.padding = SIMPLE_HEAD, (0, 0, 0, 1)
    table.add_column("turn", justify="right", no_wrap=True)
    table.add_column("caller", width=max(_CALLER[0], min(width - _OTHERS, _CALLER[1])), no_wrap=True)
    for heading, _ in COLUMNS:  # two short lines rather than one long one
        table.add_column(heading.replace(" ", "\n"), justify="right")
    table.add_column("notes", no_wrap=True)
    for turn in turns:
        notes = [*_count(len(turn.tools)), *(["filler"] if turn.metrics.filler else [])]
        times = (getattr(turn.metrics, field) for _, field in COLUMNS)
        table.add_row(str(turn.metrics.turn), turn.said, *map(_ms, times), ", ".join(notes))
    table.add_section()
    for name, group in _groups(turns).items():
        if group:
            p50 = medians(group)
            times = (p50[field] for _, field in COLUMNS)
            table.add_row(
                "P50",
                name.replace("_", " "),
                *map(_ms, times),
                f"{len(group)} turns" if len(group) > 1 else "",
                style="bold",
            )
    return table


def _count(tools: int) -> list[str]:
    return [] if not tools else ["tool"] if tools == 1 else [f"{tools} tools"]


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"
