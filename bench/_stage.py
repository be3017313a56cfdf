"""What the benches share: everything local and warm, a scratch database, and calls with notes taken of them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import click
import trio

from actors.call import Call, CallSetup, Phrasebook, phrases_of
from bench._caller import Caller
from bench._probe import Notes, probed
from statechart import Effect, Event, Step
from web.compose import Progress, open_setup
from web.settings import AgentSettings, Config, TurnSettings

__all__ = [
    "ChartNote",
    "fillers",
    "open_local",
    "out_option",
    "recording",
    "say",
    "with_call",
    "with_greeting",
    "write_results",
]

ChartNote = tuple[float, Event, Sequence[Effect]]


def say(text: str) -> None:
    """Progress, on standard error."""
    click.echo(text, err=True)


def out_option(help_: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A bench's ``--out``: the folder of its results."""
    return click.option(
        "--out",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path("artefacts/bench"),
        show_default=True,
        help=help_,
    )


def write_results(out: Path, name: str, kept: object) -> None:
    """Keep a bench's results as JSON in its folder, and say where."""
    out.mkdir(parents=True, exist_ok=True)
    (out / name).write_text(json.dumps(kept, indent=1) + "\n")
    print(f"\nWritten: {out / name}")


@asynccontextmanager
async def open_local(turns: TurnSettings | None = None) -> AsyncIterator[CallSetup]:
    """The embedded engines at default settings, whatever the environment says, and a scratch database."""
    with tempfile.TemporaryDirectory(prefix="bargein-bench-") as folder:
        database = f"sqlite:///{Path(folder) / 'bench.db'}"
        config = Config(agent=AgentSettings(db=database), turns=turns or TurnSettings())
        async with open_setup(config, progress=_show) as setup:
            yield setup


def _show(step: Progress) -> None:
    if step.ms is not None:
        say(f"  {step.part:8} {step.what:24} {step.ms:6.0f} ms")


async def with_greeting(setup: CallSetup, greeting: str) -> CallSetup:
    """The same agent with another greeting; its fixed words are spoken ahead again."""
    agent = attrs.evolve(setup.agent, greeting=greeting)
    return attrs.evolve(setup, agent=agent, phrases=await Phrasebook.synthesise(setup.tts, phrases_of(agent)))


def recording(setup: CallSetup, text: str) -> bytes:
    """The PCM of fixed words; empty where there is none."""
    return b"".join(chunk.pcm for chunk in setup.phrases.get(text) or ())


def fillers(setup: CallSetup) -> tuple[bytes, ...]:
    """The PCM of everything the agent may say while an answer takes long."""
    texts = (*setup.agent.fillers, *(tool.filler for tool in setup.agent.tools if tool.filler))
    return tuple(recording(setup, text) for text in texts)


async def with_call(
    setup: CallSetup, caller: Caller, play: Callable[[], Awaitable[None]], *, name: str
) -> tuple[Notes, list[ChartNote]]:
    """Run a call while the caller plays its part; then the caller hangs up. What was noted of it comes back."""
    notes = Notes()
    chart: list[ChartNote] = []

    def observe(event: Event, step: Step) -> None:
        chart.append((trio.current_time(), event, step.effects))

    call = Call(probed(setup, notes), caller, call_id=name, observe=observe)

    async def part() -> None:
        await play()
        if not caller.ended:
            caller.hang_up()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(caller.run)
        nursery.start_soon(part)
        await call.run()
        nursery.cancel_scope.cancel(reason="the call is over")
    if call.illegal_events:
        say(f"  {name}: {call.illegal_events} events were illegal in their state (a bug in the chart or the call)")
    return notes, chart
