import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.local.silero import SileroStream, SileroVad
from actors.ports import CALLER_RATE


class Session:
    """Keeps what it is given; its probability is the count of calls in its state."""

    def __init__(self):
        self.inputs = []

    def run(self, _, inputs):
        self.inputs.append(inputs["input"][0].copy())
        state = inputs["state"] + 1
        return np.array([[state[0, 0, 0]]], np.float32), state


@given(st.lists(st.integers(0, 1500), max_size=12))
def test_the_model_sees_every_window_with_the_64_samples_before_it(lengths):
    """However the audio is cut into frames."""
    session = Session()
    stream = SileroStream(session)
    total = sum(lengths)
    audio = np.arange(total, dtype=np.int32).astype(np.int16)
    at, probabilities = 0, []
    for length in lengths:
        probabilities += stream.feed(audio[at : at + length])
        at += length
    assert probabilities == list(range(1, total // 512 + 1))
    padded = np.concatenate((np.zeros(64), audio)) / np.float32(32768)
    for window, seen in enumerate(session.inputs):
        assert np.array_equal(seen, padded[window * 512 : window * 512 + 576].astype(np.float32))


def test_reset_forgets():
    session = Session()
    stream = SileroStream(session)
    stream.feed(np.full(700, 9, np.int16))
    stream.reset()
    assert stream.feed(np.zeros(512, np.int16)) == [1.0]
    assert not session.inputs[-1].any()


class Counter:
    """Nothing is voice to it but loud audio; it tells how many windows its state has seen."""

    def __init__(self):
        self.seen = []

    def run(self, _, inputs):
        self.seen.append(inputs["state"][0, 0, 0])
        return np.array([[float(inputs["input"].max() > 0.5)]], np.float32), inputs["state"] + 1


def test_two_seconds_of_silence_are_forgotten_and_nothing_else():
    counter = Counter()
    stream = SileroStream(counter)
    voice, silence = np.full(512 * 70, 30_000, np.int16), np.zeros(512 * 70, np.int16)
    stream.feed(np.concatenate((voice, silence, voice)))
    # The first silent window has the end of the voice in front of it.
    assert counter.seen == [*range(71 + 62), *range(7 + 70)]


@pytest.mark.engines
@pytest.mark.parametrize("seed", range(5))
def test_the_real_one_hears_a_short_first_word_after_long_silence(say, seed):
    room = np.random.default_rng(seed).normal(0, 26, 10 * CALLER_RATE)
    stop = 0.3 * say("Stop, that is the wrong doctor.", voice="en-gb+f2")
    said = stop + room[: len(stop)]
    stream = SileroVad().open_stream()
    for sound in (said, room):
        stream.feed(sound.astype(np.int16))
    again = np.array(stream.feed(said.astype(np.int16)))
    assert (again[:14] > 0.5).sum() >= 8, "of the first word's eleven windows; five with all that silence in mind"


@pytest.mark.engines
def test_the_real_one_tells_speech_from_silence_and_noise(say):
    vad = SileroVad()
    speech = say("I'd like to see Doctor Chen next Tuesday.")
    noise = np.random.default_rng(0).normal(0, 300, CALLER_RATE).astype(np.int16)
    one, two = vad.open_stream(), vad.open_stream()
    assert max(one.feed(np.zeros(CALLER_RATE, np.int16))) < 0.1
    assert max(two.feed(noise)) < 0.3
    assert np.mean(np.array(one.feed(speech)) > 0.5) > 0.6


@pytest.mark.engines
@settings(max_examples=5)
@given(st.integers(1, 3000))
def test_the_real_one_does_not_mind_how_audio_is_cut(size):
    vad = SileroVad()
    audio = np.random.default_rng(1).normal(0, 3000, 6000).astype(np.int16)
    whole, parts = vad.open_stream(), vad.open_stream()
    cut = [p for at in range(0, len(audio), size) for p in parts.feed(audio[at : at + size])]
    assert cut == list(whole.feed(audio))
