"""Where would callers be cut off? The wait that the words before each inner pause get, against the pause itself."""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext

import attrs
import click
import trio
from rapidfuzz.distance import Levenshtein

from actors.engines import EngineOptions, open_stt
from actors.ports import CALLER_RATE, Stt
from bench.speech import Spoken, load_corpus, speak_all
from statechart import EndpointWaits, classify, wait_ms, words
from web.cli._run import run

__all__ = ["main"]

GREETING = "How can I help you?"
LAG_MS = 60  #: the detector calls a voice silent this much after its last voiced sample
SOUND_MS = 700  #: how soon after the end of the words an answer that is begun on trial can sound


@attrs.frozen
class Judged:
    """One point of silence: an inner pause (its length), or the end of the utterance (None)."""

    spoken: Spoken
    pause_ms: int | None
    heard: str
    wait_ms: int

    @property
    def early(self) -> bool:
        """The turn would be declared over within the pause."""
        return self.pause_ms is not None and self.wait_ms + LAG_MS < self.pause_ms

    @property
    def sounds(self) -> bool:
        """... and the agent could be heard in it, so that nothing can be mended."""
        return self.early and self.pause_ms is not None and self.pause_ms > max(SOUND_MS, self.wait_ms + LAG_MS)


async def judge(spoken: Spoken, stt: Stt | None, waits: EndpointWaits) -> list[Judged]:
    """Every silence of the utterance, by the words as written or as recognised."""
    pieces, found = spoken.utterance.pieces, []
    stream = None if stt is None else await stt.open_stream()
    if stream is not None:
        stream.begin(0)
    pushed = 0
    ends = [*zip(spoken.pause_starts, spoken.utterance.pauses, strict=True), (len(spoken.samples), None)]
    for number, (at, pause) in enumerate(ends):
        heard = " ".join(pieces[: number + 1])
        if stream is not None:
            silent = at + 128 * CALLER_RATE // 1000  # as the call asks: when the voice has been silent for a while
            stream.push(spoken.samples[pushed:silent])
            pushed = silent
            heard = await stream.final()
        found.append(Judged(spoken, pause, heard, wait_ms(heard, waits, question=GREETING)))
    if stream is not None:
        await stream.aclose()
    return found


async def _judge_all(seed: int, recognise: bool) -> list[Judged]:
    found = []
    async with open_stt(EngineOptions()) if recognise else nullcontext() as stt:
        for spoken in speak_all(load_corpus(), seed=seed):
            found += await judge(spoken, stt, EndpointWaits())
            await trio.lowlevel.checkpoint()
    return found


@click.command(
    epilog="\b\nExamples:\n"
    "  python -m bench.waits               by the words as written: at once\n"
    "  python -m bench.waits --recognise   by what the recogniser makes of them: about a minute"
)
@click.option("--recognise", is_flag=True, help="Ask the recogniser at each pause, as a call does.")
@click.option("--seed", default=0, show_default=True, help="Shuffles the voices, as in bench.ttfa.")
def main(recognise: bool, seed: int) -> None:
    """Judge every inner pause of the corpus: is the wait that the words so far get shorter than the pause?

    Where it is, the turn is declared over too early. That can be mended while no sound of the answer has been sent;
    a long pause after words that sound complete cannot. No call is made, and nothing is timed.
    """
    found = run(lambda: _judge_all(seed, recognise))
    early = [each for each in found if each.early]
    for each in early:
        effect = "CUT OFF" if each.sounds else "mended"
        kind = classify(each.heard, question=GREETING).value
        print(f"{effect:8} wait {each.wait_ms:4} < pause {each.pause_ms}  {kind:8} {each.heard!r}")
        print(f"{'':27} {each.spoken.utterance.marked}")
    pauses = [each for each in found if each.pause_ms is not None]
    cut = {each.spoken.utterance for each in early if each.sounds}
    utterances = {each.spoken.utterance for each in found}
    print(f"\n{len(early)} of {len(pauses)} pauses outlast their wait; ", end="")
    print(f"{len(cut)} of {len(utterances)} utterances = {len(cut) / len(utterances):.1%} could be cut off in one.")
    for name, tool in (("needs a tool", True), ("needs none", False)):
        ends = [e for e in found if e.pause_ms is None and (e.spoken.utterance.tool is not None) == tool]
        waits = Counter(each.wait_ms for each in ends)
        print(f"Wait at the end, {name}: " + ", ".join(f"{ms} ms: {waits[ms]}" for ms in sorted(waits)))
    for each in found:
        if each.pause_ms is None and each.wait_ms > EndpointWaits().default_ms:
            print(f"  {each.wait_ms} ms at the end of {each.heard!r}")
    if recognise:
        _show_errors(found)


def _show_errors(found: list[Judged]) -> None:
    """How well each voice is understood: a voice that nobody could follow would test the wrong thing."""
    wrong: Counter[str] = Counter()
    said: Counter[str] = Counter()
    for each in found:
        if each.pause_ms is None:
            name = f"{each.spoken.voice.engine} {each.spoken.voice.name}"
            written = words(each.spoken.utterance.text)
            said[name] += len(written)
            wrong[name] += Levenshtein.distance(written, words(each.heard))
    print("Words misheard, by voice (digits for spoken numbers count as such):")
    for name in sorted(said, key=lambda name: wrong[name] / said[name]):
        print(f"  {name:24} {wrong[name] / said[name]:4.0%} of {said[name]}")


if __name__ == "__main__":
    main()
