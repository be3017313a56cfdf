"""``bargein doctor``: runs the checks, shows them, and says how bad it is."""

from __future__ import annotations

from collections.abc import AsyncIterator

import attrs
from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from actors.errors import ConfigurationError
from actors.self_test import self_test
from web.cli._checks import (
    Check,
    check_journal,
    check_keys,
    check_packages,
    check_page,
    check_port,
    check_python,
    check_records,
    check_turns,
    of_test,
)
from web.cli._run import run
from web.cli._screen import PARTS, err_console, out_console, set_up_logging
from web.cli._story import dump_json
from web.compose import engine_options
from web.settings import Config

__all__ = ["check_all"]

_NAMES = {**PARTS, "agent": "agent and records"}


def check_all(config: Config, *, as_json: bool) -> int:
    """Run every check, show what was found, and return the exit code."""
    console, err = out_console(), err_console()
    set_up_logging(config, err, quiet=True)
    checks: list[Check] = []

    async def work() -> None:
        async for check in _run_checks(config):
            checks.append(check)  # noqa: PERF401 - the table grows while it is looked at

    if as_json:
        run(work)
        dump_json(console, {"ok": _healthy(checks), "checks": [attrs.asdict(check) for check in checks]})
    elif console.is_terminal:
        with Live(console=console, get_renderable=lambda: _table(checks, working=True), transient=True):
            run(work)
        console.print(_table(checks))
    else:
        run(work)
        console.print(_table(checks))
    if not as_json:
        _conclude(console, checks)
    return 0 if _healthy(checks) else 1


async def _run_checks(config: Config) -> AsyncIterator[Check]:
    """The quick ones first."""
    yield check_python()
    options = None
    try:
        options = engine_options(config)
        names = {str(part): name for part, name in options.names.items()}
        for check in (*check_packages(names, config), *check_keys(names, config)):
            yield check
    except ConfigurationError as error:
        yield Check("engines", "", False, "cannot be chosen", advice=str(error))
    yield check_turns(config)
    yield check_page()
    yield await check_port(config)
    yield await check_records(config)
    yield await check_journal(config)
    for test in await self_test(options) if options is not None else ():
        yield of_test(test)


def _healthy(checks: list[Check]) -> bool:
    return all(check.ok is not False for check in checks)


def _table(checks: list[Check], *, working: bool = False) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("")
    for heading in ("component", "chosen"):
        table.add_column(heading, no_wrap=True)
    table.add_column("ms", justify="right")
    table.add_column("found", overflow="fold")
    for check in checks:
        mark = {True: Text("✓", "green"), False: Text("✗", "bold red"), None: Text("-", "dim")}[check.ok]
        name = _NAMES.get(check.part, check.part)  # type: ignore[call-overload]
        ms = "" if check.ms is None else f"{check.ms:.1f}" if check.ms < 10 else f"{check.ms:.0f}"
        table.add_row(mark, name, check.chosen, ms, Text(check.detail, "" if check.ok is not None else "dim"))
    if working:
        table.add_row(Spinner("dots"), Text("…", "dim"))
    return table


def _conclude(console: Console, checks: list[Check]) -> None:
    console.print()
    broken = [check for check in checks if check.ok is False]
    if not broken:
        console.print("Everything that is needed works. Start with: bargein serve", style="green")
        return
    console.print(f"{len(broken)} of {len(checks)} checks failed. What to do:", style="bold red")
    for check in broken:
        name = _NAMES.get(check.part, check.part)  # type: ignore[call-overload]
        console.print(Text(f"  {name}: {check.advice}"), soft_wrap=True)
