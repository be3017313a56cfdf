"""A run in slices is the whole run, and may be read as one."""

import json

import attrs
import click
import pytest

from bench._ttfa_report import report
from bench._turn import Turn
from bench.speech import load_corpus, pick
from bench.ttfa import read_runs, slice_of


def test_slices_are_the_whole():
    chosen = pick(load_corpus(), limit=None)
    slices = [slice_of(chosen, f"{part}/5") for part in range(1, 6)]
    assert sorted(u.number for part in slices for u in part) == sorted(u.number for u in chosen)
    assert slice_of(chosen, "1/1") == chosen


@pytest.mark.parametrize("part", ["", "0/3", "4/3", "1/0", "1", "a/b", "1/3/5"])
def test_what_is_no_slice(part):
    with pytest.raises(click.BadParameter, match="1/3"):
        slice_of((), part)


def kept(path, *numbers, **fields):
    turns = [Turn(number=n, voice="v", text="t", needs=None, spans={"voice": (1.0, 2.0)}, **fields) for n in numbers]
    path.write_text(json.dumps({"machine": {"cpu": str(path)}, "turns": [attrs.asdict(turn) for turn in turns]}))
    return path


def test_runs_are_read_as_one(tmp_path):
    turns, machine = read_runs([kept(tmp_path / "a", 1, 2), kept(tmp_path / "b", 3)])
    assert [turn.number for turn in turns] == [1, 2, 3]
    assert turns[0].spans == {"voice": (1.0, 2.0)}
    assert machine == {"cpu": str(tmp_path / "a")}


def test_no_utterance_counts_twice(tmp_path):
    with pytest.raises(click.ClickException, match="share utterances"):
        read_runs([kept(tmp_path / "a", 1, 2), kept(tmp_path / "b", 2)])


def test_fillers_are_told_by_the_wait_before_them(tmp_path):
    fields = {"ttfa_ms": 2000.0, "endpoint_ms": 600.0}
    some = kept(tmp_path / "a", 1, 2, wait_ms=600, filler_ms=750.0, **fields)
    turns, _ = read_runs([some, kept(tmp_path / "b", 3, wait_ms=1000, filler_ms=1060.0, **fields)])
    text, data = report(turns)
    assert "after a wait of  600 ms: 750 to 750 ms (n 2)" in text
    assert "after a wait of 1000 ms: 1060 to 1060 ms (n 1)" in text
    assert data["filler"]["n"] == 3


def test_calls_with_company_are_told(tmp_path):
    alone = kept(tmp_path / "a", 1, ttfa_ms=700.0, endpoint_ms=600.0, others_cores=0.05)
    crowded = kept(tmp_path / "b", 2, ttfa_ms=1700.0, endpoint_ms=600.0, others_cores=0.9)
    text, data = report(read_runs([alone, crowded])[0])
    assert "more than 0.2 cores during these calls (1): 2." in text
    assert data["busy"] == 1
