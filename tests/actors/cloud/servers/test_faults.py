"""Faults to order: which strikes when, and what it does to a connection."""

from __future__ import annotations

import random
import statistics

import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from actors.cloud.servers._faults import (
    Cut,
    ErrorFrame,
    FaultDesk,
    FaultyStream,
    Garbage,
    Latency,
    Order,
    Refuse,
    Stall,
    Strikes,
    refuse,
)
from actors.testing import run_virtual


def test_latency_has_the_median_and_the_95th_percentile_asked_for() -> None:
    rng = random.Random(1)
    drawn = sorted(Latency(0.337, 0.6).draw(rng) for _ in range(4000))
    assert statistics.median(drawn) == pytest.approx(0.337, rel=0.05)
    assert drawn[int(0.95 * len(drawn))] == pytest.approx(0.6, rel=0.08)
    assert Latency(0.2).draw(rng) == 0.2


@given(first=st.integers(0, 5), times=st.none() | st.integers(0, 5), number=st.integers(0, 12))
def test_an_order_concerns_a_run_of_connections(first: int, times: int | None, number: int) -> None:
    expected = number in range(first, 100 if times is None else first + times)
    assert Order(Cut(), first=first, times=times).concerns(number) == expected


@given(st.lists(st.integers(1, 50), max_size=20), st.integers(0, 400))
def test_a_fault_strikes_once_as_soon_as_enough_was_received(sizes: list[int], at: int) -> None:
    strikes = Strikes([Order(Cut(), received=at)])
    struck = [i for i, size in enumerate(sizes) if strikes.on_received(size) is not None]
    expected = [i for i in range(len(sizes)) if sum(sizes[: i + 1]) >= at]
    assert struck == expected[:1]


def test_a_fault_strikes_before_the_message_named() -> None:
    strikes = Strikes([Order(ErrorFrame("X"), sent=2)])
    assert [strikes.on_message() for _ in range(4)] == [None, None, ErrorFrame("X"), None]


def test_faults_at_the_head_and_by_chance() -> None:
    desk = FaultDesk([Order(Refuse(401), first=1), Order(Stall(1.0), times=None, chance=0.5)], seed=3)
    heads = [desk.open().at_head() for _ in range(200)]
    assert heads[1] == Refuse(401)
    assert 60 < heads.count(Stall(1.0)) < 140
    assert desk.opened == 200


def test_orders_that_make_no_sense_are_rejected() -> None:
    with pytest.raises(ValueError, match="not both"):
        Order(Cut(), sent=1, received=1)
    with pytest.raises(ValueError, match="head only"):
        Order(Refuse(500), sent=1)


def test_a_stalled_stream_goes_on_later() -> None:
    async def main() -> None:
        ours, theirs = trio.testing.memory_stream_pair()
        faulty = FaultyStream(ours)
        await faulty.suffer(Stall(3.0))
        await faulty.send_all(b"late")
        assert trio.current_time() - begun == pytest.approx(3.0)
        assert await theirs.receive_some(10) == b"late"

    begun = 0.0

    async def timed() -> None:
        nonlocal begun
        begun = trio.current_time()
        await main()

    run_virtual(timed)


def test_a_cut_breaks_off_at_once_or_in_the_middle_of_a_frame() -> None:
    async def main() -> None:
        ours, theirs = trio.testing.memory_stream_pair()
        await FaultyStream(ours).suffer(Cut())
        assert await theirs.receive_some(10) == b""

        ours, theirs = trio.testing.memory_stream_pair()
        faulty = FaultyStream(ours)
        await faulty.suffer(Cut(mid_frame=True))
        with pytest.raises(trio.BrokenResourceError):
            await faulty.send_all(b"12345678")
        assert await theirs.receive_some(10) == b"1234"
        assert await theirs.receive_some(10) == b""

    run_virtual(main)


def test_garbage_is_sent_as_it_is_and_error_frames_are_the_servers_business() -> None:
    async def main() -> None:
        ours, theirs = trio.testing.memory_stream_pair()
        faulty = FaultyStream(ours)
        await faulty.suffer(Garbage(b"\xff\x00"))
        assert await theirs.receive_some(10) == b"\xff\x00"
        with pytest.raises(ValueError, match="not a fault of the wire"):
            await faulty.suffer(ErrorFrame())

    run_virtual(main)


def test_a_refusal_is_an_http_answer() -> None:
    async def main() -> None:
        ours, theirs = trio.testing.memory_stream_pair()
        await refuse(ours, Refuse(429, retry_after=2.5))
        await ours.aclose()
        answer = b"".join([chunk async for chunk in theirs])
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 429 Too Many Requests\r\n")
        assert b"\r\nRetry-After: 2.5\r\n" in head
        assert f"Content-Length: {len(body)}".encode() in head

    run_virtual(main)
