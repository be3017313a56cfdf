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
@settings(max_examples=5, deadline=None)
@given(st.integers(1, 3000))
def test_the_real_one_does_not_mind_how_audio_is_cut(size):
    vad = SileroVad()
    audio = np.random.default_rng(1).normal(0, 3000, 6000).astype(np.int16)
    whole, parts = vad.open_stream(), vad.open_stream()
    cut = [p for at in range(0, len(audio), size) for p in parts.feed(audio[at : at + size])]
    assert cut == list(whole.feed(audio))
