"""The group of commands. Exit codes: 0 done, 1 something failed, 2 wrong usage or settings, 130 interrupted."""

from __future__ import annotations

import difflib
import importlib
import sys
from typing import Any, Final

import click

__all__ = ["run"]

#: name -> what it does, in one line; kept here so that the list costs no import.
COMMANDS: Final = {
    "serve": "Start the server and its page.",
    "call": "Call the agent with WAV files instead of a microphone.",
    "chat": "Talk to the agent by typing.",
    "doctor": "Check every component and say what to do about it.",
    "engines": "Serve this machine's engines as cloud services.",
    "chart": "Print the statechart as Mermaid.",
    "replay": "Replay and draw the journals of calls.",
    "soak": "Simulate calls and check every invariant.",
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"web.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            close = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f"Did you mean {close[0]}?" if close else f"There are: {', '.join(COMMANDS)}."
            raise click.UsageError(f"No such command {args[0]!r}. {hint}", ctx)
        return super().resolve_command(ctx, args)


def _show_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: ARG001 - click's
    if value:
        from web.version import program_version

        click.echo(f"bargein {program_version()}")
        ctx.exit()


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    no_args_is_help=True,
    epilog="\b\nExamples:\n"
    "  bargein serve                              open the printed address and talk\n"
    "  bargein call hello.wav --out talk.wav      the same agent, without a browser\n"
    "  printf 'Hello\\n/quit\\n' | bargein chat     the same agent, without sound\n"
    "  bargein doctor                             what is there, what is missing, what to do",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Print the version."
)
def bargein() -> None:
    """A voice agent that you can interrupt.

    Everything runs on this machine, without a key, unless you choose other engines. Settings come from flags, then
    the environment (BARGEIN_PORT, OPENAI_API_KEY, ...), then bargein.toml, then defaults.
    """


def run(args: list[str] | None) -> int:
    """Run the command that ``args`` name and return its exit code. Raises nothing but KeyboardInterrupt and bugs."""
    try:
        return _run(args)
    except BrokenPipeError:  # the reader of our output has gone (| head)
        sys.stderr.close()
        return 1


def _run(args: list[str] | None) -> int:
    from actors.errors import BargeinError, ConfigurationError

    try:
        result: Any = bargein.main(args, prog_name="bargein", standalone_mode=False)
    except click.Abort:
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except ConfigurationError as error:
        click.echo(f"Error: {error}", err=True)
        return 2
    except BargeinError as error:
        click.echo(f"Error: {error}\nbargein doctor says more.", err=True)
        return 1
    return result if isinstance(result, int) else 0
