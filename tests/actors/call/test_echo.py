"""The agent's own echo is silence; a caller over it is not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import trio
from hypothesis import example, given, settings
from hypothesis import strategies as st

from actors.audio import SILENCE_DB, resample, to_bytes
from actors.call import EarSettings
from actors.call._ear import Ear
from actors.call._echo import AHEAD_S, BLOCK, CLIENT_S, ROOM_S, EchoGate, EchoReference, OverAgent
from actors.call._outlet import Outlet
from actors.call._playout import Playout
from actors.line import Outgoing
from actors.ports import AGENT_RATE, CALLER_RATE, Pcm
from actors.testing import FakeVad, run_virtual
from statechart import Event, VoiceStarted, VoiceSuspected, speakable

WINDOW = 512
STEP = AGENT_RATE // 50
LATE_S = CLIENT_S + ROOM_S
#: An echo's window may hold the loud parts of the three blocks that it touches and leave their quiet parts out.
UNEVEN_DB = 10 * np.log10(3 * BLOCK / AGENT_RATE / (WINDOW / CALLER_RATE))

levels = st.lists(st.integers(0, 20_000), min_size=1, max_size=40)  # one amplitude for each step of 20 ms
round_trips = st.floats(0, 0.4)


def tone(amplitudes: Sequence[int], step: int = STEP) -> Pcm:
    """A square wave: its RMS is its amplitude."""
    sign = np.where(np.arange(len(amplitudes) * step) // 7 % 2, 1, -1)
    return (np.repeat(np.array(amplitudes, np.int64), step) * sign).astype(np.int16)


def db(amplitude: float) -> float:
    return 20 * float(np.log10(amplitude / 32768))


# --- the reference ----------------------------------------------------------------------------------------------------


def test_nothing_was_sent():
    reference = EchoReference()
    reference.playing(1.0, 0, 0, round_trip=0.0)
    assert reference.loudest(1.0, seconds=0.02, round_trip=0.0) == SILENCE_DB


@settings(max_examples=50)
@given(levels, st.integers(200, 2000), st.floats(0, 1), round_trips)
def test_what_was_played_within_the_delay_of_an_echo_counts(amplitudes, frame, behind, round_trip):
    """However it was cut into frames, and however late the client or the room is within what is allowed for."""
    sound, reference = tone(amplitudes), EchoReference()
    for start in range(0, len(sound), frame):
        reference.sent(3, start, to_bytes(sound[start : start + frame]))
    for step in range(len(amplitudes)):
        now = step * 0.02
        reference.playing(now, 3, step * STEP, round_trip=round_trip)
        loudest = reference.loudest(now, seconds=0.02, round_trip=round_trip)
        earliest = int(max(0.0, now - behind * (LATE_S + round_trip)) * AGENT_RATE)
        peak = int(np.abs(sound[earliest : step * STEP + 1].astype(np.int32)).max())
        assert not peak or loudest >= db(peak) - UNEVEN_DB


@given(levels, round_trips)
def test_it_is_over_when_an_echo_would_be(amplitudes, round_trip):
    reference = EchoReference()
    reference.sent(0, 0, to_bytes(tone(amplitudes)))
    reference.playing(1.0, 0, 0, round_trip=round_trip)
    over = 1.0 + LATE_S + round_trip + 0.02 + 0.001
    assert reference.loudest(over, seconds=0.02, round_trip=round_trip) == SILENCE_DB


def test_a_client_that_is_ahead_and_plays_on_after_a_hold_is_heard():
    reference = EchoReference()
    reference.sent(0, 0, to_bytes(tone([0] * 7 + [8000] * 10)))
    reference.playing(1.0, 0, 0, round_trip=0.0)
    assert reference.loudest(1.0, seconds=0.02, round_trip=0.0) == SILENCE_DB  # 140 ms away
    reference.playing(1.02, 0, 0, round_trip=0.14 - AHEAD_S + 0.02)
    assert reference.loudest(1.02, seconds=0.02, round_trip=0.0) == pytest.approx(db(8000), abs=0.01)


def test_what_is_sent_again_takes_the_place_of_what_was_lost():
    reference = EchoReference()
    reference.sent(0, 0, to_bytes(tone([8000] * 10)))
    reference.sent(0, 0, to_bytes(tone([80] * 10)))
    reference.playing(1.0, 0, 0, round_trip=1.0)
    assert reference.loudest(1.0, seconds=0.02, round_trip=0.0) == pytest.approx(db(80), abs=0.01)


def test_the_turn_before_is_still_in_the_room():
    reference = EchoReference()
    reference.sent(0, 0, to_bytes(tone([8000] * 10)))
    reference.playing(1.0, 0, 0, round_trip=0.0)
    reference.sent(1, 0, to_bytes(tone([80] * 10)))
    reference.playing(1.1, 1, 0, round_trip=0.0)
    assert reference.loudest(1.1, seconds=0.02, round_trip=0.0) == pytest.approx(db(8000), abs=0.01)
    assert reference.loudest(1.4, seconds=0.02, round_trip=0.0) == pytest.approx(db(80), abs=0.01)


def test_a_long_turn_is_not_kept_whole():
    reference = EchoReference()
    for second in range(100):
        reference.sent(0, second * AGENT_RATE, to_bytes(tone([1000] * 50)))
        reference.playing(float(second), 0, second * AGENT_RATE, round_trip=0.0)
        reference.loudest(float(second), seconds=0.02, round_trip=0.0)
    assert len(reference._levels) < 250
    assert len(reference._played) < 5


# --- the gate ---------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 1500), max_size=20), st.integers(0, 20_000), st.floats(-100, 0))
@example([512, 511, 1], 100, -40.0)
def test_gives_one_verdict_for_each_window_of_the_detector(sizes, amplitude, agent_db):
    gate, detector = EchoGate(window=WINDOW, floor_db=-12.0), FakeVad().open_stream()
    for size in sizes:
        samples = np.full(size, amplitude, np.int16)
        assert len(gate.feed(samples, agent_db)) == len(detector.feed(samples))


@given(st.integers(1, 32_767), st.floats(-119, 0))
def test_a_window_is_held_against_the_loudest_of_the_agent(amplitude, agent_db):
    samples = np.full(WINDOW, amplitude, np.int16)
    (over,) = EchoGate(window=WINDOW, floor_db=-12.0).feed(samples, agent_db)
    assert over.db == pytest.approx(db(amplitude) - agent_db, abs=0.001)


def test_pitch_is_looked_for_in_what_is_loud_enough():
    vowel = np.rint(8000 * np.sin(2 * np.pi * 500 * np.arange(WINDOW) / CALLER_RATE)).astype(np.int16)
    gate = EchoGate(window=WINDOW, floor_db=-12.0)
    assert gate.feed(vowel, -20.0)[0].pitch > 0.9
    assert gate.feed(vowel // 32, -20.0)[0].pitch == 0.0


def test_without_an_agent_everything_is_loud_and_clear():
    gate = EchoGate(window=WINDOW, floor_db=-12.0)
    assert gate.feed(np.zeros(3 * WINDOW, np.int16), SILENCE_DB) == [OverAgent()] * 3


def test_begins_a_window_anew_when_the_detector_does():
    gate = EchoGate(window=WINDOW, floor_db=-12.0)
    gate.feed(np.zeros(WINDOW - 1, np.int16), SILENCE_DB)
    gate.reset()
    assert gate.feed(np.zeros(WINDOW - 1, np.int16), SILENCE_DB) == []


@settings(max_examples=50)
@given(levels, st.floats(0, LATE_S - 0.05), st.floats(-60, -12 - UNEVEN_DB - 0.5), st.integers(100, 3000))
def test_an_echo_below_the_margin_is_below_it_at_any_delay(amplitudes, delay, gain_db, size):
    """Whatever the agent says, however the microphone's audio is cut."""
    sent = tone(amplitudes, step=480)
    reference, gate = EchoReference(), EchoGate(window=WINDOW, floor_db=-12.0)
    reference.sent(0, 0, to_bytes(sent))
    # The same samples at the microphone's rate, without a resampler's ringing: two of three.
    sound = sent[np.arange(len(sent)) % 3 != 2] * 10 ** (gain_db / 20)
    echo = np.concatenate((np.zeros(int(delay * CALLER_RATE)), sound)).astype(np.int16)
    for start in range(0, len(echo), size):
        piece = echo[start : start + size]
        now = (start + len(piece)) / CALLER_RATE
        reference.playing(now, 0, min(len(sent), int(now * AGENT_RATE)), round_trip=0.0)
        agent_db = reference.loudest(now, seconds=len(piece) / CALLER_RATE, round_trip=0.0)
        for number, over in enumerate(gate.feed(piece, agent_db)):
            assert over.db < -12.0 or agent_db == SILENCE_DB, number


# --- in a call --------------------------------------------------------------------------------------------------------


class _Line:
    """A line that reports nothing."""

    round_trip = 0.0

    def send(self, message: Outgoing) -> None:
        pass

    def send_audio(self, turn: int, pcm: bytes) -> None:
        pass


class _Deaf:
    """A recogniser that is never asked."""

    def begin(self, segment: int) -> None:
        pass

    def push(self, samples: Pcm) -> None:
        pass

    async def partial(self) -> str:
        raise NotImplementedError

    async def final(self) -> str:
        raise NotImplementedError

    async def aclose(self) -> None:
        pass


def over_the_agent(caller_db: float | None, *, echo_db: float = -20.0, hold_at: float = 3.0) -> list[Event]:
    """What an ear posts while the agent speaks for 3 s at about -20 dB, with its echo 130 ms later, and from the first
    second on a caller; the detector takes any sound for a voice."""
    random = np.random.default_rng(0)
    speech = tone(list(map(int, random.uniform(60, 4600, 150))))
    in_room = resample(speech, AGENT_RATE, CALLER_RATE)[: int(hold_at * CALLER_RATE)] * 10 ** (echo_db / 20)
    sound = np.concatenate((np.zeros(130 * CALLER_RATE // 1000), in_room, np.zeros(4 * CALLER_RATE)))
    if caller_db is not None:
        sound[CALLER_RATE:] += tone([int(32768 * 10 ** (caller_db / 20))], len(sound))[CALLER_RATE:]

    async def main() -> list[Event]:
        posted: list[Event] = []
        playout = Playout(
            Outlet(_Line(), lambda: None),
            post=lambda _: None,
            on_settled=lambda *_: None,
            on_answer_sent=lambda _: None,
        )
        ear = Ear(
            FakeVad().open_stream(),
            _Deaf(),
            settings=EarSettings(),
            post=posted.append,
            on_silence=lambda: None,
            agent_db=playout.agent_db,
            unheard_ms=lambda: None,
            heard=lambda: "",
        )
        reel = playout.reel_for(0, 0, confirmed=True)
        span = reel.write("Hello.", speakable("Hello."))
        reel.begin(span)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(playout.run)
            await playout.add(reel, span, to_bytes(speech))
            playout.play(0)
            for start in range(0, int(3.5 * CALLER_RATE), 320):
                await trio.sleep(0.02)
                if start >= hold_at * CALLER_RATE:
                    playout.hold(0)
                ear.hear(to_bytes(sound[start : start + 320].astype(np.int16)))
            nursery.cancel_scope.cancel(reason="the play is over")
        return posted

    return run_virtual(main)


@pytest.mark.parametrize("echo_db", [-15.0, -20.0, -30.0])
@pytest.mark.parametrize("hold_at", [1.0, 3.0])
def test_the_agents_echo_starts_no_voice(echo_db, hold_at):
    assert over_the_agent(None, echo_db=echo_db, hold_at=hold_at) == []


def test_a_louder_echo_would():
    assert any(isinstance(event, VoiceStarted) for event in over_the_agent(None, echo_db=-3.0))


@pytest.mark.parametrize("caller_db", [-20.0, -26.0])
def test_a_caller_over_the_agent_and_its_echo_does(caller_db):
    first, second = over_the_agent(caller_db)[:2]
    assert (type(first), type(second)) == (VoiceSuspected, VoiceStarted)
