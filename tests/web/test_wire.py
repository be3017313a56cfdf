"""The codec: what is encoded decodes to itself, and nothing that comes from outside raises."""

from __future__ import annotations

import json

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actors.line import (
    AgentDone,
    AgentSpeaking,
    CallEnded,
    CallerAudio,
    ErrorNotice,
    Flush,
    HangUp,
    Hold,
    PlaybackReport,
    Resume,
    StateChanged,
    ToolProgress,
    TranscriptUpdate,
    TurnMetrics,
    TypedText,
)
from web.wire import (
    Hello,
    Malformed,
    Ready,
    decode_audio,
    decode_client,
    decode_server,
    encode_client,
    encode_server,
)

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
turns = st.integers(0, 2**31 - 1)
ms = st.none() | st.floats(0, 1e6)
scalars = (
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | text
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4), max_leaves=12
)
from_server = st.one_of(
    st.builds(Ready, call=text, resume=text),
    st.builds(StateChanged, text),
    st.builds(TranscriptUpdate, turns, st.sampled_from(["user", "agent"]), text, st.booleans(), text),
    *(st.builds(kind, turns) for kind in (AgentSpeaking, AgentDone, Hold, Resume, Flush)),
    st.builds(
        ToolProgress,
        turns,
        text,
        text,
        st.dictionaries(text, values, max_size=4),
        st.sampled_from(["running", "ok", "error", "cancelled"]),
        values,
    ),
    st.builds(TurnMetrics, turns, ms, ms, ms, ms, ms, ms, st.booleans()),
    st.builds(ErrorNotice, text, text),
    st.builds(CallEnded, text),
)
words = text.map(lambda raw: " ".join("".join(c if c.isprintable() else " " for c in raw).split())).filter(bool)
from_client = st.one_of(
    st.builds(Hello, st.none() | st.text("abc-_", min_size=1, max_size=200), st.integers(0, 2**53 - 1)),
    st.builds(PlaybackReport, turns, st.integers(0, 2**53 - 1)),
    st.builds(TypedText, words),
    st.just(HangUp()),
)


@given(from_server, st.integers(0, 2**40))
def test_what_the_server_sends_decodes_to_itself(message, seq):
    encoded = encode_server(message, seq)
    encoded.encode("utf-8")
    assert decode_server(encoded) == (message, seq)
    assert next(iter(json.loads(encoded))) == "type"


@given(from_client)
def test_what_a_client_sends_decodes_to_itself(message):
    assert decode_client(encode_client(message)) == message


@given(st.text())
@example("[" * 60_000)
@example('{"a":' * 13_000)
@example("1" * 5_000)
@example('{"type":"playback","turn":1,"samples":' + "9" * 5_000 + "}")
@example('{"type":["playback"]}')
@example('{"type":{}}')
@example("NaN")
@example("")
def test_any_text_is_a_message_nothing_or_malformed(raw):
    assert isinstance(decode_client(raw), Hello | PlaybackReport | TypedText | HangUp | Malformed | None)


@given(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["hello", "playback", "text", "hangup", "ready"]) | values},
        optional=dict.fromkeys(("turn", "samples", "text", "resume", "received"), values),
    )
)
@example({"type": "playback", "turn": True, "samples": 1})
@example({"type": "playback", "turn": -1, "samples": 1})
@example({"type": "playback", "turn": 1, "samples": 1.0})
@example({"type": "hello", "resume": "x" * 201})
def test_any_fields_are_a_valid_message_nothing_or_malformed(fields):
    match decode_client(json.dumps(fields)):
        case PlaybackReport(turn, samples):
            assert type(turn) is int
            assert type(samples) is int
            assert turn >= 0
            assert samples >= 0
        case TypedText(words):
            assert words.strip() == words != ""
        case Hello(resume, received):
            assert resume is None or isinstance(resume, str)
            assert type(received) is int
        case other:
            assert isinstance(other, HangUp | Malformed | None)


def test_typed_text_is_cleaned_and_bounded():
    assert decode_client('{"type":"text","text":" a\\u0000\\n\\tb \\ud800c "}') == TypedText("a b \ufffdc")
    assert decode_client('{"type":"text","text":" \\n"}') is None
    long = decode_client(json.dumps({"type": "text", "text": "x" * 11}), max_text_chars=10)
    assert long == Malformed("text_too_long", "Typed text may have 10 characters.", counts=False)


def test_what_a_client_wrote_is_not_echoed():
    bad = decode_client('{"type":"my secret"}')
    assert "secret" not in str(bad)


@given(st.binary(max_size=100))
def test_audio_is_even_empty_or_reported(data):
    audio = decode_audio(data)
    if not data:
        assert audio is None
    elif len(data) % 2:
        assert isinstance(audio, Malformed)
        assert not audio.counts
    else:
        assert audio == CallerAudio(data)


class _Odd:
    def __str__(self) -> str:
        return "odd"


def _deep(depth: int) -> object:
    return [_deep(depth - 1)] if depth else 1


@pytest.mark.parametrize(
    ("result", "shown"),
    [
        (float("nan"), None),
        (float("inf"), None),
        (_Odd(), "odd"),
        (
            {
                1: {
                    "a",
                }
            },
            {"1": ["a"]},
        ),
        ("\ud800", "?"),
        pytest.param(10**6_000, "…", id="huge"),
        (b"\xff", "b'\\xff'"),
    ],
)
def test_whatever_a_tool_returns_can_be_shown(result, shown):
    message = ToolProgress(1, "a", "f", {}, "ok", result)
    assert json.loads(encode_server(message, 1))["result"] == shown


def test_deep_and_large_results_are_cut_short():
    assert "…" in encode_server(ToolProgress(1, "a", "f", {}, "ok", _deep(200)), 1)
    large = encode_server(ToolProgress(1, "a", "f", {"x": "y" * 40_000}, "ok", "z" * 40_000), 1)
    assert len(large) < 300
    assert json.loads(large)["result"] == {"omitted": "40002 bytes"}


@given(st.text() | from_server.map(lambda message: json.dumps(attrs.asdict(message))))
def test_a_client_sees_one_kind_of_error(raw):
    with pytest.raises(ValueError, match="not a message"):
        decode_server(raw)


def test_the_token_is_in_no_repr():
    assert "token" not in repr(Ready("call", "token"))
