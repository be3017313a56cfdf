"""What may become a voice over the agent is told soon; its echo and the room's noise never are, and no noise twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from actors.audio import SILENCE_DB, level_db
from actors.call._suspicion import HOP, Suspicion, SuspicionSettings
from actors.ports import Pcm

AGENT_DB = -20.0
ROOM_DB = -60.0
USUAL = SuspicionSettings()
SURE = USUAL.sure_ms // 10
LASTS = USUAL.lasts_ms // 10

rooms = st.lists(st.floats(-100, -10), min_size=200, max_size=400)  #: levels of hops, 2 to 4 s


def sound(levels: Iterable[float]) -> Pcm:
    """A square wave of one hop for each level (dB)."""
    sign = np.where(np.arange(HOP) % 8 < 4, 1.0, -1.0)
    hops = [np.rint(sign * 32768 * 10 ** (db / 20)) for db in levels]
    return np.concatenate(hops).clip(-32768, 32767).astype(np.int16)


def suspicions(
    of: Suspicion,
    levels: Sequence[float],
    *,
    agent_db: float = AGENT_DB,
    probability: float = 0.0,
    voiced: bool = False,
) -> list[int]:
    """The hops in which one arose."""
    return [
        number
        for number, db in enumerate(levels)
        if of.feed(sound([db]), agent_db=agent_db, probability=probability, voiced=voiced)
    ]


def after(levels: Sequence[float]) -> Suspicion:
    """In a room that was like this while the agent spoke."""
    suspicion = Suspicion()
    suspicions(suspicion, levels)
    return suspicion


QUIET = [ROOM_DB] * 200


def test_a_sound_that_lasts_is_suspected_whatever_the_detector_finds():
    assert suspicions(after(QUIET), [-40.0] * 10) == [SURE - 1]


def test_sooner_if_the_detector_finds_it_likely():
    assert suspicions(after(QUIET), [-40.0] * 10, probability=USUAL.likely) == [LASTS - 1]


def test_the_detector_may_find_it_likely_a_little_later():
    suspicion = after(QUIET)
    assert suspicions(suspicion, [-40.0] * LASTS) == []
    assert suspicions(suspicion, [ROOM_DB] * 3, probability=0.9) == [0]


def test_but_not_much_later():
    suspicion = after(QUIET)
    assert suspicions(suspicion, [-40.0] * LASTS + [ROOM_DB] * 10) == []
    assert suspicions(suspicion, [ROOM_DB] * 3, probability=0.9) == []


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from([1, 2]), min_size=1, max_size=20), st.integers(1, 5), st.floats(-50, -1))
def test_clicks_are_never_suspected(lengths, gap, click_db):
    """However likely the detector finds what goes on around them."""
    clicks = [db for length in lengths for db in [click_db] * length + [ROOM_DB] * gap]
    assert suspicions(after(QUIET), clicks, probability=1.0) == []


def test_what_fades_at_once_is_not_suspected_for_its_length():
    assert suspicions(after(QUIET), [-15.0 - 4 * hop for hop in range(9)]) == []


@settings(max_examples=25, deadline=None)
@given(rooms, st.floats(0, 1), st.data())
def test_nothing_is_suspected_that_is_no_louder_than_what_was_no_voice(levels, probability, data):
    heard = max(levels[: -USUAL.doubt_ms // 10])
    suspicion = Suspicion()
    suspicions(suspicion, levels, agent_db=-5.0)
    assume(suspicions(suspicion, [-100.0] * 30, agent_db=-5.0) == [])
    more = data.draw(st.lists(st.floats(-100, heard), max_size=100))
    assert suspicions(suspicion, more, agent_db=-5.0, probability=probability) == []


@settings(max_examples=25, deadline=None)
@given(rooms, st.floats(-60, 0), st.lists(st.floats(-60, -10), max_size=100), st.floats(0, 1))
def test_no_echo_is_suspected_in_a_room_that_has_echoed_so_before(before, gain_db, spoken, probability):
    """However loud the agent speaks: its echo is as much quieter as it always was."""
    suspicion = Suspicion()
    for db in [-10.0] * 200 + before:
        suspicion.feed(sound([db + gain_db]), agent_db=db, probability=0.0, voiced=False)
    suspicions(suspicion, [-120.0] * 60)  # of what was suspected in the beginning nothing is left
    for db in spoken:
        assert not suspicion.feed(sound([db + gain_db]), agent_db=db, probability=probability, voiced=False)


@settings(max_examples=25, deadline=None)
@given(st.floats(-50, -1), st.floats(0, 1))
def test_a_noise_that_was_no_voice_is_not_suspected_again(noise_db, probability):
    suspicion = after(QUIET)
    held = USUAL.lapse_ms // 10
    assert len(suspicions(suspicion, [noise_db] * (SURE + held), probability=probability)) == 1
    assert suspicions(suspicion, [noise_db] * 300, probability=probability) == []


def test_it_is_again_when_it_was_long_ago():
    suspicion = after(QUIET)
    suspicions(suspicion, [-30.0] * 40)
    suspicions(suspicion, [ROOM_DB] * ((USUAL.memory_ms + 2 * USUAL.doubt_ms) // 10))
    assert suspicions(suspicion, [-30.0] * SURE) == [SURE - 1]


def test_a_voice_teaches_nothing_about_noise():
    suspicion = after(QUIET)
    suspicions(suspicion, [-30.0] * 20)
    suspicions(suspicion, [-30.0] * 200, voiced=True)
    assert suspicions(suspicion, [-30.0] * SURE) == [SURE - 1]


def test_without_the_agent_nothing_is_suspected_or_learnt():
    suspicion = Suspicion()
    suspicions(suspicion, QUIET, agent_db=SILENCE_DB)
    assert suspicions(suspicion, [-30.0] * 20, probability=1.0) == []
    assert suspicions(after(QUIET), [-30.0] * 20, agent_db=SILENCE_DB, probability=1.0) == []


@pytest.mark.parametrize("heard_ms", [600, 1000, 3000])
def test_the_less_is_known_of_a_room_the_more_must_be_outdone(heard_ms):
    room = [ROOM_DB, -40.0] * ((heard_ms + USUAL.doubt_ms) // 20)
    least = -40 + USUAL.margin_db + USUAL.scarce_db * 1000 / (heard_ms + 10 * LASTS)
    assert suspicions(after(room), [least - 0.5] * SURE) == []
    assert suspicions(after(room), [least + 0.5] * SURE) == [SURE - 1]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 900), max_size=40), st.integers(-45, -20), st.sampled_from([0.0, 0.5]))
def test_frames_may_be_of_any_size(sizes, db, probability):
    whole = sound([*QUIET, *[float(db)] * 20])
    cuts = [0, *np.cumsum(sizes).clip(max=len(whole)).tolist(), len(whole)]
    suspicion = Suspicion()
    pieces = [whole[begin:end] for begin, end in pairwise(cuts)]
    arisen = [suspicion.feed(p, agent_db=AGENT_DB, probability=probability, voiced=False) for p in pieces]
    assert arisen.count(True) == 1


def test_a_reset_forgets_the_sound_that_was_begun():
    suspicion = after(QUIET)
    suspicions(suspicion, [-30.0] * (SURE - 1))
    suspicion.feed(sound([-30.0])[:-1], agent_db=AGENT_DB, probability=0.0, voiced=False)
    suspicion.reset()
    assert suspicions(suspicion, [-30.0] * (SURE - 1)) == []


def test_the_sounds_of_these_tests_are_as_loud_as_they_say():
    assert level_db(sound([-30.0])) == pytest.approx(-30, abs=0.01)
