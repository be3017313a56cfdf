"""The local model's child process: a stand-in for its life and death, the real one for what it says."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import attrs
import pytest
import trio

from actors import errors
from actors.local import _llama_server as llama_server
from actors.local.llama import LlamaServer, LlamaSpec, embedded_spec, open_llama
from actors.ports import LlmFinished, LlmMessage, LlmRequest, LlmText, LlmToolCall, ToolSpec

pytestmark = pytest.mark.engines

SYSTEM = LlmMessage(
    "system", "You are the receptionist of Green Valley Hospital. Answer in one or two short spoken sentences."
)


def tool(name, *parameters):
    properties = {parameter.strip("?"): {"type": "string"} for parameter in parameters}
    required = [parameter for parameter in parameters if not parameter.endswith("?")]
    return ToolSpec(name, "", {"type": "object", "properties": properties, "required": required})


TOOLS = (
    tool("check_availability", "doctor", "date?"),
    tool("schedule_appointment", "patient", "doctor", "date", "time"),
    tool("cancel_appointment", "appointment_id"),
    tool("get_doctor_info", "doctor"),
    tool("get_patient_info", "name", "date_of_birth"),
)


def request(*lines):
    return LlmRequest((SYSTEM, *(LlmMessage("user", line) for line in lines)), TOOLS)


async def ask(llm, what):
    async with llm.stream(what) as deltas:
        return [delta async for delta in deltas]


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pid, within):
    end = time.monotonic() + within
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not alive(pid)


def test_a_conversation_and_a_death_in_the_middle_of_it():
    """It answers, calls functions by the protocol, is back after its process was killed, and leaves nothing behind."""
    pids = []

    async def main():
        async with open_llama(attrs.evolve(embedded_spec(), slots=2), request("Hello")) as llm:
            pids.append(llm.server.endpoint.pid)
            deltas = await ask(llm, request("Hello, can you hear me?"))
            assert "".join(delta.text for delta in deltas if isinstance(delta, LlmText))
            assert isinstance(deltas[-1], LlmFinished)
            deltas = await ask(llm, request("I'd like to see Doctor Chen next Tuesday."))
            [call] = [delta for delta in deltas if isinstance(delta, LlmToolCall)]
            assert call.name == "check_availability"
            assert "chen" in json.loads(call.arguments)["doctor"].lower()

            assert llm.trouble is None
            os.kill(pids[0], signal.SIGKILL)
            with trio.fail_after(5):
                while llm.trouble is None:  # noqa: ASYNC110 - nobody says so
                    await trio.sleep(0.01)
            assert "restarted" in llm.trouble
            assert isinstance((await ask(llm, request("Hello?")))[-1], LlmFinished)
            assert llm.trouble is None
            assert llm.server.restarts == 1
            pids.append(llm.server.endpoint.pid)
        assert llm.server.endpoint is None

    trio.run(main)
    assert all(gone(pid, 0) for pid in pids)


def test_death_in_the_middle_of_an_answer_is_an_error_of_ours():
    async def kill_meanwhile(llm):
        async with llm.stream(request("Tell me all about the hospital.")) as deltas:
            await anext(deltas)
            os.kill(llm.server.endpoint.pid, signal.SIGKILL)
            return [delta async for delta in deltas]

    async def main():
        async with open_llama(attrs.evolve(embedded_spec(), slots=1)) as llm:
            with pytest.raises(errors.EngineError):
                await kill_meanwhile(llm)

    trio.run(main)


def test_each_slot_is_warmed_up_once(monkeypatch):
    """However often it is asked for: at the start, behind it, and by whoever opened it."""
    read = []
    real = llama_server._read

    async def noted(client, asked, slot):
        read.append((slot, asked.messages[-1].content if len(asked.messages) == 2 else "examples"))
        await real(client, asked, slot)

    monkeypatch.setattr(llama_server, "_read", noted)

    async def main():
        async with open_llama(attrs.evolve(embedded_spec(), slots=2), request("Hello")) as llm:
            await llm.warm_up(request("Hello"))
            await llm.warm_up(request("Hello"))
            assert read == [(0, "Hello"), (1, "examples"), (1, "Hello")]
            await llm.warm_up(request("Good day"))
            assert read[3:] == [(1, "examples"), (0, "Good day"), (1, "Good day")]

    trio.run(main)


def test_a_killed_parent_leaves_no_child():
    """kill -9 of the parent: the child is gone within two seconds."""
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            textwrap.dedent("""
                import attrs, trio
                from actors.local.llama import embedded_spec, open_llama

                async def main():
                    async with open_llama(attrs.evolve(embedded_spec(), slots=1)) as llm:
                        print(llm.server.endpoint.pid, flush=True)
                        await trio.sleep_forever()

                trio.run(main)
            """),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        child = int(parent.stdout.readline())
        assert alive(child)
        parent.kill()
    assert gone(child, 2)


def test_a_child_whose_parent_closed_its_input_goes_by_itself():
    """Without the kernel's help, too."""
    child = subprocess.Popen(
        [sys.executable, "-m", "actors.local.llama_child"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with child:
        child.stdin.close()
        assert child.wait(5) == 0


def test_what_is_no_model_is_said_to_be_none(tmp_path):
    (tmp_path / "x.gguf").write_bytes(b"GGUF or not")

    async def main():
        with pytest.raises(errors.EngineError, match=r"cannot be loaded|died"):
            await LlamaServer(LlamaSpec(tmp_path / "x.gguf")).run()

    trio.run(main)


def test_missing_files_and_packages_are_named(tmp_path, monkeypatch):
    with pytest.raises(errors.EngineMissing, match=r"nothing\.gguf"):
        LlamaServer(LlamaSpec(tmp_path / "nothing.gguf"))
    monkeypatch.setattr(llama_server, "find_spec", lambda name: None)
    with pytest.raises(errors.EngineMissing, match="xllamacpp"):
        LlamaServer(embedded_spec())


LINES = (
    "I'd like to see Doctor Chen next Tuesday.",
    "Is Doctor Patel free on Thursday morning?",
    "When could I get in to see Doctor Okafor?",
    "Cancel appointment four eight two one, please.",
    "What is Doctor Larsen's office?",
    "I'm Mary Smith, born on the third of May 1980. When is my appointment?",
    "Please book John Miller with Doctor Chen on Thursday at half past nine.",
    "Good morning.",
    "Do you speak Spanish?",
    "Thank you very much, goodbye.",
)


def test_guessing_ahead_changes_next_to_nothing_of_what_is_written():
    """Four at a time and one after another. Where two tokens are all but equally likely, rounding may decide; not more
    than one answer in ten may differ, and what is asked for by function calls is still a function of the list."""
    answers = {}

    async def main():
        for draft in (0, 8):
            spec = attrs.evolve(embedded_spec(), slots=4, draft=draft)
            async with open_llama(spec, request("Hello")) as llm:
                found = answers[draft] = {}

                async def one(line, llm=llm, found=found):
                    found[line] = [d for d in await ask(llm, request(line)) if not isinstance(d, LlmFinished)]

                for line in LINES[:4]:
                    await one(line)
                for start in range(4, len(LINES), 4):
                    async with trio.open_nursery() as nursery:
                        for line in LINES[start : start + 4]:
                            nursery.start_soon(one, line)

    trio.run(main)

    def words(deltas):
        text = "".join(d.text for d in deltas if isinstance(d, LlmText))
        return text, [(d.name, d.arguments) for d in deltas if isinstance(d, LlmToolCall)]

    differ = [line for line in LINES if words(answers[0][line]) != words(answers[8][line])]
    assert len(differ) <= len(LINES) // 10, differ
    called = {d.name for found in answers[8].values() for d in found if isinstance(d, LlmToolCall)}
    assert called
    assert called <= {each.name for each in TOOLS}


def test_a_guessing_model_stops_when_nobody_listens_any_more():
    async def main():
        async with open_llama(attrs.evolve(embedded_spec(), slots=1, draft=8), request("Hello")) as llm:
            async with llm.stream(request("Tell me all about the hospital.")) as deltas:
                await anext(deltas)
            with trio.fail_after(5):  # the only slot is free again
                assert isinstance((await ask(llm, request("Hello?")))[-1], LlmFinished)

    trio.run(main)
