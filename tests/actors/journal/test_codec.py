"""What is written down is what is read again."""

from __future__ import annotations

import json
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.journal import JournalError, decode, encode, parse
from actors.journal._lines import (
    Ended,
    Lost,
    Noted,
    Refused,
    Set,
    SettledAt,
    Sound,
    Took,
    decode_head,
    decode_line,
    encode_line,
)
from actors.line import ToolProgress, TranscriptUpdate
from statechart import CallStarted, Effect, Event, FinalTranscript, Settings, Snapshot, State, transition
from statechart.testing import events, settings, snapshots

BEGUN = transition(Snapshot(), CallStarted())
EVENTS, EFFECTS = get_args(Event), get_args(Effect)


def through_json(kind: Any, value: Any) -> Any:
    return decode(kind, json.loads(json.dumps(encode(value))))


@pytest.mark.parametrize("kind", [*EVENTS, *EFFECTS], ids=lambda kind: kind.__name__)
def test_every_event_and_effect_comes_back_as_it_was(kind):
    fields = {name: st.from_type(hint) for name, hint in get_type_hints(kind).items()}

    @given(st.builds(kind, **fields).filter(lambda value: value == value))  # what holds NaN equals nothing
    def check(value):
        assert through_json(Event | Effect, value) == value

    check()


@given(snapshots(settings()), st.data())
def test_whatever_a_chart_takes_gives_and_remembers_comes_back(snapshot, data):
    event = data.draw(events(snapshot))
    assert through_json(Event, event) == event
    assert through_json(Snapshot, snapshot) == snapshot


@given(settings())
def test_settings_come_back(value):
    assert through_json(Settings, value) == value


@pytest.mark.parametrize(
    "line",
    [
        Took(
            1.5, FinalTranscript(1, 2, "é — 你好\u2028\x00"), transition(Snapshot(), CallStarted()).effects, State.IDLE
        ),
        Took(1, FinalTranscript(1, 2, "half a pair \ud83d"), (), State.LISTENING, differs=True),
        Refused(0.25, CallStarted()),
        Set(3.0, BEGUN.snapshot, "gap"),
        Lost(3.0, 7),
        Noted(4.0, TranscriptUpdate(1, "agent", "a", True, "b")),
        Noted(4.0, ToolProgress(1, "x", "book", {"day": ["a", 1, None]}, "ok", {"n": 1.5})),
        Sound(5.0, (-120, -30), ((1, 2400, 0), (-1, 0, 0))),
        SettledAt(6.0, 1, 4800, True),
        Ended(7.0, "caller", 1, 20),
    ],
    ids=lambda line: type(line).__name__,
)
def test_every_kind_of_line_comes_back(line):
    data = encode_line(line)
    assert data.count(b"\n") == 1
    assert decode_line(data) == line


def test_a_field_that_came_later_has_its_default():
    data = {"type": "VoiceStarted", "segment": 3}
    assert decode(Event, data).segment == 3


@pytest.mark.parametrize(
    ("kind", "data", "message"),
    [
        (Event, {"type": "Nonsense"}, "'Nonsense' is not known here"),
        (Event, {"type": "VoiceStarted", "segment": 1, "loud": 2}, "has no field loud in this version"),
        (Event, {"type": "VoiceStarted", "segment": "1"}, "'1' is not int"),
        (Event, {"type": "VoiceStarted"}, "segment"),
        (Event, {"type": "TimerFired", "timer": "egg", "serial": 1}, "'egg' is no Timer"),
        (Event, [], "is not what belongs here"),
        (Event, {"type": "Settled", "turn": 1, "announced": "k"}, "is not a list"),
        (Settings, {"type": "Settings", "stall_ms": 0}, "stall_ms"),
        (Noted, {"type": "Noted", "at": 1, "message": {"type": "CallEnded", "reason": 1}}, "1 is not str"),
    ],
)
def test_what_is_wrong_is_said(kind, data, message):
    with pytest.raises(JournalError, match=message):
        decode(kind, data)


def test_what_has_no_place_in_a_journal_is_refused():
    with pytest.raises(TypeError, match="object has no place in a journal"):
        encode(object())


def test_an_unknown_version_says_what_to_do():
    with pytest.raises(JournalError, match=r"version 7, and this program reads version 1.*bargein 9\.9"):
        decode_head(b'{"type":"Head","journal":7,"bargein":"bargein 9.9","strange":1}')


@pytest.mark.parametrize("data", [b"{}\n", b"[]\n", b"RIFF\n", b"", b'{"type":"Head","journal":1}\n'])
def test_what_is_no_journal_is_refused(data):
    with pytest.raises(JournalError):
        parse(data)
