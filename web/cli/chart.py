"""``bargein chart``."""

from __future__ import annotations

import click

__all__ = ["command"]


@click.command(
    "chart",
    short_help="Print the statechart as Mermaid.",
    epilog="\b\nExamples:\n  bargein chart > docs/statechart.mmd\n"
    "  (echo '```mermaid'; bargein chart; echo '```') >> README.md",
)
def command() -> None:
    """Print the statechart as Mermaid.

    Drawn from the transition table itself, so that it is never out of date.
    """
    from statechart import mermaid

    click.echo(mermaid(), nl=False)
