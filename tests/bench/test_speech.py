"""The corpus is what the benchmarks promise, and voiced samples are found exactly."""

import numpy as np
import pytest

from actors.agents import load_agent
from bench.speech import Utterance, load_corpus, pick, voiced_bounds

CORPUS = load_corpus()


def test_half_of_the_utterances_need_a_tool():
    assert len(CORPUS) >= 64
    assert sum(utterance.tool is not None for utterance in CORPUS) * 2 == len(CORPUS)


@pytest.mark.parametrize("needs_tool", [True, False])
def test_pauses_are_spread_evenly(needs_tool):
    pauses = sorted(ms for u in CORPUS if (u.tool is not None) == needs_tool for ms in u.pauses)
    assert pauses[0] >= 300
    assert pauses[-1] <= 900
    # Largest distance from the uniform distribution over 300..900.
    places = (np.array(pauses) - 300) / 600
    assert np.abs(places - (np.arange(len(pauses)) + 0.5) / len(pauses)).max() < 0.02


def test_tools_exist():
    assert {u.tool for u in CORPUS} - {None} == {tool.name for tool in load_agent("hospital").tools}


def test_marks_are_taken_apart():
    utterance = Utterance(1, "Hello? [450] Is this [900] the hospital?")
    assert utterance.pieces == ("Hello?", "Is this", "the hospital?")
    assert utterance.pauses == (450, 900)
    assert utterance.text == "Hello? Is this the hospital?"


def test_voiced_bounds_are_exact():
    samples = np.zeros(1000, np.int16)
    samples[200:300] = 10_000
    samples[150], samples[400] = 100, 101  # -40 dB of the peak is 100: not above, and just above
    assert voiced_bounds(samples) == (200, 400)
    with pytest.raises(ValueError, match="silence"):
        voiced_bounds(np.zeros(5, np.int16))


def test_the_loudest_negative_sample_counts():
    assert voiced_bounds(np.array([0, -32768, 0, 1], np.int16)) == (1, 1)


def test_picking():
    assert pick(CORPUS, limit=6, seed=1) == pick(CORPUS, limit=6, seed=1) != pick(CORPUS, limit=6, seed=2)
    assert sum(u.tool is not None for u in pick(CORPUS, limit=6)) == 3
    assert set(pick(CORPUS, limit=None)) == set(CORPUS)
    assert [u.number for u in pick(CORPUS, limit=None, only="3")] == [3]
    assert all(u.tool is None for u in pick(CORPUS, limit=None, only="no-tool"))
    assert {u.tool for u in pick(CORPUS, limit=None, only="get_doctor_info")} == {"get_doctor_info"}
