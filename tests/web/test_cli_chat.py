"""Typed calls, in virtual time, with a fake model."""

from __future__ import annotations

import os

import trio
import trio.testing

from actors.agents import Agent
from actors.call import CallSetup
from actors.line import StateChanged, TranscriptUpdate
from actors.testing import FakeLlm, run_virtual
from actors.tools import Resources
from web.cli._chatting import converse, read_lines
from web.cli._text_line import NoStt, NoVad, SilentTts


class Told:
    def __init__(self):
        self.items = []

    def tell(self, at, message):
        self.items.append(message)

    def texts(self, role):
        return [m.text for m in self.items if isinstance(m, TranscriptUpdate) and m.role == role and m.final]


def chat(*lines, script=lambda request: ["All right. ", "Anything else?"]):
    setup = CallSetup(
        agent=Agent(name="test", system="You are a test.", greeting="Hello there."),
        resources=Resources(),
        vad=NoVad(),
        stt=NoStt(),
        llm=FakeLlm(script),
        tts=SilentTts(),
    )
    story = Told()

    async def typed():
        for line in lines:
            yield line

    async def main():
        begun = trio.current_time()
        return await converse(setup, typed(), story), trio.current_time() - begun

    reason, seconds = run_virtual(main)
    return story, reason, seconds, setup


def test_lines_are_said_one_after_the_other_and_answered():
    story, reason, seconds, setup = chat("I have a headache.", "", "And what now?")
    assert story.texts("user") == ["I have a headache.", "And what now?"]
    assert story.texts("agent") == ["Hello there.", "All right. Anything else?", "All right. Anything else?"]
    assert reason == "caller"
    assert seconds < 5, "nobody waits for speech that nobody hears"
    said = [message.content for message in setup.llm.requests[-1].messages if message.role == "assistant"]
    assert said == ["Hello there.", "All right. Anything else?"]


def test_quit_ends_the_call():
    story, reason, *_ = chat("Hello.", "/quit", "never said")
    assert story.texts("user") == ["Hello."]
    assert reason == "caller"


def test_goodbye_makes_the_agent_hang_up():
    story, reason, *_ = chat("Goodbye.", "never said")
    assert reason == "farewell"
    assert "never said" not in story.texts("user")


def test_words_that_are_shown_grow_sentence_by_sentence():
    story, *_ = chat("Hello.")
    shown = [m.text for m in story.items if isinstance(m, TranscriptUpdate) and m.role == "agent" and m.turn == 1]
    assert shown[0] == "All right."
    assert shown[-1] == "All right. Anything else?"
    assert StateChanged("speaking") in story.items


def test_lines_of_a_pipe_come_as_they_are_written():
    async def main():
        out, into = os.pipe()
        got = []

        async def write():
            for piece in (b"one\ntw", b"o\n\nthree \xff", b""):
                await trio.testing.wait_all_tasks_blocked()
                os.write(into, piece)
            os.close(into)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(write)
            async for line in read_lines(out):
                got.append(line)  # noqa: PERF401
        os.close(out)
        return got

    assert trio.run(main) == ["one", "two", "", "three \ufffd"]


def test_lines_of_a_file(tmp_path):
    (tmp_path / "said.txt").write_text("one\ntwo")

    async def main():
        with (tmp_path / "said.txt").open() as file:
            return [line async for line in read_lines(file.fileno())]

    assert trio.run(main) == ["one", "two"]
