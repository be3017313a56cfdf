"""A scripted conversation for the page: a hold and resume, a cut with unheard words, tools, metrics, a goodbye."""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import trio

if TYPE_CHECKING:
    from fake_call import FakeCall

RATE = 24000
AHEAD_S = 0.3


class Voice:
    """hibari, warmed up; speech as int16 bytes at 24 kHz."""

    def __init__(self) -> None:
        from hibari import Hibari

        self._voice = Hibari()
        self._voice("Ready.")

    async def say(self, text: str) -> bytes:
        samples = np.asarray(await trio.to_thread.run_sync(self._voice, text)).reshape(-1)
        return (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


async def play(call: FakeCall, voice: Voice, *, pace: float = 1.0) -> None:
    """``pace`` below 1 shortens the pauses, not the speech."""
    script = _Script(call, voice, pace)
    await script.answer(0, "Riverside clinic, good morning. How can I help you?", state_first=False)

    await script.user(1, "I'd like to see Doctor Chen next Tuesday.")
    script.tool(1, "call-1", "check_availability", {"doctor": "Chen", "date": "2026-12-01"}, "running")
    await script.pause(0.5)
    script.tool(
        1,
        "call-1",
        "check_availability",
        {"doctor": "Chen", "date": "2026-12-01"},
        "ok",
        {"doctor": "Dr. Mei Chen", "date": "Tuesday, 1 December", "free": ["09:00", "10:30", "14:00", "16:30"]},
    )
    text = "Doctor Chen has four openings next Tuesday. Nine, half past ten, two, and half past four. Which suits you?"
    script.metrics(1, 1240, endpoint=262, stt=118, llm=412, sentence=205, tts=64, filler=True)
    await script.answer(1, text, held_at=0.35)

    await script.user(2, "Half past ten, please. The name is Anna Kowalski.")
    script.metrics(2, 655, endpoint=258, stt=96, llm=188, sentence=110, tts=58)
    await script.cut(
        2,
        "Half past ten it is. Before I book that, may I ask",
        "whether you have been with us before and which insurance you are with?",
    )

    await script.user(3, "Sorry, just book it.")
    arguments = {"doctor": "Chen", "date": "2026-12-01", "time": "10:30", "patient": "Anna Kowalski"}
    script.tool(3, "call-2", "schedule_appointment", arguments, "running")
    await script.pause(0.4)
    script.tool(3, "call-2", "schedule_appointment", arguments, "ok", {"booked": True, "reference": "A-2047"})
    script.metrics(3, 980, endpoint=251, stt=104, llm=355, sentence=180, tts=66)
    await script.answer(3, "Done. You are booked with Doctor Chen on Tuesday at half past ten.")


class _Script:
    def __init__(self, call: FakeCall, voice: Voice, pace: float) -> None:
        self._call = call
        self._voice = voice
        self._pace = pace

    async def pause(self, seconds: float) -> None:
        await trio.sleep(seconds * self._pace)

    def state(self, name: str) -> None:
        self._call.send("state", state=name)

    async def user(self, turn: int, text: str) -> None:
        self.state("LISTENING")
        words = text.split()
        for count in range(2, len(words), 3):
            self._said(turn, "user", " ".join(words[:count]))
            await self.pause(0.25)
        await self.pause(0.3)
        self._said(turn, "user", text, final=True)
        self.state("PROCESSING")
        await self.pause(0.4)

    def tool(
        self, turn: int, ident: str, name: str, arguments: dict[str, Any], status: str, result: Any = None
    ) -> None:
        fields = {"id": ident, "name": name, "arguments": arguments, "status": status, "result": result}
        self._call.send("tool", turn=turn, **fields)

    def metrics(
        self,
        turn: int,
        ttfa: float,
        *,
        endpoint: float,
        stt: float,
        llm: float,
        sentence: float,
        tts: float,
        filler: bool = False,
    ) -> None:
        self._call.send(
            "metrics",
            turn=turn,
            ttfa_ms=ttfa,
            endpoint_ms=endpoint,
            stt_ms=stt,
            llm_ttft_ms=llm,
            sentence_ms=sentence,
            tts_ttfb_ms=tts,
            filler=filler,
        )

    async def answer(self, turn: int, text: str, *, held_at: float | None = None, state_first: bool = True) -> None:
        pcm = await self._begin(turn, text, state_first=state_first)
        if held_at is None:
            await self._paced(pcm)
        else:
            middle = int(len(pcm) * held_at) // 2 * 2
            await self._paced(pcm[:middle])
            self._call.send("hold", turn=turn)
            self.state("INTERRUPTED")
            await self.pause(0.6)
            self._call.send("resume", turn=turn)
            self.state("SPEAKING")
            await self._paced(pcm[middle:])
        self._call.send("agent_done", turn=turn)
        await self._drained(turn, len(pcm) // 2)
        self._said(turn, "agent", text, final=True)
        self.state("IDLE")
        await self.pause(0.5)

    async def cut(self, turn: int, heard: str, unheard: str) -> None:
        pcm = await self._begin(turn, f"{heard} {unheard}")
        await self._paced(pcm[: len(pcm) // 4 * 2])
        self._call.send("hold", turn=turn)
        self.state("INTERRUPTED")
        await self.pause(0.4)
        self._call.send("flush", turn=turn)
        self._call.send("agent_done", turn=turn)
        self._said(turn, "agent", heard, final=True, unheard=unheard)

    async def _begin(self, turn: int, text: str, *, state_first: bool = True) -> bytes:
        pcm = await self._voice.say(text)
        if not state_first:
            self.state("PROCESSING")
        self._call.send("agent_speaking", turn=turn)
        self.state("SPEAKING")
        self._said(turn, "agent", text)
        return pcm

    async def _paced(self, pcm: bytes) -> None:
        begun = time.monotonic()
        for start in range(0, len(pcm), 1920):
            ahead = start / 2 / RATE - (time.monotonic() - begun)
            if ahead > AHEAD_S:
                await trio.sleep(ahead - AHEAD_S)
            self._call.send_audio(pcm[start : start + 1920])

    async def _drained(self, turn: int, samples: int) -> None:
        wait = functools.partial(self._call.wait_message, "playback", 10.0, turn=turn, samples=samples)
        await trio.to_thread.run_sync(wait, abandon_on_cancel=True)

    def _said(self, turn: int, role: str, text: str, *, final: bool = False, unheard: str = "") -> None:
        self._call.send("transcript", turn=turn, role=role, text=text, final=final, unheard=unheard)
