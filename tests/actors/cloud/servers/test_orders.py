from __future__ import annotations

import math

import pytest

from actors.cloud.servers import Latency, Order, read_latency, read_order
from actors.cloud.servers._faults import Cut, ErrorFrame, Garbage, Refuse, Stall
from actors.errors import ConfigurationError


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("openai:429,retry-after=2,times=3", Order(Refuse(429, retry_after=2.0), times=3)),
        ("openai:500", Order(Refuse(500))),
        ("openai:stall,seconds=1.5,first=2", Order(Stall(1.5), first=2)),
        ("openai:stall", Order(Stall(math.inf))),
        ("openai:cut,received=32000", Order(Cut(), received=32_000)),
        ("openai:cut-mid-frame,sent=4,times=all,chance=0.2", Order(Cut(True), sent=4, times=None, chance=0.2)),
        ("openai:garbage", Order(Garbage())),
        ("openai:error,sent=1", Order(ErrorFrame(), sent=1)),
    ],
)
def test_faults_are_ordered_in_writing(text: str, order: Order) -> None:
    assert read_order(text) == ("openai", order)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("azure:429", "one of deepgram, openai, elevenlabs"),
        ("openai", "SERVICE:WHAT"),
        ("openai:429,often", "NAME=VALUE"),
        ("openai:slow", "choose a status, such as 429, or stall, cut"),
        ("openai:cut,often=2", "there is no often"),
        ("openai:cut,times=often", "invalid literal"),
        ("openai:cut,seconds=2", "seconds belong to a stall"),
        ("openai:stall,retry-after=2", "retry-after to a status"),
        ("openai:cut,sent=2,received=3", "not both"),
        ("openai:429,sent=2", "at its head only"),
    ],
)
def test_orders_that_make_no_sense_say_what_would(text: str, advice: str) -> None:
    with pytest.raises(ConfigurationError, match=advice):
        read_order(text)


def test_latencies_are_in_milliseconds() -> None:
    assert read_latency("deepgram:337,p95=900") == ("deepgram", Latency(0.337, 0.9))
    assert read_latency("elevenlabs:219") == ("elevenlabs", Latency(0.219))


@pytest.mark.parametrize("text", ["openai:fast", "openai:1,p50=3", "openai:-3", "espeak:10", "openai:10,p95=x"])
def test_latencies_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="--latency"):
        read_latency(text)
