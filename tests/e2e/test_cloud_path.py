"""The whole cloud path over real sockets: this machine's engines served in the cloud's protocols, and calls that use
them. Keys are looked for in everything that these processes write or answer."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import pytest
import trio
from trio_websocket import wrap_client_stream

from actors.line import TypedText
from web.wire import Hello, encode_client

pytestmark = [pytest.mark.e2e, pytest.mark.engines]

BARGEIN = [sys.executable, "-c", "import sys; from web.cli import main; sys.exit(main())"]
KEY = "sk-do-not-tell-0123456789"
WRONG = "sk-wrong-and-secret-98765"


@pytest.fixture(scope="module")
def cloud(running):
    """The variables that ``bargein engines serve`` prints."""
    with running("engines", "serve", "--key", KEY) as process:
        variables = {}
        while len(variables) < 9:
            line = process.stdout.readline()
            assert line.startswith("export "), (line, process.stderr.read())
            name, _, value = line.removeprefix("export ").strip().partition("=")
            variables[name] = shlex.split(value)[0]
        yield variables
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130


def bargein(env, *args):
    return subprocess.run(
        [*BARGEIN, *map(str, args)],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        env={**os.environ, **env},
    )


def without_keys(folder, *texts):
    """Nothing written, and no file left behind, holds a key."""
    for text in (*texts, *(path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file())):
        assert KEY not in text
        assert WRONG not in text


@pytest.mark.parametrize("stt", ["deepgram", "deepgram-flux"])
def test_a_call_through_the_cloud_protocols(cloud, speak, tmp_path, stt):
    (ask,) = speak("What does Doctor Patel do?")
    log = ("--log-level", "debug", "--db", f"sqlite:///{tmp_path}/x.db")
    journal = ("--journal", tmp_path / "journal", "--journal-unmasked")
    done = bargein(cloud, "call", ask, "--json", "--stt", stt, *log, *journal)
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    user = [m for m in told if m["type"] == "transcript" and m["role"] == "user" and m["final"]]
    agent = [m for m in told if m["type"] == "transcript" and m["role"] == "agent" and m["final"]]
    assert "patel" in " ".join(m["text"] for m in user).lower(), user
    assert len(agent) >= 2, agent
    assert "deepgram" in done.stderr
    assert "openai" in done.stderr
    assert "elevenlabs" in done.stderr
    without_keys(tmp_path, done.stdout, done.stderr)
    assert "CallStarted" in "".join(path.read_text() for path in (tmp_path / "journal").rglob("*.jsonl"))


def test_the_doctor_tries_each_service_and_its_fallback(cloud, tmp_path):
    chains = ("--stt", "deepgram-flux,deepgram", "--tts", "elevenlabs,speech")
    done = bargein(cloud, "doctor", "--json", *chains, "--port", "0", "--db", f"sqlite:///{tmp_path}/x.db")
    found = json.loads(done.stdout)
    assert done.returncode == 0, found
    tried = {c["chosen"]: c["ms"] for c in found["checks"] if c["ms"] is not None}
    assert {"deepgram-flux", "deepgram", "openai", "elevenlabs", "speech"} <= tried.keys()
    without_keys(tmp_path, done.stdout, done.stderr)


def test_keys_reach_nothing_that_can_be_seen(running, cloud, tmp_path):
    wrong = {**cloud, "OPENAI_API_KEY": WRONG, "DEEPGRAM_API_KEY": WRONG, "ELEVENLABS_API_KEY": WRONG}
    base = ("--port", "0", "--db", f"sqlite:///{tmp_path}/x.db")
    doctor = bargein(wrong, "doctor", *base)
    assert doctor.returncode == 1
    for name in ("OPENAI_API_KEY", "DEEPGRAM_API_KEY", "ELEVENLABS_API_KEY"):
        assert f"check {name}" in doctor.stdout
    refused = bargein(wrong, "serve", *base, "--log-level", "debug")
    assert refused.returncode == 1
    assert "_API_KEY" in refused.stderr
    seen = [doctor.stdout, doctor.stderr, refused.stdout, refused.stderr]
    journal = ("--journal", str(tmp_path / "journal"), "--journal-unmasked")
    with running("serve", *base, *journal, "--log-level", "debug", env=cloud) as process:
        line = process.stdout.readline()
        assert line.startswith("bargein is ready: "), process.stderr.read()
        address = line.split()[-1].rstrip("/")
        log: list[str] = []
        reader = threading.Thread(target=lambda: log.append(process.stderr.read()), daemon=True)
        reader.start()  # a debug log would fill the pipe
        told = trio.run(ask_in_writing, address)
        assert any('"agent"' in message for message in told)
        seen += told
        for path in ("", "metrics", "readyz", "app.js", "no-such-page"):
            try:
                with urllib.request.urlopen(f"{address}/{path}", timeout=10) as answer:
                    seen.append(answer.read().decode())
            except urllib.error.HTTPError as error:
                seen.append(error.read().decode())
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
        reader.join(10)
        assert "openai" in log[0]
        seen += [process.stdout.read(), *log]
    assert list((tmp_path / "journal").iterdir())
    without_keys(tmp_path, *seen)


async def ask_in_writing(address):
    """A call of two turns over the socket; what the server says in it, sound left out."""
    host, told = address.split("/")[2], []
    stream = await trio.open_tcp_stream("127.0.0.1", int(host.rpartition(":")[2]))
    async with stream, trio.open_nursery() as nursery:
        ws = await wrap_client_stream(nursery, stream, host, "/ws")
        await ws.send_message(encode_client(Hello()))
        with trio.fail_after(90):
            for turn in (1, 2):
                await ws.send_message(encode_client(TypedText("What does Doctor Patel do?")))
                while not told or not (f'"turn":{turn}' in told[-1] and '"agent_done"' in told[-1]):
                    message = await ws.get_message()
                    if isinstance(message, str):
                        told.append(message.replace(" ", ""))
        nursery.cancel_scope.cancel(reason="the call is over")
    return told


def test_a_fallback_takes_over_where_a_service_is_not_there(cloud, speak, tmp_path):
    """Addresses at which nobody listens, with the local engines behind them."""
    (ask,) = speak("What does Doctor Patel do?")
    nowhere = {
        **cloud,
        "DEEPGRAM_BASE_URL": "ws://127.0.0.1:9",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
        "ELEVENLABS_BASE_URL": "http://127.0.0.1:9",
    }
    chains = ("--stt", "deepgram,moonshine", "--llm", "openai,local", "--tts", "elevenlabs,hibari")
    begun = time.monotonic()
    done = bargein(nowhere, "call", ask, "--json", *chains, "--db", f"sqlite:///{tmp_path}/x.db")
    assert done.returncode == 0, (time.monotonic() - begun, done.stderr)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    agent = [m for m in told if m["type"] == "transcript" and m["role"] == "agent" and m["final"]]
    assert len(agent) >= 2, agent
    assert "the next one takes over" in done.stderr
    without_keys(tmp_path, done.stdout, done.stderr)
