"""``bargein engines serve``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from web.cli._options import config_file_option, load, setting_options

__all__ = ["command"]


@click.group("engines", short_help="Serve this machine's engines as cloud services.")
def command() -> None:
    """Serve this machine's engines in the protocols of cloud services."""


@command.command(
    "serve",
    epilog="\b\nExamples:\n"
    "  bargein engines serve --port 9001\n"
    "  bargein engines serve --llm-model other.gguf --key anything\n"
    "  bargein engines serve --fault elevenlabs:stall,sent=3 --latency openai:337,p95=900",
)
@click.option(
    "--port",
    "first_port",
    type=click.IntRange(0, 65_533),
    default=0,
    metavar="N",
    help="Ports N, N+1 and N+2; 0: free ones.  [0]",
)
@click.option("--key", metavar="TEXT", help="The key that all of them accept.  [a new one each time]")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="SERVICE:KIND,...",
    help="What goes wrong, such as openai:429,retry-after=2,times=3 or deepgram:cut,received=32000. KIND: an HTTP"
    " status, stall, cut, cut-mid-frame, garbage or error. Further: first, times (or all), chance, sent (messages),"
    " received (bytes); seconds (of a stall).",
)
@click.option(
    "--latency",
    "latencies",
    multiple=True,
    metavar="SERVICE:MS,...",
    help="How long answers take to begin, such as openai:337,p95=900.",
)
@setting_options("host", "llm_model", "tts_voice", "log_level")
@config_file_option
def serve(
    first_port: int,
    key: str | None,
    faults: tuple[str, ...],
    latencies: tuple[str, ...],
    config_file: Path | None,
    **flags: Any,
) -> int:
    """Serve this machine's engines in the protocols of Deepgram, OpenAI and ElevenLabs.

    For trying out the cloud engines without a key, and for tests: the servers really transcribe, answer and speak.
    Prints the variables that make bargein (in another terminal) use them. Ctrl-C stops.
    """
    from web.cli._engines_serving import Orders, serve_engines

    return serve_engines(
        load(flags, config_file), first_port=first_port, key=key, orders=Orders.read(faults, latencies)
    )
