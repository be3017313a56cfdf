"""Recognisers that fail, hang and come back, in virtual time."""

from __future__ import annotations

import numpy as np
import pytest
import trio

from actors.errors import EngineRefused, EngineUnavailable
from actors.fallback import FallbackStt, open_chain
from actors.ports import (
    TurnSignal,
    TurnSignalStream,
)
from actors.testing import run_virtual as run

DOWN = EngineUnavailable("a", "down")
HANG = object()


class Ear:
    """Understands how many samples it heard."""

    def __init__(self, name, *answers):
        self.name, self.answers, self.streams = name, list(answers), 0

    async def open_stream(self, *, hints=()):
        await trio.lowlevel.checkpoint()
        if self.answers and self.answers[0] == "closed":
            raise DOWN
        self.streams += 1
        return EarStream(self)


class EarStream:
    def __init__(self, ear):
        self.ear, self.segment, self.samples, self.closed = ear, -1, 0, False

    def begin(self, segment):
        assert segment > self.segment
        self.segment, self.samples = segment, 0

    def push(self, samples):
        self.samples += len(samples)

    async def final(self):
        await trio.lowlevel.checkpoint()
        answer = self.ear.answers.pop(0) if self.ear.answers else None
        if answer is HANG:
            await trio.sleep_forever()
        if answer is not None:
            raise answer
        return f"{self.ear.name} heard {self.samples}"

    partial = final

    async def aclose(self):
        await trio.lowlevel.checkpoint()


def audio(samples):
    return np.zeros(samples, np.int16)


@pytest.mark.parametrize("trouble", [DOWN, HANG])
def test_the_next_recogniser_hears_the_segment_again(chain, trouble):
    a, b = Ear("a", None, trouble), Ear("b")

    async def main():
        both = chain(a, b)
        stream = await FallbackStt(both).open_stream()
        stream.begin(0)
        stream.push(audio(100))
        assert await stream.final() == "a heard 100"
        stream.begin(1)
        stream.push(audio(10))
        stream.push(audio(20))
        assert await stream.final() == "b heard 30"
        stream.push(audio(5))
        assert await stream.final() == "b heard 35"
        stream.begin(2)
        stream.push(audio(7))
        assert await stream.final() == "b heard 7", "the first is still down"
        await stream.aclose()

    run(main)


def test_a_recogniser_that_is_back_hears_the_next_segment(chain):
    a, b = Ear("a", DOWN), Ear("b")

    async def main():
        async with open_chain(chain(a, b)) as both:
            stream = await FallbackStt(both).open_stream()
            stream.begin(0)
            stream.push(audio(3))
            assert await stream.partial() == "b heard 3"
            await trio.sleep(1.5)
            stream.begin(1)
            stream.push(audio(4))
            assert await stream.final() == "a heard 4"

    run(main)


def test_a_recogniser_that_cannot_be_had_at_first_may_come_later(chain):
    a, b = Ear("a", "closed"), Ear("b", None, DOWN)

    async def main():
        stream = await FallbackStt(chain(a, b)).open_stream()
        a.answers.clear()
        stream.begin(0)
        stream.push(audio(3))
        assert await stream.final() == "b heard 3"
        assert await stream.final() == "a heard 3"

    run(main)


class Judge(Ear):
    """Also thinks that each turn is over, after as many seconds as it has heard samples."""

    async def open_stream(self, *, hints=()):
        await super().open_stream(hints=hints)
        return JudgeStream(self)


class JudgeStream(EarStream):
    async def next_signal(self):
        segment = self.segment
        await trio.sleep(self.samples or 1000)
        return TurnSignal("ended", segment, self.ear.name, self.samples)


async def signal_within(stream, seconds):
    with trio.move_on_after(seconds):
        return await stream.next_signal()
    return None


def test_what_the_engine_that_hears_the_segment_thinks_of_the_turn_is_passed_on(chain):
    async def main():
        stream = await FallbackStt(chain(Judge("a", DOWN), Judge("b"))).open_stream()
        assert isinstance(stream, TurnSignalStream)
        stream.begin(0)
        stream.push(audio(3))
        assert await stream.next_signal() == TurnSignal("ended", 0, "a", 3)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stream.final)  # the first fails, while its signal is waited for
            assert await stream.next_signal() == TurnSignal("ended", 0, "b", 3)

    run(main)


def test_signals_of_a_segment_that_is_over_are_not(chain):
    async def main():
        stream = await FallbackStt(chain(Judge("a"))).open_stream()
        stream.begin(0)
        stream.push(audio(3))

        async def go_on():
            await trio.sleep(1)
            stream.begin(1)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(go_on)
            assert await signal_within(stream, 999) is None

    run(main)


def test_a_recogniser_without_signals_gives_none_and_takes_over_nevertheless(chain):
    async def main():
        stream = await FallbackStt(chain(Judge("a", DOWN), Ear("b"))).open_stream()
        assert await signal_within(stream, 999) is None
        stream.begin(0)
        stream.push(audio(3))
        assert await stream.final() == "b heard 3"
        assert await signal_within(stream, 999) is None

    run(main)


def test_with_no_recogniser_at_all_the_error_comes_out(chain):
    async def main():
        with pytest.raises(EngineUnavailable):
            await FallbackStt(chain(Ear("a", "closed"), Ear("b", "closed"))).open_stream()
        stream = await FallbackStt(chain(Ear("a", DOWN), Ear("b", EngineRefused("b", "no")))).open_stream()
        stream.begin(0)
        with pytest.raises(EngineRefused):
            await stream.final()

    run(main)
