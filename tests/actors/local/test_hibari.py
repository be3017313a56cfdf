"""The voice, with its real model: it loads in under a second."""

from itertools import pairwise

import numpy as np
import pytest
import trio

from actors.audio import to_array
from actors.errors import EngineMissing
from actors.local.hibari import LEAD, SLICE, HibariTts, _parts
from actors.ports import AGENT_RATE

pytestmark = pytest.mark.engines


@pytest.fixture(scope="module")
def tts():
    engine = HibariTts()
    engine.warm_up()
    return engine


async def said(tts, text):
    async with tts.open_voice(3) as voice:
        return [chunk async for chunk in voice.say(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Yes.",
        "Dr. Chen is free on Dec. 1 at 4:30 p.m., shall I book it?",
        'Your number is 4821. "Okay?"',
        "It costs $12.50, and it starts at 09:00 on 2026-12-01",
        "One moment, please " * 14,
    ],
)
def test_speech_comes_in_slices_with_every_word_timed(tts, text):
    chunks = trio.run(said, tts, text)
    audio = np.concatenate([to_array(chunk.pcm) for chunk in chunks])
    assert all(0 < len(chunk.pcm) <= SLICE * 2 for chunk in chunks)
    words = [word for chunk in chunks for word in chunk.words]
    assert [text[word.start_char : word.end_char] for word in words] == text.split()
    assert all(word.start < word.end <= len(audio) for word in words)
    assert all(one.start <= two.start and one.end <= two.end for one, two in pairwise(words))
    ends = np.cumsum([len(chunk.pcm) // 2 for chunk in chunks])
    assert all(word.end <= end for chunk, end in zip(chunks, ends, strict=True) for word in chunk.words)


def test_speech_begins_at_once_and_does_not_trail_off(tts):
    """The model's own 300 ms of silence in front would be waited for."""
    audio = tts.synthesize("Doctor Chen is free on Tuesday.").samples.astype(int)
    loud = np.flatnonzero(np.abs(audio) > np.abs(audio).max() * 0.02)
    assert loud[0] < LEAD + AGENT_RATE // 20
    assert len(audio) - loud[-1] < AGENT_RATE * 0.4


def test_words_lie_where_they_sound(tts):
    """Within a pause that the punctuation asks for nothing is said."""
    spoken = tts.synthesize("Yes, I see; on Tuesday.")
    level = np.sqrt(np.mean(np.square(spoken.samples, dtype=float)))
    for one, two in pairwise(spoken.words):
        gap = spoken.samples[one.end : two.start]
        if len(gap) > AGENT_RATE // 10:
            assert np.sqrt(np.mean(np.square(gap, dtype=float))) < level
    for word in spoken.words:
        inside = spoken.samples[word.start : word.end]
        assert np.abs(inside).max() > 500


@pytest.mark.parametrize("text", ["", "   ", "...", "\N{GRINNING FACE}"])
def test_nothing_sayable_is_no_word(tts, text):
    assert all(not chunk.words for chunk in trio.run(said, tts, text))


def test_leaving_a_voice_does_not_wait(tts):
    async def main():
        with trio.fail_after(1):
            async with tts.open_voice(0) as voice:
                with trio.move_on_after(0.001):
                    async for _ in voice.say("This is a rather long sentence, and nobody will ever hear it."):
                        pass
        assert await said(tts, "Yes.")

    trio.run(main)


def test_a_voice_that_is_not_there_is_named():
    with pytest.raises(EngineMissing, match="nobody"):
        HibariTts("/nobody.onnx")


def test_long_text_is_divided_at_pauses():
    text = "One two three, " * 30
    parts = _parts(text)
    assert "".join(text[a:b] for a, b in parts) == text
    assert all(b - a <= 160 for a, b in parts)
    assert all(text[a:b].endswith(",") for a, b in parts[:-1])
