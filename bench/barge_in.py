"""Barge-in measured: how soon the agent stops, what it sends too late, what it believes was heard."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import click
import numpy as np
import trio

from bench._figures import describe, machine, summarise
from bench._hall import Picture, Told, hall
from bench._interruption import Interruption
from bench._socket_caller import open_server
from bench._stage import out_option, say
from web.cli._run import run

__all__ = ["main"]

STOP_TARGET_MS = 100  #: P95, from the first voiced sample to ``hold``
PER_CALL = 5


# --- report -----------------------------------------------------------------------------------------------------------


def report(told: Sequence[Told]) -> tuple[str, list[dict[str, Any]]]:
    """A row for each kind of engines and number of calls."""
    head = ("engines", "calls", "n", "hold P50", "P95", "cut P50", "P95", "last audio", "answer P50", "stale B")
    lines = ["".join(f"{name:>11}" for name in head)]
    rows: list[dict[str, Any]] = []
    for engines, at_once in sorted({(t.engines, t.at_once) for t in told}):
        group = [t.interruption for t in told if (t.engines, t.at_once) == (engines, at_once)]
        row: dict[str, Any] = {"engines": engines, "at_once": at_once, "n": len(group)}
        for name in ("hold_ms", "stop_ms", "cut_ms", "last_audio_ms", "answer_ms"):
            found = summarise([value for each in group if (value := getattr(each, name)) is not None])
            row[name] = None if found is None else attrs.asdict(found)
        row["stale_bytes"] = sum(each.stale_bytes for each in group)
        row["not_cut"] = sum(each.cut_ms is None for each in group)
        row["late_characters"] = max(each.late_characters for each in group)
        row["late_audio_ms"] = max(each.late_audio_ms for each in group)
        errors = [abs(each.heard_error) for each in group if each.heard_error is not None]
        if errors:
            p95 = float(np.percentile(errors, 95))
            row["heard_error"] = {"n": len(errors), "p95": p95, "max": max(errors), "exact": errors.count(0)}
        rows.append(row)
        cells = [_cell(row, "hold_ms", "p50"), _cell(row, "hold_ms", "p95"), _cell(row, "cut_ms", "p50")]
        cells += [_cell(row, "cut_ms", "p95"), _cell(row, "last_audio_ms", "p95"), _cell(row, "answer_ms", "p50")]
        texts = (engines, at_once, len(group), *cells, row["stale_bytes"])
        lines.append("".join(f"{text:>11}" for text in texts))
    for row in rows:
        heard = row.get("heard_error")
        words = (
            "cannot be told"
            if heard is None
            else (f"exact in {heard['exact']} of {heard['n']}, P95 {heard['p95']:.0f}, max {heard['max']} words off")
        )
        stop = row["stop_ms"]
        met = "" if stop is None else f" Stop P95 {stop['p95']:.0f} ms, target {STOP_TARGET_MS}."
        lines.append(
            f"{row['engines']}, {row['at_once']} at once:{met} Not cut: {row['not_cut']}. Heard text {words}. "
            f"Made for the old turn after its cut, at most: {row['late_characters']} characters, "
            f"{row['late_audio_ms']:.0f} ms of audio."
        )
    lines.append("Milliseconds from the caller's first voiced sample; the answer's from the last one.")
    return "\n".join(lines), rows


def _cell(row: dict[str, Any], name: str, which: str) -> str:
    return "-" if row[name] is None else f"{row[name][which]:.0f}"


# --- command ----------------------------------------------------------------------------------------------------------


@click.command(
    epilog="\b\nExamples:\n"
    "  python -m bench.barge_in --engines local --count 50       50 barge-ins, one call at a time: about 6 minutes\n"
    "  python -m bench.barge_in --engines local --at-once 4      a point of the curve\n"
    "  python -m bench.barge_in --engines stubbed --at-once 20\n"
    "  python -m bench.barge_in --read                           the table of all that was measured so far"
)
@click.option("--engines", type=click.Choice(["local", "stubbed"]), default="local", show_default=True)
@click.option("--count", default=10, show_default=True, type=click.IntRange(min=1), help="So many barge-ins.")
@click.option("--at-once", default=1, show_default=True, type=click.IntRange(1, 64), help="Calls side by side.")
@click.option("--seed", default=0, show_default=True)
@click.option("--read", "only_read", is_flag=True, help="Measure nothing; print the table of what there is.")
@out_option("Where barge_in.jsonl and barge_in.png go. Runs add up; remove the file to begin anew.")
def main(engines: str, count: int, at_once: int, seed: int, *, only_read: bool, out: Path) -> None:
    """Talk over a server's agent at random points, over a real socket, and measure what follows.

    The caller is typed text first (so that there is an answer to talk over), then real speech from another voice.
    Caller and server share this process and one clock; the language model has its own.
    """
    out.mkdir(parents=True, exist_ok=True)
    kept = out / "barge_in.jsonl"
    if not only_read:
        found = machine()
        say(describe(found))
        with kept.open("a", buffering=1) as file:  # line by line: what was measured stays, however the run ends

            def keep(told: Told) -> None:
                file.write(json.dumps(attrs.asdict(told) | {"machine": found}) + "\n")

            picture = run(lambda: _measure(engines, count, at_once, seed, keep))
        if picture is not None and engines == "local":
            from bench._barge_in_plot import plot_barge_in

            plot_barge_in(picture, out / "barge_in.png")
            say(f"Drawn: {out / 'barge_in.png'}")
    records = [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []
    for where in dict.fromkeys(describe(record["machine"]) for record in records):
        print(where)
    text, _ = report([_read(record) for record in records])
    print(text)


def _read(record: dict[str, Any]) -> Told:
    return Told(record["engines"], record["at_once"], Interruption(**record["interruption"]), record["late_ms"])


async def _measure(engines: str, count: int, at_once: int, seed: int, keep: Callable[[Told], None]) -> Picture | None:
    say("Loading the engines.")
    async with hall(engines, keep) as place, open_server(place.setup_for, calls=at_once) as port:
        number = 0
        while (missing := count - len(place.told)) > 0 and number < 2 * count:
            each = min(PER_CALL, -(-missing // at_once))
            async with trio.open_nursery() as nursery:
                for _ in range(at_once):
                    number += 1
                    nursery.start_soon(
                        partial(place.call, port, at_once=at_once, seed=seed * 10_000 + number, count=each)
                    )
        return place.typical


if __name__ == "__main__":
    main()
