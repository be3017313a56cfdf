"""The three services of the paper's pipeline in a process of their own, so that their work is not taken for ours.

The process has *lanes*: each is a recogniser, a model and a voice on ports of their own, used by one call at a time. It
is told over its standard input what the next call on a lane brings, and tells what it saw of it on its standard output,
one line of JSON each. Its times are on the machine's monotonic clock, which the bench's process shares.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import attrs
import trio

from actors.cloud.servers._http import serve_tcp
from actors.cloud.servers.elevenlabs import ElevenLabsServer
from actors.cloud.servers.openai import OpenAiServer
from bench._account import Observed, Piece
from bench._oracle import Heard, Oracle
from bench._paced import Delays, PacedLlm, PacedTts
from bench._profiles import ANSWER, MODES, PROFILES, Mode, Profile
from bench._tap import tapped
from bench.speech import load_corpus, pick, speak_all

__all__ = ["Lane", "open_services"]

FOOLED = 0.5  #: the share of inner pauses in which the early signal comes too early


# --- the bench's side -------------------------------------------------------------------------------------------------


class Lane:
    """Three services for one call at a time, at these addresses. To be told before each call, and asked after it."""

    def __init__(self, number: int, ports: tuple[int, int, int], orders: trio.abc.SendStream, turn: trio.Lock) -> None:
        stt, llm, tts = ports
        self.stt_url, self.llm_url = f"ws://127.0.0.1:{stt}", f"http://127.0.0.1:{llm}/v1"
        self.tts_url = f"http://127.0.0.1:{tts}"
        self._number, self._orders, self._turn = number, orders, turn
        self.into, self._replies = trio.open_memory_channel[Any](1)

    async def expect(self, profile: Profile, mode: Mode, utterance: int) -> None:
        """The next call: this utterance of the corpus, latencies drawn from this profile (the same in every mode)."""
        await self._ask({"profile": profile.name, "mode": mode.name, "utterance": utterance})

    async def observed(self) -> Observed:
        """What the services saw of the call that was expected last. Times on trio's clock."""
        found = await self._ask({})
        offset = trio.current_time() - time.perf_counter()
        return _shifted(found, offset)

    async def _ask(self, order: dict[str, Any]) -> Any:
        async with self._turn:
            await self._orders.send_all(json.dumps({"lane": self._number, **order}).encode() + b"\n")
        with trio.fail_after(60):
            return await self._replies.receive()


@asynccontextmanager
async def open_services(lanes: int, *, seed: int) -> AsyncIterator[list[Lane]]:
    """Start the process; it ends with the block. ``seed`` decides the latencies, and the voices of the corpus."""
    command = [sys.executable, "-m", "bench._services", str(lanes), str(seed)]
    process = await trio.lowlevel.open_process(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        lines = _lines(process.stdout)
        with trio.fail_after(120):
            ports = json.loads(await anext(lines))
        turn = trio.Lock()
        opened = [Lane(number, tuple(each), process.stdin, turn) for number, each in enumerate(ports)]

        async def read() -> None:
            async for line in lines:
                reply = json.loads(line)
                await opened[reply["lane"]].into.send(reply["observed"])
            raise RuntimeError("the services' process has ended")

        async with trio.open_nursery() as nursery:
            nursery.start_soon(read)
            yield opened
            nursery.cancel_scope.cancel(reason="measured")
    finally:
        process.kill()
        with trio.CancelScope(shield=True):
            await process.wait()


def _shifted(found: dict[str, Any], offset: float) -> Observed:
    def at(value: float | None) -> float | None:
        return None if value is None else value + offset

    def pieces(values: list[dict[str, Any]]) -> tuple[Piece, ...]:
        return tuple(Piece(v["asked"] + offset, tuple(given + offset for given in v["given"])) for v in values)

    times = {name: at(found[name]) for name in ("ended", "eager", "final")}
    works = {name: pieces(found[name]) for name in ("answers", "sentences")}
    return Observed(**found | times | works)


async def _lines(stream: trio.abc.ReceiveStream) -> AsyncIterator[bytes]:
    rest = b""
    async for data in stream:
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            yield line


# --- the process ------------------------------------------------------------------------------------------------------


@attrs.define
class _Services:
    """One lane's."""

    oracle: Oracle = attrs.field(factory=Oracle)
    delays: Delays = attrs.field(factory=Delays)
    heard: Heard | None = None

    async def open(self, nursery: trio.Nursery) -> tuple[int, int, int]:
        model = OpenAiServer(llm=PacedLlm(ANSWER, self.delays))
        voice = ElevenLabsServer(PacedTts(self.delays))
        stt: int = await nursery.start(self.oracle.serve)
        llm: int = await nursery.start(serve_tcp, tapped(model.handle))
        tts: int = await nursery.start(serve_tcp, tapped(voice.handle))
        return stt, llm, tts

    def observed(self, offset: float) -> Observed:
        """Times plus ``offset``."""
        assert self.heard is not None
        found = Observed(
            ttft_s=self.delays.ttft,
            ttfb_s=self.delays.ttfb,
            answers=self.delays.answers,
            sentences=self.delays.sentences,
            **attrs.asdict(self.heard),
        )
        return _shifted(attrs.asdict(found), offset)


async def _main(lanes: int, seed: int) -> None:
    corpus = {s.utterance.number: s for s in speak_all(pick(load_corpus(), limit=None, seed=seed), seed=seed)}
    services = [_Services() for _ in range(lanes)]
    async with trio.open_nursery() as nursery:
        print(json.dumps([await each.open(nursery) for each in services]), flush=True)
        async for line in _lines(trio.lowlevel.FdStream(sys.stdin.fileno())):
            order = json.loads(line)
            lane = services[order["lane"]]
            found = None
            if "profile" in order:
                profile, spoken = PROFILES[order["profile"]], corpus[order["utterance"]]
                mode = next(mode for mode in MODES if mode.name == order["mode"])
                rng = Random(f"{seed} {profile.name} {spoken.utterance.number}")  # the same draws in every mode
                lane.delays.set(ttft=profile.ttft.draw(rng), token_s=profile.token_s, ttfb=profile.ttfb.draw(rng))
                lane.heard = lane.oracle.expect(spoken, profile.stt, lead_s=mode.lead_s, fooled=FOOLED, rng=rng)
            else:
                found = attrs.asdict(lane.observed(time.perf_counter() - trio.current_time()))
            print(json.dumps({"lane": order["lane"], "observed": found}), flush=True)
        nursery.cancel_scope.cancel(reason="the bench is over")


if __name__ == "__main__":
    trio.run(_main, int(sys.argv[1]), int(sys.argv[2]))
