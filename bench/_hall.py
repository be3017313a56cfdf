"""Calls to a real server whose agent is talked over at random points, and the engines behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from random import Random

import attrs
import trio

from actors.call import CallSetup
from actors.line import Flush, Hold
from actors.ports import Pcm
from bench._caller import Caller, Came
from bench._interruption import Interruption, Scene, read_interruption
from bench._paced import Delays, PacedLlm, PacedTts
from bench._probe import Notes, probed
from bench._socket_caller import over_socket
from bench._stage import fillers, open_local, say, with_greeting
from bench._turn import answer_start
from bench.speech import Spoken, Utterance, Voice, speak

__all__ = ["Hall", "Picture", "Told", "hall", "is_answering"]

QUESTIONS = (
    "What can you tell me about Doctor Chen?",
    "When is Doctor Patel free?",
    "What can you help me with?",
    "Tell me about Doctor Okafor, please.",
)
#: What callers say over the agent. Each is cut to one piece: the marks of the corpus are for pauses.
OVER = ("No, wait, I meant Wednesday.", "Stop, that is the wrong doctor.", "Hold on, can I ask something else?")
VOICES = (Voice("flite", "rms", 1.0), Voice("espeak-ng", "en-gb+f2", 160), Voice("flite", "slt", 1.0))
LONG = "I can find you a doctor, and a time that suits you. " * 12


@attrs.frozen
class Told:
    """One barge-in that was measured, and under what conditions. ``late_ms``: how far the caller fell behind time."""

    engines: str
    at_once: int
    interruption: Interruption
    late_ms: float


@attrs.frozen
class Picture:
    """What a picture of one barge-in needs: its scene, the words over it, and what the loudspeaker played from when."""

    scene: Scene
    over: Spoken
    track_at: float
    track: Pcm


class Hall:
    """A server with some engines, and everything that is needed to call it. ``keep`` takes each barge-in as it ends."""

    def __init__(self, engines: str, setup: CallSetup, overs: Sequence[Spoken], keep: Callable[[Told], None]) -> None:
        self.engines, self.setup, self.overs, self._keep = engines, setup, overs, keep
        self.notes: dict[str, Notes] = {}
        self.told: list[Told] = []
        self.pictures: list[tuple[float, Picture]] = []  # with the time to hold, ms
        of_tools = [tool.filler for tool in setup.agent.tools if tool.filler]
        self._phrases = [setup.phrases.get(text) or () for text in (*setup.agent.fillers, *of_tools)]
        self._fillers = fillers(setup)

    def setup_for(self, call: str) -> CallSetup:
        self.notes[call] = Notes()
        return probed(self.setup, self.notes[call])

    @property
    def typical(self) -> Picture | None:
        """The barge-in with the median time to hold."""
        ordered = sorted(self.pictures, key=lambda each: each[0])
        return ordered[len(ordered) // 2][1] if ordered else None

    async def call(self, port: int, *, at_once: int, seed: int, count: int) -> None:
        """Call, and talk over ``count`` answers at random points."""
        chance = Random(seed)
        caller = Caller(seed=seed)
        async with over_socket(port, caller) as call:
            await caller.until(lambda: caller.greeted, 15)
            for _ in range(count):
                over = chance.choice(self.overs)
                scene = await self._barge_in(caller, self.notes[call], over, chance)
                if scene is None:
                    say(f"  {self.engines}: there was no answer to talk over")
                    continue
                found = read_interruption(scene)
                self.told.append(Told(self.engines, at_once, found, round(caller.late * 1000, 1)))
                self._keep(self.told[-1])
                say(f"{len(self.told):4} {self.engines}, {at_once} at once: {_line(found)}")
                if found.hold_ms is not None and found.cut_ms is not None:
                    self.pictures.append((found.hold_ms, Picture(scene, over, *caller.heard_track())))
                await caller.until(lambda: caller.waited_for, 12)
            caller.hang_up()
            await caller.until(lambda: caller.ended, 3)

    async def _barge_in(self, caller: Caller, notes: Notes, over: Spoken, chance: Random) -> Scene | None:
        begin = len(caller.came)
        before = max((came.turn for came in caller.came), default=-1)
        caller.type_text(chance.choice(QUESTIONS))
        if not await caller.until(lambda: is_answering(caller.came[begin:], before, self._fillers), 10):
            return None
        turn = caller.came[-1].turn
        await trio.sleep(chance.uniform(0.1, 1.6))
        first = caller.say(over.samples)
        await caller.until(lambda: not caller.speaking, 8)
        began, ended = caller.arrived(first + over.first), caller.arrived(first + over.last)
        if began is None or ended is None:
            return None
        if not any(c.at > began and isinstance(c.message, Hold | Flush) for c in caller.came) and caller.waited_for:
            return None  # the agent had finished before
        since = ended

        def answered() -> bool:
            return any(c.pcm and c.turn > turn and c.at >= since for c in caller.came[begin:])

        await caller.until(lambda: answered() or caller.waited_for, 10)
        await trio.sleep(0.3)  # for whatever might still come of the old turn
        return Scene(
            turn=turn,
            began=began,
            ended=ended,
            came=tuple(caller.came[begin:]),
            played=caller.played(turn),
            work=tuple(notes.work),
            phrases=self._phrases,
        )


def is_answering(came: Sequence[Came], before: int, fillers: Sequence[bytes]) -> bool:
    """Whether the latest of what came is audio of an answer, and not only a filler, in a turn after ``before``: what is
    typed over an answer cuts that, and a little of it may still be under way."""
    if not came or not came[-1].pcm or came[-1].turn <= before:
        return False
    pcm = b"".join(each.pcm for each in came if each.turn == came[-1].turn)
    return len(pcm) > answer_start(pcm, fillers) and not any(filler.startswith(pcm) for filler in fillers)


def _line(found: Interruption) -> str:
    def ms(value: float | None) -> str:
        return "-" if value is None else f"{value:.0f}"

    error = "?" if found.heard_error is None else f"{found.heard_error:+d}"
    return (
        f"hold {ms(found.hold_ms)}, cut {ms(found.cut_ms)}, answer {ms(found.answer_ms)} ms; "
        f"stale {found.stale_bytes} B; heard {error}: {found.heard!r}"
    )


# --- engines ----------------------------------------------------------------------------------------------------------


class _DeafStt:
    """Hears the same words in everything, after 50 ms: what is measured is the rest."""

    name = "deaf"

    async def open_stream(self, *, hints: Sequence[str] = ()) -> _DeafStream:  # noqa: ARG002
        return _DeafStream()


class _DeafStream:
    def begin(self, segment: int) -> None:
        pass

    def push(self, samples: Pcm) -> None:
        pass

    async def partial(self) -> str:
        await trio.sleep(0.05)
        return "no wait I meant Wednesday"

    final = partial

    async def aclose(self) -> None:
        pass


def overs() -> list[Spoken]:
    """The words over the agent's, each in each voice."""
    pairs = [(text, voice) for text in OVER for voice in VOICES]
    return [speak(Utterance(number, text), voice) for number, (text, voice) in enumerate(pairs)]


@asynccontextmanager
async def hall(engines: str, keep: Callable[[Told], None]) -> AsyncIterator[Hall]:
    """``local``: everything real. ``stubbed``: the real VAD and call; recogniser, model and voice cost nothing."""
    async with open_local() as local:
        setup = await with_greeting(local, "Hello.")
        if engines == "stubbed":
            delays = Delays(ttft=0.2, token_s=0.02, ttfb=0.1)
            setup = attrs.evolve(setup, stt=_DeafStt(), llm=PacedLlm(LONG, delays), tts=PacedTts(delays))
        yield Hall(engines, setup, overs(), keep)
