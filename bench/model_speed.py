"""How fast the embedded model writes: its first token, function calls, speech; with and without guessing ahead."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import click
import numpy as np

from actors.agents import Agent
from actors.local.llama import LlamaLlm, embedded_spec, open_llama
from actors.ports import LlmFinished, LlmMessage, LlmRequest, LlmText, LlmToolCall
from actors.tools import Resources, ToolArgumentError
from bench._figures import describe, machine, summarise
from bench._stage import out_option, say, write_results
from bench.speech import Utterance, load_corpus, pick
from web.cli._run import run
from web.compose import first_request, open_agent
from web.settings import AgentSettings, Config

__all__ = ["Written", "main", "report"]

PLAIN, GUESSING = "plain", "guessing"
#: What is measured: label, unit, and the target for its median ("<=" or ">="), where the project has set one.
QUANTITIES: dict[str, tuple[str, str, float | None]] = {
    "first_ms": ("first token, warm prompt", "ms", 150),
    "after_tool_ms": ("first token after a tool result", "ms", None),
    "call_ms": ("a whole function call", "ms", None),
    "call_rate": ("writing calls", "tokens/s", 60),
    "speech_rate": ("writing speech", "tokens/s", 60),
}


@attrs.frozen
class Written:
    """One figure of one request: ``quantity`` (see :data:`QUANTITIES`) of ``request``, by ``variant``, with a core
    taken by something else or not."""

    quantity: str
    variant: str
    beside: bool
    request: str
    value: float


@attrs.frozen
class _Answer:
    text: str
    calls: tuple[LlmToolCall, ...]
    tokens: int
    seconds: float


async def _answer(llm: LlamaLlm, request: LlmRequest) -> _Answer:
    began = time.perf_counter()
    text, tokens = "", 0
    calls: list[LlmToolCall] = []
    async with llm.stream(request) as deltas:
        async for delta in deltas:
            match delta:
                case LlmText(piece):
                    text += piece
                case LlmToolCall():
                    calls.append(attrs.evolve(delta, id=f"call-{len(calls) + 1}"))
                case LlmFinished(completion_tokens=tokens):
                    pass
    return _Answer(text, tuple(calls), tokens, time.perf_counter() - began)


@asynccontextmanager
async def _variants(request: LlmRequest, specs: dict[str, Any]) -> AsyncIterator[dict[str, LlamaLlm]]:
    """A child for each, at once: they are asked in turn, so that what the machine does meanwhile falls on all alike."""
    names = list(specs)
    async with open_llama(specs[names[0]]) as llm:
        await llm.warm_up(request)
        if len(names) == 1:
            yield {names[0]: llm}
            return
        async with _variants(request, {name: specs[name] for name in names[1:]}) as others:
            yield {names[0]: llm, **others}


@contextmanager
def _busy_core(wanted: bool) -> Iterator[None]:
    if not wanted:
        yield
        return
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


@attrs.define
class _Bench:
    agent: Agent
    resources: Resources
    llms: dict[str, LlamaLlm]
    figures: list[Written] = attrs.Factory(list)
    compared: int = 0
    different: list[tuple[str, str, str]] = attrs.Factory(list)

    async def converse(self, utterance: Utterance, number: int, *, beside: bool) -> None:
        """The first turn of a call: an answer, or a function call and then the answer. Every variant reads the same
        conversation: what a function gave for the call of the first of them."""
        box = self.agent.toolbox(self.resources, call_id=f"speed-{number}-{beside}")
        opening = first_request(self.agent, self.resources)
        messages = (*opening.messages[:-1], LlmMessage("user", utterance.text))
        asked = f"{utterance.number}"
        for round_ in range(3):
            request = attrs.evolve(opening, messages=messages, max_tokens=160)
            answer = await self._ask_all(request, f"{asked}.{round_}", number, beside)
            if not answer.calls:
                return
            messages += (LlmMessage("assistant", answer.text, answer.calls),)
            for call in answer.calls:
                try:
                    result = await box.run(box.parse(call), key=f"{call.id}-{number}-{beside}-{round_}")
                except ToolArgumentError as error:
                    result = {"error": str(error)}
                content = json.dumps(result, ensure_ascii=False, separators=(",", ":"))
                messages += (LlmMessage("tool", content, tool_call_id=call.id),)

    async def _ask_all(self, request: LlmRequest, name: str, turn: int, beside: bool) -> _Answer:
        answers: dict[str, _Answer] = {}
        variants = list(self.llms)
        for variant in variants[turn % len(variants) :] + variants[: turn % len(variants)]:
            llm = self.llms[variant]
            # The first token alone; then all of them, on a prompt that is evaluated by then.
            first = await _answer(llm, attrs.evolve(request, max_tokens=1))
            answers[variant] = answer = await _answer(llm, request)
            note = partial(self._note, variant, beside, name)
            note("after_tool_ms" if request.messages[-1].role == "tool" else "first_ms", first.seconds * 1000)
            if answer.calls:
                note("call_ms", (first.seconds + answer.seconds) * 1000)
            if answer.tokens > 1:
                note("call_rate" if answer.calls else "speech_rate", answer.tokens / answer.seconds)
        self._compare(name, [answers[variant] for variant in self.llms])
        return answers[PLAIN]

    def _note(self, variant: str, beside: bool, request: str, quantity: str, value: float) -> None:
        self.figures.append(Written(quantity, variant, beside, request, value))

    def _compare(self, name: str, answers: Sequence[_Answer]) -> None:
        for other in answers[1:]:
            self.compared += 1
            one, two = _wording(answers[0]), _wording(other)
            if one != two:
                self.different.append((name, one, two))


def _wording(answer: _Answer) -> str:
    return " ".join([answer.text, *(f"{call.name} {call.arguments}" for call in answer.calls)]).strip()


# --- report -----------------------------------------------------------------------------------------------------------


def report(figures: Sequence[Written]) -> str:
    """A table: alone and beside a busy core; each quantity by variant, and by how many times guessing is faster."""
    lines: list[str] = []
    variants = sorted({each.variant for each in figures}, key=lambda name: name != PLAIN)
    for beside in sorted({each.beside for each in figures}):
        lines += ["Beside a process that takes a core:" if beside else "Alone:"]
        head = "".join(f"{variant + ' P50':>14}{'P95':>7}" for variant in variants)
        lines.append(f"  {'':36}{'n':>4}{head}" + (f"{'faster by':>16}" if len(variants) > 1 else ""))
        for quantity, (label, unit, target) in QUANTITIES.items():
            of = {v: _values(figures, quantity, v, beside) for v in variants}
            if of[variants[0]]:
                lines.append(_row(f"{label}, {unit}", of, higher=unit != "ms", target=None if beside else target))
        lines.append("")
    return "\n".join(lines[:-1])


def _values(figures: Sequence[Written], quantity: str, variant: str, beside: bool) -> dict[str, float]:
    return {
        each.request: each.value
        for each in figures
        if (each.quantity, each.variant, each.beside) == (quantity, variant, beside)
    }


def _row(label: str, of: dict[str, dict[str, float]], *, higher: bool, target: float | None) -> str:
    row = f"  {label:36}{len(next(iter(of.values()))):4}"
    for values in of.values():
        found = summarise([*values.values()])
        assert found is not None
        # Of a rate, the slow end is the one that matters.
        slow = float(np.percentile([*values.values()], 5)) if higher else found.p95
        row += f"{found.p50:14.0f}{slow:7.0f}"
    first, *others = of.values()
    for other in others:
        both = first.keys() & other.keys()
        ratios = [other[key] / first[key] if higher else first[key] / other[key] for key in both]
        low, middle, high = np.percentile(ratios, [25, 50, 75])
        row += f"{middle:7.2f} ({low:.2f}..{high:.2f})"
    if target is not None:
        middle = float(np.median([*first.values()]))
        met = middle >= target if higher else middle <= target
        row += f"   target {'>=' if higher else '<='} {target:g} ({PLAIN}): {'met' if met else 'MISSED'}"
    return row


# --- command ----------------------------------------------------------------------------------------------------------


@click.command(epilog="\b\nExample:\n  python -m bench.model_speed --limit 8 --no-beside     a short try")
@click.option("--limit", type=click.IntRange(min=1), default=30, show_default=True, help="So many utterances.")
@click.option("--seed", default=0, show_default=True, help="Shuffles the utterances.")
@click.option(
    "--draft", type=click.IntRange(min=0), default=8, show_default=True, help="Tokens guessed; 0: no guessing."
)
@click.option("--match", type=click.IntRange(min=1), default=8, show_default=True, help="Tokens a guess goes by.")
@click.option("--threads", type=click.IntRange(min=0), default=0, show_default=True, help="The model's; 0: automatic.")
@click.option("--beside/--no-beside", default=True, show_default=True, help="Again, beside one busy core.")
@out_option("Where model_speed.json goes.")
def main(limit: int, seed: int, draft: int, match: int, threads: int, beside: bool, out: Path) -> None:
    """Measure the embedded model alone: the hospital's prompt and tools, typical first turns, real results of tools.

    Every request is put to a child that writes token by token and to one that guesses ahead, in turns. The first token
    is timed by itself; rates are those of whole answers on the then evaluated prompt. P95 is the slow end (of a rate:
    the 5th percentile). "faster by" is the median, with quartiles, over the pairs.
    """
    chosen = pick(load_corpus(), limit=limit, seed=seed)
    found = machine()
    say(describe(found))
    bench = run(lambda: _measure(chosen, draft, match, threads, (False, True) if beside else (False,)))
    print(f"\n{describe(found)}\n\n{report(bench.figures)}")
    if bench.compared:
        print(f"\nAnswers that differ: {len(bench.different)} of {bench.compared}")
        for name, one, two in bench.different:
            print(f"  {name}: {one!r}\n  {'':{len(name)}}  {two!r}")
    kept = {"machine": found, "seed": seed, "draft": draft, "match": match, "threads": threads}
    kept |= {"figures": [attrs.asdict(each) for each in bench.figures], "different": bench.different}
    write_results(out, "model_speed.json", kept)


async def _measure(chosen: Sequence[Utterance], draft: int, match: int, threads: int, runs: Sequence[bool]) -> _Bench:
    spec = attrs.evolve(embedded_spec(), threads=threads, draft=0)
    specs = {PLAIN: spec}
    if draft:
        specs[GUESSING] = attrs.evolve(spec, draft=draft, draft_match=match)
    with tempfile.TemporaryDirectory(prefix="bargein-bench-") as folder:
        config = Config(agent=AgentSettings(db=f"sqlite:///{Path(folder) / 'bench.db'}"))
        say("Loading the model.")
        async with (
            open_agent(config) as (agent, resources),
            _variants(first_request(agent, resources), specs) as llms,
        ):
            bench = _Bench(agent, resources, llms)
            for beside in runs:
                with _busy_core(beside):
                    for number, utterance in enumerate(chosen, 1):
                        await bench.converse(utterance, number, beside=beside)
                        say(f"{number:3}/{len(chosen)}{' beside a busy core' if beside else ''} {utterance.text}")
            return bench


if __name__ == "__main__":
    main()
