"""The benches' caller: real-time frames, exact arrival times, and an echo where and as loud as it should be."""

import numpy as np
import pytest
import trio

from actors.line import AgentDone, AgentSpeaking, CallEnded, CallerAudio, Hold, PlaybackReport
from actors.testing import run_virtual
from bench._caller import FRAME_SAMPLES, Caller, EchoPath, _Echo


def test_echo_comes_at_its_time_and_level():
    echo = _Echo(EchoPath(gain_db=-20.0, delay_ms=100))
    tone = np.rint(10_000 * np.sin(2 * np.pi * 500 * np.arange(480) / 24_000)).astype(np.int16)
    frames = [echo.take([(n * 480, tone)] if n == 5 else [], (n + 1) * 480) for n in range(20)]
    heard = np.concatenate(frames)
    loud = np.flatnonzero(np.abs(heard) > 100)
    # Played from 100 to 120 ms, heard from 200 to 220.
    assert loud[0] == pytest.approx(3200, abs=16)
    assert loud[-1] == pytest.approx(3520, abs=16)
    assert np.abs(heard).max() == pytest.approx(1000, rel=0.02)


def test_a_caller_is_heard_in_real_time_and_reports_what_was_played():
    async def main():
        caller = Caller(noise_db=-120)
        got: list[tuple[float, object]] = []

        async def listen():
            async for message in caller.incoming:
                note = trio.current_time() - begun, message
                got.append(note)

        begun = trio.current_time()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(caller.run)
            nursery.start_soon(listen)
            await trio.sleep(0.1)
            first = caller.say(np.full(FRAME_SAMPLES * 2, 5000, np.int16))
            caller.send(AgentSpeaking(3))
            for _ in range(5):
                caller.send_audio(3, bytes(1920))  # 200 ms in all
            caller.send(AgentDone(3))
            await trio.sleep(0.05)
            caller.send(Hold(3))
            await trio.sleep(0.3)
            caller.send(CallEnded("farewell"))
            await trio.sleep(0.05)
            nursery.cancel_scope.cancel()
        frames = [(at, m) for at, m in got if isinstance(m, CallerAudio)]
        for number, (at, message) in enumerate(frames, 1):
            assert at == pytest.approx(number * 0.02, abs=1e-6)
            assert len(message.pcm) == 2 * FRAME_SAMPLES
        loud = [at for at, m in frames if np.frombuffer(m.pcm, np.int16).max() > 1000]
        assert len(loud) == 2
        assert caller.arrived(first) - begun == pytest.approx(loud[0])
        assert caller.arrived(10**9) is None
        reports = [(at, m) for at, m in got if isinstance(m, PlaybackReport)]
        assert reports[-1][1] == PlaybackReport(3, 1200)  # 50 ms, and not a sample more after the hold
        at_once = next(at for at, m in reports if m.samples == 1200)
        assert at_once == pytest.approx(0.15, abs=1e-3)
        assert caller.heard_seconds == pytest.approx(0.05)

    run_virtual(main)
