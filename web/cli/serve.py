"""``bargein serve``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from web.cli._options import (
    AGENT,
    ENGINES,
    JOURNAL,
    OF_A_SERVER,
    TURNS,
    config_file_option,
    load,
    setting_options,
)

__all__ = ["command"]

SERVER = ("host", "port", "tls_cert", "tls_key", "origins", "max_calls", "drain_seconds")


@click.command(
    "serve",
    short_help="Start the server and its page.",
    epilog="\b\nExamples:\n"
    "  bargein serve\n"
    "  bargein serve --port 8123 --db sqlite:///x.db\n"
    "  bargein serve --agent my_agent.py\n"
    "  bargein serve --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem\n"
    "  OPENAI_BASE_URL=http://localhost:11434/v1 bargein serve --llm-model qwen3:4b",
)
@setting_options(*SERVER, *AGENT, *ENGINES, *TURNS, *JOURNAL, "log_level", groups=OF_A_SERVER)
@config_file_option
def command(config_file: Path | None, **flags: Any) -> int:
    """Start the server and its page.

    Prints the address when the page works: open it, allow the microphone, and talk. Ctrl-C or SIGTERM lets calls
    finish; a second Ctrl-C leaves at once.

    Every setting has a flag, a variable (BARGEIN_PORT for --port) and a place in bargein.toml; those not listed here
    are in docs/configuration.md. Keys have no flag.
    """
    from web.cli._serving import serve_calls

    return serve_calls(load(flags, config_file))
