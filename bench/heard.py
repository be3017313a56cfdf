"""What the caller heard, against the audio itself: at random cuts, how many words is the history off?"""

from __future__ import annotations

import importlib
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import attrs
import click
import numpy as np
import trio

from actors.audio import resample, to_array, to_bytes
from actors.call._reel import Reel, Span
from actors.engines import EngineOptions, open_tts
from actors.ports import AGENT_RATE, CALLER_RATE, Pcm, TtsVoice
from bench._figures import describe, machine, summarise
from bench._stage import out_option, say, write_results
from statechart import SentenceBuffer, speakable
from web.cli._run import run

__all__ = ["TURNS", "Turn", "main", "parse"]

#: Whole turns. "10:30{ten thirty}": written so, spoken so; the rest is spoken as it is written.
TURNS = tuple(
    """
I have booked Mary Smith with Doctor Lawson on Monday at 10:30{ten thirty}. Your number is 4821{forty eight \
twenty one}, and the practice is on the 2nd{second} floor. Please bring your insurance card, a list of your \
medicines, and your last letter.
We are open from 8:00{eight o'clock} to 6:00{six o'clock}, Monday to Friday. On Saturdays we close at noon. Parking is \
free for 30{thirty} minutes, after that it costs $2{two dollars} an hour, and $15{fifteen dollars} for the whole day.
Well, there are three ways to get here. First, by bus, the number 12{twelve} stops right across the street. Second, by \
car, there is a garage behind the house. Third, on foot, it is ten minutes from the station.
Dr.{doctor} Miller is our heart specialist. She has 9{nine} years of experience, and her office is room 118{one \
hundred eighteen}. Would you like to see her this week, or is next week better for you?
Of course. The earliest that I can offer is Thursday, at half past nine in the morning. If that is too soon, there is \
also Friday at a quarter to four, and then nothing until the end of the month.
Your bill comes to $125{one hundred twenty five dollars}. About 80%{eighty percent} of it is paid by your insurance, \
so that leaves $25{twenty five dollars} for you. You can pay at the desk, by card, or within 14{fourteen} days.
I'm sorry, but I can't find anybody by that name. Could you spell it for me, please? Sometimes people are listed under \
a maiden name, and sometimes only the first name was written down.
Before the test you should not eat anything for 12{twelve} hours. Water is fine, coffee is not. Take your medicine as \
always, unless Dr.{doctor} Baker told you otherwise, and wear something with short sleeves.
Yes. No problem at all. I have cancelled it. Is there anything else? We could look for another day right now, or you \
call again once you know when you will be back from your holiday.
The results take about 3{three} to 5{five} days. We will call you at home, or send them by e-mail{e mail} if you \
prefer that. Should anything be urgent, Mr.{mister} Turner calls you himself, on the same day.
""".strip().split("\n")
)
_MARKED = re.compile(r"(?P<raw>\S+?)\{(?P<spoken>[^}]*)\}(?P<rest>\S*)")
_PAUSE_S = 0.12  #: a pause of so long is seen by its silence alone
_NEAR_S = 0.3


@attrs.frozen
class Turn:
    """What the model writes, and for each of its words (runs of non-space) how it is spoken."""

    text: str
    spoken: tuple[tuple[str, ...], ...]


@attrs.frozen
class Truth:
    """``ends``: the sample (24 kHz) at which each word of a turn ended. ``off_ms``: how far the ends before pauses lie
    from where the sound really stops: the aligner's own error."""

    ends: tuple[int, ...]
    off_ms: tuple[float, ...]


def parse(marked: str) -> Turn:
    """A line of :data:`TURNS`."""
    spoken: list[tuple[str, ...]] = []
    text: list[str] = []
    for token in re.findall(r"[^\s{]+\{[^}]*\}\S*|\S+", marked):
        match = _MARKED.fullmatch(token)
        text.append(match["raw"] + match["rest"] if match else token)
        words = match["spoken"] if match else token
        spoken.append(tuple(re.findall(r"[a-z]+(?:'[a-z]+)?", words.lower())))
    return Turn(" ".join(text), tuple(spoken))


async def speak(turn: Turn, voice: TtsVoice, *, timed: bool) -> tuple[Reel, Pcm]:
    """The turn as a call speaks it, sentence by sentence. ``timed`` False: as if the engine gave no word timings."""
    reel = Reel(0, 0)
    pieces: list[Pcm] = []
    buffer = SentenceBuffer()
    for raw in filter(None, (*buffer.feed(turn.text), buffer.flush())):
        span: Span = reel.write(raw, speakable(raw))
        reel.begin(span)
        async for chunk in voice.say(span.spoken.text):
            reel.add(span, chunk.pcm, chunk.words if timed else ())
            pieces.append(to_array(chunk.pcm))
        span.finished = True
    return reel, np.concatenate(pieces)


# --- the truth --------------------------------------------------------------------------------------------------------


class Aligner:
    """Where each word of a known text lies in audio: forced alignment with the acoustic model of pocketsphinx, which
    knows nothing of our voice. click.ClickException where it is not installed, ValueError where a word is unknown to
    its dictionary or the text does not fit the audio."""

    def __init__(self) -> None:
        try:
            library: Any = importlib.import_module("pocketsphinx")
        except ImportError:
            raise click.ClickException("the truth comes from an aligner: pip install pocketsphinx") from None
        self._decoder = library.Decoder(samprate=float(CALLER_RATE), lm=None, loglevel="FATAL", bestpath=False)

    def align(self, audio: Pcm, turn: Turn) -> Truth:
        """``audio``: 24 kHz."""
        words = [word for group in turn.spoken for word in group]
        if unknown := [word for word in words if self._decoder.lookup_word(word) is None]:
            raise ValueError(f"not in the aligner's dictionary: {', '.join(unknown)}")
        pad = CALLER_RATE // 5
        sound = np.pad(resample(audio, AGENT_RATE, CALLER_RATE), (pad, pad))
        self._decoder.set_align_text(" ".join(words))
        self._decoder.start_utt()
        self._decoder.process_raw(to_bytes(sound), full_utt=True)
        self._decoder.end_utt()
        found = [each for each in self._decoder.seg() or () if each.word[0] not in "<[("]
        if [re.sub(r"\(\d+\)$", "", each.word) for each in found] != words:
            raise ValueError(f"the aligner lost its way in: {turn.text}")
        ends = [(each.end_frame + 1) / 100 - pad / CALLER_RATE for each in found]
        last = np.cumsum([len(group) for group in turn.spoken]) - 1
        return Truth(tuple(round(ends[n] * AGENT_RATE) for n in last), tuple(_off_pauses(audio, ends)))


def _off_pauses(audio: Pcm, ends: Sequence[float]) -> list[float]:
    """Aligned word ends against the starts of pauses, which the level alone shows: differences in ms."""
    frame = AGENT_RATE // 100
    levels = np.sqrt(np.mean(np.square(audio[: len(audio) // frame * frame].reshape(-1, frame), dtype=float), axis=1))
    loud = np.flatnonzero(levels > levels.max() * 10 ** (-40 / 20))
    stops = [(n + 1) / 100 for n, following in pairwise(loud) if following - n > _PAUSE_S * 100]
    return [(off * 1000) for stop in stops if abs(off := min((end - stop for end in ends), key=abs)) < _NEAR_S]


# --- cuts -------------------------------------------------------------------------------------------------------------


@attrs.frozen
class Cut:
    """``played`` samples of the turn were played: words the history says were heard, and words that really were."""

    turn: int
    played: int
    said: int
    true: int

    @property
    def error(self) -> int:
        """Words too many (above 0) or too few in the history."""
        return self.said - self.true


def cut_at(number: int, reel: Reel, truth: Truth, played: int) -> Cut:
    said = len(reel.heard(played).text.split())
    return Cut(number, played, said, sum(end <= played for end in truth.ends))


def report(name: str, cuts: Sequence[Cut]) -> str:
    """One line."""
    sizes = [abs(cut.error) for cut in cuts]
    found = summarise([float(size) for size in sizes])
    assert found is not None
    exact = sum(size == 0 for size in sizes) / len(sizes)
    more, fewer = sum(cut.error > 0 for cut in cuts), sum(cut.error < 0 for cut in cuts)
    return (
        f"  {name:34} mean {np.mean(sizes):.2f}  P95 {found.p95:.2f}  max {found.high:.0f}  exact {exact:.0%}  "
        f"too many {more}, too few {fewer} of {len(cuts)}"
    )


async def _measure(count: int, seed: int) -> tuple[list[Cut], list[Cut], list[float], list[float]]:
    aligner = Aligner()
    chance = Random(seed)
    timed: list[Cut] = []
    estimated: list[Cut] = []
    own: list[float] = []
    apart: list[float] = []
    async with open_tts(EngineOptions()) as tts, tts.open_voice(0) as voice:
        turns = [parse(line) for line in TURNS]
        for number, turn in enumerate(turns):
            reel, audio = await speak(turn, voice, timed=True)
            plain, _ = await speak(turn, voice, timed=False)
            truth = await trio.to_thread.run_sync(aligner.align, audio, turn)
            own += truth.off_ms
            ends = [span.start + word.end for span in _spans(reel) for word in span.words]
            apart += [(a - b) * 1000 / AGENT_RATE for a, b in zip(ends, truth.ends, strict=True)]
            for _ in range(count // len(turns) + (number < count % len(turns))):
                played = chance.randrange(len(audio))
                timed.append(cut_at(number, reel, truth, played))
                estimated.append(cut_at(number, plain, truth, played))
            say(f"  turn {number + 1} of {len(turns)}: {len(audio) / AGENT_RATE:.1f} s, {len(turn.spoken)} words")
    return timed, estimated, own, apart


def _spans(reel: Reel) -> list[Any]:
    return [entry.said for entry in reel.entries() if hasattr(entry, "said")]


def _spread(values: Sequence[float]) -> str:
    sizes = summarise([abs(value) for value in values])
    assert sizes is not None
    return f"mean {np.mean(values):+.0f} ms, absolute P50 {sizes.p50:.0f}, P95 {sizes.p95:.0f}, max {sizes.high:.0f} ms"


@click.command(epilog="\b\nExample:\n  python -m bench.heard --cuts 200")
@click.option("--cuts", default=200, show_default=True, help="Random cuts in all.")
@click.option("--seed", default=0, show_default=True)
@out_option("Where heard.json goes.")
def main(cuts: int, seed: int, out: Path) -> None:
    """Cut answers at random samples: how many words is "what was heard" off the truth?

    The truth is a forced alignment of the whole turn's audio with its words, by an acoustic model that knows nothing
    of the voice; a word is heard when its last sample was played. Its own error is told, too: word ends before pauses
    against the silence itself. Played samples are taken as known: what the client reports is the matter of
    bench.barge_in. It takes half a minute.
    """
    found = machine()
    timed, estimated, own, apart = run(lambda: _measure(cuts, seed))
    print(f"\n{describe(found)}\n\nHeard text against the truth, in words, at {cuts} random cuts:")
    print(report("word timings of the voice", timed))
    print(report("estimated, if it gave none", estimated))
    print(f"\nThe truth's own error (word ends before {len(own)} pauses): {_spread(own)}")
    print(f"Word ends of the voice against the truth ({len(apart)} words): {_spread(apart)}")
    kept = {
        "machine": found,
        "timed": [attrs.asdict(c) for c in timed],
        "estimated": [attrs.asdict(c) for c in estimated],
    }
    write_results(out, "heard.json", kept | {"own_ms": own, "apart_ms": apart})


if __name__ == "__main__":
    main()
