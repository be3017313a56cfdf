import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.local._grounding import grounded, lacking
from actors.ports import LlmMessage, LlmToolCall, ToolSpec

TOOL = ToolSpec(
    "f",
    "",
    {
        "type": "object",
        "properties": {"value": {"type": "string"}, "size": {"enum": ["large", "small"]}, "count": {"type": "integer"}},
        "required": ["value"],
    },
)


def call(arguments):
    return LlmToolCall("1", "f", arguments if isinstance(arguments, str) else json.dumps(arguments))


def holds(value, *lines):
    messages = [LlmMessage("user", line) for line in lines]
    return grounded(call({"value": value}), messages, [TOOL]) == call({"value": value})


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        ("linda nguyen", ["L I N D A N G U Y E N, five two ninety nine"]),  # spelt
        ("5/2/99", ["five two ninety nine"]),
        ("4917", ["It's forty-nine seventeen, I can't come."]),
        ("4402", ["double four oh two"]),
        ("5005", ["five double zero five"]),
        ("Mei Huang", ["This is Mei, last name H as in Henry, U, A, N, G"]),
        ("Anna Miller", ["Anna, and M, I, double L, E, R"]),
        ("1905", ["nineteen oh five"]),
        ("4821", ["four eight", "Yes?", "two one"]),  # over two lines
        ("kids", ["my kid has spots all over"]),
        ("4 p.m.", ["the four o'clock one"]),
        ("Friday, October 16", ["Friday", "Dr. Kim has 4 p.m. on Friday, October 16."]),
        ("twelfth of January, fifty-eight", ["Robert Johnson, twelfth of January, fifty-eight."]),
        ("José Müller", ["jose? josé müller"]),
        ("", []),
    ],
)
def test_said(value, lines):
    assert holds(value, *lines)


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        ("Lydia Jones", ["L I N D A N G U Y E N"]),
        ("May 10, 2015", ["I'm Emma Thompson's mother"]),
        ("2000", ["whats two plus two"]),
        ("4971", ["It's forty-nine seventeen, I can't come."]),
        ("twenty-five-eight", ["twelfth of January, fifty-eight"]),
        ("John Smith", []),
    ],
)
def test_never_said(value, lines):
    assert not holds(value, *lines)


def test_what_an_earlier_call_gave_is_known():
    earlier = LlmMessage("assistant", "", (call({"value": "Imani Reyes"}),))
    assert grounded(call({"value": "Imani Reyes"}), [earlier]) == call({"value": "Imani Reyes"})


def test_other_kinds_of_values_stay():
    made = call({"value": "Nobody", "size": "large", "count": 3})
    assert json.loads(grounded(made, [], [TOOL]).arguments) == {"size": "large", "count": 3}


@pytest.mark.parametrize("arguments", ["", "{", "[1]", '"text"'])
def test_what_is_no_object_stays(arguments):
    assert grounded(call(arguments), [], [TOOL]) == call(arguments)
    assert lacking(call(arguments), [TOOL]) == []


def test_lacking():
    assert lacking(call({"size": "large"}), [TOOL]) == ["value"]
    assert lacking(call({"value": "x"}), [TOOL]) == []
    assert lacking(LlmToolCall("1", "unknown", "{}"), [TOOL]) == []


words = st.text("abcdefé 0123'-", max_size=14)


@given(st.lists(words, min_size=1, max_size=4), st.data())
def test_any_part_of_what_was_said_stays(lines, data):
    line = data.draw(st.sampled_from(lines))
    first = data.draw(st.integers(0, len(line)))
    assert holds(line[first : data.draw(st.integers(first, len(line)))], *lines)


@given(st.dictionaries(words, words, max_size=3), st.lists(words, max_size=3))
def test_nothing_is_put_in_and_twice_is_once(arguments, lines):
    messages = [LlmMessage("user", line) for line in lines]
    once = grounded(call(arguments), messages)
    assert json.loads(once.arguments).items() <= arguments.items()
    assert grounded(once, messages) == once
