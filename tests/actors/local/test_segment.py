import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.local._segment import LEAD, LONGEST, TAIL, cut_point, padded, speech_span
from actors.ports import CALLER_RATE


def silence(seconds):
    return np.zeros(int(seconds * CALLER_RATE), np.int16)


def voice(seconds, level=4000):
    rng = np.random.default_rng(1)
    return rng.normal(0, level, int(seconds * CALLER_RATE)).clip(-32768, 32767).astype(np.int16)


@pytest.mark.parametrize(
    "samples", [silence(0), silence(2), voice(2, level=20), voice(0.03), np.concatenate((silence(1), voice(0.02)))]
)
def test_what_holds_no_word_has_no_speech(samples):
    """Silence, a quiet room and a click are never shown to the recogniser."""
    assert speech_span(samples) is None


def test_speech_is_found_within_silence():
    span = speech_span(np.concatenate((silence(1), voice(0.5), silence(2))))
    assert (span.start, span.end) == (CALLER_RATE, CALLER_RATE * 3 // 2)


def test_more_silence_is_the_same_speech():
    """What was transcribed once need not be transcribed again because silence followed."""
    speech = np.concatenate((silence(0.4), voice(0.7)))
    assert speech_span(speech) == speech_span(np.concatenate((speech, silence(1.23))))


@given(st.floats(0, 1), st.floats(0, 1))
def test_speech_is_always_given_the_same_room(before, after):
    speech = np.concatenate((silence(before), voice(0.3), silence(after)))
    span = speech_span(speech)
    out = padded(speech, span)
    assert len(out) == span.end - span.start + LEAD + TAIL
    assert (out[LEAD:-TAIL] == speech[span.start : span.end]).all()


def test_the_room_goes_on_behind_speech_that_has_just_ended():
    """No edge for the recogniser to stumble over: silence made of zeros is like no room."""
    room = np.tile(np.array([3, -2, 5, -4], np.int16), 200)
    out = padded(np.concatenate((voice(0.3), room)), speech_span(voice(0.3)))
    assert (out[-TAIL:][:800] == room).all()
    assert (out[-TAIL:][800:1600] == room[::-1]).all()
    assert (out[-TAIL:][1600:2400] == room).all()


def test_short_segments_stay_whole():
    assert cut_point(voice(14)) is None


def test_long_segments_are_cut_where_it_is_quietest_and_always_there():
    """The cut lies in the pause and does not move as more comes."""
    speech = np.concatenate((voice(9), silence(0.4), voice(8)))
    cut = cut_point(speech)
    assert 9 * CALLER_RATE <= cut <= 9.4 * CALLER_RATE
    assert all(cut_point(np.concatenate((speech, voice(more)))) == cut for more in (0.1, 3))
    assert LONGEST // 2 <= cut_point(voice(30)) <= LONGEST
