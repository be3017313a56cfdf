"""``bargein soak``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from actors.testing import Failure, Soak

__all__ = ["command"]


@click.command(
    "soak",
    short_help="Simulate calls and check every invariant.",
    epilog="\b\nExamples:\n"
    "  bargein soak                          200 calls, some seconds\n"
    "  bargein soak --calls 50000 --jobs 8   a night's worth; Ctrl-C ends it and tells what came of it\n"
    "  bargein soak --calls 2000 --edges     and how often each edge of the statechart was taken\n"
    "  bargein soak --calls 1 --seed 4711    one call again, exactly as it was",
)
@click.option("--calls", type=click.IntRange(1), default=200, metavar="N", help="How many.  [200]")
@click.option(
    "--seed", type=click.IntRange(0), default=0, metavar="S", help="The first call's seed; the others follow it.  [0]"
)
@click.option("--jobs", type=click.IntRange(1), default=1, metavar="N", help="Processes.  [1]")
@click.option("--edges", is_flag=True, help="Print how often each edge of the statechart was taken.")
def command(calls: int, seed: int, jobs: int, edges: bool) -> int:
    """Simulate calls in virtual time and check on each the invariants I1 to I10
    (actors/testing/__init__.py has them).

    Callers who interrupt, networks that lag, engines that fail: drawn at random, the same for the same seed. Of the
    calls that break an invariant each is told with the command that runs it again; the first one is made as plain as
    possible and printed as Python, to be pasted into a regression test.

    Exit codes: 0 every invariant held, 1 some did not, 130 interrupted.
    """
    from actors.testing import soak

    def show(so_far: Soak) -> None:
        done = so_far.coverage.calls
        rate = done / so_far.elapsed if so_far.elapsed else 0.0
        click.echo(f"{done} of {calls} calls, {rate:.0f} a second, {len(so_far.failures)} broken", err=True)

    result = soak(calls, seed, jobs=jobs, on_progress=show)
    click.echo(result.coverage.table(edges=edges))
    for failure in result.failures:
        _tell(failure)
    if result.failures and not result.interrupted:
        _tell_plainer(result.failures[0])
    done = result.coverage.calls
    if result.interrupted:
        click.echo(f"\nInterrupted after {done} of {calls} calls; go on with --seed {seed + done}.")
    elif not result.failures:
        click.echo(f"Every invariant held in all {done} calls.")
    return 130 if result.interrupted else 1 if result.failures else 0


def _tell(failure: Failure) -> None:
    click.echo(f"\nSeed {failure.seed} ({failure.replay}):")
    for violation in failure.violations:
        click.echo(f"  {violation}")


def _tell_plainer(failure: Failure) -> None:
    from actors.testing import as_code

    click.echo("\nMaking the first one plainer ...", err=True)
    script, violations = failure.simplest()
    click.echo(f"\nThe first one as plain as it gets:\n  check(simulate({as_code(script)}))")
    for violation in violations:
        click.echo(f"  # {violation}")
