"""The labelled overlaps, their noises, and the clock that leaps."""

from __future__ import annotations

import time
from itertools import combinations, product

import numpy as np
import pytest
import trio

from actors.call._pitch import periodicity
from bench._noises import NOISES, make_noise
from bench._overlap_cases import PARTS, load_overlaps
from bench._overlap_report import Outcome, report
from bench._patient import ChargedStt, PatientClock
from bench.heard import TURNS, parse
from statechart import words
from statechart._backchannels import is_backchannel

CASES = load_overlaps()


def test_there_are_enough_overlaps_of_both_kinds_in_every_part_that_is_scored():
    for part in ("development", "held_out", "held_out_lifelike"):
        for label in ("ignore", "yield"):
            assert sum(case.part == part and case.label == label for case in CASES) >= 60


def test_the_parts_share_no_voice_and_no_phrase_of_their_own():
    voices = {part: {case.voice for case in CASES if case.part == part and case.voice} for part in PARTS}
    assert not any(voices[one] & voices[other] for one, other in combinations(PARTS, 2))
    tuned, held_out = ("development", "lifelike"), ("held_out", "held_out_lifelike")
    # What a listener says most, and the plain answers, are the matter itself: they are in both.
    own = [case for case in CASES if case.text and case.kind not in ("core", "answer", "people")]
    phrases = {part: {case.text for case in own if case.part == part} for part in PARTS}
    assert not any(phrases[one] & phrases[other] for one, other in product(tuned, held_out))


def test_lifelike_phrases_are_outside_every_list_of_backchannels():
    mine = [case for case in CASES if case.kind in ("praise", "surprise", "agreement")]
    assert mine
    assert not [case.text for case in mine if is_backchannel(words(case.text))]


@pytest.mark.parametrize("kind", NOISES)
def test_a_noise_is_made_anew_from_each_seed_and_the_same_from_the_same(kind):
    one, again, other = make_noise(kind, 1), make_noise(kind, 1), make_noise(kind, 2)
    assert np.array_equal(one, again)
    assert len(one) != len(other) or not np.array_equal(one, other)
    assert np.abs(one).max() == pytest.approx(1.0)
    assert 0.1 < len(one) / 16_000 < 4


def test_laughter_has_a_pitch_and_clicks_have_none():
    def pitched(kind):
        sound = np.rint(make_noise(kind, 3) * 16_000).astype(np.int16)
        windows = sound[: len(sound) // 512 * 512].reshape(-1, 512)
        loud = [window for window in windows if np.abs(window.astype(int)).max() > 3000]
        return np.mean([periodicity(window) > 0.55 for window in loud])

    assert pitched("laughter") > 0.5
    assert pitched("clicks") < 0.2


def test_the_report_counts_shares_times_and_what_went_wrong():
    meant = next(case for case in CASES if case.label == "yield")
    ignored = next(case for case in CASES if case.label == "ignore")
    outcomes = [
        Outcome(meant, hold=80.0, decided=500.0, cut=True, paused=420.0),
        Outcome(meant, hold=90.0, decided=700.0, cut=False, paused=610.0, heard=["700 nothing"]),
        Outcome(ignored, hold=60.0, decided=360.0, paused=300.0),
    ]
    text = report(outcomes)
    assert "yielded    1 of   2 = 0.500" in text
    assert "ignored    1 of   1 = 1.000" in text
    assert "wrong: development" in text
    assert "700 nothing" in text


def test_a_patient_clock_leaps_over_sleep_and_charges_for_work():
    class Engine:
        name = "slow"

        async def open_stream(self, *, hints=()):
            return self

        def begin(self, segment):
            pass

        async def final(self):
            def work():
                until = time.process_time() + 0.05
                while time.process_time() < until:
                    pass

            await trio.to_thread.run_sync(work)
            return "words"

    async def main():
        clock.leap()
        stream = await ChargedStt(Engine(), clock).open_stream()
        begun = trio.current_time()
        await trio.sleep(1000)
        slept = trio.current_time() - begun
        text = await stream.final()
        return text, slept, trio.current_time() - begun - slept

    clock = PatientClock(charging=True)
    real = time.perf_counter()
    text, slept, charged = trio.run(main, clock=clock)
    assert text == "words"
    assert slept == pytest.approx(1000)
    assert 0.04 < charged < 1
    assert time.perf_counter() - real < 500


def test_turns_say_how_each_of_their_words_is_spoken():
    turn = parse("At 10:30{ten thirty}, Dr.{doctor} Mill's e-mail{e mail}.")
    assert turn.text == "At 10:30, Dr. Mill's e-mail."
    assert turn.spoken == (("at",), ("ten", "thirty"), ("doctor",), ("mill's",), ("e", "mail"))
    for line in TURNS:
        parsed = parse(line)
        assert len(parsed.text.split()) == len(parsed.spoken)
        assert all(parsed.spoken)
