"""A real Chromium on the page: ``open_page`` gives a page with a chosen microphone, ``server`` the fake server.

For a call against the real server: ``page = open_page(url, microphone=wav)``, then ``page.click("#call")``.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
]
RAW_MICROPHONE = """
const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
window.asked = [];
navigator.mediaDevices.getUserMedia = (wanted) => {
  window.asked.push(wanted);
  return real({ audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
};
"""


def _sibling(name: str) -> ModuleType:
    """A helper module beside this file; the tests are no package, so it is loaded by its path."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


def _fake_server(**options: Any) -> Any:
    _sibling("fake_call")  # which it imports
    return _sibling("fake_server").FakeServer(**options)


@pytest.fixture(scope="session")
def node() -> str:
    found = shutil.which("node")
    if found is None:
        pytest.skip("Node is not installed (Debian: apt-get install nodejs)")
    return found


@pytest.fixture(scope="session")
def chromium() -> str:
    pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if found is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    return found


# For one module at a time: playwright keeps an asyncio loop in this thread while it is open, which the tests on trio
# elsewhere are better without.
@pytest.fixture(scope="module")
def launch(chromium: str) -> Iterator[Callable[..., Browser]]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running: dict[tuple[str, ...], Browser] = {}

        def launch(*arguments: str) -> Browser:
            if arguments not in running:
                running[arguments] = playwright.chromium.launch(executable_path=chromium, args=[*ARGUMENTS, *arguments])
            return running[arguments]

        yield launch
        for browser in running.values():
            browser.close()


@pytest.fixture
def open_page(launch: Callable[..., Browser]) -> Iterator[Callable[..., Page]]:
    """``open_page(url, ...)`` -> a playwright Page with the page loaded.

    ``microphone``: a WAV file that is played to the page once, or None for Chromium's beeps, or "missing".
    ``raw``: ask Chromium for the sound as it is, and keep what the page asked for in ``window.asked``.
    After the test no page may have logged an error (a failed WebSocket aside).
    """
    problems: list[str] = []
    contexts = []

    def open_page(
        url: str,
        *,
        microphone: Path | Literal["missing"] | None = None,
        permission: Literal["granted", "refused"] = "granted",
        raw: bool = False,
        size: tuple[int, int] = (1280, 800),
        scheme: Literal["light", "dark"] = "light",
        motion: Literal["no-preference", "reduce"] = "no-preference",
        scale: float = 1,
    ) -> Page:
        refused = "=deny" if permission == "refused" else ""
        arguments = [f"--use-fake-ui-for-media-stream{refused}"]
        if microphone != "missing":
            arguments.append("--use-fake-device-for-media-stream")
        if isinstance(microphone, Path):
            arguments.append(f"--use-file-for-fake-audio-capture={microphone}%noloop")
        context = launch(*arguments).new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            reduced_motion=motion,
            device_scale_factor=scale,
        )
        contexts.append(context)
        page = context.new_page()
        if raw:
            page.add_init_script(RAW_MICROPHONE)
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.set_default_timeout(10_000)
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [text for text in problems if "WebSocket connection" not in text] == []


@pytest.fixture
def server() -> Iterator[Any]:
    with _fake_server() as server:
        yield server


@pytest.fixture
def scripted_server() -> Iterator[Any]:
    """A server that plays the scripted conversation, in hibari's voice, to whoever calls."""
    conversation = _sibling("conversation")
    voice = conversation.Voice()

    async def script(call: Any) -> None:
        await conversation.play(call, voice, pace=0.3)

    with _fake_server(script=script) as server:
        yield server


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """Where pictures are kept, outside git."""
    folder = ROOT / "artefacts"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def tone(tmp_path: Path) -> Callable[..., Path]:
    """``tone(hz, seconds, rate=44100)`` -> a WAV file."""

    def tone(hz: float, seconds: float, rate: int = 44100) -> Path:
        path = tmp_path / f"tone-{hz}-{rate}.wav"
        samples = 0.5 * np.sin(2 * np.pi * hz / rate * np.arange(int(seconds * rate)))
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes((samples * 32767).astype("<i2").tobytes())
        return path

    return tone


@pytest.fixture
def agent_tone() -> Callable[[float], bytes]:
    """``agent_tone(seconds)`` -> a quiet 440 Hz tone as the agent's wire audio (int16, 24 kHz)."""

    def agent_tone(seconds: float) -> bytes:
        samples = 6000 * np.sin(2 * np.pi * 440 / 24000 * np.arange(round(seconds * 24000)))
        return bytes(samples.astype("<i2").tobytes())

    return agent_tone
