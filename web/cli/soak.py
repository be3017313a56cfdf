"""``bargein soak``."""

from __future__ import annotations

import click

__all__ = ["command"]


@click.command(
    "soak",
    short_help="Simulate calls and check every invariant.",
    epilog="\b\nExamples:\n"
    "  bargein soak                          200 calls, a few seconds\n"
    "  bargein soak --calls 20000 --jobs 8   a night's worth\n"
    "  bargein soak --calls 1 --seed 4711    one call again, exactly as it was",
)
@click.option("--calls", type=click.IntRange(1), default=200, metavar="N", help="How many.  [200]")
@click.option("--seed", type=click.IntRange(0), default=0, metavar="N", help="The first call's seed.  [0]")
@click.option("--jobs", type=click.IntRange(1), default=1, metavar="N", help="Processes.  [1]")
@click.option("--edges", is_flag=True, help="Print how often each edge of the statechart was taken.")
def command(calls: int, seed: int, jobs: int, edges: bool) -> int:
    """Simulate calls in virtual time and check every invariant on each.

    Callers who interrupt, networks that lag, engines that fail: drawn at random, the same for the same seed. What
    breaks an invariant is made as plain as possible and printed as Python, to be pasted into a regression test; then
    the exit code is 1.
    """
    from actors.testing import Soak, as_code, soak

    def show(so_far: Soak) -> None:
        done = so_far.coverage.calls
        rate = done / so_far.elapsed if so_far.elapsed else 0.0
        click.echo(f"{done} of {calls} calls, {rate:.0f} a second, {len(so_far.failures)} broken", err=True)

    result = soak(calls, seed, jobs=jobs, on_progress=show)
    click.echo(result.coverage.table(edges=edges))
    for failure in result.failures:
        click.echo(f"\nSeed {failure.seed}:")
        for violation in failure.violations:
            click.echo(f"  {violation}")
    if result.failures:
        script, violations = result.failures[0].simplest()
        click.echo(f"\nThe first one as plain as it gets:\n  script = {as_code(script)}")
        for violation in violations:
            click.echo(f"  # {violation}")
        return 1
    click.echo(f"Every invariant held in all {result.coverage.calls} calls.")
    return 0
