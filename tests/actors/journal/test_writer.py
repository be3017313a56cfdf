"""Journals in files: never in the call's way, and honest about what is missing."""

from __future__ import annotations

import errno
import os
import threading
import time

import pytest

from actors.audio import read_wav
from actors.errors import ConfigurationError
from actors.journal import JournalFiles, read, replay
from actors.journal import _writer as writer
from actors.journal._lines import Lost, Noted, SettledAt, Sound
from actors.line import AgentDone, TranscriptUpdate
from actors.testing import draw_script, simulate
from actors.testing._trace import Stepped
from statechart import Settings


@pytest.fixture(scope="module")
def steps():
    trace = simulate(draw_script(3))
    return [(at, e.before, e.event, e.step) for at, e in trace.log if isinstance(e, Stepped)]


def files(path, **options):
    return JournalFiles(path, made_by="bargein test", **options)


def only(path):
    (found,) = path.glob("*.jsonl")
    return found


def test_a_call_is_written_and_replays(tmp_path, steps):
    last = steps[-1][0]
    with files(tmp_path / "deep" / "er") as journal:
        call = journal.begin("a/b", "hospital", steps[0][1].settings)
        for step in steps:
            call.step(*step)
        call.note(last, AgentDone(1))
        call.note(last, TranscriptUpdate(1, "user", "Lisa", True))  # the chart's own effects say so
        call.settled(last, 1, 100, True)
        call.close(last + 0.5, "caller")
    path = only(tmp_path / "deep" / "er")
    assert path.name.endswith("-a_b.jsonl")
    assert path.stat().st_mode & 0o777 == 0o600
    found = read(path)
    assert (found.head.call, found.head.agent, found.head.masked) == ("a/b", "hospital", True)
    assert (found.ended.reason, found.lost, found.seconds) == ("caller", 0, pytest.approx(last + 0.5, abs=0.002))
    assert [line for _, line in found.lines if isinstance(line, Noted)] == [Noted(last, AgentDone(1))]
    assert SettledAt(last, 1, 100, True) in [line for _, line in found.lines]
    assert replay(found).verified == len(steps)


def test_sound_beside_it(tmp_path):
    """20 ms frames for 1.2 s; the agent is heard from 0.2 s on, for 0.5 s; the line is away from 0.6 to 0.9 s."""
    with files(tmp_path, audio=True) as journal:
        call = journal.begin("c", "a", Settings())
        for n in range(60):
            at = n / 50
            if n == 10:
                call.sent(at, 4, 0, b"\x10\x27" * 24_000)
            if not 0.6 <= at < 0.9:
                heard = max(0, min(12_000, round((at - 0.2) * 24_000)))
                call.caller(at, b"\xe8\x03" * 320, 4, heard)
        call.close(1.2, "caller")
    (path,) = tmp_path.glob("*.wav")
    assert read(only(tmp_path)).head.audio == path.name
    wav = read_wav(path)
    left, right = wav.samples[:, 0], wav.samples[:, 1]
    assert wav.rate == 24_000
    assert len(left) == pytest.approx(1.2 * 24_000, abs=0.05 * 24_000)
    assert int((right == 10_000).sum()) == pytest.approx(12_000, abs=480)
    assert right[: int(0.19 * 24_000)].max() == 0
    assert left[int(0.3 * 24_000)] == pytest.approx(1000, abs=5)
    sounds = [line for _, line in read(only(tmp_path)).lines if isinstance(line, Sound)]
    levels = [level for line in sounds for level in line.caller_db]
    assert levels[:3] == [-30, -30, -30]
    assert levels[7] == -120
    assert sounds[0].agent[4] == (4, 24_000, pytest.approx(6720, abs=500))


def test_a_slow_disk_loses_lines_and_delays_nobody(tmp_path, steps, monkeypatch, caplog):
    gate, at_work = threading.Event(), threading.Event()
    append = writer._File.append

    def slow(self, data):
        at_work.set()
        assert gate.wait(20)
        append(self, data)

    monkeypatch.setattr(writer._File, "append", slow)
    monkeypatch.setattr(writer, "MOST_WAITING", 10)
    with files(tmp_path) as journal:
        call = journal.begin("c", "a", steps[0][1].settings)
        call.step(*steps[0])
        assert at_work.wait(20)
        for step in steps[1:]:
            call.step(*step)  # would wait for ever, if it waited
        call.caller(1.0, bytes(640), 0, 0)
        gate.set()
        call.close(9.0, "caller")
    found = read(only(tmp_path))
    assert found.ended.lost == found.lost == len(steps) - 11
    assert found.ended.audio_lost_ms == 20
    assert replay(found).difference is None
    assert "its journal has gaps" in caplog.text


def test_a_full_disk_loses_lines_and_goes_on_when_there_is_room(tmp_path, steps, monkeypatch, caplog):
    full = threading.Event()
    write = os.write

    def os_write(fd, data):
        if full.is_set():
            write(fd, bytes(data)[:5])  # a torn line, which must not stay
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(fd, data)

    monkeypatch.setattr(writer.os, "write", os_write)
    monkeypatch.setattr(writer, "_RETRY_S", 0.0)
    with files(tmp_path) as journal:
        call = journal.begin("c", "a", steps[0][1].settings)
        third = len(steps) // 3
        for number, step in enumerate(steps):
            if number in (third, 2 * third):
                time.sleep(0.2)  # until the writer is done
                full.set() if number == third else full.clear()
            call.step(*step)
        call.close(9.0, "caller")
    found = read(only(tmp_path))
    lost = [line for _, line in found.lines if isinstance(line, Lost)]
    assert found.lost == found.ended.lost == third
    assert len(lost) == 1
    result = replay(found)
    assert result.difference is None
    assert result.verified == len(steps) - third
    assert result.gaps == 1
    assert "No space left on device" in caplog.text


def test_a_disk_that_never_works_is_only_a_warning(tmp_path, steps, caplog):
    with files(tmp_path) as journal:
        call = journal.begin("c", "a", steps[0][1].settings)
        tmp_path.rename(tmp_path.with_name("gone"))
        call.step(*steps[0])
        call.close(1.0, "caller")
    assert "No such file or directory" in caplog.text
    assert "the last" in caplog.text


def test_what_cannot_be_made_a_line_is_lost_alone(tmp_path, steps, caplog):
    with files(tmp_path) as journal:
        call = journal.begin("c", "a", steps[0][1].settings)
        call.step(*steps[0])
        call.step(0.5, steps[0][3].snapshot, object(), steps[0][3])
        call.step(*steps[1])
        call.close(1.0, "caller")
    found = read(only(tmp_path))
    assert found.lost == 1
    assert replay(found).verified == 2


def test_a_directory_that_cannot_be_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="Name another directory"), files(tmp_path / "file" / "x"):
        pass
