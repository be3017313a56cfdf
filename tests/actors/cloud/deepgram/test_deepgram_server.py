"""The protocol server: honest towards the official SDK, and firm towards bad clients."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trio
from trio_websocket import ConnectionRejected

from actors.cloud.servers._faults import Latency
from actors.errors import EngineUnavailable

SDK_CLIENT = Path(__file__).with_name("sdk_client.py")
QUERY = "encoding=linear16&sample_rate=16000"


async def run_sdk(*args: str) -> tuple[int, list[dict[str, Any]], str]:
    done = await trio.run_process(
        [sys.executable, str(SDK_CLIENT), *args], capture_stdout=True, capture_stderr=True, check=False
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode()


def test_the_official_sdk_talks_listen_v1_to_it(run_world: Any, key: str, tmp_path: Path) -> None:
    async def main(world: Any) -> None:
        said = world.say("I would like to see", tail_ms=400)
        (tmp_path / "said.pcm").write_bytes(np.concatenate([said, world.say("Doctor Chen")]).tobytes())
        code, messages, errors = await run_sdk("v1", world.url, key, str(tmp_path / "said.pcm"))
        assert code == 0, errors
        final = [m for m in messages if m["type"] == "Results" and m["is_final"]]
        assert [m["channel"]["alternatives"][0]["transcript"] for m in final] == ["I would like to see", "Doctor Chen"]
        assert [m["speech_final"] for m in final] == [True, False]
        assert [m["from_finalize"] for m in final] == [False, True]
        assert {m["class"] for m in messages} == {"ListenV1Results", "ListenV1SpeechStarted", "ListenV1Metadata"}
        assert messages[-1]["type"] == "Metadata"
        assert messages[-1]["duration"] == pytest.approx(final[1]["start"] + final[1]["duration"], abs=0.001)
        assert world.server.sessions[0].controls[0] == "KeepAlive"

    run_world(main)


def test_the_official_sdk_talks_flux_to_it(run_world: Any, key: str, tmp_path: Path) -> None:
    async def main(world: Any) -> None:
        said = world.say("I would like to see", tail_ms=300)
        more = world.say("Doctor Chen next Tuesday", tail_ms=700)
        (tmp_path / "said.pcm").write_bytes(np.concatenate([said, more, world.say("Thanks")]).tobytes())
        code, messages, errors = await run_sdk("v2", world.url, key, str(tmp_path / "said.pcm"))
        assert code == 0, errors
        assert messages[0]["class"] == "ListenV2Connected"
        assert [m["sequence_id"] for m in messages] == list(range(len(messages)))
        events = [(m["event"], m["turn_index"], m["transcript"]) for m in messages[1:] if m["event"] != "Update"]
        whole = "I would like to see Doctor Chen next Tuesday"
        assert [event for event in events if event[0] != "StartOfTurn"] == [
            ("EagerEndOfTurn", 0, "I would like to see"),
            ("TurnResumed", 0, "I would like to see"),
            ("EagerEndOfTurn", 0, whole),
            ("EndOfTurn", 0, whole),
            ("EndOfTurn", 1, "Thanks"),
        ]
        assert [turn for event, turn, _ in events if event == "StartOfTurn"] == [0, 1]
        assert [m["trigger"] for m in messages[1:] if m["event"] == "EndOfTurn"] == ["model", "manual"]

    run_world(main)


def test_the_official_sdk_is_refused_with_a_wrong_key(run_world: Any, tmp_path: Path) -> None:
    async def main(world: Any) -> None:
        (tmp_path / "said.pcm").write_bytes(bytes(640))
        code, messages, errors = await run_sdk("v1", world.url, "wrong", str(tmp_path / "said.pcm"))
        assert code != 0
        assert messages == []
        assert "401" in errors

    run_world(main)


@pytest.mark.parametrize(
    ("path", "status"),
    [("/v3/listen?" + QUERY, 404), ("/v1/listen?encoding=opus", 400), ("/v2/listen?x=y", 400)],
)
def test_addresses_and_options(run_world: Any, converse: Any, path: str, status: int) -> None:
    async def main(world: Any) -> None:
        with pytest.raises(ConnectionRejected) as caught:
            await converse(world.url + path)
        assert caught.value.status_code == status

    run_world(main)


@pytest.mark.parametrize(
    ("message", "code"),
    [("nonsense", 1008), ('{"type":"Unheard"}', 1008), ("[]", 1008), ('{"type":"CloseStream"}', 1000), (b"", 1000)],
)
@pytest.mark.parametrize("path", ["/v1/listen?", "/v2/listen?"])
def test_how_it_ends(run_world: Any, converse: Any, path: str, message: str | bytes, code: int) -> None:
    async def main(world: Any) -> None:
        _, closed = await converse(world.url + path + QUERY, message)
        assert closed.code == code

    run_world(main)


def test_silence_on_the_line_is_closed_with_net_0001(run_world: Any, converse: Any) -> None:
    async def main(world: Any) -> None:
        begun = trio.current_time()
        alive = '{"type":"KeepAlive"}'
        _, closed = await converse(f"{world.url}/v1/listen?{QUERY}", 0.2, alive, 0.2, alive, 0.2, alive)
        assert (closed.code, closed.reason) == (1011, "NET-0001")
        assert trio.current_time() - begun > 0.85

    run_world(main, idle=0.3)


def test_results_take_as_long_as_ordered(run_world: Any, converse: Any) -> None:
    async def main(world: Any) -> None:
        begun = trio.current_time()
        said = world.say("hello there").tobytes() + b"x"  # half a sample waits for the other
        taken, _ = await converse(
            f"{world.url}/v1/listen?{QUERY}&endpointing=300", said, '{"type":"Finalize"}', '{"type":"CloseStream"}'
        )
        assert trio.current_time() - begun > 0.3
        assert taken[0]["channel"]["alternatives"][0]["transcript"] == "hello there"
        assert taken[0]["from_finalize"]

    run_world(main, latency=Latency(0.3))


def test_long_speech_is_settled_piece_by_piece_and_utterances_end(run_world: Any, converse: Any) -> None:
    async def main(world: Any) -> None:
        address = f"{world.url}/v1/listen?{QUERY}&endpointing=300&utterance_end_ms=1000"
        text = "some words without any end " * 14
        said = world.say(text, tail_ms=1500).tobytes()
        messages, _ = await converse(address, said, '{"type":"CloseStream"}')
        results = [m for m in messages if m["type"] == "Results"]
        heard = [m["channel"]["alternatives"][0]["transcript"] for m in results]
        assert " ".join(filter(None, heard)) == text.strip()
        assert len([s for s in heard if s]) >= 2
        assert all(m["is_final"] for m in results)
        # Each begins where the one before ends.
        ends = [round(m["start"] + m["duration"], 3) for m in results]
        assert [round(m["start"], 3) for m in results[1:]] == ends[:-1]
        (ended,) = [m for m in messages if m["type"] == "UtteranceEnd"]
        assert ended["last_word_end"] == max(
            w["end"] for m in results for w in m["channel"]["alternatives"][0]["words"]
        )

    run_world(main)


@pytest.mark.parametrize(("path", "kind"), [("/v1/listen?", "variant"), ("/v2/listen?", "code")])
def test_a_recogniser_that_fails_is_an_error_of_the_protocol(
    run_world: Any, converse: Any, path: str, kind: str
) -> None:
    async def main(world: Any) -> None:
        world.stt.error = EngineUnavailable("knowing", "is gone")
        said = world.say("hello there", tail_ms=2000).tobytes()
        messages, closed = await converse(f"{world.url}{path}{QUERY}&endpointing=300", said)
        assert messages[-1]["type"] == "Error"
        assert messages[-1][kind] == "INTERNAL_SERVER_ERROR"
        assert closed.code == 1011

    run_world(main)


def test_a_port_scanner_costs_nothing(run_world: Any) -> None:
    async def main(world: Any) -> None:
        port = int(world.url.rpartition(":")[2])
        for head in (b"", b"\x16\x03\x01garbage", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"):
            async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
                await stream.send_all(head)
        await trio.sleep(0.05)

    run_world(main)
