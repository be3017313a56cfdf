import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.cloud._fragments import CallAssembler
from actors.cloud._loops import goes_round
from actors.cloud._tool_text import TextCall, ToolTextParser
from actors.ports import LlmToolCall

CALL = '<tool_call>{"name": "book", "arguments": {"day": "next Tuesday"}}</tool_call>'


def run(pieces):
    parser = ToolTextParser()
    out = [part for piece in pieces for part in parser.feed(piece)] + parser.finish()
    spoken = "".join(part for part in out if isinstance(part, str))
    return spoken, [part for part in out if isinstance(part, TextCall)]


@pytest.mark.parametrize(
    ("text", "spoken", "calls"),
    [
        ("Hello.", "Hello.", []),
        (f"One moment. {CALL}", "One moment. ", [TextCall("book", '{"day": "next Tuesday"}')]),
        (CALL + CALL, "", [TextCall("book", '{"day": "next Tuesday"}')] * 2),
        (CALL.removesuffix("</tool_call>"), "", [TextCall("book", '{"day": "next Tuesday"}')]),
        ('<tool_call>{"name": "book", "arguments": {"day": "nex', "", [TextCall("book", '{"day": "nex')]),
        ('<tool_call>{"name": "book"}</tool_call> Done', " Done", [TextCall("book", "{}")]),
        ("<tool_call>nonsense</tool_call>", "", [TextCall(None, "{}")]),
        ("<tool_call>", "", [TextCall(None, "{}")]),
        ('<tool_call>["name"]</tool_call>', "", [TextCall(None, "{}")]),
        ("a < b <tool", "a < b <tool", []),
    ],
)
def test_calls_in_text_are_found_and_never_spoken(text, spoken, calls):
    assert run([text]) == (spoken, calls)


tagged = st.lists(
    st.sampled_from(["<tool_call>", "</tool_call>", "<", "<tool", '{"name": "x"', "}", '"arguments": {', "hi ", CALL])
).map("".join)


@given(tagged, st.data())
def test_how_text_is_cut_changes_nothing(text, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)))))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert run(pieces) == run([text]) == run(list(text))


@given(tagged)
def test_no_tag_is_ever_spoken(text):
    assert "<tool_call>" not in run([text])[0]


@given(st.dictionaries(st.text(), st.one_of(st.text(), st.integers(), st.none())), st.text(min_size=1))
def test_any_sound_call_is_read(arguments, name):
    body = json.dumps({"name": name, "arguments": arguments})
    if "tool_call>" not in body:
        _, [call] = run([f"<tool_call>{body}</tool_call>"])
        assert (call.name, json.loads(call.arguments)) == (name, arguments)


def assembled(fragments):
    assembler = CallAssembler()
    calls = [assembler.add(*fragment) for fragment in fragments]
    return [call for call in (*calls, assembler.finish()) if call is not None]


@pytest.mark.parametrize(
    ("fragments", "calls"),
    [
        ([], []),
        ([(0, "i", "f", None), (0, None, None, '{"a"'), (0, None, None, ":1}")], [LlmToolCall("i", "f", '{"a":1}')]),
        ([(0, "i", "f", "{}"), (1, "j", "g", "{}")], [LlmToolCall("i", "f", "{}"), LlmToolCall("j", "g", "{}")]),
        # Servers that number every call 0, or not at all, or forget the id.
        ([(0, "i", "f", "{}"), (0, "j", "g", "{}")], [LlmToolCall("i", "f", "{}"), LlmToolCall("j", "g", "{}")]),
        ([(None, "", "f", ""), (None, "", None, "{}")], [LlmToolCall("call_1", "f", "{}")]),
        (
            [(0, "", "f", None), (1, "", "g", None)],
            [LlmToolCall("call_1", "f", "{}"), LlmToolCall("call_2", "g", "{}")],
        ),
    ],
)
def test_fragments_become_whole_calls(fragments, calls):
    assert assembled(fragments) == calls


@pytest.mark.parametrize(
    ("text", "round_"),
    [
        ("", False),
        ("You are booked on Tuesday at nine.", False),
        ("no no no", False),
        ("no no no no no no", True),
        ("Your number is 4 4 4 4 4 4", False),
        ("May I have your name? May I have your name? May I have your name?", True),
        ("May I have your name? May I have your name?", False),
    ],
)
def test_going_round_in_circles_is_noticed(text, round_):
    assert goes_round(text) is round_
