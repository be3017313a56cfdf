"""The official SDKs, as plain clients in a process of their own, work against our servers: that keeps them honest."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio

from actors.cloud.servers._faults import ErrorFrame, FaultDesk, Order, Refuse
from actors.cloud.servers.elevenlabs import ElevenLabsServer
from actors.cloud.servers.openai import OpenAiServer
from actors.ports import LlmDelta, LlmFinished, LlmRequest, LlmText, LlmToolCall
from actors.testing import FakeTts

KEY = "sk-plain-client"
SECOND = 24_000 * 2  # bytes


class Model:
    name = model = "model"

    @asynccontextmanager
    async def stream(self, request: LlmRequest) -> AsyncIterator[AsyncIterator[LlmDelta]]:
        deltas = self._all(request)
        yield deltas
        await deltas.aclose()

    async def _all(self, request: LlmRequest) -> AsyncGenerator[LlmDelta, None]:
        yield LlmText("Let me ")
        yield LlmText("look.")
        if request.tools:
            yield LlmToolCall("c1", request.tools[0].name, '{"day": "Tuesday", "doctor": "Chen"}')
        yield LlmFinished("stop", 12, 34)


def ask(server: Any, script: str, path: str = "") -> Any:
    async def main() -> Any:
        async with trio.open_nursery() as nursery:
            port = await nursery.start(server.serve)
            command = [sys.executable, "-W", "ignore", str(Path(__file__).parent / script)]
            environment = {**os.environ, "NO_PROXY": "127.0.0.1"}
            with trio.fail_after(120):
                done = await trio.run_process(
                    [*command, f"http://127.0.0.1:{port}{path}", KEY],
                    capture_stdout=True,
                    capture_stderr=True,
                    check=False,
                    env=environment,
                )
            nursery.cancel_scope.cancel()
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    return trio.run(main)


def test_openai() -> None:
    # Requests in order: chat, speech, speech, models (wrong key), chat (bad), models, stream, then the two that fail.
    orders = [
        Order(Refuse(429, retry_after=7), first=7),
        Order(ErrorFrame("server_error", "Broken"), first=8, sent=2),
    ]
    tts = FakeTts(ttfb=0, real_time_factor=0)
    server = OpenAiServer(llm=Model(), tts=tts, api_key=KEY, desk=FaultDesk(orders))
    got = ask(server, "openai_client.py", "/v1")
    speech = int(SECOND * 0.06 * (4 + 8))  # the fake voice's measure: 60 ms a character
    assert got["sync"] == {
        "text": "Let me look.",
        "reason": "tool_calls",
        "call": ["c1", "find", '{"day": "Tuesday", "doctor": "Chen"}'],
        "tokens": [12, 34],
        "models": ["bargein"],
        "speech": speech,
        "wav": ["RIFF", speech + 44],
        "refused": "invalid_api_key",
        "bad": "messages",
    }
    kinds = got["async"].pop("kinds")
    assert {"chunk", "content.delta", "content.done"} <= set(kinds)
    assert "tool_calls.function.arguments.done" in kinds
    assert got["async"] == {
        "text": "Let me look.",
        "call": ["find", '{"day": "Tuesday", "doctor": "Chen"}'],
        "tokens": 46,
        "failed": [["RateLimitError", "7"], ["APIError", "server_error"]],
        "speech": [speech, True],
    }


def test_elevenlabs() -> None:
    text = "Doctor Chen is free at nine."
    seconds = 0.06 * sum(max(2, len(word)) for word in text.split())
    size = round(SECOND * seconds)
    got = ask(ElevenLabsServer(FakeTts(ttfb=0, real_time_factor=0), api_key=KEY), "elevenlabs_client.py")
    assert got["sync"] == {
        "convert": size,
        "stream": size,
        "timed": [size, text],
        "realtime": size,
        "refused": [401, "invalid_api_key"],
    }
    multi = got["async"].pop("multi")
    assert got["async"] == {"timed": [size, text, True, round(seconds, 3)]}
    assert multi["sixth"] == ["max_active_conversations", 1008]
    assert multi["final"] == ["a", "b"]
    assert multi["chars"] == {"a": "This is a. And more. ", "b": "This is b. "}
    assert multi["sizes"] == {"a": round(SECOND * 0.06 * (4 + 2 + 2 + 3 + 5)), "b": round(SECOND * 0.06 * (4 + 2 + 2))}
