"""Memory, tasks and open files of a server over 200 calls in sequence, misbehaving callers included."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np
import trio
from trio_websocket import ConnectionClosed
from wsproto.utilities import LocalProtocolError

from bench._clients import BEHAVIOURS, Behaviour, Sounds
from bench._figures import describe, machine
from bench._memory_server import callers_words
from bench._stage import out_option, say, write_results
from web.cli._run import run

__all__ = ["main"]

ROUND = len(BEHAVIOURS)
CALL_SECONDS = 40.0


class Server:
    """The server's process, and its figures."""

    def __init__(self, process: trio.Process) -> None:
        self._process = process
        self._lines = _lines(process)

    async def next_line(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(await anext(self._lines))
        return answer

    async def figures(self) -> dict[str, int]:
        assert self._process.stdin is not None
        await self._process.stdin.send_all(b"\n")
        return await self.next_line()

    async def at_rest(self, timeout: float = 30.0) -> dict[str, int]:
        """The figures once no call is left."""
        with trio.move_on_after(timeout):
            while (await self.figures())["running"]:  # noqa: ASYNC110 - the calls are in another process
                await trio.sleep(0.2)
        await trio.sleep(1.2)  # connections linger for a second after the last byte
        return await self.figures()


async def _lines(process: trio.Process) -> Any:
    assert process.stdout is not None
    waiting = b""
    async for data in process.stdout:
        *whole, waiting = (waiting + data).split(b"\n")
        for line in whole:
            yield line


async def measure(calls: int) -> tuple[list[dict[str, Any]], Counter[tuple[str, str, bool]]]:
    """Make the calls; figures before, and after every twenty, and how the calls ended."""
    _, sounds = callers_words()
    endings: Counter[tuple[str, str, bool]] = Counter()
    rows: list[dict[str, Any]] = []
    async with trio.open_nursery() as nursery:
        start = partial(trio.run_process, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1])
        process: trio.Process = await nursery.start(start, [sys.executable, "-m", "bench._memory_server"])
        server = Server(process)
        port = int((await server.next_line())["port"])
        rows.append({"calls": 0} | await server.at_rest())
        say(f"{'calls':>6} {'RSS KiB':>9} {'tasks':>6} {'files':>6}")
        _show(rows[-1])
        for made in range(calls):
            behaviour, expected = BEHAVIOURS[made % ROUND]
            ending = await _one(behaviour, port, sounds)
            endings[behaviour.__name__, ending, ending == expected] += 1
            if ending != expected:
                say(f"  call {made + 1} {behaviour.__name__}: {ending}, expected {expected}")
            if (made + 1) % ROUND == 0 or made + 1 == calls:
                rows.append({"calls": made + 1} | await server.at_rest())
                _show(rows[-1])
        assert process.stdin is not None
        await process.stdin.aclose()
    return rows, endings


async def _one(behaviour: Behaviour, port: int, sounds: Sounds) -> str:
    ending = "broken"  # an error of the socket where none was expected
    try:
        with trio.move_on_after(CALL_SECONDS) as patience:
            ending = await behaviour(port, sounds)
        if patience.cancelled_caught:
            ending = "hung"
    except* (ConnectionClosed, LocalProtocolError, trio.BrokenResourceError, trio.ClosedResourceError) as errors:
        say(f"  {errors.exceptions[0]!r}")
    return ending


def _show(row: dict[str, Any]) -> None:
    say(f"{row['calls']:6} {row['rss_kib']:9} {row['tasks']:6} {row['files']:6}")


def report(rows: Sequence[dict[str, Any]], endings: Counter[tuple[str, str, bool]]) -> str:
    """The tables as text."""
    head = ("calls", "RSS KiB", "change", "tasks", "files", "threads", "objects", "illegal", "failed")
    lines = ["".join(f"{name:>10}" for name in head)]
    for before, row in zip((rows[0], *rows), rows, strict=False):
        change = row["rss_kib"] - before["rss_kib"]
        cells = (row["calls"], row["rss_kib"], change, row["tasks"], row["files"], row["threads"], row["objects"])
        lines.append("".join(f"{cell:>10}" for cell in (*cells, row["illegal"], row["failed"])))
    settled = [row for row in rows if row["calls"] >= 2 * ROUND]
    if len(settled) > 2:
        calls = [row["calls"] for row in settled]
        rss, objects = (np.polyfit(calls, [row[name] for row in settled], 1)[0] for name in ("rss_kib", "objects"))
        lines.append(f"Growth after the first {2 * ROUND} calls: {rss:+.1f} KiB and {objects:+.1f} objects a call.")
    lines += ["", f"{'behaviour':18} {'n':>4}  ended as"]
    for (name, ending, expected), count in sorted(endings.items()):
        lines.append(f"{name:18} {count:4}  {ending}{'' if expected else '   <- UNEXPECTED'}")
    return "\n".join(lines)


@click.command(
    epilog="\b\nExamples:\n"
    "  python -m bench.memory             200 calls, about 8 minutes\n"
    "  python -m bench.memory --limit 20  one round: every behaviour once or more"
)
@click.option("--limit", default=200, show_default=True, type=click.IntRange(min=1), help="So many calls.")
@out_option("Where memory.json goes.")
def main(limit: int, out: Path) -> None:
    """Call a server 200 times, one call after the other, and watch its memory, tasks and open files.

    The server runs in a process of its own with real sockets, real calls, the hospital agent and its database; engines
    are fakes. Of every 20 callers, 11 behave; the others vanish, never read, send garbage, 5 MB, odd frames, floods or
    no HTTP at all, break the model, or lose their socket and come back.
    """
    found = machine()
    say(describe(found))
    rows, endings = run(lambda: measure(limit))
    print(f"\n{describe(found)}\n\n{report(rows, endings)}")
    kept = {"machine": found, "rows": rows, "endings": [[*key, count] for key, count in sorted(endings.items())]}
    write_results(out, "memory.json", kept)


if __name__ == "__main__":
    main()
