"""The ear by itself: when it asks the recogniser, and from where it counts silence."""

import attrs
import numpy as np
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from actors.audio import to_bytes
from actors.call import EarSettings
from actors.call._ear import Ear
from actors.call._recent import AUDIBLE, Recent
from actors.call._voice import Voice, VoiceSettings
from actors.errors import EngineUnavailable
from actors.ports import CALLER_RATE
from actors.testing import run_virtual
from statechart import FinalTranscript, PartialTranscript, SttFailed, VoiceStarted, VoiceStopped

FRAME = 320
WINDOW = 512


class Lingering:
    """A detector that takes any sound for a voice, and ``lingers`` windows after it."""

    window = WINDOW

    def __init__(self, lingers):
        self._lingers, self._left, self._rest = lingers, 0, np.zeros(0, np.int16)

    def feed(self, samples):
        samples = np.concatenate((self._rest, samples))
        whole = len(samples) - len(samples) % WINDOW
        self._rest, found = samples[whole:], []
        for start in range(0, whole, WINDOW):
            loud = samples[start : start + WINDOW].max() > 1000
            self._left = self._lingers if loud else self._left - 1
            found.append(1.0 if self._left >= 0 else 0.0)
        return found

    def reset(self):
        self._left = -1


class Recogniser:
    """Takes ``seconds`` a request; notes when it was asked."""

    def __init__(self, seconds=0.1):
        self.seconds, self.asked, self.error = seconds, [], None

    def begin(self, segment):
        pass

    def push(self, samples):
        pass

    async def partial(self):
        return await self._answer("partial")

    async def final(self):
        return await self._answer("final")

    async def _answer(self, what):
        self.asked.append((what, round(trio.current_time(), 3)))
        number = len(self.asked)
        await trio.sleep(self.seconds)
        if self.error is not None:
            raise self.error
        return f"text {number}"

    def finals(self):
        return [at for what, at in self.asked if what == "final"]


@attrs.define
class Heard:
    events: list
    silences: list
    ear: Ear

    def of(self, kind):
        return [(round(at, 3), event) for at, event in self.events if isinstance(event, kind)]


def hear(sound, recogniser, *, lingers=0, wait_ms=None):
    """Play ``sound`` (16 kHz) in real time, asking for finals as a call does."""

    async def main():
        heard = Heard([], [], None)

        def post(event):
            heard.events.append((trio.current_time(), event))
            if isinstance(event, VoiceStopped):
                heard.ear.asker.want_final(event.segment, event.pause)
                heard.ear.want_silence(wait_ms)
            elif isinstance(event, VoiceStarted):
                heard.ear.want_silence(None)

        heard.ear = Ear(
            Lingering(lingers),
            recogniser,
            settings=EarSettings(),
            post=post,
            on_silence=lambda: heard.silences.append(trio.current_time()),
            agent_db=lambda _: -120.0,
            unheard_ms=lambda: None,
            heard=lambda: "",
        )
        async with trio.open_nursery() as nursery:
            nursery.start_soon(heard.ear.asker.transcribe)
            nursery.start_soon(heard.ear.watch)
            for start in range(0, len(sound) - FRAME + 1, FRAME):
                await trio.sleep(FRAME / CALLER_RATE)
                heard.ear.hear(to_bytes(sound[start : start + FRAME]))
            nursery.cancel_scope.cancel(reason="the play is over")
        return heard

    return run_virtual(main)


def sound(*parts):
    """Seconds of voice and of silence in turn, beginning with silence."""
    levels = [np.full(round(seconds * CALLER_RATE), 8000 * (i % 2), np.int16) for i, seconds in enumerate(parts)]
    return np.concatenate(levels)


def test_the_final_begins_in_the_first_silent_window_and_is_asked_once():
    recogniser = Recogniser(0.1)
    heard = hear(sound(0.32, 0.32, 1), recogniser)
    [(stopped, _)] = heard.of(VoiceStopped)
    [(came, final)] = heard.of(FinalTranscript)
    [asked] = recogniser.finals()
    assert 0.03 < stopped - asked < 0.1
    assert came == pytest.approx(asked + 0.1, abs=0.001)
    assert (final.segment, final.pause) == (0, 1)


def test_one_that_is_there_before_the_voice_counts_as_silent_is_told_at_once():
    heard = hear(sound(0.32, 0.32, 1), Recogniser(0.01))
    assert [at for at, _ in heard.of(FinalTranscript)] == [at for at, _ in heard.of(VoiceStopped)]


def test_a_voice_that_goes_on_is_transcribed_again():
    recogniser = Recogniser(0.01)
    heard = hear(sound(0.32, 0.32, 0.048, 0.32, 1), recogniser)
    assert len(recogniser.finals()) == 2
    assert [event.text for _, event in heard.of(FinalTranscript)] == [f"text {len(recogniser.asked)}"]
    assert len(heard.of(VoiceStopped)) == 1


def test_each_pause_has_its_own():
    recogniser = Recogniser(0.01)
    heard = hear(sound(0.32, 0.32, 0.4, 0.32, 1), recogniser)
    assert len(recogniser.finals()) == len(heard.of(FinalTranscript)) == len(heard.of(VoiceStopped)) == 2


def test_a_failure_is_told_once_the_voice_is_silent():
    recogniser = Recogniser(0.01)
    recogniser.error = EngineUnavailable("it", "away")
    heard = hear(sound(0.32, 0.32, 1), recogniser)
    assert [at for at, _ in heard.of(SttFailed)] == [at for at, _ in heard.of(VoiceStopped)]
    assert len(recogniser.finals()) == 1


def test_partials_rest_three_times_as_long_as_they_take():
    """One that is under way when the voice ends delays the final."""
    quick, slow = Recogniser(0.05), Recogniser(0.4)
    assert len(hear(sound(0.32, 4), quick).of(PartialTranscript)) == 7
    assert len(hear(sound(0.32, 4), slow).of(PartialTranscript)) == 2


@pytest.mark.parametrize("lingers", [0, 1, 3])
def test_silence_counts_from_the_last_audible_sample(lingers):
    """However long the detector lingers."""
    heard = hear(sound(0.32, 0.5, 2), Recogniser(), lingers=lingers, wait_ms=400)
    assert heard.silences == [pytest.approx(0.82 + 0.4, abs=0.021)]
    assert heard.ear.last_voiced_at == pytest.approx(0.82, abs=0.021)


def test_a_word_that_sets_in_is_let_in():
    """The wait is over in the first window of a voice that has not been found yet: the turn is not."""
    late = hear(sound(0.32, 0.32, 0.36, 0.32, 1), Recogniser(), wait_ms=400)
    assert len(late.of(VoiceStarted)) == 2
    assert [at > late.of(VoiceStopped)[1][0] for at in late.silences] == [True]


def test_a_click_does_not_hold_the_end_up_for_long():
    clicked = hear(sound(0.32, 0.32, 0.36, 0.02, 1), Recogniser(), wait_ms=400)
    assert len(clicked.of(VoiceStarted)) == 1
    assert clicked.silences == [pytest.approx(0.64 + 0.4, abs=0.09)]


def test_a_line_that_goes_dead_in_a_first_window_ends_the_turn_all_the_same():
    heard = hear(sound(0.32, 0.32, 0.36, 0.04), Recogniser(), wait_ms=400)
    assert heard.silences == []
    voice = Voice(VoiceSettings(), window=WINDOW, rate=CALLER_RATE)
    voice.feed(1.0)
    assert voice.setting_in
    voice.skip(320)
    assert not voice.setting_in


# --- what came in lately ----------------------------------------------------------------------------------------------

frames = st.lists(st.lists(st.integers(-32768, 32767), min_size=1, max_size=30), min_size=1, max_size=20)


def kept(blocks, **limits):
    recent, end = Recent(**{"pre_roll": 10**6, "most": 10**6, **limits}), 0
    for number, block in enumerate(blocks):
        end += len(block)
        recent.keep(np.array(block, np.int16), end=end, arrived=float(number), voiced=False)
    return recent, np.concatenate([np.array(block, np.int16) for block in blocks]).astype(int)


@given(frames, st.data())
def test_the_last_audible_sample_is_found_wherever_it_lies(blocks, data):
    recent, whole = kept(blocks)
    before = data.draw(st.integers(0, len(whole)))
    peak = data.draw(st.integers(0, 32768))
    found = recent.last_audible(before, peak)
    first_frame_beyond = next((n for n in np.cumsum([len(b) for b in blocks]) if n >= before), len(whole))
    loudest = max(peak, *np.abs(whole[:first_frame_beyond]), 0)
    audible = [i for i in range(before) if abs(whole[i]) > loudest * AUDIBLE]
    if not audible or not before:
        assert found is None
    else:
        assert found.end == audible[-1] + 1
        ends = np.cumsum([len(block) for block in blocks])
        assert found.arrived == int(np.searchsorted(ends, audible[-1], side="right"))


@given(frames, st.data())
def test_what_is_kept_is_handed_out_from_any_sample(blocks, data):
    recent, whole = kept(blocks)
    sample = data.draw(st.integers(-5, len(whole) + 5))
    assert [int(s) for piece in recent.since(sample) for s in piece] == list(whole[max(0, sample) :])


@given(frames, st.integers(1, 50), st.integers(80, 200))  # a frame has 30 at most
def test_no_more_is_kept_than_asked_for(blocks, pre_roll, most):
    recent, whole = kept(blocks, pre_roll=pre_roll, most=most)
    pieces = list(recent.since(0))
    assert sum(map(len, pieces)) == recent.samples <= most
    assert recent.samples >= min(pre_roll, len(whole))
    assert sum(map(len, pieces[1:])) < pre_roll
