"""Asking a model all turns of a set, or letting all scripted callers call it; with what was answered kept on disk."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final, TypeVar

import attrs
import click
import trio

from actors.agents import Agent, load_agent
from actors.errors import EngineError
from actors.ports import Llm
from bench._attempt import Databases, Desk, before_turn, open_desk, request_key, try_turn
from bench._invented import invented
from bench._judge import Tried, Verdict, judge
from bench._scenes import Scene, Turn
from bench._scripted import Change, Script, ScriptedCaller, reached
from bench._spoken import Hearing, voice_of

__all__ = ["Bench", "CallRecord", "Notes", "try_callers", "try_scenes"]

_Done = TypeVar("_Done")
_TRIES: Final = 20
_EVERY: Final = 20  #: turns between two lines of progress


@attrs.define
class Notes:
    """What has been answered so far, a JSON line each, found again by a key that names the question."""

    file: Path
    _known: dict[str, Any] = attrs.field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        if self.file.exists():
            entries = map(json.loads, self.file.read_text().splitlines())
            self._known = {entry["key"]: entry["value"] for entry in entries}

    def get(self, key: str) -> Any:
        return self._known.get(key)

    def add(self, key: str, value: Any) -> None:
        self._known[key] = value
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a") as out:
            print(json.dumps({"key": key, "value": value}, ensure_ascii=False), file=out)


@attrs.define
class Bench:
    """What one run works with. ``until``: the monotonic moment at which it stops asking; ``parallel``: how many turns
    or calls are under way at once."""

    llm: Llm
    notes: Notes
    hearing: Hearing | None
    databases: Databases
    until: float
    parallel: int = 1
    agents: dict[str, Agent] = attrs.field(factory=dict)
    started: float = attrs.field(factory=time.monotonic)
    asked: int = 0

    def agent(self, where: str) -> Agent:
        if where not in self.agents:
            self.agents[where] = load_agent(where)
        return self.agents[where]

    async def heard(self, text: str, conversation: str) -> str:
        """The caller's line as the model gets it."""
        return text if self.hearing is None else await self.hearing.hear(text, voice_of(conversation))

    async def work(self, jobs: Sequence[Callable[[], Awaitable[_Done]]], good: Callable[[_Done], bool]) -> list[_Done]:
        """Results of the jobs in their order, as many as there was time for. Shows progress.

        They are done in a shuffled order, the same every time: what there was time for is a fair sample of all.
        """
        done: dict[int, _Done] = {}
        order = list(enumerate(jobs))
        Random(0).shuffle(order)
        waiting = iter(order)

        async def worker() -> None:
            for number, job in waiting:
                if time.monotonic() > self.until:
                    return
                done[number] = await _patiently(job)
                if len(done) % _EVERY == 0 or len(done) == len(jobs):
                    each = (time.monotonic() - self.started) / max(1, self.asked)
                    right = sum(map(good, done.values()))
                    click.echo(
                        f"  {len(done)}/{len(jobs)} done, {right} right, {each:.1f} s for each asked now", err=True
                    )

        async with trio.open_nursery() as nursery:
            for _ in range(self.parallel):
                nursery.start_soon(worker)
        return [done[number] for number in sorted(done)]


async def try_scenes(bench: Bench, scenes: Sequence[Scene], wanted: Sequence[Turn], *, spoken: bool) -> list[Verdict]:
    """Verdicts on the wanted turns, as many as there was time for."""
    jobs = [
        partial(_turn, bench, scene, number, spoken)
        for scene in scenes
        for number, turn in enumerate(scene.turns)
        if turn in wanted
    ]
    return await bench.work(jobs, lambda verdict: verdict.exact)


async def _turn(bench: Bench, scene: Scene, number: int, spoken: bool) -> Verdict:
    heard = [await bench.heard(turn.caller, scene.id) for turn in scene.turns[: number + 1]]
    turn = scene.turns[number]
    async with before_turn(bench.agent(scene.agent), scene, number, heard, bench.databases) as desk:
        key = f"{turn.id} {request_key(desk, heard[number])}"
        if bench.notes.get(key) is None:
            bench.asked += 1
            bench.notes.add(key, (await try_turn(bench.llm, desk, turn.id, heard[number])).to_json())
    return judge(scene, turn, Tried.from_json(bench.notes.get(key)), spoken=spoken)


async def _patiently(ask: Callable[[], Awaitable[_Done]]) -> _Done:
    """Ask again where the engine, and not the model, failed: a busy machine is no wrong answer."""
    for left in range(_TRIES - 1, -1, -1):
        try:
            return await ask()
        except EngineError as error:
            if not left:
                raise click.ClickException(f"the model cannot be asked: {error}") from None
            click.echo(f"  asking again: {error}", err=True)
    raise AssertionError("unreachable")


@attrs.frozen
class CallRecord:
    """One scripted call: what was said and done, and whether the caller got what was wanted."""

    script: str
    success: bool
    tried: tuple[Tried, ...]
    change: Change

    @property
    def invented(self) -> tuple[tuple[str, ...], ...]:
        """By answer."""
        return tuple(
            invented(each.said, (*each.known, each.heard, *(result for _, result in each.calls))) for each in self.tried
        )


async def try_callers(bench: Bench, scripts: Sequence[Script], *, spoken: bool) -> list[CallRecord]:
    """The calls that there was time for."""
    jobs = [partial(_call, bench, script, spoken) for script in scripts]
    return await bench.work(jobs, lambda record: record.success)


async def _call(bench: Bench, script: Script, spoken: bool) -> CallRecord:
    async with open_desk(bench.agent("hospital"), script.now, bench.databases) as desk:
        key = f"{script.id} {request_key(desk, repr(script))}"
        if bench.notes.get(key) is None:
            bench.asked += 1
            bench.notes.add(key, await _converse(bench, script, desk))
    return _read_call(script, bench.notes.get(key), spoken=spoken)


async def _converse(bench: Bench, script: Script, desk: Desk) -> dict[str, Any]:
    before = _appointments(desk.database)
    caller = ScriptedCaller(script)
    tried: list[Tried] = []
    line: str | None = caller.first_line()
    while line is not None:
        tried.append(await try_turn(bench.llm, desk, script.id, await bench.heard(line, script.id)))
        done = sum('"status":"booked"' in result or '"status":"cancelled"' in result for _, result in tried[-1].calls)
        line = caller.next_line(tried[-1].said, done)
    after = _appointments(desk.database)
    made = [row[1:4] for number, row in after.items() if number not in before and row[4]]
    cancelled = sorted(number for number, row in before.items() if row[4] and not after[number][4])
    return {"tried": [each.to_json() for each in tried], "made": made, "cancelled": cancelled}


def _read_call(script: Script, kept: dict[str, Any], *, spoken: bool) -> CallRecord:
    tried = tuple(map(Tried.from_json, kept["tried"]))
    made = tuple((patient, doctor, datetime.fromisoformat(start)) for patient, doctor, start in kept["made"])
    change = Change(made, frozenset(kept["cancelled"]))
    heard = "\n".join(each.heard for each in tried) if spoken else None
    success = reached(script, change, [each.said for each in tried], heard)
    return CallRecord(script.id, success and not any(each.failure for each in tried), tried, change)


def _appointments(database: Path) -> dict[int, tuple[int, str, str, str, str | None]]:
    query = """SELECT a.id, p.name, d.last_name, a.starts_at, a.held FROM appointments a
        JOIN patients p ON p.id = a.patient_id JOIN doctors d ON d.id = a.doctor_id"""
    with sqlite3.connect(database) as db:
        return {row[0]: row for row in db.execute(query)}
