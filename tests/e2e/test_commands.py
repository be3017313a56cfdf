"""The commands as a user runs them: processes of their own, with the real engines."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
import trio
from trio_websocket import ConnectionClosed, wrap_client_stream

from actors.audio import read_wav
from actors.line import AgentSpeaking, CallEnded, ErrorNotice, TranscriptUpdate
from web.wire import Hello, decode_server, encode_client

pytestmark = [pytest.mark.e2e, pytest.mark.engines]

BARGEIN = [sys.executable, "-c", "import sys; from web.cli import main; sys.exit(main())"]
READY_WITHIN = 120  # seconds: others may be using this machine


def bargein(*args, stdin="", timeout=200):
    return subprocess.run(
        [*BARGEIN, *map(str, args)], input=stdin, capture_output=True, text=True, timeout=timeout, check=False
    )


def children(pid):
    """Processes whose parent this is."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as stat:
                    if int(stat.read().rpartition(")")[2].split()[1]) == pid:
                        found.append(int(entry))
            except OSError:
                continue
    return found


def gone(pid, within=10.0):
    """Whether the process has ended, or does soon."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            with open(f"/proc/{pid}/stat") as stat:
                if stat.read().rpartition(")")[2].split()[0] == "Z":
                    return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


def wait_for_address(process):
    line = process.stdout.readline()
    assert line.startswith("bargein is ready: http://localhost:"), (line, process.stderr.read())
    return line.split()[-1]


def get(url):
    with urllib.request.urlopen(url, timeout=10) as response:
        return response.read().decode()


@pytest.fixture
def database(tmp_path):
    return f"sqlite:///{tmp_path}/records.db"


def test_call_json_is_json_lines_and_nothing_else(speak, tmp_path, database):
    run = bargein("call", *speak("What does Doctor Patel do?"), "--json", "--out", tmp_path / "o.wav", "--db", database)
    assert run.returncode == 0, run.stderr
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert lines[-1]["type"] == "summary"
    assert lines[-1]["reason"] == "caller"
    (tool,) = [line for line in lines if line["type"] == "tool" and line["status"] == "ok"]
    assert tool["name"] == "get_doctor_info"
    assert tool["result"]["specialty"] == "dermatology"
    assert read_wav(tmp_path / "o.wav").samples.shape[1] == 2


def test_chat_takes_a_pipe(database):
    run = bargein("chat", "--db", database, stdin="What does Doctor Patel do?\nThank you, goodbye.\n")
    assert run.returncode == 0, run.stderr
    assert 'get_doctor_info(doctor="Patel")' in run.stdout
    assert "dermatology" in run.stdout
    assert "The agent hung up." in run.stdout


def test_chat_with_an_agent_of_ones_own(tmp_path, database):
    (tmp_path / "shop.py").write_text('"""You sell tea. Answer in one short sentence."""\nGREETING = "Tea shop."\n')
    run = bargein("chat", "--agent", tmp_path / "shop.py", "--db", database, stdin="Hello.\n/quit\n")
    assert run.returncode == 0, run.stderr
    assert "agent Tea shop." in run.stdout


def test_doctor_measures_every_engine(database):
    run = bargein("doctor", "--json", "--port", 0, "--db", database)
    assert run.returncode == 0, run.stdout + run.stderr
    found = {check["part"]: check for check in json.loads(run.stdout)["checks"]}
    for part in ("vad", "stt", "llm", "tts", "agent"):
        assert found[part]["ok"], found[part]
        assert found[part]["ms"] > 0


def test_serve_works_when_it_says_so_and_leaves_nothing_behind(running, database):
    with running("serve", "--port", "0", "--db", database) as process:
        url = wait_for_address(process)
        assert "<!doctype html" in get(url).lower()
        assert json.loads(get(url + "readyz"))["ready"] is True
        (llama,) = children(process.pid)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
        assert gone(llama)
        assert "Traceback" not in process.stderr.read()


def test_readyz_says_no_while_the_models_process_is_restarted(running, database):
    with running("serve", "--port", "0", "--db", database) as process:
        url = wait_for_address(process) + "readyz"
        (llama,) = children(process.pid)
        os.kill(llama, signal.SIGKILL)
        told = until(url, 503)
        assert told["parts"]["llm"] == "the model is being restarted"
        assert until(url, 200)["parts"]["llm"] == "ready"


def until(url, status, within=60.0):
    """What the server says once its answer is of this status."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=10) as response:
                found, body = response.status, response.read()
        except urllib.error.HTTPError as error:
            found, body = error.code, error.read()
        if found == status:
            return json.loads(body)
        time.sleep(0.02)
    raise AssertionError(f"never {status}")


def test_a_killed_server_takes_its_model_with_it(running, database):
    with running("serve", "--port", "0", "--db", database) as process:
        wait_for_address(process)
        (llama,) = children(process.pid)
        process.kill()
        process.wait(timeout=10)
        assert gone(llama)


@pytest.mark.parametrize("command", ["serve", "chat", "call"])
def test_ctrl_c_while_models_load_ends_cleanly(command, database, speak):
    args = {"serve": ["--port", 0], "chat": [], "call": speak("Hello there.")}[command]
    process = subprocess.Popen(
        [*BARGEIN, command, *map(str, args), "--db", database],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + READY_WITHIN
        while not (loading := children(process.pid)) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert loading, "the model's process never started"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            process.kill()
    assert process.returncode == {"serve": 0, "chat": 0, "call": 130}[command], err
    assert "Traceback" not in out + err
    assert all(gone(pid) for pid in loading)


def test_a_call_under_way_is_finished_before_the_server_leaves(running, database):
    """SIGTERM in the middle of an answer: the caller is told, hears it out, and the call ends in order."""
    received = []

    async def main(url, process):
        host = url.split("/")[2]
        stream = await trio.open_tcp_stream("localhost", int(host.rpartition(":")[2]))
        async with stream, trio.open_nursery() as nursery:
            ws = await wrap_client_stream(nursery, stream, host, "/ws")
            await ws.send_message(encode_client(Hello()))
            with trio.fail_after(60):
                try:
                    while True:
                        message = await ws.get_message()
                        if isinstance(message, bytes):
                            continue
                        received.append(decode_server(message)[0])
                        if isinstance(received[-1], AgentSpeaking):
                            process.send_signal(signal.SIGTERM)
                except ConnectionClosed as closed:
                    nursery.cancel_scope.cancel()
                    return closed.reason

    with running("serve", "--port", "0", "--db", database) as process:
        url = wait_for_address(process)
        closed = trio.run(main, url, process)
        assert process.wait(timeout=30) == 0
        log = process.stderr.read()
    assert closed.code == 1000
    assert [m.code for m in received if isinstance(m, ErrorNotice)] == ["draining"]
    assert received[-1] == CallEnded("drain")
    greeting = [m for m in received if isinstance(m, TranscriptUpdate) and m.final]
    assert greeting[0].unheard == ""
    assert "began (1 under way)" in log
    assert ": drain" in log
    assert "Green Valley" not in log, "what is said is not logged"
