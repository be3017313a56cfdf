"""Does a model call the right functions, and say only what it knows? Measured on ``bench/accuracy``.

The model is asked as in a call: the same client, prompt, tools and limits. Answers are kept in ``out/accuracy`` and
judged from there: a run that is stopped (or reaches ``--seconds``) goes on where it was. Scores of all sets but ``dev``
are noted in ``bench/accuracy/scorings.log``.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import click
import trio

from actors.agents import Agent, load_agent
from actors.cloud.openai_llm import OpenAiLlm
from actors.errors import EngineError
from actors.local.llama import LlamaSpec, embedded_spec, open_llama
from actors.ports import Llm
from bench._attempt import Desk, before_turn, open_desk, request_key, try_turn
from bench._figures import machine
from bench._invented import invented
from bench._judge import Share, Tried, Verdict, by_category, judge, scores, share
from bench._scenes import FOLDER, Scene, Turn, load_set
from bench._scripted import Change, Script, ScriptedCaller, load_callers, reached
from bench._spoken import Hearing, voice_of

OUT = Path(__file__).parents[1] / "out" / "accuracy"
LOG = FOLDER / "scorings.log"
_TRIES = 3
_EVERY = 20  #: turns between two lines of progress


@attrs.frozen
class Model:
    """Which model is asked: a server's, or one run here."""

    base_url: str | None
    api_key: str | None
    name: str | None
    adapter: Path | None
    no_adapter: bool
    threads: int = 0

    def spec(self) -> LlamaSpec:
        """What to run here."""
        if self.name is None:
            bundled = embedded_spec()
            adapter = None if self.no_adapter else self.adapter or bundled.adapter
            return attrs.evolve(bundled, adapter=adapter, slots=1, threads=self.threads)
        return LlamaSpec(
            Path(self.name), adapter=self.adapter, slots=1, threads=self.threads, name=Path(self.name).stem
        )

    def described(self) -> dict[str, str]:
        """Model, adapter and template, files by the beginning of their hash."""
        if self.base_url is not None:
            return {"model": self.name or "", "server": self.base_url}
        spec = self.spec()
        files = {"adapter": spec.adapter, "template": spec.chat_template}
        return {"model": spec.model.name, **{key: _hash(path) if path else "none" for key, path in files.items()}}

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Llm]:
        if self.base_url is None:
            async with open_llama(self.spec()) as llm:
                yield llm
            return
        async with OpenAiLlm(base_url=self.base_url, api_key=self.api_key, model=self.name or "") as client:
            yield client


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
    """What one run works with. ``until``: the monotonic moment at which it stops asking."""

    llm: Llm
    notes: Notes
    hearing: Hearing | None
    folder: Path
    until: float
    templates: dict[str, Path] = attrs.field(factory=dict)
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

    @property
    def late(self) -> bool:
        return time.monotonic() > self.until

    def progress(self, done: int, of: int, good: int) -> None:
        if done % _EVERY == 0 or done == of:
            each = (time.monotonic() - self.started) / max(1, self.asked)
            click.echo(f"  {done}/{of} done, {good} right so far, {each:.1f} s for each one asked now", err=True)


async def try_scenes(bench: Bench, scenes: Sequence[Scene], wanted: Sequence[Turn], *, spoken: bool) -> list[Verdict]:
    """Verdicts on the wanted turns, as many as there was time for."""
    verdicts: list[Verdict] = []
    for scene in scenes:
        if not any(turn in wanted for turn in scene.turns):
            continue
        heard = [await bench.heard(turn.caller, scene.id) for turn in scene.turns]
        for number, turn in enumerate(scene.turns):
            if turn not in wanted:
                continue
            if bench.late:
                return verdicts
            kept = await _patiently(partial(_turn, bench, scene, number, heard))
            verdicts.append(judge(scene, turn, Tried.from_json(kept), spoken=spoken))
            bench.progress(len(verdicts), len(wanted), sum(v.exact for v in verdicts))
    return verdicts


async def _turn(bench: Bench, scene: Scene, number: int, heard: Sequence[str]) -> Any:
    turn = scene.turns[number]
    agent = bench.agent(scene.agent)
    async with before_turn(agent, scene, number, heard, bench.templates, bench.folder) as desk:
        key = f"{turn.id} {request_key(desk, heard[number])}"
        if bench.notes.get(key) is None:
            bench.asked += 1
            bench.notes.add(key, (await try_turn(bench.llm, desk, turn.id, heard[number])).to_json())
    return bench.notes.get(key)


async def _patiently(ask: Callable[[], Awaitable[Any]]) -> Any:
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
    records: list[CallRecord] = []
    for script in scripts:
        if bench.late:
            break
        kept = await _patiently(partial(_call, bench, script))
        records.append(_read_call(script, kept, spoken=spoken))
        bench.progress(len(records), len(scripts), sum(r.success for r in records))
    return records


async def _call(bench: Bench, script: Script) -> Any:
    async with open_desk(bench.agent("hospital"), script.now, bench.templates, bench.folder) as desk:
        key = f"{script.id} {request_key(desk, repr(script))}"
        if bench.notes.get(key) is None:
            bench.asked += 1
            bench.notes.add(key, await _converse(bench, script, desk))
    return bench.notes.get(key)


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


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def _set_hash(name: str) -> str:
    """Of the set's files: the same hash, the same questions."""
    files = sorted(path for path in (FOLDER / name).iterdir() if path.is_file())
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def _table(title: str, rows: dict[str, Share]) -> str:
    return "\n".join([title, *(f"  {name:28} {row.text}" for name, row in rows.items())])


def _show(verdict: Verdict) -> str:
    tried = verdict.tried
    wanted = " | ".join(" + ".join(map(str, calls)) or "nothing" for calls in verdict.turn.accepted)
    lines = [f"{verdict.turn.id} ({verdict.turn.category})  {tried.heard}", f"    wanted {wanted}"]
    lines += [f"    called {call} -> {result}" for call, result in tried.calls]
    lines.append(f"    said   {tried.said or tried.failure}")
    marks = [name for name, bad in (("CALL", not verdict.exact), ("WORDS", not verdict.words)) if bad]
    return "\n".join([*lines, f"    {' '.join(marks)} {'; '.join(verdict.invented)}"])


def _show_call(record: CallRecord) -> str:
    lines = [f"{record.script}: {'reached' if record.success else 'FAILED'} {record.change}"]
    for each, facts in zip(record.tried, record.invented, strict=True):
        lines.append(f"    caller {each.heard}")
        lines += [f"           {call} -> {result}" for call, result in each.calls]
        lines.append(f"    agent  {each.said or each.failure} {'; '.join(facts)}")
    return "\n".join(lines)


@click.command(
    epilog="""\b
Examples:
  python -m bench.tool_accuracy --set dev --show 20           the first failures
  python -m bench.tool_accuracy --set heldout --spoken        needs espeak-ng and flite
  python -m bench.tool_accuracy --set heldout --llm-base-url http://localhost:11434/v1 --llm-model qwen3:4b
"""
)
@click.option(
    "--set", "set_", type=click.Choice(["dev", "heldout", "foreign", "callers"]), default="dev", show_default=True
)
@click.option(
    "--spoken", is_flag=True, help="The callers' lines synthesised, with noise, and transcribed by Moonshine."
)
@click.option("--llm-base-url", help="An OpenAI-compatible server instead of the embedded model.")
@click.option("--llm-model", help="The model's name on that server; without a server, a path to a GGUF file.")
@click.option("--llm-api-key", envvar="BARGEIN_LLM_API_KEY", help="The server's key.")
@click.option(
    "--adapter", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Another LoRA adapter (GGUF)."
)
@click.option("--no-adapter", is_flag=True, help="The bundled model as it is.")
@click.option(
    "--threads", default=0, help="For the model; 1 where the machine is busy with other things. 0: all cores."
)
@click.option("--only", default="", help="Only turns of this category, or whose name begins so.")
@click.option("--limit", type=int, help="At most so many turns or calls.")
@click.option("--seconds", default=540.0, show_default=True, help="Stop asking after this; run again to go on.")
@click.option("--show", default=0, help="Print so many failures. Not for sets that must not be tuned towards.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=OUT, help="Where answers are kept.")
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write the scores here.")
def main(
    set_: str,
    spoken: bool,
    llm_base_url: str | None,
    llm_model: str | None,
    llm_api_key: str | None,
    adapter: Path | None,
    no_adapter: bool,
    threads: int,
    only: str,
    limit: int | None,
    seconds: float,
    show: int,
    out: Path,
    json_file: Path | None,
) -> None:
    """Score a model on one of the sets. About a second a turn with the embedded model on two cores."""
    model = Model(llm_base_url, llm_api_key, llm_model, adapter, no_adapter, threads)
    described = model.described()
    tag = hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()[:12]
    click.echo(f"{set_}{', spoken' if spoken else ''}; {described}", err=True)
    file = out / tag / f"{set_}{'-spoken' if spoken else ''}.jsonl"
    scenes = () if set_ == "callers" else load_set(set_)
    turns = [turn for scene in scenes for turn in scene.turns]
    turns = [turn for turn in turns if not only or turn.category == only or turn.id.startswith(only)][:limit]
    scripts = [s for s in load_callers() if not only or s.id.startswith(only)][:limit] if set_ == "callers" else []

    async def measure() -> tuple[list[Verdict], list[CallRecord]]:
        hearing = Hearing(out / "transcripts.jsonl") if spoken else None
        with tempfile.TemporaryDirectory(prefix="bargein-bench-") as folder:
            async with model.open() as llm:
                bench = Bench(llm, Notes(file), hearing, Path(folder), time.monotonic() + seconds)
                if scripts:
                    return [], await try_callers(bench, scripts, spoken=spoken)
                return await try_scenes(bench, scenes, turns, spoken=spoken), []

    verdicts, calls = trio.run(measure)
    result = _report(set_, verdicts, calls, described, spoken=spoken, of=len(turns) + len(scripts), shown=show)
    if json_file is not None:
        json_file.write_text(json.dumps(result, indent=1) + "\n")


def _report(
    set_: str,
    verdicts: Sequence[Verdict],
    calls: Sequence[CallRecord],
    described: dict[str, str],
    *,
    spoken: bool,
    of: int,
    shown: int,
) -> dict[str, Any]:
    """Print the tables, note the scoring, and return it."""
    if calls or not verdicts:
        found = {
            "whole calls": share(call.success for call in calls),
            "answers that invent": share(bool(facts) for call in calls for facts in call.invented),
        }
        groups: dict[str, Share] = {}
        failures = [_show_call(call) for call in calls if not call.success or any(call.invented)]
    else:
        found, groups = scores(verdicts, spoken=spoken), by_category(verdicts)
        failures = [_show(v) for v in verdicts if not v.exact or not v.words or v.invented]
    for text in failures[:shown]:
        click.echo(text)
    done = len(verdicts) + len(calls)
    click.echo(_table(f"{set_}{', spoken' if spoken else ''}: {done} of {of}", found))
    if groups:
        click.echo(_table("exact by category", groups))
    if done < of:
        click.echo("Not all were asked in the time given; run again to go on.")
    about = machine(watch_seconds=0.2)
    result = {
        **{key: about[key] for key in ("at", "commit")},
        **described,
        "set": set_,
        "set_hash": _set_hash(set_),
        "spoken": spoken,
        "done": done,
        "of": of,
        "failures_shown": min(shown, len(failures)),
        "scores": {name: row.to_json() for name, row in found.items()},
    }
    if set_ != "dev" and done:
        with LOG.open("a") as log:
            print(json.dumps(result), file=log)
    return {**result, "by_category": {name: row.to_json() for name, row in groups.items()}}


if __name__ == "__main__":
    main()
