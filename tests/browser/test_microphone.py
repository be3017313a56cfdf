"""From the microphone to the wire, and what is said where there is none."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.browser


def wait_for_frames(call: Any, count: int, timeout: float = 10.0) -> None:
    call.wait(lambda _heard: len(call.microphone()) >= count, timeout)


def test_frames_are_20_ms_at_16_khz(server: Any, open_page: Any, tone: Callable[..., Path]) -> None:
    """A 1 kHz tone arrives as 1 kHz, at 50 frames of 640 bytes a second, without a gap."""
    page = open_page(server.url, microphone=tone(1000, 8), raw=True)
    page.click("#call")
    call = server.call()
    wait_for_frames(call, 170)
    frames = call.microphone()[15:165]
    assert {len(frame.audio) for frame in frames} == {640}
    assert frames[-1].at - frames[0].at == pytest.approx(149 * 0.02, rel=0.04)

    samples = np.frombuffer(b"".join(frame.audio for frame in frames), "<i2").astype(float)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    assert np.argmax(spectrum) * 16000 / len(samples) == pytest.approx(1000, abs=0.5)
    # One number per frame: 20 whole periods. Its angle stands still as long as no sample is lost or added.
    angles = np.angle(samples.reshape(-1, 320) @ np.exp(-2j * np.pi * 1000 / 16000 * np.arange(320)))
    assert np.abs(np.diff(np.unwrap(angles))).max() < 0.05
    assert page.evaluate("window.asked") == [
        {"audio": {"echoCancellation": True, "noiseSuppression": True, "autoGainControl": True}}
    ]
    assert int(page.get_attribute("#microphone-meter", "aria-valuenow")) > 50


def test_muted_the_line_stays_open_with_silence(server: Any, open_page: Any, tone: Callable[..., Path]) -> None:
    page = open_page(server.url, microphone=tone(500, 20), raw=True)
    page.click("#call")
    call = server.call()
    wait_for_frames(call, 20)
    page.click("#mute")
    page.get_by_text("Unmute").wait_for()
    time.sleep(0.3)
    begun = len(call.microphone())
    wait_for_frames(call, begun + 20)
    assert not any(np.frombuffer(frame.audio, "<i2").any() for frame in call.microphone()[begun : begun + 20])
    page.click("#mute")
    time.sleep(0.3)
    begun = len(call.microphone())
    wait_for_frames(call, begun + 20)
    assert all(np.frombuffer(frame.audio, "<i2").any() for frame in call.microphone()[begun : begun + 20])


@pytest.mark.parametrize(
    ("settings", "title"),
    [({"permission": "refused"}, "The microphone is blocked"), ({"microphone": "missing"}, "No microphone found")],
    ids=["refused", "missing"],
)
def test_without_a_microphone_the_call_goes_on_by_typing(
    server: Any, open_page: Any, settings: dict[str, Any], title: str
) -> None:
    page = open_page(server.url, **settings)
    page.click("#call")
    page.locator("#notice").get_by_text(title).wait_for()
    page.fill("#text", "Is anyone there?")
    page.press("#text", "Enter")
    assert server.call().wait_message("text")["text"] == "Is anyone there?"
    assert server.call().microphone() == []


def test_an_insecure_origin_is_named(server: Any, open_page: Any) -> None:
    page = open_page(server.url)
    page.evaluate("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })")
    page.click("#call")
    page.locator("#notice").get_by_text("No microphone on this address").wait_for()


def test_a_call_begun_by_typing_asks_for_no_microphone_until_told_to(
    server: Any, open_page: Any, tone: Callable[..., Path]
) -> None:
    page = open_page(server.url, microphone=tone(500, 10), raw=True)
    page.fill("#text", "Hello")
    page.press("#text", "Enter")
    call = server.call()
    assert call.wait_message("text")["text"] == "Hello"
    assert page.evaluate("window.asked") == []
    page.get_by_role("button", name="Microphone").click()
    wait_for_frames(call, 5)
    page.get_by_role("button", name="Mute").wait_for()
