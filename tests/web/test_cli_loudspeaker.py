"""Properties of the caller's loudspeaker and microphone: what is played is what was sent, in order, at its time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.line import Flush, Hold, PlaybackReport, Resume
from web.cli._loudspeaker import FRAME_SAMPLES, Loudspeaker, Microphone, side_by_side
from web.cli._playback import Playback

acts = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(1, 400)),
        st.tuples(st.just("advance"), st.integers(0, 500)),
        st.tuples(st.sampled_from(["hold", "resume", "flush", "turn"]), st.just(0)),
    ),
    max_size=60,
)


def numbered(start, count):
    return np.arange(start, start + count).astype(np.int16)


@given(acts)
def test_plays_what_it_was_sent_once_in_order_and_never_while_held(acts):
    speaker, turn, sent, held = Loudspeaker(), 0, 1, False
    waiting, played = [], []
    for act, number in acts:
        if act == "put":
            speaker.put(turn, numbered(sent, number))
            waiting.extend(range(sent, sent + number))
            sent += number
        elif act == "advance":
            before = speaker.position
            drained = speaker.advance(before + number)
            now = [] if held else waiting[:number]
            played.extend(now)
            waiting = waiting[len(now) :]
            assert drained == (bool(now) and not waiting)
        elif act in ("hold", "resume"):
            getattr(speaker, act)()
            held = act == "hold"
        elif act == "flush":
            speaker.flush(turn)
            waiting, held, turn = [], False, turn + 1
        else:
            turn += 1
        assert speaker.busy == bool(waiting)
    track = speaker.track()
    assert len(track) == speaker.position
    assert list(track[track != 0]) == [n for n in np.array(played, np.int64).astype(np.int16) if n != 0]
    assert sum(speaker.played(t) for t in range(turn + 1)) == len(played)


def test_audio_of_a_flushed_turn_that_comes_late_is_dropped():
    speaker = Loudspeaker()
    speaker.put(3, numbered(1, 10))
    speaker.advance(4)
    speaker.flush(3)
    speaker.put(3, numbered(5, 10))
    speaker.advance(20)
    assert speaker.played(3) == 4
    speaker.put(4, numbered(50, 2))
    speaker.advance(30)
    assert list(speaker.track()) == [1, 2, 3, 4, *[0] * 16, 50, 51, *[0] * 8]


@given(st.lists(st.integers(1, 1000), max_size=5))
def test_the_microphone_says_everything_and_is_never_silent_for_want_of_frames(lengths):
    microphone, said = Microphone(), np.empty(0, np.int16)
    for number, length in enumerate(lengths, 1):
        samples = np.full(length, number, np.int16)
        microphone.say(samples)
        said = np.concatenate((said, samples))
    frames = 0
    while microphone.speaking:
        assert len(microphone.frame()) == FRAME_SAMPLES
        frames += 1
    assert frames == -(-len(said) // FRAME_SAMPLES)
    assert not microphone.frame().any()
    assert list(microphone.track()[: len(said)]) == list(said)


def test_side_by_side_are_aligned_in_time():
    caller = np.zeros(16_000, np.int16)
    caller[8_000:] = 1000  # from half a second on
    agent = np.zeros(36_000, np.int16)
    agent[12_000:] = 2000
    both = side_by_side(caller, agent)
    assert both.shape == (36_000, 2)
    assert abs(int(both[11_900, 0])) < 50
    assert abs(int(both[12_100, 0]) - 1000) < 50
    assert not both[24_010:, 0].any()
    assert both[12_000, 1] == 2000
    assert both[11_999, 1] == 0


def test_what_was_played_is_reported_every_100_ms_and_at_once_when_it_stops():
    woken = []
    loudspeaker = Loudspeaker()
    playback = Playback(loudspeaker, 5.0, lambda: woken.append(loudspeaker.position))
    assert playback.report(5.0) is None  # nothing plays
    playback.take_audio(3, bytes(2 * 12_000), 5.0)  # half a second
    assert playback.report(5.09) is None
    playback.until(5.1)
    assert playback.report(5.1) == PlaybackReport(3, 2_400)
    assert playback.due == pytest.approx(5.2)
    playback.take(Hold(3), 5.15)
    assert playback.report(5.15) == PlaybackReport(3, 3_600)
    playback.take(Resume(3), 6.0)
    playback.until(6.4)
    assert playback.report(6.4) == PlaybackReport(3, 12_000)  # drained at 6.35
    assert playback.report(60.0) is None
    playback.take_audio(4, bytes(2 * 12_000), 60.0)
    playback.take(Flush(4), 60.1)
    assert playback.report(60.1) == PlaybackReport(4, 2_400)
    assert len(woken) == 3  # hold, drain, flush
