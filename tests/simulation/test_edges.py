"""Every edge of the chart is documented by a call that takes it today."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from actors.testing import Act, Script, Talk
from actors.testing import edges as command
from actors.testing._alone import shortest_events
from actors.testing._edges import Way, all_edges, best_ways, dump_ways, edges_page, load_ways, plain_ways
from statechart import CallStarted, ReplyFinished, SpanQueued, State, TextTyped, VoiceStarted

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def ways():
    return load_ways((DOCS / "edges.json").read_text(encoding="utf-8"))


def test_the_page_is_what_happens_today(ways):
    """If this fails: ``python -m actors.testing.edges > docs/edges.md``; where an edge is not taken any more, or is
    new, with ``--find 500`` (minutes)."""
    assert (DOCS / "edges.md").read_text(encoding="utf-8") == edges_page(ways)


def test_every_edge_has_its_call(ways):
    missing = [edge for edge in all_edges() if edge not in ways or ways[edge].script is None]
    assert not missing, "python -m actors.testing.edges --find 500 > docs/edges.md"


def test_ways_are_kept_as_they_are(ways):
    assert load_ways(dump_ways(ways)) == ways


TYPED = (State.IDLE, TextTyped, State.PROCESSING)


def test_the_shortest_way_is_taken_and_made_plain():
    say = Act("type", "ended", 200, Talk("Could you look for Miller?"))
    long = Way(Script(acts=(Act("say", "speaking", 100, Talk("okay", "nod")), say)))
    short = Way(Script(acts=(say, Act("wait", "ended")), hasty=True))
    alone = Way(events=(CallStarted(), VoiceStarted(0)))
    best = best_ways([long, short, alone])
    assert best[TYPED] is short
    assert plain_ways({TYPED: long})[TYPED].script == Script(acts=(attrs.evolve(say, after_ms=0),))
    assert (State.IDLE, CallStarted, State.PROCESSING) in best


def test_events_alone_lead_where_no_call_goes():
    edge = (State.SPEAKING, ReplyFinished, State.SPEAKING)
    found = shortest_events([edge], [(CallStarted(), SpanQueued(0, 0, "Hello."))])
    assert best_ways([Way(events=found[edge])])[edge].events == found[edge]
    assert len(found[edge]) == 3


def test_a_way_that_leads_elsewhere_is_an_error():
    with pytest.raises(ValueError, match="IDLE TextTyped PROCESSING is not taken any more"):
        edges_page({TYPED: Way(Script())})


def test_the_command_prints_the_page_and_finds_calls(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(command, "draw_script", lambda seed: Script(acts=(Act("type", "ended", 0, Talk("?")),) * seed))
    kept = tmp_path / "ways.json"
    assert command.main(["--ways", str(kept), "--find", "2"]) == 0
    first = capsys.readouterr()
    assert "no call takes" in first.err
    assert first.out.startswith("# Every edge of the statechart")
    assert command.main(["--ways", str(kept)]) == 0
    assert capsys.readouterr().out == first.out
