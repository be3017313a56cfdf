"""Real speech through the real local engines behind the protocol server, and a connection cut in the middle of it."""

from __future__ import annotations

import io
import shutil
import subprocess
import wave
from typing import Any

import numpy as np
import pytest
import soxr
import trio

from actors.cloud._deepgram_dialect import LinkSettings
from actors.cloud.deepgram_flux import DeepgramFluxStt
from actors.cloud.deepgram_v1 import DeepgramV1Stt
from actors.cloud.servers._faults import Cut, FaultDesk, Order
from actors.cloud.servers.deepgram import DeepgramServer
from actors.local.moonshine import MoonshineStt
from actors.local.silero import SileroVad
from actors.ports import CALLER_RATE, Pcm

pytestmark = [
    pytest.mark.engines,
    pytest.mark.skipif(shutil.which("flite") is None, reason="flite is not installed"),
]

#: No burst: the connection must be lost in the middle of the speech, not behind it.
SETTINGS = LinkSettings(replay_speed=4.0, final=8.0, back_off_first=0.05, answer=3.0, stall=5.0)


@pytest.fixture(scope="module")
def moonshine() -> MoonshineStt:
    stt = MoonshineStt()
    stt.warm_up()
    return stt


@pytest.fixture(scope="module")
def speech() -> Pcm:
    """Two sentences with a pause of 0.6 s between them, and 0.4 s behind."""

    def say(text: str) -> Pcm:
        made = subprocess.run(
            ["flite", "-voice", "slt", "-t", text, "-o", "/dev/stdout"], capture_output=True, check=True
        )
        with wave.open(io.BytesIO(made.stdout)) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
            return np.asarray(soxr.resample(samples, file.getframerate(), CALLER_RATE), np.int16)

    gap = np.zeros(CALLER_RATE * 6 // 10, np.int16)
    return np.concatenate(
        [gap[:4800], say("I would like to see the doctor."), gap, say("Can I come next Tuesday?"), gap[:6400]]
    )


@pytest.mark.parametrize("engine", [DeepgramV1Stt, DeepgramFluxStt])
@pytest.mark.parametrize("cut_at", [None, 1.0, 2.4, 3.4])
def test_what_was_said_comes_out_once(
    moonshine: MoonshineStt, speech: Pcm, feed: Any, engine: type[DeepgramV1Stt], cut_at: float | None
) -> None:
    async def main() -> None:
        orders = [] if cut_at is None else [Order(Cut(), received=int(cut_at * CALLER_RATE) * 2)]
        server = DeepgramServer(moonshine, SileroVad(), key="k", desk=FaultDesk(orders))
        with trio.fail_after(60):
            async with trio.open_nursery() as nursery:
                url = await nursery.start(server.run)
                async with engine(api_key="k", base_url=url, settings=SETTINGS) as stt:
                    stream = await stt.open_stream()
                    stream.begin(0)
                    await feed(stream, speech, speed=3.0)
                    text = await stream.final()
                    assert stream.statistics().connections == (1 if cut_at is None else 2)
                nursery.cancel_scope.cancel(reason="the test is over")
        words = [word.strip(".,?!").lower() for word in text.split()]
        assert " ".join(words) == "i would like to see the doctor can i come next tuesday"

    trio.run(main)
