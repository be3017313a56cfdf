"""A journal, masked or not, goes the same way through the chart again; and where it does not, that is told."""

from __future__ import annotations

import contextlib
import re

import attrs
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from actors.journal import JournalError, Journalled, MemoryJournal, parse, replay
from actors.journal._lines import Refused, Set, Took, encode_line
from actors.testing import draw_script, journal_of, simulate
from statechart import (
    AudioReady,
    CallStarted,
    FinalTranscript,
    Hold,
    IllegalEvent,
    PartialTranscript,
    Snapshot,
    SpanQueued,
    State,
    VoiceStarted,
    transition,
    vocabulary,
)
from statechart.testing import events

KEY = b"a key for tests, not a secret one"


@pytest.fixture(scope="module")
def traces():
    return [simulate(draw_script(seed)) for seed in range(40)]


def journalled(trace, *, masked):
    return parse(journal_of(trace, masked=masked))


def written(walk, *, masked, key=KEY):
    """The journal of these (before, event, step or None), one every 0.1 s."""
    journal = MemoryJournal(masked=masked, key=key)
    call = journal.begin("c1", "test", Snapshot().settings)
    for number, step in enumerate(walk):
        if step is not None:
            call.step(number / 10, *step)
    call.close(len(walk) / 10, "caller")
    return journal.calls["c1"]


@pytest.mark.parametrize("masked", [False, True])
def test_simulated_calls_replay(traces, masked):
    for trace in traces:
        found = replay(journalled(trace, masked=masked))
        assert found.difference is None
        assert (found.verified, found.unverified, found.gaps) == (len(trace.steps), 0, 0)
        assert masked or found.snapshot == trace.steps[-1].step.snapshot


def test_no_name_is_in_a_masked_journal(traces):
    """Whatever was said to the agent, only words that everybody uses are left of it."""
    for trace in traces:
        data = journal_of(trace).decode()
        said = {word for act in trace.script.acts for word in re.findall(r"[a-z]{4,}", act.talk.text.lower())}
        shown = set(re.findall(r"[a-z]+", data.lower()))
        assert (said - vocabulary()) & shown <= FORM


#: Words of the journal's form itself, and of what the agent's functions are called.
FORM = {"call", "note", "talk", "move", "book", "meant"}


@st.composite
def walks(draw):
    """(before, event, step or None) along a path of plausible and of impossible events."""
    now, walk = Snapshot(), []
    for event in [CallStarted()]:
        step = transition(now, event)
        walk.append((now, event, step))
        now = step.snapshot
    for _ in range(draw(st.integers(0, 30))):
        event = draw(events(now))
        step = None
        with contextlib.suppress(IllegalEvent):
            step = transition(now, event)
        walk.append((now, event, step))
        now = now if step is None else step.snapshot
    return walk


@given(walks(), st.booleans(), st.binary(min_size=16, max_size=16))
@hypothesis_settings(max_examples=150)
def test_any_walk_through_the_chart_replays(walk, masked, key):
    found = replay(parse(written(walk, masked=masked, key=key)))
    assert found.difference is None
    assert found.verified + found.unverified == len(walk)
    assert masked or found.unverified == 0


@given(walks(), st.sets(st.integers(0, 30)), st.booleans())
@hypothesis_settings(max_examples=100)
def test_after_a_gap_it_goes_on(walk, lost, masked):
    kept = [None if number in lost else step for number, step in enumerate(walk)]
    found = replay(parse(written(kept, masked=masked)))
    assert found.difference is None
    assert found.verified + found.unverified == len(walk) - len(lost & set(range(len(walk))))


def test_where_stand_ins_change_a_decision_the_journal_says_so():
    """The recogniser hears the agent's own words, but for some letters. Their stand-ins are not alike any
    more: the twin would cut, the call did not."""
    agent = "Doctor Kaczmarek Wisniewska Zielinski sees nobody"
    walk = over_the_greeting(agent, "Doctor Katzmarek Wisnievska Zielinsky")
    assert walk[-1][2].snapshot.state is State.INTERRUPTED  # undecided: it may be an echo
    data = written(walk, masked=True)
    journal = parse(data)
    found = replay(journal)
    assert found.difference is None
    assert found.unverified == 1
    assert any(isinstance(line, Set) and line.why == "masked" for _, line in journal.lines)
    assert b"Kaczmarek" not in data
    assert found.snapshot.state is State.INTERRUPTED


def over_the_greeting(agent, caller):
    now, walk = Snapshot(), []
    for event in (
        CallStarted(),
        SpanQueued(0, 0, agent),
        AudioReady(0, 0),
        VoiceStarted(0, None, agent),
        PartialTranscript(0, caller, 1500),
    ):
        step = transition(now, event)
        walk.append((now, event, step))
        now = step.snapshot
    return walk


def test_the_first_difference_is_found(traces):
    trace = next(trace for trace in traces if any(isinstance(e, Hold) for s in trace.steps for e in s.step.effects))
    journal = journalled(trace, masked=False)
    place = next(
        place
        for place, (_, line) in enumerate(journal.lines)
        if isinstance(line, Took) and any(isinstance(effect, Hold) for effect in line.effects)
    )
    number, line = journal.lines[place]
    forged = attrs.evolve(line, effects=tuple(effect for effect in line.effects if not isinstance(effect, Hold)))
    lines = (*journal.lines[:place], (number, forged), *journal.lines[place + 1 :])
    found = replay(Journalled(journal.head, lines))
    assert found.difference is not None
    assert (found.difference.line, found.difference.event) == (number, line.event)
    assert any(each.startswith("Hold") for each in found.difference.chart)
    assert not any(each.startswith("Hold") for each in found.difference.journal)
    assert found.difference.journal[-1] == found.difference.chart[-1] == f"then {line.state.value}"


def test_an_event_that_was_illegal_has_to_be_illegal_again():
    event = FinalTranscript(0, 0, "hello")
    journal = parse(written([(Snapshot(), event, None)], masked=False))
    assert isinstance(journal.lines[0][1], Refused)
    assert replay(journal).verified == 1
    legal = Journalled(journal.head, ((2, Refused(0.0, CallStarted())),))
    difference = replay(legal).difference
    assert difference is not None
    assert difference.journal == ("illegal",)


def test_a_torn_last_line_is_no_error(traces):
    data = journal_of(traces[0])
    journal = parse(data[:-20])
    assert journal.torn
    assert journal.ended is None
    assert replay(journal).difference is None
    assert not parse(data).torn


def test_a_broken_line_is_named(traces):
    data = journal_of(traces[0])
    lines = data.splitlines(keepends=True)
    lines[3] = encode_line(Took(0.0, CallStarted(), (), State.IDLE)).replace(b"CallStarted", b"CallStopped")
    with pytest.raises(JournalError, match="line 4: 'CallStopped' is not known here"):
        parse(b"".join(lines))
