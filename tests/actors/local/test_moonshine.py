"""The recogniser's stream with a library of our own (in no time), and with the real one."""

import threading

import numpy as np
import pytest
import trio

from actors.local.moonshine import MoonshineStream, MoonshineStt
from actors.ports import CALLER_RATE


def voice(seconds):
    return np.random.default_rng(1).normal(0, 4000, int(seconds * CALLER_RATE)).astype(np.int16)


def silence(seconds):
    return np.zeros(int(seconds * CALLER_RATE), np.int16)


class Library:
    """Says how long the speech was that it was given, in tenths of a second; waits while ``gate`` is closed."""

    def __init__(self):
        self.heard, self.gate, self.entered, self.most = [], threading.Event(), threading.Event(), 0
        self.inside = 0
        self.gate.set()

    def __call__(self, samples):
        self.inside += 1
        self.most = max(self.most, self.inside)
        self.entered.set()
        assert self.gate.wait(5)
        self.inside -= 1
        self.heard.append(round((len(samples) / CALLER_RATE - 0.5) * 10))
        return f"heard {self.heard[-1]}"


@pytest.fixture
def library():
    return Library()


def opened(library, limiter=None):
    stream = MoonshineStream(library, limiter or trio.CapacityLimiter(1))
    stream.begin(0)
    return stream


def test_a_segment_grows_and_is_heard_whole(library):
    async def main():
        stream = opened(library)
        stream.push(silence(0.5))
        assert await stream.final() == ""
        stream.push(voice(0.5))
        assert await stream.partial() == "heard 5"
        stream.push(voice(0.5))
        assert await stream.final() == "heard 10"
        stream.begin(1)
        assert await stream.final() == ""

    trio.run(main)


def test_silence_that_follows_costs_nothing(library):
    async def main():
        stream = opened(library)
        stream.push(voice(0.5))
        for _ in range(3):
            assert await stream.final() == "heard 5"
            stream.push(silence(0.4))
        assert library.heard == [5]

    trio.run(main)


def test_a_long_segment_is_settled_piece_by_piece(library):
    """No piece is transcribed twice and the audio of settled ones is let go."""

    async def main():
        stream = opened(library)
        for _ in range(4):
            stream.push(voice(9))
            stream.push(silence(0.5))
            text = await stream.final()
        assert text.count("heard") == 4
        assert sum(library.heard) < 600
        assert sum(map(len, stream._pieces)) < 15 * CALLER_RATE

    trio.run(main)


def test_segments_only_rise(library):
    async def main():
        stream = opened(library)
        with pytest.raises(ValueError, match="segment 0"):
            stream.begin(0)

    trio.run(main)


def test_one_at_a_time_and_a_partial_never_waits(library):
    """While the engine is busy a partial answers with what is known, for every call."""

    async def main():
        limiter = trio.CapacityLimiter(1)
        one, two = opened(library, limiter), opened(library, limiter)
        one.push(voice(0.5))
        assert await one.partial() == "heard 5"
        one.push(voice(0.5))
        two.push(voice(0.3))
        library.gate.clear()
        library.entered.clear()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(one.final)
            await trio.to_thread.run_sync(library.entered.wait)
            with trio.fail_after(1):
                assert await one.partial() == "heard 5"
                assert await two.partial() == ""
            library.gate.set()
            assert await two.final() == "heard 3"
        assert await one.partial() == "heard 10"
        assert library.most == 1

    trio.run(main)


def test_a_cancelled_call_is_left_at_once_but_holds_its_place_until_the_thread_ends(library):
    async def main():
        stream = opened(library)
        stream.push(voice(0.5))
        library.gate.clear()
        with trio.move_on_after(0.02) as scope:
            await stream.final()
        assert scope.cancelled_caught
        assert library.inside == 1
        assert await stream.partial() == ""
        library.gate.set()
        assert await stream.final() == "heard 5"
        assert library.most == 1

    trio.run(main)


def test_a_result_of_an_older_segment_is_dropped(library):
    async def main():
        stream = opened(library)
        stream.push(voice(0.5))
        library.gate.clear()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stream.final)
            await trio.to_thread.run_sync(library.entered.wait)
            stream.begin(1)
            library.gate.set()
        assert await stream.partial() == ""

    trio.run(main)


@pytest.mark.engines
def test_the_real_one_understands_and_makes_nothing_up(say):
    async def main():
        stt = await trio.to_thread.run_sync(MoonshineStt)
        stream = await stt.open_stream(hints=["Chen"])
        noise = np.random.default_rng(0).normal(0, 30, 2 * CALLER_RATE).astype(np.int16)
        sentence = say("I need to move my appointment to next Thursday.")
        for segment, (audio, words) in enumerate(
            [(silence(2), []), (sentence, ["appointment", "thursday"]), (noise, []), (sentence, ["appointment"])]
        ):
            stream.begin(segment)
            stream.push(audio)
            text = await stream.final()
            assert bool(text) == bool(words)
            assert not text.startswith("You")
            assert all(word in text.lower() for word in words)
        await stream.aclose()

    trio.run(main)
