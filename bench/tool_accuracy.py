"""Does a model call the right functions, and say only what it knows? Measured on ``bench/accuracy``.

The model is asked as in a call: the same client, prompt, tools and limits. Answers are kept in ``out/accuracy`` and
judged from there: a run that is stopped (or reaches ``--seconds``) goes on where it was. Scores of the sets that are
not for tuning are noted in ``bench/accuracy/scorings.log``.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import attrs
import click
import trio

from actors.cloud.openai_llm import OpenAiLlm
from actors.local.llama import LlamaSpec, embedded_spec, open_llama
from actors.ports import Llm
from bench._attempt import Databases
from bench._figures import machine
from bench._judge import Share, Verdict, by_category, scores, share
from bench._measuring import Bench, CallRecord, Notes, try_callers, try_scenes
from bench._scenes import FOLDER, load_set
from bench._scripted import load_callers
from bench._spoken import Hearing

OUT = Path(__file__).parents[1] / "out" / "accuracy"
LOG = FOLDER / "scorings.log"
CALLERS: Final = frozenset({"dev_callers", "callers"})
SETS: Final = ("dev", "dev3", "heldout", "foreign", *sorted(CALLERS))
FOR_TUNING: Final = frozenset({"dev", "dev3", "dev_callers"})


@attrs.frozen
class Model:
    """Which model is asked: a server's, or one run here."""

    base_url: str | None
    api_key: str | None
    name: str | None
    adapter: Path | None
    no_adapter: bool
    threads: int = 0
    slots: int = 1

    def spec(self) -> LlamaSpec:
        """What to run here."""
        if self.name is None:
            bundled = embedded_spec()
            adapter = None if self.no_adapter else self.adapter or bundled.adapter
            return attrs.evolve(bundled, adapter=adapter, slots=self.slots, threads=self.threads)
        return LlamaSpec(
            Path(self.name), adapter=self.adapter, slots=self.slots, threads=self.threads, name=Path(self.name).stem
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
@click.option("--set", "set_", type=click.Choice(SETS), default="dev", show_default=True)
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
@click.option("--parallel", default=4, show_default=True, help="Turns asked at once; more in the same time.")
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
    parallel: int,
    only: str,
    limit: int | None,
    seconds: float,
    show: int,
    out: Path,
    json_file: Path | None,
) -> None:
    """Score a model on one of the sets. About a second a turn with the embedded model on two cores."""
    model = Model(llm_base_url, llm_api_key, llm_model, adapter, no_adapter, threads, parallel)
    described = model.described()
    tag = hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()[:12]
    click.echo(f"{set_}{', spoken' if spoken else ''}; {described}", err=True)
    file = out / tag / f"{set_}{'-spoken' if spoken else ''}.jsonl"
    scenes = () if set_ in CALLERS else load_set(set_)
    turns = [turn for scene in scenes for turn in scene.turns]
    turns = [turn for turn in turns if not only or turn.category == only or turn.id.startswith(only)][:limit]
    callers = load_callers(set_) if set_ in CALLERS else ()
    scripts = [script for script in callers if not only or script.id.startswith(only)][:limit]

    async def measure() -> tuple[list[Verdict], list[CallRecord]]:
        hearing = Hearing(out / "transcripts.jsonl") if spoken else None
        with tempfile.TemporaryDirectory(prefix="bargein-bench-") as folder:
            async with model.open() as llm:
                bench = Bench(llm, Notes(file), hearing, Databases(Path(folder)), time.monotonic() + seconds, parallel)
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
    if set_ not in FOR_TUNING and done:
        with LOG.open("a") as log:
            print(json.dumps(result), file=log)
    return {**result, "by_category": {name: row.to_json() for name, row in groups.items()}}


if __name__ == "__main__":
    main()
