"""The small parts: queue in, queue out, token bucket, files, numbers."""

from __future__ import annotations

import itertools
import math

import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from actors.errors import ClientTooSlow
from actors.line import CallEnded, CallerAudio, ErrorNotice, HangUp, PlaybackReport
from web.head import Head
from web.inbox import Inbox
from web.limits import TokenBucket
from web.metrics import Metrics
from web.outlet import Outlet
from web.pages import Asset, answer_asset, load_assets


def run(main):
    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


# --- inbox ------------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 400) | st.just("control") | st.just("take"), max_size=200))
def test_the_inbox_is_bounded_keeps_order_and_every_control_message(steps):
    """Whatever comes and goes: audio within its bound, the newest kept, control messages all there, in order."""

    async def main():
        inbox = Inbox(1_000)
        put, taken, dropped, numbers = [], [], 0, itertools.count()
        for step in steps:
            if step == "take":
                try:
                    taken.append(inbox.channel.receive_nowait())
                except trio.WouldBlock:
                    continue
            else:
                message = PlaybackReport(next(numbers), 0) if step == "control" else CallerAudio(bytes(2 * step + 2))
                put.append(message)
                dropped += inbox.put(message)
        inbox.close()
        waiting = [message async for message in inbox.channel]
        assert sum(len(message.pcm) for message in waiting if isinstance(message, CallerAudio)) <= 1_000
        arrived = taken + waiting
        assert [m for m in arrived if isinstance(m, PlaybackReport)] == [
            m for m in put if isinstance(m, PlaybackReport)
        ]
        sizes = [sum(len(m.pcm) for m in each if isinstance(m, CallerAudio)) for each in (put, arrived)]
        assert sizes[0] - sizes[1] == dropped
        rest = iter(put)
        assert all(any(message is each for each in rest) for message in arrived)
        assert not put or arrived[-1] is put[-1]

    run(main)


def test_tiny_frames_are_bounded_in_number():
    inbox = Inbox(1_000_000)
    assert sum(inbox.put(CallerAudio(b"\0\0")) for _ in range(10_000)) > 10_000
    assert inbox.channel.statistics().current_buffer_used <= 2_048


def test_a_call_that_reads_no_control_message_has_its_channel_closed():
    async def main():
        inbox = Inbox(1_000)
        for number in range(5_000):
            inbox.put(PlaybackReport(0, number))
        messages = [message async for message in inbox.channel]
        assert 512 <= len(messages) <= 2_560

    run(main)


def test_nothing_happens_when_the_call_closed_its_end():
    inbox = Inbox(1_000)
    inbox.channel.close()
    assert inbox.put(HangUp()) == 0
    assert inbox.put(HangUp()) == 0


# --- outlet -----------------------------------------------------------------------------------------------------------

entries = st.lists(st.tuples(st.sampled_from(["audio", "text", "flush", "step"]), st.integers(0, 4)), max_size=60)


@given(entries)
def test_the_outlet_keeps_order_and_sends_nothing_of_a_flushed_turn(steps):
    async def main():
        outlet = Outlet(1_000_000)
        sent: list[str | bytes] = []
        expected: list[str] = []

        async def send(message):
            sent.append(message)
            await trio.sleep(1)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(outlet.run, send, 10.0)
            flushed = -1
            for kind, turn in steps:
                if kind == "audio":
                    assert outlet.put_audio(turn, bytes([turn])) == (turn > flushed)
                elif kind == "text":
                    outlet.put_text(f"text {turn}")
                    expected.append(f"text {turn}")
                elif kind == "flush":
                    flushed = max(flushed, turn)
                    outlet.flush(turn)
                    outlet.put_text(f"flush {turn}")
                    expected.append(f"flush {turn}")
                else:
                    await trio.sleep(0.7)
            outlet.close(1000)
        assert [message for message in sent if isinstance(message, str)] == expected
        flushed = -1
        for message in sent:
            if isinstance(message, bytes):
                assert message[0] > flushed
            elif message.startswith("flush"):
                flushed = max(flushed, int(message.split()[1]))
        assert outlet.bytes_waiting == 0

    run(main)


def sending(seconds):
    async def send(message):
        await trio.sleep(seconds)

    return send


def test_a_full_outlet_raises_and_a_stalled_send_too():
    async def main():
        outlet = Outlet(10_000)
        for _ in range(5):
            outlet.put_audio(0, bytes(1_920))
        with pytest.raises(ClientTooSlow):
            outlet.put_audio(0, bytes(1_920))
        assert outlet.bytes_waiting <= 10_000
        started = trio.current_time()
        with pytest.raises(ClientTooSlow):
            await outlet.run(sending(math.inf), 10.0)
        assert trio.current_time() - started == pytest.approx(10)

    run(main)


def test_a_slow_but_moving_client_is_not_too_slow():
    async def main():
        outlet = Outlet(10_000)
        for _ in range(4):
            outlet.put_audio(0, b"\0\0")
        outlet.close(1000, "done")
        assert (await outlet.run(sending(9), 10.0)).code == 1000

    run(main)


# --- the rest ---------------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 3), max_size=100))
def test_a_bucket_never_gives_more_than_its_burst_and_rate(gaps):
    bucket, now, taken = TokenBucket(2.0, 5), 100.0, 0
    for gap in gaps:
        now += gap
        taken += bucket.take(now)
        assert taken <= 5 + 2.0 * (now - 100.0) + 1e-6


def test_a_bucket_gives_its_whole_burst_at_once():
    bucket = TokenBucket(1.0, 3)
    assert [bucket.take(0.0) for _ in range(4)] == [True, True, True, False]
    assert bucket.take(1.0)


def test_assets_are_the_files_of_a_folder_without_hidden_ones(tmp_path):
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "app.js").write_text("1")
    (tmp_path / "index.html").write_text("<p>")
    (tmp_path / "data.unheard-of").write_text("")
    (tmp_path / ".secret").write_text("no")
    assets = load_assets(tmp_path)
    assert set(assets) == {"js/app.js", "index.html", "data.unheard-of"}
    assert assets["js/app.js"].content_type == "text/javascript; charset=utf-8"
    assert assets["data.unheard-of"].content_type == "application/octet-stream"
    assert load_assets(tmp_path / "none") == {}


@pytest.mark.parametrize(("sent", "status"), [("*", 304), ('"a"', 304), ('"b", W/"a"', 304), ('"b"', 200), ("a", 200)])
def test_a_tag_that_is_named_saves_the_body(sent, status):
    answer = answer_asset(Asset(b"x", "text/plain", '"a"'), Head("GET", "/", (("if-none-match", sent),)))
    assert answer.status == status


def test_labels_that_come_from_elsewhere_are_bounded_in_number():
    metrics = Metrics()
    for number in range(500):
        metrics.observe(ErrorNotice(f"code {number}", ""))
        metrics.observe(CallEnded(f"reason {number}"))
    text = metrics.render()[0].decode()
    assert text.count("bargein_errors_total{") == text.count("bargein_calls_ended_total{") == 65
    assert 'bargein_errors_total{code="other"} 436.0' in text
