"""The judge of words: how two likelihoods are pooled, what unknown words count, and the weights that are used."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.local.wording import LONGEST, Wording, pooled

LIKELY = st.floats(0.0, 1.0)
MIX = np.array([0.7, 0.4, -0.1], np.float32)


@pytest.fixture(scope="module")
def wording():
    return Wording.load()


@given(LIKELY, LIKELY, LIKELY, LIKELY)
def test_what_is_likelier_by_both_is_likelier(one, other, more, further):
    low, high = sorted((one, other)), sorted((more, further))
    least, most = pooled(low[0], high[0], MIX), pooled(low[1], high[1], MIX)
    assert 0 <= least <= most <= 1


@given(st.floats(0.01, 0.99), LIKELY)
def test_the_mix_says_what_counts(by_words, by_sound):
    assert pooled(by_words, by_sound, (1.0, 0.0, 0.0)) == pytest.approx(by_words)


def test_without_words_the_sound_counts_and_without_a_sound_the_words(wording):
    assert wording.beside("", 0.3) == 0.3
    assert wording.beside("...", None) is None
    assert wording.beside("Tuesday.", None) == wording.meant("Tuesday.")


def test_unknown_words_are_alike_and_only_the_first_words_count(wording):
    assert wording.meant("qwrtzx") == wording.meant("brmpflx")
    long = "could you tell me when the bus to the station leaves"
    assert wording.meant(long) == wording.meant(" ".join(long.split()[:LONGEST]))


@pytest.mark.parametrize("text", ["That's superb.", "Oh, how marvellous.", "Good grief.", "I see."])
def test_praise_and_surprise_are_not_meant(wording, text):
    assert wording.meant(text) < 0.3


@pytest.mark.parametrize("text", ["Change it to Thursday.", "How much does it cost?", "My name is Harris.", "Louder."])
def test_wishes_questions_and_facts_are_meant(wording, text):
    assert wording.meant(text) > 0.6
