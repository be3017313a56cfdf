"""``bargein doctor``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from web.cli._options import AGENT, ENGINES, OF_A_SERVER, config_file_option, load, setting_options

__all__ = ["command"]


@click.command(
    "doctor",
    short_help="Check every component.",
    epilog="\b\nExamples:\n"
    "  bargein doctor\n"
    "  bargein doctor --port 8123 --db postgresql+psycopg://user@host/hospital\n"
    "  bargein doctor --json | jq '.checks[] | select(.ok | not)'",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, and nothing else on standard output.")
@setting_options("host", "port", "tls_cert", "tls_key", *AGENT, *ENGINES, groups=OF_A_SERVER)
@config_file_option
def command(as_json: bool, config_file: Path | None, **flags: Any) -> int:
    """Check every component and say what to do about it.

    Looks at what is chosen, whether its package, model file and key are there, measures each engine with a short
    self-test, and opens the port, the records and the journals' directory. Takes the same flags as serve, and exits
    with 1 if something that is needed does not work. Keys are never shown.
    """
    from web.cli._checking import check_all

    return check_all(load(flags, config_file), as_json=as_json)
