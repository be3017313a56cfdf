"""``bargein replay``: the journals of calls, verified and shown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from actors.journal import Figure, Journalled

__all__ = ["command"]

_OUT = click.Path(path_type=Path, dir_okay=False)


@click.command(
    "replay",
    short_help="Replay and draw the journals of calls.",
    epilog="\b\nExamples:\n"
    "  bargein serve --journal journals             every call leaves a journal\n"
    "  bargein replay journals/*.jsonl --check      does the statechart still decide like this?\n"
    "  bargein replay CALL.jsonl --svg call.svg     a drawing of it\n"
    "  bargein replay CALL.jsonl --test test_it.py  the call as a regression test",
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE.jsonl...")
@click.option("--check", is_flag=True, help="Only verify; print no timeline.")
@click.option("--events", is_flag=True, help="Also print every event and what the chart ordered, by line number.")
@click.option("--svg", type=_OUT, metavar="OUT.svg", help="Draw the call as SVG.")
@click.option("--png", type=_OUT, metavar="OUT.png", help="Draw the call as PNG (needs matplotlib).")
@click.option("--from", "since", type=click.FloatRange(min=0), default=0.0, metavar="SECONDS", help="Draw from here.")
@click.option("--to", "until", type=click.FloatRange(min=0), metavar="SECONDS", help="Draw up to here.")
@click.option("--test", type=_OUT, metavar="OUT.py", help="Write the call as a regression test for pytest.")
def command(
    files: Sequence[Path],
    check: bool,
    events: bool,
    svg: Path | None,
    png: Path | None,
    since: float,
    until: float | None,
    test: Path | None,
) -> int:
    """Replay the journals of calls.

    Feeds the events of each call through the statechart again, verifies that the same effects come out, and prints the
    call as a timeline. Exits with 1 where the chart decides otherwise, and shows the first difference.
    """
    from actors.journal import as_test, course, read, replay, svg_text, write_png
    from web.cli._screen import out_console
    from web.cli._timeline import show_call, show_events, show_verdict

    outputs = [each for each in (svg, png, test) if each is not None]
    if outputs and len(files) > 1:
        raise click.UsageError("--svg, --png and --test take one journal.")
    console, code = out_console(), 0
    for number, file in enumerate(files):
        journal = read(file)
        found = replay(journal)
        if number:
            console.print()
        if len(files) > 1 or check:
            console.print(str(file), style="bold", soft_wrap=True, highlight=False)
        if not check:
            show_call(console, journal, course(journal))
            console.print()
        if events:
            show_events(console, journal)
        show_verdict(console, journal, found)
        code = max(code, int(found.difference is not None))
        if svg is not None:
            _write(svg, svg_text(_drawn(journal, since, until)))
        if png is not None:
            write_png(_drawn(journal, since, until), png)
        if test is not None:
            _write(test, as_test(journal))
    for out in outputs:
        console.print(f"Written: {out}", soft_wrap=True, highlight=False)
    return code


def _drawn(journal: Journalled, since: float, until: float | None) -> Figure:
    from actors.journal import course, figure

    head = journal.head
    about = [head.agent, f"{head.began[:19].replace('T', ' ')} UTC" if head.began else "", f"{journal.seconds:.1f} s"]
    return figure(
        course(journal), title=f"Call {head.call}: {', '.join(filter(None, about))}", since=since, until=until
    )


def _write(path: Path, text: str) -> None:
    from actors.errors import ConfigurationError

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}.") from None
