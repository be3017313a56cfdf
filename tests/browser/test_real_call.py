"""The real thing: Chromium, a microphone, the real server with the real engines, and a booking in the database."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import time
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import create_engine, text

pytestmark = [pytest.mark.browser, pytest.mark.engines, pytest.mark.e2e]

ROOT = Path(__file__).parents[2]
#: What the caller says, and the second at which it begins: late enough for the agent to have answered before.
LINES = (
    (8, "I'd like to see Doctor Chen next Tuesday."),
    (23, "The first one, please."),
    (38, "My name is David Miller."),  # a name that the recogniser gets right, whatever stands around it
)


@pytest.fixture
def address(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A running ``bargein serve``: its URL and its database's."""
    database = f"sqlite:///{tmp_path / 'hospital.db'}"
    command = [sys.executable, "-c", "from web.cli import main; main()", "serve", "--port", "0", "--db", database]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert server.stdout is not None
    try:
        for line in server.stdout:
            if found := re.search(r"https?://\S+", line):
                break
        else:
            pytest.fail("the server ended without an address")
        yield found[0], database
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=45) == 0
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


@pytest.fixture
def microphone(tmp_path: Path) -> Path:
    """The caller's microphone for two minutes, in a voice that is not the agent's."""
    if shutil.which("flite") is None:
        pytest.skip("flite is not installed (Debian: apt-get install flite)")
    sound = np.zeros(0, "<i2")
    rate = 16_000
    for begin, line in LINES:
        speech = tmp_path / "speech.wav"
        subprocess.run(["flite", "-voice", "slt", "-t", line, "-o", str(speech)], check=True)
        with wave.open(str(speech)) as file:
            rate = file.getframerate()
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        sound = np.concatenate([sound, np.zeros(begin * rate - len(sound), "<i2"), samples])
    path = tmp_path / "microphone.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.concatenate([sound, np.zeros(80 * rate, "<i2")]).tobytes())
    return path


def appointments(database: str) -> set[tuple[str, str]]:
    engine = create_engine(database)
    try:
        with engine.connect() as connection:
            rows = connection.execute(
                text(
                    "SELECT p.name, d.last_name FROM appointments a JOIN patients p ON p.id = a.patient_id "
                    "JOIN doctors d ON d.id = a.doctor_id WHERE a.held IS NOT NULL AND a.call_id <> ''"
                )
            )
            return {(str(name), str(doctor)) for name, doctor in rows}
    finally:
        engine.dispose()


def test_a_spoken_call_in_the_browser_ends_in_a_booking(open_page, address, microphone, artefacts):
    url, database = address
    before = appointments(database)
    page = open_page(url, microphone=microphone, raw=True)  # a file has no echo to cancel
    page.click("#call")
    conversation = page.locator("#conversation")
    conversation.get_by_text("How can I help you?").wait_for(timeout=30_000)
    deadline = time.monotonic() + 90
    while appointments(database) == before and time.monotonic() < deadline:
        page.wait_for_timeout(500)
    booked = appointments(database) - before
    assert len(booked) == 1, conversation.inner_text()
    ((patient, doctor),) = booked
    assert doctor == "Chen"
    assert "miller" in patient.lower()
    conversation.get_by_text("done").first.wait_for(timeout=10_000)
    # What the agent says of it was really played: only then is the agent's transcript final and the call idle again.
    page.locator("#lamp").get_by_text("Idle").wait_for(timeout=60_000)
    page.wait_for_timeout(300)
    page.screenshot(path=artefacts / "real-call.png")
    page.click("#call")
    page.locator("#lamp").get_by_text("Not connected").or_(page.locator("#lamp").get_by_text("ended")).wait_for()
