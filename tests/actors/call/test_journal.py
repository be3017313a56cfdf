"""A whole call tells its journal all that its chart took and gave, and what was sent and heard."""

from __future__ import annotations

import attrs
import pytest
import trio

from actors.agents import Agent
from actors.audio import read_wav
from actors.call import Call
from actors.journal import JournalFiles, MemoryJournal, parse, read, replay
from actors.journal._lines import Noted, SettledAt, Sound, Took
from actors.line import Flush, ToolProgress, TranscriptUpdate
from actors.testing import Caller, Stage, make_setup, run_virtual


def call_with(journal, agent, script):
    async def part(c):
        await c.wait_for_answer()
        await c.say("Please look for Lisa Kowalczyk.")
        await c.wait_for("speaking")
        await trio.sleep(0.8)
        await c.say("wait no Friday please")
        await c.wait_for_answer()

    async def main():
        caller = Caller()
        setup = attrs.evolve(make_setup(caller, script, agent=agent), journal=journal)
        stage = Stage(setup, caller)
        await stage.play(part)
        return stage

    return run_virtual(main)


def script(request):
    yield "Sure, I can help you with that, Mrs. Kowalczyk. We have many doctors in this house, and they are all free."


@pytest.mark.parametrize("masked", [False, True])
def test_everything_is_told(masked):
    memory = MemoryJournal(masked=masked)
    stage = call_with(memory, Agent(name="test", system="You are a test."), script)
    data = memory.calls["test"]
    journal = parse(data)
    took = [line for _, line in journal.lines if isinstance(line, Took)]
    assert len(took) == len(stage.trace)
    if not masked:
        assert [(line.event, line.effects) for line in took] == [
            (event, step.effects) for _, event, step in stage.trace
        ]
    assert [line.at for line in took] == pytest.approx([at - stage.trace[0][0] for at, _, _ in stage.trace], abs=0.001)
    found = replay(journal)
    assert (found.difference, found.unverified, found.gaps) == (None, 0, 0)
    assert (b"Kowalczyk" in data) is not masked
    assert journal.ended.reason == stage.reason == "caller"
    cut = next(line for _, line in journal.lines if isinstance(line, SettledAt) and line.cut)
    assert cut.samples == len(stage.caller.heard_samples(cut.turn))
    told = [line.message for _, line in journal.lines if isinstance(line, Noted)]
    final = next(m for m in told if isinstance(m, TranscriptUpdate) and m.turn == cut.turn)
    assert final.unheard
    sounds = [line for _, line in journal.lines if isinstance(line, Sound)]
    loud = [level for line in sounds for level in line.caller_db if level > -100]
    assert loud


def test_functions_are_told(play):
    memory = MemoryJournal(key=b"told" * 8)  # another key may make "nine" stand for "nine"

    def prepare(stage):
        stage.call = Call(attrs.evolve(stage.setup, journal=memory), stage.caller, call_id="t", observe=stage._observe)

    async def part(c):
        await c.say("please look for me")
        await c.wait_for_answer()

    play(part, prepare=prepare)
    told = [line.message for _, line in parse(memory.calls["t"]).lines if isinstance(line, Noted)]
    looks = [message for message in told if isinstance(message, ToolProgress)]
    assert [(each.name, each.status) for each in looks] == [("look", "running"), ("look", "ok")]
    assert looks[1].result["slots"] != ["nine"]


def test_the_recording_is_what_the_caller_heard(tmp_path):
    with JournalFiles(tmp_path, made_by="test", audio=True) as journal:
        stage = call_with(journal, Agent(name="test", system="You are a test."), script)
    (wav,) = tmp_path.glob("*.wav")
    (path,) = tmp_path.glob("*.jsonl")
    found = read(path)
    assert replay(found).difference is None
    assert stage.caller.messages(Flush)
    right = read_wav(wav).samples[:, 1]
    heard = sum(len(stage.caller.heard_samples(line.turn)) for _, line in found.lines if isinstance(line, SettledAt))
    # Each cut may differ by what is between two reports of the client.
    assert abs(int((right != 0).sum()) - heard) <= 0.15 * 24_000
