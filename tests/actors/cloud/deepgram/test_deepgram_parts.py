"""The pure parts: buffer, pace, back-off, signals, messages, the server's word times and turn rules."""

from __future__ import annotations

import json
import math
import random
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from trio_websocket import CloseReason, ConnectionRejected, ConnectionTimeout

from actors.cloud._deepgram_audio import Pace, Ring, back_off
from actors.cloud._deepgram_dialect import Failed, Heard, Signalled
from actors.cloud._deepgram_errors import closed, from_code, translated
from actors.cloud._deepgram_stt import keyterms, load_decoder
from actors.cloud._deepgram_turns import SignalGate, SignalQueue
from actors.cloud._deepgram_words import Spoken
from actors.cloud.deepgram_flux import _TYPES as FLUX_TYPES
from actors.cloud.deepgram_flux import FluxDialect
from actors.cloud.deepgram_v1 import _TYPES as V1_TYPES
from actors.cloud.deepgram_v1 import V1Dialect, spread
from actors.cloud.servers._deepgram_flux import silence_for
from actors.cloud.servers._recogniser import share_out
from actors.errors import EngineBadReply, EngineMissing, EngineOverloaded, EngineRefused, EngineUnavailable
from actors.ports import CALLER_RATE, TurnSignal
from actors.testing import run_virtual


@given(st.lists(st.integers(0, 400), max_size=60), st.integers(1, 900), st.data())
def test_the_ring_gives_back_what_was_pushed(sizes: list[int], most: int, data: st.DataObject) -> None:
    ring, all_samples = Ring(most), np.arange(sum(sizes), dtype=np.int16)
    at = 0
    for size in sizes:
        ring.push(all_samples[at : at + size])
        at += size
        assert ring.end == at
        assert ring.end - ring.start <= most
        position = data.draw(st.integers(ring.start, ring.end))
        assert ring.read(position, 50) == all_samples[position : min(at, position + 50)].tobytes()
        ring.drop_before(data.draw(st.integers(0, ring.end)))


@given(
    st.floats(1.0, 8.0),
    st.floats(0.1, 2.0),
    st.lists(st.tuples(st.integers(1, 3200), st.floats(0.0, 0.5)), min_size=1, max_size=60),
)
def test_audio_never_goes_faster_than_the_pace(speed: float, burst: float, plan: list[tuple[int, float]]) -> None:
    now = sent = 0.0
    pace = Pace(speed, burst, now)
    for samples, pause in plan:
        now += pause + pace.wait(samples, now + pause)
        pace.spend(samples, now)
        sent += samples
        assert sent <= (burst + speed * now) * CALLER_RATE + 3200 + 1


def test_live_audio_is_never_held_up() -> None:
    pace = Pace(1.25, 1.0, 0.0)
    for frame in range(1000):
        assert pace.wait(320, frame * 0.02) == 0.0
        pace.spend(320, frame * 0.02)


@given(st.integers(0, 200), st.none() | st.floats(0.0, 60.0), st.integers(0, 99))
def test_back_off_grows_to_a_bound_and_respects_the_service(
    failures: int, retry_after: float | None, seed: int
) -> None:
    delay = back_off(failures, retry_after, random.Random(seed), first=0.2, most=5.0)
    assert (retry_after or 0.0) <= delay <= max(5.0, retry_after or 0.0)
    if failures == 0:
        assert delay == (retry_after or 0.0)
    elif failures < 5:
        assert delay >= 0.1 * 2 ** (failures - 1)


KINDS = st.sampled_from(["started", "likely_end", "resumed", "ended"])
LEGAL = {
    "": {"started"},
    "started": {"likely_end", "ended"},
    "likely_end": {"resumed", "ended"},
    "resumed": {"likely_end", "ended"},
    "ended": {"started"},
}


@given(st.lists(st.tuples(KINDS | st.none(), st.sampled_from(["", "a", "a b", "a b c"])), max_size=40))
def test_signals_are_always_legal(said: list[tuple[Any, str]]) -> None:
    gate = SignalGate()
    told: list[tuple[str, str]] = []
    for kind, text in said:
        passed = gate.pass_on(kind, text) if kind else gate.heard(text)
        told += [(each, text) for each in passed]
    kinds = ["", *(kind for kind, _ in told)]
    assert all(after in LEGAL[before] for before, after in pairwise(kinds))
    for (before, guess), (after, text) in pairwise(told):
        assert not (before == "likely_end" and after == "ended" and guess != text)


def test_the_oldest_signal_is_dropped_when_nobody_listens() -> None:
    async def main() -> None:
        queue = SignalQueue(most=2)
        for number in range(3):
            queue.put(TurnSignal("started", number, "x", 0))
        assert (await queue.get()).segment == 1
        assert (await queue.get()).segment == 2
        with trio.move_on_after(1) as scope:
            await queue.get()
        assert scope.cancelled_caught
        queue.put(TurnSignal("ended", 9, "x", 0))
        queue.clear()
        with trio.move_on_after(1) as scope:
            await queue.get()
        assert scope.cancelled_caught

    run_virtual(main)


def test_hints_become_keyterms() -> None:
    hints = [" Chen ", "Chen", "", "x" * 101, *(f"name{i}" for i in range(200))]
    terms = keyterms(hints)
    assert terms[:2] == [("keyterm", "Chen"), ("keyterm", "name0")]
    assert len(terms) == 100


# --- messages ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def v1() -> V1Dialect:
    return V1Dialect(load_decoder("deepgram.listen.v1.types", V1_TYPES))


@pytest.fixture(scope="module")
def flux() -> FluxDialect:
    return FluxDialect(load_decoder("deepgram.listen.v2.types", FLUX_TYPES))


def results(**fields: Any) -> str:
    words = [{"word": "hello", "start": 0.1, "end": 0.4, "confidence": 0.9, "punctuated_word": "Hello,"}]
    best = {"transcript": "Hello,", "confidence": 0.9, "words": fields.pop("words", words)}
    message = {"type": "Results", "channel_index": [0, 1], "start": 0.0, "duration": 1.5, "is_final": True}
    return json.dumps({**message, "speech_final": False, "channel": {"alternatives": [best]}, **fields})


def test_listen_v1_messages(v1: V1Dialect) -> None:
    hello = (Spoken("Hello,", 0.1, 0.4),)
    assert v1.read(results()) == Heard(hello, 1.5, final=True)
    assert v1.read(results(speech_final=True)) == Heard(hello, 1.5, final=True, signal="likely_end")
    assert v1.read(results(from_finalize=True, speech_final=True)) == Heard(hello, 1.5, final=True, flushed=True)
    assert v1.read(results(is_final=False, words=[])) == Heard((Spoken("Hello,", 0.0, 1.5),), 1.5, final=False)
    assert v1.read('{"type":"SpeechStarted","channel":[0],"timestamp":2.5}') == Signalled("started", 2.5)
    assert v1.read('{"type":"UtteranceEnd","channel":[0,1],"last_word_end":3.5}') == Signalled("likely_end", 3.5)
    assert v1.read('{"type":"Error","description":"NET-0000 is what happened"}') == Failed("NET-0000 is what happened")
    assert v1.read('{"type":"Metadata"}') is None
    assert v1.read('{"type":"OfTheFuture"}') is None


def test_flux_messages(flux: FluxDialect) -> None:
    word = {"word": "Hello.", "confidence": 0.9, "start": 0.1, "end": 0.5}
    turn = {
        "type": "TurnInfo", "request_id": "x", "sequence_id": 3, "turn_index": 0, "audio_window_start": 0.0,
        "audio_window_end": 1.0, "transcript": "Hello.", "words": [word], "end_of_turn_confidence": 0.5,
    }  # fmt: skip
    hello = (Spoken("Hello.", 0.1, 0.5),)
    assert flux.read(json.dumps({**turn, "event": "Update"})) == Heard(hello, 1.0, False, confidence=0.5)
    eager = flux.read(json.dumps({**turn, "event": "EagerEndOfTurn"}))
    assert eager == Heard(hello, 1.0, False, signal="likely_end", confidence=0.5)
    ended = flux.read(json.dumps({**turn, "event": "EndOfTurn", "trigger": "manual"}))
    assert ended == Heard(hello, 1.0, True, True, None, 0.5)  # forced by us: nobody judged the turn
    ended = flux.read(json.dumps({**turn, "event": "EndOfTurn", "trigger": "model"}))
    assert ended == Heard(hello, 1.0, True, False, "ended", 0.5)
    untimed = [{"word": "Hello.", "confidence": 0.9}]
    assert flux.read(json.dumps({**turn, "event": "Update", "words": untimed})) == Heard(
        (Spoken("Hello.", 0.0, 1.0),), 1.0, False, confidence=0.5
    )
    assert flux.read('{"type":"Connected","request_id":"x","sequence_id":0}') is None
    assert flux.read('{"type":"Error","sequence_id":1,"code":"BUSY","description":"x"}') == Failed("BUSY")


@pytest.mark.parametrize(
    "message",
    ["", "nonsense", "[]", "3", '{"type":"Results"}', '{"type":"Results","start":"x","duration":{}}',
     '{"type":"SpeechStarted"}', '{"type":"UtteranceEnd","last_word_end":null}',
     '{"type":"Results","start":0,"duration":1,"channel":{"alternatives":[]}}'],
)  # fmt: skip
def test_nonsense_is_found_out(v1: V1Dialect, message: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any will do
        v1.read(message)


@settings(max_examples=60)
@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(
    st.sampled_from(["type", "start", "duration", "channel", "words", "event", "transcript", "audio_window_end"]), x
), max_leaves=20))  # fmt: skip
def test_any_json_is_read_or_found_out(value: Any) -> None:
    for dialect in (
        V1Dialect(load_decoder("deepgram.listen.v1.types", V1_TYPES)),
        FluxDialect(load_decoder("deepgram.listen.v2.types", FLUX_TYPES)),
    ):
        for kind in ("Results", "TurnInfo", "Error", "UtteranceEnd"):
            shaped = {**value, "type": kind} if isinstance(value, dict) else value
            try:
                dialect.read(json.dumps(shaped))
            except ValueError:
                continue


def test_words_without_times_are_spread() -> None:
    assert spread("a b", 1.0, 2.0) == (Spoken("a", 1.0, 1.5), Spoken("b", 1.5, 2.0))
    assert spread("", 1.0, 2.0) == ()


def test_a_missing_package_is_named() -> None:
    with pytest.raises(EngineMissing, match="deepgram-sdk"):
        load_decoder("deepgram.listen.v99.types", {})


# --- errors -----------------------------------------------------------------------------------------------------------


def test_errors_repeat_codes_but_nothing_else_that_the_service_wrote() -> None:
    for error in (
        from_code("deepgram", "NET-0000 said Mrs Miller"),
        closed("deepgram", CloseReason(1011, "NET-0001 said Mrs Miller")),
        closed("deepgram", CloseReason(1002, "Mrs Miller")),
        translated("deepgram", ConnectionRejected(400, ((b"x", b"Mrs Miller"),), b"Mrs Miller")),
    ):
        assert "Miller" not in str(error)
    assert isinstance(from_code("deepgram", "TOO_MANY_REQUESTS"), EngineOverloaded)
    assert isinstance(from_code("deepgram", "INVALID_AUTH"), EngineRefused)
    assert isinstance(closed("deepgram", CloseReason(1007, None)), EngineBadReply)
    assert isinstance(closed("deepgram", None), EngineUnavailable)
    later = translated("deepgram", ConnectionRejected(503, ((b"Retry-After", b"Mon, 1 Jan"),), None))
    assert isinstance(later, EngineOverloaded)
    assert later.retry_after is None
    assert "in time" in str(translated("deepgram", ConnectionTimeout()))


# --- the server's -----------------------------------------------------------------------------------------------------


@given(
    st.lists(st.text("abc", min_size=1, max_size=9), max_size=12),
    st.lists(st.tuples(st.integers(1, 30_000), st.integers(1, 30_000)), max_size=8),
)
def test_words_share_the_voiced_time(words: list[str], gaps_and_lengths: list[tuple[int, int]]) -> None:
    voiced, at = [], 0
    for gap, length in gaps_and_lengths:
        voiced.append((at + gap, at + gap + length))
        at += gap + length
    shared = share_out(words, voiced)
    assert [w.text for w in shared] == (words if voiced else [])
    times = [t for w in shared for t in (w.start, w.end)]
    assert times == pytest.approx(sorted(times))
    if shared:
        assert shared[0].start == pytest.approx(voiced[0][0] / CALLER_RATE)
        assert shared[-1].end == pytest.approx(voiced[-1][1] / CALLER_RATE)


def test_surer_takes_longer_and_certainty_never_comes() -> None:
    assert 0 < silence_for(0.3) < silence_for(0.7) < silence_for(0.99) < math.inf
    assert silence_for(1.0) == math.inf
