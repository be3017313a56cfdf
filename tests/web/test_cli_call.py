"""Whole calls made of files, in virtual time, with fake engines."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
import trio
from rich.console import Console

from actors.agents import Agent
from actors.audio import read_wav, write_wav
from actors.call import CallSettings, CallSetup, EarSettings, VoiceSettings
from actors.line import StateChanged, TranscriptUpdate
from actors.ports import AGENT_RATE, CALLER_RATE, LlmToolCall
from actors.testing import Dictionary, FakeLlm, FakeStt, FakeTts, FakeVad, Pause, run_virtual
from actors.tools import Resources, find_tool, tool
from web.cli._calling import make_call
from web.cli._file_line import SpokenFile, Utterance, read_utterance
from web.cli._story import HumanStory, JsonStory


@tool(effect="read")
async def look_up(doctor: str) -> dict[str, str]:
    """Find a time."""  # without a thread: virtual time does not wait for one
    return {"doctor": doctor, "time": "ten"}


class Told:
    """A story that keeps everything."""

    def __init__(self):
        self.items, self.ending = [], None

    def tell(self, at, message):
        self.items.append((at, message))

    def end(self, ending):
        self.ending = ending

    def of(self, kind):
        return [(at, message) for at, message in self.items if isinstance(message, kind)]


class World:
    def __init__(self, script=lambda request: ["That is fine, see you then."], **agent):
        self.dictionary = Dictionary(CALLER_RATE)
        self.tts = FakeTts()
        self.setup = CallSetup(
            agent=Agent(**{"name": "test", "system": "You are a test.", "greeting": "Hello there.", **agent}),
            resources=Resources(),
            vad=FakeVad(),
            stt=FakeStt(self.dictionary),
            llm=FakeLlm(script),
            tts=self.tts,
            # The fakes' sounds have no pitch: with the echo gate they would count as noises over the agent.
            settings=CallSettings(ear=EarSettings(voice=VoiceSettings(echo_margin_db=None))),
        )

    def says(self, text, name="said.wav"):
        words = [np.full(word.samples, word.value, np.int16) for word in self.dictionary.pronounce(text)]
        return Utterance(name, np.concatenate(words))

    def call(self, *utterances, story=None, **options):
        story = story or Told()

        async def main():
            return await make_call(self.setup, utterances, story, **options)

        return run_virtual(main), story


def test_each_file_begins_when_the_agent_has_finished(tmp_path):
    world = World()
    first, second = world.says("Can I come on Tuesday, please?"), world.says("And what about Friday, please?")
    ok, story = world.call(first, second, out=tmp_path / "out.wav", gap=0.5)
    assert ok
    assert (story.ending.reason, story.ending.files_spoken, story.ending.warnings) == ("caller", 2, ())
    idle = [at for at, state in story.of(StateChanged) if state.state == "idle"]
    begun = [at for at, _ in story.of(SpokenFile)]
    assert len(idle) == 3  # after the greeting and both answers
    for finished, spoken in zip(idle, begun, strict=False):
        assert 0.5 <= spoken - finished <= 0.56
    finals = [message.text for _, message in story.of(TranscriptUpdate) if message.role == "user" and message.final]
    assert finals == ["Can I come on Tuesday, please?", "And what about Friday, please?"]


def test_the_recording_holds_both_sides_where_they_were(tmp_path):
    world = World()
    said = world.says("Can I come on Tuesday, please?")
    _, story = world.call(said, out=tmp_path / "out.wav")
    wav = read_wav(tmp_path / "out.wav")
    assert wav.rate == AGENT_RATE
    caller, agent = wav.samples[:, 0], wav.samples[:, 1]
    assert abs(len(caller) / AGENT_RATE - story.ending.seconds) < 0.1
    ((begun, _),) = story.of(SpokenFile)
    voiced = np.flatnonzero(np.abs(caller.astype(int)) > 300)
    assert abs(voiced[0] / AGENT_RATE - begun) < 0.03
    assert abs(voiced[-1] / AGENT_RATE - begun - said.seconds) < 0.03
    assert world.tts.dictionary.heard(agent) == [*["Hello", "there.", "That", "is", "fine,", "see", "you", "then."]]
    answer = np.flatnonzero(agent)[np.flatnonzero(agent) > voiced[-1]]
    assert len(answer), "the answer comes after the question"


def test_interrupting_cuts_the_agent_and_only_what_was_heard_is_kept():
    answer = "We are open every day of the week from nine in the morning until five at night."
    world = World(lambda request: [answer])
    first, second = world.says("When are you open?"), world.says("Stop, I want to see Doctor Chen on Tuesday.")
    ok, story = world.call(first, second, interrupt=1.5)
    assert ok
    cut = [m for _, m in story.of(TranscriptUpdate) if m.role == "agent" and m.final and m.unheard]
    assert len(cut) == 1
    assert cut[0].text
    assert f"{cut[0].text} {cut[0].unheard}".endswith(answer)  # perhaps after a filler


def test_what_was_not_heard_is_told_apart_without_colours():
    output = io.StringIO()
    story = HumanStory(Console(file=output, width=200))
    story.tell(1.0, TranscriptUpdate(1, "agent", "We are open", True, "every day."))
    assert "✂ heard: We are open; not heard: every day." in output.getvalue()


def test_the_agent_hangs_up_first():
    world = World()
    _, story = world.call(world.says("Goodbye."), world.says("One more thing."))
    assert story.ending.reason == "farewell"
    assert story.ending.files_spoken == 1
    assert "1 of 2 files were not spoken" in story.ending.warnings[0]


def test_an_agent_that_never_finishes_is_given_up():
    world = World(lambda request: [Pause(10_000)])

    async def main():
        story = Told()
        from actors.call import Call
        from web.cli._file_line import FileLine

        line = FileLine([world.says("Hello?")], show=story.tell, patience=5.0)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(line.run)
            reason = await Call(world.setup, line, call_id="x").run()
            nursery.cancel_scope.cancel()
        return line, reason

    line, reason = run_virtual(main)
    assert line.stalled
    assert reason


def test_a_sound_without_words_does_not_hold_the_call_up():
    world = World()
    noise = world.dictionary.noise(300)
    _, story = world.call(
        Utterance("cough.wav", np.full(noise.samples, noise.value, np.int16)), world.says("Hello you.")
    )
    assert story.ending.files_spoken == 2


def test_interrupted_from_outside_the_recording_is_kept(tmp_path):
    world, story = World(), Told()

    async def main():
        with trio.move_on_after(2.0):
            await make_call(world.setup, [world.says("Can I come on Tuesday?")], story, out=tmp_path / "out.wav")

    run_virtual(main)
    assert story.ending.reason == "interrupted"
    assert abs(len(read_wav(tmp_path / "out.wav").samples) / AGENT_RATE - 2.0) < 0.05


def scripted(request):
    if request.messages[-1].role == "user":
        return [LlmToolCall("1", "look_up", '{"doctor": "Chen"}')]
    return ["Doctor Chen is free at ten."]


@pytest.mark.parametrize("kind", ["human", "json"])
def test_stories_tell_words_functions_and_times(kind):
    world = World(scripted, tools=(find_tool(look_up),))
    output = io.StringIO()
    console = Console(file=output, width=500, highlight=False)
    story = HumanStory(console) if kind == "human" else JsonStory(console)
    ok, _ = world.call(world.says("Is Doctor Chen free?", "ask.wav"), story=story)
    assert ok
    text = output.getvalue()
    if kind == "human":
        for expected in (
            "ask.wav",
            "caller Is Doctor Chen free?",
            'look_up(doctor="Chen")',
            '→ {"doctor": "Chen", "time": "ten"}',
            "agent Doctor Chen is free at ten.",
            "the caller hung up",
            "P50",
            "TTFA",
        ):
            assert expected in text
        return
    lines = [json.loads(line) for line in text.splitlines()]
    kinds = {line["type"] for line in lines}
    assert {"state", "transcript", "tool", "metrics", "speaks", "call_ended", "summary"} <= kinds
    assert [line["at"] for line in lines[:-1]] == sorted(line["at"] for line in lines[:-1])
    summary = lines[-1]
    assert summary["reason"] == "caller"
    (turn,) = [turn for turn in summary["turns"] if turn["said"]]
    assert turn["tools"] == ["look_up"]
    assert summary["p50"]["with_tool"]["ttfa_ms"] == turn["ttfa_ms"]


def test_reading_any_wav(tmp_path):
    stereo = np.zeros((44_100, 2), np.int16)
    stereo[:, 0] = 8000
    write_wav(tmp_path / "a.wav", stereo, 44_100)
    utterance = read_utterance(tmp_path / "a.wav")
    assert utterance.name == "a.wav"
    assert abs(utterance.seconds - 1.0) < 0.01
    assert abs(int(np.median(utterance.samples)) - 4000) < 10
