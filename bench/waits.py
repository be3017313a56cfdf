"""Where would callers be cut off? The wait that the words before each inner pause get, against the pause itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import attrs
import click
import numpy as np
from rapidfuzz.distance import Levenshtein

from actors.call import EarSettings, VoiceSettings
from actors.call._recent import Recent
from actors.call._voice import Voice
from actors.engines import EngineOptions, open_stt, open_vad
from actors.ports import CALLER_RATE, Stt, Vad
from bench._stage import say
from bench.speech import Spoken, load_corpus, speak_all
from statechart import EndpointWaits, classify, wait_ms, words
from web.cli._run import run

__all__ = ["main"]

GREETING = "How can I help you?"
SOUND_MS = 600  #: how soon after the end of the words an answer that is begun on trial can sound
NOISE_DB = -62.0  #: of the room, as in bench.ttfa
HELD_OUT = 3  #: utterances with a number that this divides are not looked at while rules are made


@attrs.frozen
class Judged:
    """One point of silence: an inner pause, or the end of the utterance (``pause_ms`` None). A pause lasts from the
    last audible sample to the end of the detector's first voiced window: up to there the turn can be declared over."""

    spoken: Spoken
    pause_ms: int | None
    heard: str
    wait_ms: int

    @property
    def early(self) -> bool:
        """The turn would be declared over within the pause."""
        return self.pause_ms is not None and self.wait_ms < self.pause_ms

    @property
    def sounds(self) -> bool:
        """... and the agent could be heard in it, so that nothing can be mended."""
        return self.early and self.pause_ms is not None and self.pause_ms > SOUND_MS


def judge_written(spoken: Spoken, waits: EndpointWaits) -> list[Judged]:
    """Every silence of the utterance, by the words as written."""
    utterance = spoken.utterance
    heard = [" ".join(utterance.pieces[: number + 1]) for number in range(len(utterance.pieces))]
    pauses = (*utterance.pauses, None)
    return [
        Judged(spoken, pause, text, wait_ms(text, waits, question=GREETING))
        for pause, text in zip(pauses, heard, strict=True)
    ]


async def judge_heard(spoken: Spoken, vad: Vad, stt: Stt, waits: EndpointWaits) -> list[Judged]:
    """Every silence as a call's ear finds it, by the words as recognised up to its first silent window."""
    second = CALLER_RATE
    noise = np.random.default_rng(spoken.utterance.number).standard_normal(len(spoken.samples) + 2 * second)
    sound = noise * 10 ** (NOISE_DB / 20) * 32768
    sound[second:-second] += spoken.samples
    samples = np.clip(np.rint(sound), -32768, 32767).astype(np.int16)
    detector, stream = vad.open_stream(), await stt.open_stream()
    voice = Voice(VoiceSettings(), window=detector.window, rate=CALLER_RATE)
    recent = Recent(pre_roll=len(samples), most=len(samples))
    recent.keep(samples, end=len(samples), arrived=0.0, voiced=False)
    changes = [change for probability in detector.feed(samples) if (change := voice.feed(probability)) is not None]
    onsets, ends = [c.at for c in changes if c.voiced], [c.at for c in changes if not c.voiced]
    stream.begin(0)
    pushed, found = max(0, onsets[0] - EarSettings().pre_roll_ms * CALLER_RATE // 1000), []
    for end, resumed in zip(ends, [*onsets[1:], None], strict=True):
        stream.push(samples[pushed : end + detector.window])
        pushed = end + detector.window
        heard = await stream.final()
        last = recent.last_audible(end, 0)
        silent = end if last is None else last.end
        pause = None if resumed is None else (resumed + detector.window - silent) * 1000 // CALLER_RATE
        found.append(Judged(spoken, pause, heard, wait_ms(heard, waits, question=GREETING)))
    await stream.aclose()
    return found


async def _judge_all(seeds: Sequence[int], recognise: bool) -> list[Judged]:
    spoken = [each for seed in seeds for each in speak_all(load_corpus(), seed=seed)]
    if not recognise:
        return [judged for each in spoken for judged in judge_written(each, EndpointWaits())]
    found: list[Judged] = []
    async with open_vad(EngineOptions()) as vad, open_stt(EngineOptions()) as stt:
        for number, each in enumerate(spoken, 1):
            found += await judge_heard(each, vad, stt, EndpointWaits())
            if not number % 24:
                say(f"  {number}/{len(spoken)}")
    return found


@click.command(
    epilog="\b\nExamples:\n"
    "  python -m bench.waits                            by the words as written: at once\n"
    "  python -m bench.waits --recognise                by what the recogniser makes of them: about 20 s\n"
    "  python -m bench.waits --recognise --castings 4   each utterance in four voices"
)
@click.option("--recognise", is_flag=True, help="Ask detector and recogniser at each pause, as a call does.")
@click.option("--seed", default=0, show_default=True, help="Shuffles the voices, as in bench.ttfa.")
@click.option("--castings", default=1, show_default=True, help="How many times, each with the next seed.")
def main(recognise: bool, seed: int, castings: int) -> None:
    """Judge every inner pause of the corpus: is the wait that the words so far get shorter than the pause?

    Where it is, the turn is declared over too early. That can be mended while no sound of the answer has been sent;
    a long pause after words that sound complete cannot. No call is made, and nothing is timed. What is held out (every
    third utterance) is counted, and not shown.
    """
    found = run(lambda: _judge_all(range(seed, seed + castings), recognise))
    for each in found:
        if each.early and each.spoken.utterance.number % HELD_OUT:
            effect = "CUT OFF" if each.sounds else "mended"
            kind = classify(each.heard, question=GREETING).value
            print(f"{effect:8} wait {each.wait_ms:4} < pause {each.pause_ms}  {kind:8} {each.heard!r}")
            print(f"{'':27} {each.spoken.utterance.marked}")
    print()
    for name, group in (
        ("rules made with", [each for each in found if each.spoken.utterance.number % HELD_OUT]),
        ("held out", [each for each in found if not each.spoken.utterance.number % HELD_OUT]),
        ("all", found),
    ):
        pauses = [each for each in group if each.pause_ms is not None]
        cut = {each.spoken for each in group if each.sounds}
        spoken = {each.spoken for each in group}
        early = sum(each.early for each in pauses)
        print(f"{name:16} {early} of {len(pauses)} pauses outlast their wait; ", end="")
        print(f"{len(cut)} of {len(spoken)} utterances = {len(cut) / len(spoken):.1%} could be cut off in one.")
    for name, tool in (("needs a tool", True), ("needs none", False)):
        ends = [e for e in found if e.pause_ms is None and (e.spoken.utterance.tool is not None) == tool]
        waits = Counter(each.wait_ms for each in ends)
        print(f"Wait at the end, {name}: " + ", ".join(f"{ms} ms: {waits[ms]}" for ms in sorted(waits)))
    for each in found:
        late = each.pause_ms is None and each.wait_ms > EndpointWaits().default_ms
        if late and each.spoken.utterance.number % HELD_OUT:
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
