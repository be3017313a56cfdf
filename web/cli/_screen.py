"""Where a command shows things: results on stdout; progress and logs on stderr, so that stdout can be piped on."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.logging import RichHandler
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from web.compose import Part, Progress, Report
from web.settings import Config

__all__ = ["PARTS", "err_console", "out_console", "set_up_logging", "show_loading"]

#: Each part in the words of someone who does not know this program.
PARTS: Final[dict[Part, str]] = {
    "agent": "agent and records",
    "vad": "voice detector",
    "stt": "speech recogniser",
    "llm": "language model",
    "tts": "voice",
    "intent": "judge of sounds",
    "phrases": "greeting",
}
_PIPE_WIDTH: Final = 10_000  # lines in a file or a pipe are not folded


def out_console() -> Console:
    """Standard output."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_PIPE_WIDTH)


def err_console() -> Console:
    """Standard error."""
    console = Console(stderr=True, highlight=False)
    return console if console.is_terminal else Console(stderr=True, highlight=False, width=_PIPE_WIDTH)


def set_up_logging(config: Config, console: Console, *, quiet: bool = False) -> None:
    """Log to ``console``. ``quiet``: warnings and worse only, unless a level was asked for."""
    level = config.logging.log_level
    if quiet and "log_level" not in config.sources:
        level = "warning"
    handler: logging.Handler
    if console.is_terminal:
        handler = RichHandler(console=console, show_path=False, log_time_format="%X", rich_tracebacks=False)
        logging.basicConfig(level=level.upper(), handlers=[handler], format="%(message)s")
    else:
        logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("httpx", "httpcore", "httpx2", "httpcore2", "openai", "hypercorn"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


@contextmanager
def show_loading(console: Console, *parts: Part) -> Iterator[Report]:
    """Show these parts getting ready, each with the time it took: live in a terminal, else one line at the end."""
    begun = time.perf_counter()
    steps: dict[Part, Progress] = {}
    if not console.is_terminal:
        yield lambda step: steps.__setitem__(step.part, step)
        took = ", ".join(f"{step.what} {_took(step)}" for step in steps.values() if step.ms is not None)
        console.print(f"Ready in {time.perf_counter() - begun:.1f} s ({took}).", soft_wrap=True)
        return
    spinners = {part: Spinner("dots") for part in parts}

    def draw() -> Table:
        table = Table.grid(padding=(0, 1))
        for part in parts:
            step = steps.get(part)
            if step is None:
                table.add_row(Text("·", "dim"), PARTS[part])
            else:
                mark = spinners[part] if step.ms is None else Text("✓", "green") if step.there else Text("-", "dim")
                table.add_row(mark, PARTS[part], Text(step.what, "dim"), Text(_took(step), "dim"))
        return table

    with Live(console=console, get_renderable=draw, refresh_per_second=12, transient=True):
        yield lambda step: steps.__setitem__(step.part, step)
    console.print(Text(f"Ready in {time.perf_counter() - begun:.1f} s.", "dim"))


def _took(step: Progress) -> str:
    if step.ms is None:
        return ""
    return f"{step.ms / 1000:.1f} s" if step.there else "not installed"
