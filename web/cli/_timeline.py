"""A journalled call in the terminal: a strip of its sound and states, then what happened, moment by moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from rich.console import Console
from rich.table import Table
from rich.text import Text

from actors.journal import Course, Difference, Journalled, Refused, Replay, Took, plain
from statechart import State

__all__ = ["show_call", "show_difference", "show_events", "show_verdict"]

_LEVELS = " ▁▂▃▄▅▆▇█"
_QUIET, _LOUD = -60, -12  # dB
_STATES = {
    State.IDLE: ("·", "dim"),
    State.LISTENING: ("L", "blue"),
    State.PROCESSING: ("P", "yellow"),
    State.SPEAKING: ("S", "green"),
    State.INTERRUPTED: ("X", "red"),
}
_MARGIN, _WIDEST = 13, 110
_STATUS = {"ok": "", "running": " (unfinished)", "error": " (failed)", "cancelled": " (cancelled)"}


def show_call(console: Console, journal: Journalled, course: Course) -> None:
    """Print the call."""
    head = journal.head
    about = [head.agent, head.began[:19].replace("T", " "), f"{course.seconds:.1f} s"]
    about += ["masked"] * head.masked
    console.print(Text.assemble(("Call " + head.call, "bold"), f"  {', '.join(filter(None, about))}"))
    console.print()
    for row in _strip(course, min(_WIDEST, max(20, console.width - _MARGIN - 1))):
        console.print(row, no_wrap=True, overflow="crop")
    console.print()
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right", style="dim")
    table.add_column(justify="right", no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for at, who, text in _moments(course):
        table.add_row(f"{at:8.2f}", who, text)
    console.print(table)


def show_events(console: Console, journal: Journalled) -> None:
    """Print every event that the chart took, and what it ordered."""
    for number, line in journal.lines:
        if isinstance(line, Took | Refused):
            row = Text(f"{number:5} {line.at:8.2f}  ", "dim").append(plain(line.event), "bold")
            row.append(f"  {line.state.value}" if isinstance(line, Took) else "  illegal", "cyan")
            console.print(row, soft_wrap=True)
            for effect in line.effects if isinstance(line, Took) else ():
                console.print(Text(f"{'':16}→ {plain(effect)}"), soft_wrap=True)
    console.print()


def show_verdict(console: Console, journal: Journalled, found: Replay) -> None:
    """Print what the replay came to."""
    notes = []
    if found.unverified:
        notes.append(f"{found.unverified} could not be verified: masking had changed what the chart decides.")
    if journal.lost:
        notes.append(f"{journal.lost} lines were lost when the journal was written ({found.gaps} gaps).")
    if journal.torn or journal.ended is None:
        notes.append("The journal ends in the middle of the call: its process was stopped, or the call goes on.")
    if found.difference is not None:
        show_difference(console, found.difference)
    else:
        console.print(Text(f"{found.verified} events replayed: the same effects came out.", "green"))
    for note in notes:
        console.print(Text(note, "yellow"))


def show_difference(console: Console, difference: Difference) -> None:
    """Print where, and what is missing (-) or new (+)."""
    console.print(Text(f"The chart decides otherwise at line {difference.line}, {difference.at:.2f} s:", "red bold"))
    console.print(Text(f"    {difference.event}"))
    for mark, mine, other, style in (
        ("-", difference.journal, difference.chart, "red"),
        ("+", difference.chart, difference.journal, "green"),
    ):
        for each in mine:
            if each not in other:
                console.print(Text(f"  {mark} {each}", style))
    same = [each for each in difference.journal if each in difference.chart]
    console.print(Text(f"  - in the journal only, + from the chart only; the same in both: {len(same)}", "dim"))


# --- the strip --------------------------------------------------------------------------------------------------------


def _strip(course: Course, width: int) -> Iterator[Text]:
    seconds = max(course.seconds, 0.1)
    edges = [seconds * n / width for n in range(width + 1)]
    spans = list(pairwise(edges))
    yield _row("", _scale(seconds, width), "dim")
    yield _row("caller", "".join(_level(_most(course.levels, span, -120)) for span in spans), "blue")
    yield _row("agent sent", "".join(_amount(_most(course.sent, span, 0.0)) for span in spans), "green dim")
    yield _row("agent heard", "".join(_amount(_most(course.heard, span, 0.0)) for span in spans), "green")
    states = Text("state ".rjust(_MARGIN), "bold")
    for span in spans:
        states.append(*_state(course, span))
    yield states
    yield _row("", "".join(_mark(course, span) for span in spans), "red")


def _row(name: str, cells: str, style: str) -> Text:
    return Text.assemble((f"{name} ".rjust(_MARGIN), "bold"), (cells, style))


def _scale(seconds: float, width: int) -> str:
    step = next((s for s in (1, 2, 5, 10, 30, 60, 300, 600) if s * width / seconds >= 8), 3600)
    cells = [" "] * (width + 8)
    for second in range(0, int(seconds) + 1, step):
        place = int(second * width / seconds)
        cells[place : place + len(f"{second}s")] = f"{second}s"
    return "".join(cells[:width])


def _most(ticks: Sequence[float], span: tuple[float, float], nothing: float) -> float:
    first = int(span[0] * 10)
    return max(ticks[first : max(first + 1, int(span[1] * 10))], default=nothing)


def _level(level: float) -> str:
    share = (level - _QUIET) / (_LOUD - _QUIET)
    return _LEVELS[min(8, max(0, round(share * 8)))]


def _amount(seconds: float) -> str:
    return _LEVELS[min(8, round(seconds / 0.1 * 8))]


def _state(course: Course, span: tuple[float, float]) -> tuple[str, str]:
    """The state that counts most here: the shortest ones are the most telling."""
    here = [each for each in course.states if each[0] < span[1] and each[1] > span[0]] or [course.states[-1]]
    return _STATES[min(here, key=lambda each: each[1] - each[0])[2]]


def _mark(course: Course, span: tuple[float, float]) -> str:
    if any(span[0] <= cut < span[1] for cut in course.cuts):
        return "✂"
    return "‖" if any(held.at < span[1] and held.until > span[0] for held in course.held) else " "


# --- moments ----------------------------------------------------------------------------------------------------------


def _moments(course: Course) -> list[tuple[float, str, Text]]:
    moments = [(at, "", Text(f"· {state.value}", "dim")) for at, _, state in course.states]
    for said in course.said:
        text = Text(said.text, "cyan" if said.who == "caller" else "green")
        if said.unheard:
            text.append(" | not heard: ", "dim").append(said.unheard, "dim strike")
        moments.append((said.at, said.who, text))
    for ran in course.ran:
        took = f"{ran.name}, {ran.until - ran.at:.2f} s{_STATUS[ran.status]}"
        moments.append((ran.at, "tool", Text(took, "magenta")))
    for held in course.held:
        then = f", then {held.then}" if held.then else ""
        moments.append((held.at, "held", Text(f"{(held.until - held.at) * 1000:.0f} ms{then}", "yellow")))
    moments += [(cut, "cut", Text("what was not heard is thrown away", "red")) for cut in course.cuts]
    return sorted(moments, key=lambda moment: moment[0])
