from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from actors.call._echo import OverAgent
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


# --- over the agent ---------------------------------------------------------------------------------------------------

LOUD, NOISE = OverAgent(db=-5.0, pitch=0.9), OverAgent(db=-5.0, pitch=0.3)
QUIET, ECHO = OverAgent(db=-16.0, pitch=0.0), OverAgent(db=-26.0, pitch=0.0)


def over_agent(windows, **settings):
    voice = Voice(VoiceSettings(**settings), window=WINDOW, rate=RATE)
    return voice, [c for over in windows if (c := voice.feed(0.99, over)) is not None]


def test_what_may_be_the_agents_echo_starts_no_voice():
    assert over_agent([QUIET] * 20)[1] == []
    assert over_agent([LOUD, QUIET] * 20)[1] == []


def test_a_noise_over_the_echo_starts_no_voice():
    assert over_agent([NOISE] * 20)[1] == []


def test_one_vowel_among_noisy_windows_does():
    assert over_agent([NOISE, NOISE, LOUD])[1] == [VoiceChange(True, 0)]


def test_a_voice_goes_on_through_its_quiet_windows_but_not_through_echo_alone():
    voice, changes = over_agent([LOUD] * 3 + [QUIET] * 10)
    assert voice.voiced
    _, changes = over_agent([LOUD] * 3 + [ECHO] * 3)
    assert changes == [VoiceChange(True, 0), VoiceChange(False, 3 * WINDOW)]


def test_only_loud_windows_with_a_pitch_are_clear():
    voice, _ = over_agent([NOISE, LOUD, LOUD, QUIET, NOISE, LOUD])
    assert voice.clear == 3 * WINDOW


def test_without_a_margin_level_and_pitch_do_not_matter():
    voice, changes = over_agent([ECHO] * 5, echo_margin_db=None)
    assert changes == [VoiceChange(True, 0)]
    assert voice.clear == 5 * WINDOW
