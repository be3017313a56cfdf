"""What our transcriber makes of names and phrases: measured once, kept in ``heard.json`` for the grammar.

    python -m bench.training.hear --minutes 8

Names, days, times and dates of birth of the grammar are spoken within a carrier sentence by synthetic voices, with
noise, and transcribed by Moonshine; where the rest of the sentence came through, what stands in the phrase's place is
how it was heard. Voices and accents that the evaluation speaks with are left out (see bench/accuracy/README.md).
Needs espeak-ng and flite.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from random import Random
from typing import Final

import click
import numpy as np
import trio

from actors.agents.hospital._births import parse_birth_date
from actors.agents.hospital._dates import parse_date
from actors.agents.hospital._times import parse_time
from actors.audio import read_wav, resample
from actors.engines import EngineOptions, open_stt
from actors.ports import CALLER_RATE, Pcm
from bench.training._grammar import Draw, Value
from bench.training._heard import TABLE, load
from bench.training._names import FIRST, LAST
from bench.training._values import KINDS

__all__ = ["VOICES", "phrase_heard"]

VOICES: Final = (
    *(("flite", voice) for voice in ("kal", "kal16", "slt")),
    *(("espeak-ng", voice) for voice in ("en-us", "en-us+f2", "en-us+m3", "en-gb", "en-gb+f4", "en-gb-x-gbclan+m1")),
)
_CARRIERS: Final = {
    "doctor": "I would like to see Doctor {}, please.",
    "name": "My name is {}, thank you.",
    "when": "Can I come in on {}, please?",
    "time": "I would like to come at {}, please.",
    "birth": "I was born on {}, thank you.",
}
_LOUD: Final = 12_000
_NOISE_DB: Final = (15, 30)


def phrase_heard(carrier: str, heard: str) -> str | None:
    """What stands where the carrier sentence has its gap; None where the rest did not come through."""
    before, _, after = carrier.partition("{}")
    pattern = rf"{_loose(before)}\s*(.+?)\s*{_loose(after)}$"
    found = re.match(pattern, heard.strip().rstrip(".!?"), re.IGNORECASE)
    return found[1].strip(" ,.") if found else None


def _loose(text: str) -> str:
    words = re.findall(r"[A-Za-z']+", text)
    return r"[\s,.]*".join("(?:doctor|dr)" if word == "Doctor" else re.escape(word) for word in words) + r"[\s,.]*"


def _speak(engine: str, voice: str, text: str, random: Random) -> Pcm:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.wav"
        if engine == "flite":
            subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(path)], check=True)
        else:
            rate = str(random.randint(135, 185))
            subprocess.run(["espeak-ng", "-v", voice, "-s", rate, "-w", str(path), text], check=True)
        wav = read_wav(path)
    samples = resample(wav.samples[:, 0], wav.rate, CALLER_RATE).astype(np.float32)
    samples *= _LOUD / max(float(np.abs(samples).max()), 1.0)
    level = _LOUD * 10 ** (-random.uniform(*_NOISE_DB) / 20) / 3
    noise = np.random.default_rng(random.randrange(1 << 30)).normal(0, level, len(samples))
    return np.clip(samples + noise, -32768, 32767).astype(np.int16)


def _phrases(draw: Draw, kind: str) -> str:
    if kind == "doctor":
        return draw.one(LAST)
    if kind == "name":
        return f"{draw.one(FIRST)} {draw.one(LAST)}"
    value: Value = KINDS[{"when": "date", "time": "time", "birth": "birth"}[kind]](draw)
    return value.said


async def _measure(minutes: float, seed: int) -> dict[str, list[str]]:
    draw, table = Draw(seed), load()
    end = time.monotonic() + 60 * minutes
    count = same = 0
    async with open_stt(EngineOptions()) as stt:
        while time.monotonic() < end:
            kind = draw.one(("doctor", "doctor", "name", "name", "when", "time", "birth"))
            phrase, voice = _phrases(draw, kind), draw.one(VOICES)
            samples = await trio.to_thread.run_sync(_speak, *voice, _CARRIERS[kind].format(phrase), draw.random)
            stream = await stt.open_stream()
            stream.begin(0)
            stream.push(samples)
            text = await stream.final()
            await stream.aclose()
            heard = phrase_heard(_CARRIERS[kind], text)
            count += 1
            if count % 20 == 0:
                click.echo(f"{count} phrases, {same} as they were said, {len(table)} others kept")
            if heard is not None and not _same_meaning(kind, phrase, heard):
                heard = None  # nobody could act on that: it is for the agent to ask again
            if heard is None or _plain(heard) == _plain(phrase):
                same += heard is not None
                continue
            for key, value in _pairs(kind, phrase, heard):
                if value not in table.setdefault(key, []):
                    table[key].append(value)
    return {key: sorted(table[key]) for key in sorted(table)}


def _same_meaning(kind: str, phrase: str, heard: str) -> bool:
    """Days and times must still be the same ones for the tools; names may be anything."""
    today = date(2026, 3, 4)
    read: Callable[[str], object] | None = {
        "when": lambda text: parse_date(text, today),
        "time": parse_time,
        "birth": lambda text: parse_birth_date(text, today),
    }.get(kind)
    try:
        return read is None or read(phrase) == read(heard)
    except ValueError:
        return False


def _pairs(kind: str, phrase: str, heard: str) -> Sequence[tuple[str, str]]:
    """Whole phrases; of a name with as many words also each word, since names are put together anew."""
    pairs = [(phrase, heard)]
    words, found = phrase.split(), heard.split()
    if kind == "name" and len(words) == len(found):
        pairs += [pair for pair in zip(words, found, strict=True) if _plain(pair[0]) != _plain(pair[1])]
    return pairs


def _plain(text: str) -> str:
    return re.sub(r"\W", "", text.casefold())


@click.command(help=__doc__)
@click.option("--minutes", default=8.0, show_default=True, help="How long to go on; the table grows from run to run.")
@click.option("--seed", default=1, show_default=True)
def main(minutes: float, seed: int) -> None:
    table = trio.run(_measure, minutes, seed)
    TABLE.write_text(json.dumps(table, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
    click.echo(f"{len(table)} phrases in {TABLE}")


if __name__ == "__main__":
    main()
