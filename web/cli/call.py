"""``bargein call``: a call without a browser."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from web.cli._options import (
    AGENT,
    ENGINES,
    JOURNAL,
    OF_A_CALL,
    TURNS,
    config_file_option,
    load,
    setting_options,
)

__all__ = ["command"]


@click.command(
    "call",
    short_help="Call the agent with WAV files.",
    epilog="\b\nExamples:\n"
    '  espeak-ng -w ask.wav "I\'d like to see Doctor Chen next Tuesday."\n'
    "  bargein call ask.wav --out call.wav\n"
    "  bargein call ask.wav ten.wav name.wav bye.wav --db sqlite:///try.db\n"
    "  bargein call ask.wav other.wav --interrupt 1.5     talk over the agent's answer\n"
    "  bargein call ask.wav --json | jq 'select(.type == \"tool\")'",
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE.wav...")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.wav",
    help="Write the whole call as stereo WAV: caller left, agent right, aligned in time.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines, and nothing else on standard output.")
@click.option(
    "--interrupt",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Speak each file after the first when the agent has answered for this long, instead of letting it finish.",
)
@click.option(
    "--gap",
    type=click.FloatRange(min=0),
    default=0.6,
    metavar="SECONDS",
    help="Pause between the agent's last word and the caller's next.  [0.6]",
)
@setting_options(*AGENT, *ENGINES, *TURNS, *JOURNAL, "log_level", groups=OF_A_CALL)
@config_file_option
def command(
    files: Sequence[Path],
    out: Path | None,
    as_json: bool,
    interrupt: float | None,
    gap: float,
    config_file: Path | None,
    **flags: Any,
) -> int:
    """Call the agent with WAV files instead of a microphone.

    Each file is one thing that the caller says, of any sample rate and channel count. It is streamed at real-time
    pace; the next one begins when the agent has finished. Prints the conversation as it happens and the times of each
    turn, and exits with 1 if the call broke off.

    Further flags, for every other setting of agent, engines and turns: docs/configuration.md.
    """
    from web.cli._calling import call_with_files

    if out is not None and not out.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no directory {out.parent}.", param_hint="--out")
    return call_with_files(load(flags, config_file), files, out=out, as_json=as_json, gap=gap, interrupt=interrupt)
