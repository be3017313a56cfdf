"""Time to first audio: from the caller's last voiced sample to the first byte of the answer, with all-local engines."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import attrs
import click
import trio

from actors.call import CallSetup
from actors.ports import CALLER_RATE
from bench._caller import Caller
from bench._figures import describe, machine
from bench._load import OthersLoad
from bench._stage import fillers, open_local, out_option, recording, say, with_call, with_greeting, write_results
from bench._ttfa_report import PATIENCE_S, TARGETS, groups, line_of, report
from bench._turn import Trace, Turn, answer_start, read_turn
from bench.speech import Spoken, Utterance, load_corpus, pick, speak_all
from web.cli._run import run

__all__ = ["main", "measure"]

GREETING = "How can I help you?"


async def measure(setup: CallSetup, spoken: Spoken, *, seed: int) -> Turn:
    """One call: greeting, one utterance, up to the first byte of its answer (or for 12 s)."""
    chance = Random(seed * 1000 + spoken.utterance.number)
    caller = Caller(seed=chance.randrange(2**31))
    told = fillers(setup)
    first = 0

    def answered() -> bool:
        end = caller.arrived(first + spoken.last)
        if end is None:
            return False
        turns = {came.turn for came in caller.came if came.pcm and came.at >= end}
        return any(_answer_in(caller, turn, told) for turn in turns)

    async def part() -> None:
        nonlocal first
        await caller.until(lambda: caller.greeted, 15)
        # A little after the greeting, at no fixed phase of frames and detector windows.
        await trio.sleep(0.5 + chance.random() * 0.5)
        first = caller.say(spoken.samples)
        await caller.until(answered, spoken.seconds + PATIENCE_S)
        await trio.sleep(0.1)  # for the call's own metrics

    load = OthersLoad()
    notes, chart = await with_call(setup, caller, part, name=f"ttfa-{spoken.utterance.number}")
    pauses = zip(spoken.pause_starts, spoken.utterance.pauses, strict=True)
    trace = Trace(
        spoken=spoken,
        first_at=_arrival(caller, first + spoken.first),
        last_at=_arrival(caller, first + spoken.last),
        pauses=[
            (_arrival(caller, first + at), _arrival(caller, first + at + ms * CALLER_RATE // 1000)) for at, ms in pauses
        ],
        came=caller.came,
        work=notes.work,
        chart=chart,
        fillers=told,
        apology=recording(setup, setup.agent.apology),
        late_ms=round(caller.late * 1000, 1),
    )
    return attrs.evolve(read_turn(trace), others_cores=round(load.cores(), 2))


def _answer_in(caller: Caller, turn: int, told: Sequence[bytes]) -> bool:
    pcm = b"".join(came.pcm for came in caller.came if came.turn == turn)
    return len(pcm) > answer_start(pcm, told) and not any(filler.startswith(pcm) for filler in told)


def _arrival(caller: Caller, sample: int) -> float:
    at = caller.arrived(sample)
    if at is None:
        raise click.ClickException("the call ended while the caller was still speaking")
    return at


# --- command ----------------------------------------------------------------------------------------------------------


@click.command(
    epilog="\b\nExamples:\n"
    "  python -m bench.ttfa                       all utterances, about 12 minutes\n"
    "  python -m bench.ttfa --limit 4             a short try\n"
    "  python -m bench.ttfa --only cancel         those with this word; --only tool, --only 3,17\n"
    "  python -m bench.ttfa --slice 1/3 --out a   a third of them, to run in pieces ...\n"
    "  python -m bench.ttfa --read a/ttfa.json --read b/ttfa.json   ... and their tables and picture as one"
)
@click.option("--limit", type=click.IntRange(min=1), help="So many utterances, tool and no tool in turn.")
@click.option("--seed", default=0, show_default=True, help="Shuffles voices, order and the moment of speaking.")
@click.option("--only", default="", help='Part of a text, a tool name, "tool", "no-tool", or numbers: 3,17.')
@click.option("--slice", "part", default="1/1", show_default=True, help="The first of three parts: 1/3.")
@out_option("Where ttfa.json and ttfa.png go.")
@click.option(
    "--read",
    "read_from",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Measure nothing, read this, and others.",
)
def main(limit: int | None, seed: int, only: str, part: str, out: Path, read_from: Sequence[Path]) -> None:
    """Measure TTFA over spoken utterances, one fresh call each, in real time, with the embedded engines.

    TTFA runs from the arrival of the caller's last voiced sample (above -40 dB of its peak) to the sending of the
    first byte of the answer; fillers do not count and are reported apart, as are turns in which a function was called.
    Everything is observed from the caller's end of the line and compared with the call's own metrics. The same run
    tells how many utterances were cut off before their end.
    """
    if read_from:
        turns, found = read_runs(read_from)
    else:
        chosen = slice_of(pick(load_corpus(), limit=limit, only=only, seed=seed), part)
        if not chosen:
            raise click.ClickException(f"no utterance matches {only!r}; python -m bench.speech lists them")
        found = machine()
        say(describe(found))
        turns = run(lambda: _measure_all(speak_all(chosen, seed=seed), seed))
    text, data = report(turns)
    print(f"\n{describe(found)}\n\n{text}")
    kept = {"machine": found, "seed": seed, "summary": data, "turns": [attrs.asdict(turn) for turn in turns]}
    write_results(out, "ttfa.json", kept)
    from bench._plot import plot_ttfa

    plot_ttfa(groups(turns), describe(found), out / "ttfa.png", TARGETS)
    print(f"Drawn: {out / 'ttfa.png'}")


def slice_of(chosen: Sequence[Utterance], part: str) -> Sequence[Utterance]:
    """``part`` "2/3": the second, fifth, eighth ... utterance. BadParameter where it is no such thing."""
    match = re.fullmatch(r"([1-9]\d*)/([1-9]\d*)", part)
    if match is None or int(match[1]) > int(match[2]):
        raise click.BadParameter(f"--slice {part}: say 1/3, 2/3 and 3/3")
    return chosen[int(match[1]) - 1 :: int(match[2])]


def read_runs(paths: Sequence[Path]) -> tuple[list[Turn], dict[str, Any]]:
    """The turns of all runs, and the machine of the first. ClickException where the same utterance is in two."""
    runs = [json.loads(path.read_text()) for path in paths]
    turns = [
        Turn(**{**turn, "spans": {k: tuple(v) for k, v in turn["spans"].items()}})
        for kept in runs
        for turn in kept["turns"]
    ]
    if len({turn.number for turn in turns}) < len(turns):
        raise click.ClickException("these runs share utterances: join slices of one run (--slice 1/3, 2/3, 3/3)")
    return turns, runs[0]["machine"]


async def _measure_all(spoken: Sequence[Spoken], seed: int) -> list[Turn]:
    say("Loading the engines.")
    async with open_local() as local:
        setup = await with_greeting(local, GREETING)
        say("One call that does not count.")
        await measure(setup, spoken[0], seed=seed)
        turns = []
        for number, each in enumerate(spoken, 1):
            turn = await measure(setup, each, seed=seed)
            turns.append(turn)
            say(f"{number:3}/{len(spoken)} {line_of(turn)}")
        return turns


if __name__ == "__main__":
    main()
