"""What is shown of a journalled call."""

from __future__ import annotations

import struct
import sys
import xml.etree.ElementTree as ET

import pytest

from actors.errors import ConfigurationError
from actors.journal import MemoryJournal, as_test, course, figure, parse, svg_text, write_png
from actors.journal._figure import Label, Rect, Stroke
from actors.line import AgentSpeaking, ToolProgress, TranscriptUpdate
from statechart import (
    AudioReady,
    CallStarted,
    PartialTranscript,
    Snapshot,
    SpanQueued,
    State,
    TimerFired,
    VoiceStarted,
    VoiceStopped,
    transition,
)


@pytest.fixture(scope="module")
def journal():
    """A greeting, held for a cough and resumed, then cut by words; 100 ms frames of sound."""
    memory = MemoryJournal(masked=False)
    call = memory.begin("c<1>", "test", Snapshot().settings)
    now = Snapshot()

    def take(at, event):
        nonlocal now
        step = transition(now, event)
        call.step(at, now, event, step)
        now = step.snapshot

    take(0.0, CallStarted())
    take(0.1, SpanQueued(0, 0, "Hello & welcome. How can I help you?"))
    take(0.1, AudioReady(0, 0))
    call.note(0.1, AgentSpeaking(0))
    call.sent(0.11, 0, 0, bytes(2 * 24_000))
    for n in range(2, 30):
        loud = b"\xe8\x03" if n in (6, 15, 16, 17) else b"\0\0"
        call.caller(n / 10, loud * 1600, 0, min(24_000, (n - 1) * 2400))
        if n == 6:
            take(0.65, VoiceStarted(0, None, "Hello"))
            take(0.69, VoiceStopped(0, 1, 40))
            armed = next(iter(now.armed), None)
            if now.state is State.INTERRUPTED:
                take(0.95, TimerFired(armed.timer, armed.serial))
        if n == 15:
            take(1.52, VoiceStarted(1, None, "Hello"))
            take(1.7, PartialTranscript(1, "wait a moment", 200))
    call.note(1.8, ToolProgress(1, "x", "look", {"day": "Tuesday"}, "running"))
    call.note(2.2, ToolProgress(1, "x", "look", {"day": "Tuesday"}, "ok", {}))
    call.note(2.0, TranscriptUpdate(0, "agent", "Hello &", True, "welcome. How can I help you?"))
    call.close(3.0, "caller")
    return parse(memory.calls["c<1>"])


def test_what_happened_when(journal):
    found = course(journal)
    assert found.seconds == 3.0
    assert [state for _, _, state in found.states] == [
        *(State.IDLE, State.PROCESSING, State.SPEAKING, State.INTERRUPTED, State.SPEAKING, State.INTERRUPTED),
        State.LISTENING,
    ]
    assert [(held.at, held.then) for held in found.held] == [(0.65, "resumed"), (1.52, "cut")]
    assert found.cuts == (1.7,)
    agent, caller = found.said
    assert (agent.at, agent.text, agent.unheard) == (0.1, "Hello &", "welcome. How can I help you?")
    assert (caller.at, caller.text) == (1.7, "wait a moment")
    (ran,) = found.ran
    assert (ran.at, ran.until, ran.name, ran.status) == (1.8, 2.2, "look", "ok")
    assert sum(found.sent) == pytest.approx(1.0)
    assert sum(found.heard) == pytest.approx(1.0)
    assert [n for n, level in enumerate(found.levels) if level > -60] == [6, 15, 16, 17]


def test_the_drawing_holds_it_all(journal):
    drawn = figure(course(journal), title="a call")
    assert {type(shape) for shape in drawn.shapes} == {Rect, Stroke, Label}
    for shape in drawn.shapes:
        assert 0 <= shape.x <= drawn.width
        assert 0 <= shape.y <= drawn.height
    words = [part.text for shape in drawn.shapes if isinstance(shape, Label) for part in shape.parts]
    assert {"a call", "caller", "agent sent", "agent heard", "state", "functions", "caller said", "agent said"} <= {
        *words
    }
    assert {"cut", "look", "wait a moment", "Hello & ", "welcome. How can I help you?"} <= {*words}
    titles = [shape.title for shape in drawn.shapes if isinstance(shape, Rect)]
    assert "held for 180 ms, then cut" in titles


def test_a_part_of_the_call_shows_what_is_in_it(journal):
    drawn = figure(course(journal), title="a call", since=2.1, until=2.9)
    words = [part.text for shape in drawn.shapes if isinstance(shape, Label) for part in shape.parts]
    assert "listening" in words
    assert "wait a moment" not in words
    assert words.count("cut") == 1  # in the legend
    assert all(shape.x <= drawn.width for shape in drawn.shapes)


def test_svg_is_xml_with_every_shape(journal):
    drawn = figure(course(journal), title='<"&\x00')
    root = ET.fromstring(svg_text(drawn))
    assert len(root) == len(drawn.shapes)
    texts = ["".join(each.itertext()) for each in root if each.tag.endswith("text")]
    assert '<"&' in texts
    assert any(part.get("text-decoration") == "line-through" for part in root.iter())


def test_png_is_twice_as_sharp(journal, tmp_path):
    pytest.importorskip("matplotlib")
    drawn = figure(course(journal), title="$a$")
    write_png(drawn, tmp_path / "a.png")
    data = (tmp_path / "a.png").read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", data[16:24])
    assert (width, height) == (pytest.approx(2 * drawn.width, abs=2), pytest.approx(2 * drawn.height, abs=2))


def test_png_without_matplotlib_says_what_to_do(journal, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)
    with pytest.raises(ConfigurationError, match=r"matplotlib, which is not installed.*--svg"):
        write_png(figure(course(journal), title=""), tmp_path / "a.png")


def test_the_call_as_a_test(journal):
    code = as_test(journal)
    space: dict[str, object] = {}
    exec(compile(code, "test_it.py", "exec"), space)
    space["test_the_call_goes_this_way"]()
    forged = code.replace('"type":"Hold"', '"type":"Resume"')
    exec(compile(forged, "test_it.py", "exec"), space)
    with pytest.raises(AssertionError):
        space["test_the_call_goes_this_way"]()
