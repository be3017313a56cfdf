"""From the wire to the loudspeaker: what the page says was played."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

pytestmark = pytest.mark.browser

SECOND = 24000


@pytest.fixture
def call(server: Any, open_page: Any) -> Any:
    page = open_page(server.url, raw=True)
    page.click("#call")
    call = server.call()
    page.locator("body[data-phase=on]").wait_for()
    call.page = page
    return call


def begin(call: Any, pcm: bytes, turn: int = 1) -> float:
    """Sends a turn; gives the time at which it was sent."""
    begun = time.monotonic()
    call.send("agent_speaking", turn=turn)
    call.send("state", state="SPEAKING")
    call.send_audio(pcm)
    return begun


def counts(call: Any, turn: int = 1) -> list[int]:
    return [message["samples"] for message in call.messages("playback") if message["turn"] == turn]


def test_reports_every_100_ms_and_at_the_end(call: Any, agent_tone: Callable[[float], bytes]) -> None:
    begun = begin(call, agent_tone(1.0))
    call.send("agent_done", turn=1)
    call.wait_message("playback", turn=1, samples=SECOND)
    assert time.monotonic() - begun == pytest.approx(1.0, abs=0.35)
    reports = counts(call)
    assert reports == sorted(reports)
    assert 9 <= len(reports) <= 13
    steps = [after - before for before, after in pairwise(reports[1:-1])]
    assert all(abs(step - 2400) <= 128 for step in steps), steps
    time.sleep(0.3)
    assert counts(call) == reports, "nothing more to say about a turn that is over"


def test_hold_stands_still_and_resume_goes_on(call: Any, agent_tone: Callable[[float], bytes]) -> None:
    begin(call, agent_tone(1.5))
    call.send("agent_done", turn=1)
    call.wait(lambda heard: bool(heard.message) and heard.message.get("samples", 0) > 6000)
    held_at = time.monotonic()
    call.send("hold", turn=1)
    call.send("state", state="INTERRUPTED")
    answer = call.wait(lambda heard: bool(heard.message) and heard.message["type"] == "playback", after=held_at)
    assert answer.at - held_at < 0.15
    time.sleep(0.5)
    held = {heard.message["samples"] for heard in call.heard if heard.message and heard.at > answer.at}
    assert len(held) == 1
    assert call.page.locator(".node.lit").get_attribute("data-name") == "INTERRUPTED"
    resumed_at = time.monotonic()
    call.send("resume", turn=1)
    call.wait_message("playback", turn=1, samples=int(1.5 * SECOND))
    assert time.monotonic() - resumed_at == pytest.approx(1.5 - held.pop() / SECOND, abs=0.35)


def test_flush_tells_what_was_played_and_the_next_turn_begins_at_nothing(
    call: Any, agent_tone: Callable[[float], bytes]
) -> None:
    begin(call, agent_tone(2.0))
    call.send("transcript", turn=1, role="agent", text="The clinic opens at nine", final=False, unheard="")
    call.wait(lambda heard: bool(heard.message) and heard.message.get("samples", 0) > 10000)
    flushed_at = time.monotonic()
    call.send("flush", turn=1)
    call.send("agent_done", turn=1)
    call.send("transcript", turn=1, role="agent", text="The clinic", final=True, unheard="opens at nine")
    answer = call.wait(lambda heard: bool(heard.message) and heard.message["type"] == "playback", after=flushed_at)
    assert answer.at - flushed_at < 0.15
    assert 10000 < answer.message["samples"] < 2 * SECOND
    assert call.page.locator(".line-agent .unheard").inner_text() == "opens at nine"
    begin(call, agent_tone(0.2), turn=2)
    call.send("agent_done", turn=2)
    call.wait_message("playback", turn=2, samples=SECOND // 5)
    assert counts(call, 1)[-1] == answer.message["samples"]


def test_an_underrun_is_not_counted(call: Any, agent_tone: Callable[[float], bytes]) -> None:
    begin(call, agent_tone(0.3))
    call.wait_message("playback", turn=1, samples=7200)
    time.sleep(0.4)
    call.send_audio(agent_tone(0.3))
    call.send("agent_done", turn=1)
    call.wait_message("playback", turn=1, samples=14400)
    assert counts(call)[-1] == 14400


def test_the_speaker_meter_moves(call: Any, agent_tone: Callable[[float], bytes]) -> None:
    begin(call, agent_tone(3.0))
    call.page.locator("#speaker-meter:not([aria-valuenow='0'])").wait_for()
