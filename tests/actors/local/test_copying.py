import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.local._copying import as_said
from actors.ports import LlmMessage, LlmToolCall, ToolSpec


def copied(value, *lines, tools=()):
    messages = [LlmMessage("user" if number % 2 == 0 else "assistant", line) for number, line in enumerate(lines)]
    call = as_said(LlmToolCall("1", "f", json.dumps({"value": value})), messages, tools)
    return json.loads(call.arguments)["value"]


@pytest.mark.parametrize(
    ("written", "lines", "meant"),
    [
        ("Ashi Khan", ["this is aisha khan born june thirty nineteen ninety"], "aisha khan"),
        ("eighteenth of May, 1910", ["Eighth, no, nineteenth of May, 1910."], "nineteenth of May, 1910"),
        ("ten thirty seventy-nine", ["Olaf Berg.", "Born?", "Ten three seventy-nine."], "Ten three seventy-nine"),
        ("Siobhan O'Neil", ["Siobhan O'Neill, please"], "Siobhan O'Neil"),  # it is there, letter for letter
        ("Jon Smyth", ["John Smith, J O N S M Y T H"], "Jon Smyth"),  # spelt
        ("Friday, October 16", ["Friday", "Friday, October 16 at nine?", "Yes"], "Friday, October 16"),  # offered
        ("four", ["At five, for two"], "four"),  # too short to be told apart
        ("cardiologist", ["the heart doctor, next Tuesday"], "cardiologist"),  # its own word
        ("Maria", [""], "Maria"),
        ("Vostsoalan Urer", ["Just call me Vostsoalan", "The last name?", "urer"], "Vostsoalan Urer"),
        ("March twenty-seventh 1971", ["march twenty-seventh", "The year?", "1971"], "March twenty-seventh 1971"),
        ("coming Monday", ["does she have openings coming like monday"], "coming Monday"),
        ("SK214", ["sk231", "s k two one four"], "SK214"),
    ],
)  # fmt: skip
def test_what_was_said(written, lines, meant):
    assert copied(written, *lines) == meant


def test_a_parameter_that_takes_one_of_a_list_stays():
    tool = ToolSpec("f", "", {"type": "object", "properties": {"value": {"enum": ["espresso"]}}})
    assert copied("espresso", "an expresso please", tools=[tool]) == "espresso"
    assert copied("espresso", "an expresso please") == "expresso"


@pytest.mark.parametrize("arguments", ["", "{", "[1]", '{"count": 3}', '{"a": {"b": "Ashi Khan"}}'])
def test_anything_else_stays_as_it_is(arguments):
    call = LlmToolCall("1", "f", arguments)
    assert as_said(call, [LlmMessage("user", "aisha khan")]) == call


words = st.text("abcdef é'", max_size=12)


@given(st.dictionaries(words, words, max_size=3), st.lists(words, max_size=4))
def test_names_stay_and_what_is_put_in_was_said(arguments, lines):
    messages = [LlmMessage("user", line) for line in lines]
    once = as_said(LlmToolCall("1", "f", json.dumps(arguments)), messages)
    repaired = json.loads(once.arguments)
    assert repaired.keys() == arguments.keys()
    for name, value in repaired.items():
        assert value == arguments[name] or any(value in line for line in lines)
    assert as_said(once, messages) == once
