"""``bargein replay``, and the journals that commands leave."""

from __future__ import annotations

import subprocess
import sys

import pytest
import trio

from actors.errors import ConfigurationError
from actors.journal import JournalFiles, NoJournal
from actors.testing import draw_script, journal_of, simulate
from web.cli import main
from web.compose import open_journal
from web.config import load_config


@pytest.fixture(scope="module")
def data():
    """A call in which the caller spoke."""
    journals = (journal_of(simulate(draw_script(seed)), masked=False) for seed in range(100))
    return next(journal for journal in journals if b'"type":"PartialTranscript"' in journal)


@pytest.fixture
def file(tmp_path, data):
    path = tmp_path / "call.jsonl"
    path.write_bytes(data)
    return path


def test_shows_the_call_and_that_it_replays(file, capsys):
    assert main(["replay", str(file)]) == 0
    shown = capsys.readouterr().out
    assert "Call simulated" in shown
    assert "agent heard" in shown
    assert "· listening" in shown
    assert "events replayed: the same effects came out." in shown


def test_shows_every_event_where_asked(file, capsys):
    assert main(["replay", "--check", "--events", str(file)]) == 0
    shown = capsys.readouterr().out
    assert "    2     0.00  call started  processing" in shown
    assert "→ say: greeting" in shown


def test_shows_the_first_difference_and_fails(file, data, capsys):
    lines = data.splitlines(keepends=True)
    number = next(n for n, line in enumerate(lines) if b'"type":"Play"' in line)
    lines[number] = lines[number].replace(b'"type":"Play"', b'"type":"Hold"')
    file.write_bytes(b"".join(lines))
    assert main(["replay", "--check", str(file)]) == 1
    shown = capsys.readouterr().out
    assert f"at line {number + 1}, " in shown
    assert "  - Hold(turn=0)" in shown
    assert "  + Play(turn=0)" in shown


def test_what_is_missing_is_said(file, data, capsys):
    file.write_bytes(data[: len(data) * 2 // 3])
    assert main(["replay", "--check", str(file)]) == 0
    assert "ends in the middle of the call" in capsys.readouterr().out


def test_draws_and_writes_a_test_that_passes(file, tmp_path, capsys):
    svg, test = tmp_path / "a.svg", tmp_path / "test_a.py"
    assert main(["replay", str(file), "--check", "--svg", str(svg), "--test", str(test)]) == 0
    assert svg.read_text().startswith("<svg")
    assert f"Written: {svg}" in capsys.readouterr().out
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(test)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_many_at_once(file, capsys):
    assert main(["replay", "--check", str(file), str(file)]) == 0
    assert capsys.readouterr().out.count("the same effects came out") == 2
    assert main(["replay", str(file), str(file), "--svg", "a.svg"]) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"RIFF....WAVE\n", "call.jsonl: not JSON"),
        (b'{"type":"Head","journal":9,"bargein":"bargein 9.0"}\n', "version 9, and this program reads version 1"),
        (None, "cannot be read: No such file"),
    ],
)
def test_what_is_no_journal_is_said(tmp_path, content, message, capsys):
    path = tmp_path / "call.jsonl"
    if content is not None:
        path.write_bytes(content)
    assert main(["replay", str(path)]) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--svg", "--test"])
def test_a_place_that_cannot_be_written_is_said(file, option, tmp_path, capsys):
    assert main(["replay", "--check", str(file), option, str(tmp_path / "no" / "where")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def opened(flags):
    async def work():
        async with open_journal(load_config(flags)) as journal:
            return journal

    return trio.run(work)


def test_journals_are_kept_where_the_settings_say(tmp_path):
    assert isinstance(opened({}), NoJournal)
    assert isinstance(opened({"journal": tmp_path / "j", "journal_audio": True}), JournalFiles)
    assert (tmp_path / "j").is_dir()
    with pytest.raises(ConfigurationError, match="--journal DIR"):
        opened({"journal_unmasked": True})
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="Name another directory"):
        opened({"journal": tmp_path / "file" / "x"})
