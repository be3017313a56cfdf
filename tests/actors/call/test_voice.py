from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from actors.call._voice import Voice, VoiceChange, VoiceSettings

WINDOW = 512
RATE = 16_000


def feed(voice, probabilities):
    return [c for p in probabilities if (c := voice.feed(p)) is not None]


def test_sets_in_at_the_first_voiced_window():
    voice = Voice(VoiceSettings(), window=WINDOW, rate=RATE)
    assert feed(voice, [0.0] * 3 + [0.9] * 2) == [VoiceChange(True, 3 * WINDOW)]


def test_a_single_window_is_no_voice():
    voice = Voice(VoiceSettings(), window=WINDOW, rate=RATE)
    assert feed(voice, [0.0, 0.9, 0.0, 0.9, 0.0]) == []


def test_falls_silent_where_the_last_voiced_window_ended():
    voice = Voice(VoiceSettings(), window=WINDOW, rate=RATE)
    changes = feed(voice, [0.9] * 5 + [0.1] * 4)
    assert changes == [VoiceChange(True, 0), VoiceChange(False, 5 * WINDOW)]


def test_doubtful_windows_keep_the_voice_up_but_do_not_start_it():
    voice = Voice(VoiceSettings(), window=WINDOW, rate=RATE)
    assert feed(voice, [0.4] * 20) == []
    assert len(feed(voice, [0.9] * 2 + [0.4] * 20)) == 1


@given(st.lists(st.floats(0, 1), max_size=300))
def test_changes_alternate_and_their_times_rise(windows):
    voice = Voice(VoiceSettings(), window=WINDOW, rate=RATE)
    changes = feed(voice, windows)
    assert [c.voiced for c in changes] == [i % 2 == 0 for i in range(len(changes))]
    assert [c.at for c in changes] == sorted(c.at for c in changes)
    assert voice.position == WINDOW * len(windows)
    assert 0 <= voice.last_voiced <= voice.position
