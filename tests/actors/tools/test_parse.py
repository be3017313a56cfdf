"""What models write, and what they are told about it."""

from __future__ import annotations

import contextlib
import json
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.ports import LlmToolCall
from actors.tools import Invocation, ToolArgumentError, Toolbox, find_tool, tool


@tool(effect="commit", timeout=3)
def order(drink: Literal["espresso", "latte"], cups: int = 1, note: str = "") -> dict[str, Any]:
    """Order a drink."""
    return {}


@tool(effect="read")
def menu() -> list[str]:
    """List the drinks."""
    return []


@tool(effect="read")
def find(name: str) -> str:
    """Find an order."""
    return name


TOOLBOX = Toolbox([declared for f in (order, menu, find) if (declared := find_tool(f)) is not None])


def parse(name: str, arguments: Any) -> Invocation:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return TOOLBOX.parse(LlmToolCall(id="call_1", name=name, arguments=text))


def test_a_right_call() -> None:
    invocation = parse("order", {"drink": "latte", "cups": 2})
    assert (invocation.call_id, invocation.name, invocation.effect, invocation.timeout) == (
        "call_1",
        "order",
        "commit",
        3,
    )
    assert invocation.values == {"drink": "latte", "cups": 2, "note": ""}
    assert invocation.arguments == {"drink": "latte", "cups": 2}


@pytest.mark.parametrize(
    ("arguments", "values"),
    [
        ({"drink": "Latte"}, {"drink": "latte"}),
        ({"drink": " latte ", "cups": "3"}, {"drink": "latte", "cups": 3}),
        ({"drink": "latte", "cups": 2.0}, {"cups": 2}),
        ({"drink": "latte", "cups": None}, {"cups": 1}),
        ({"drink": "latte", "note": 42}, {"note": "42"}),
        ({"drink": "latte", "note": "  hot "}, {"note": "hot"}),
    ],
)
def test_what_can_only_mean_one_thing_is_taken(arguments: dict[str, Any], values: dict[str, Any]) -> None:
    parsed = parse("order", arguments).values
    assert {key: parsed[key] for key in values} == values


@pytest.mark.parametrize("text", ["", "  ", "{}"])
def test_no_arguments(text: str) -> None:
    assert parse("menu", text).values == {}


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("oder", {}, "There is no tool 'oder'. Did you mean order?"),
        ("zzz", {}, "There is no tool 'zzz'. There are: order, menu, find."),
        ("order", "{drink: latte", "not valid JSON. It takes: drink, cups (optional), note (optional)"),
        ("order", '{"drink": "latte", "cups": NaN}', "not valid JSON"),
        ("order", "[1]", "must be a JSON object"),
        ("order", '"latte"', "must be a JSON object"),
        ("order", {}, "order needs 'drink'. Ask the caller."),
        ("order", {"drink": None}, "order needs 'drink'"),
        ("find", {"name": "  "}, "find needs 'name'"),
        ("order", {"drink": "latte", "cup": 1}, "no parameter 'cup'. Did you mean 'cups'?"),
        ("menu", {"x": 1}, "menu has no parameter 'x'. It takes: nothing."),
        ("order", {"drink": "water"}, "Parameter 'drink': must be one of: espresso, latte."),
        ("order", {"drink": "latte", "cups": "many"}, "Parameter 'cups': It should be a valid integer"),
        ("order", {"drink": "latte", "cups": 1.5}, "Parameter 'cups'"),
        ("find", {"name": ["a"]}, "Parameter 'name'"),
        ("find", '{"name": "' + "x" * 20_000 + '"}', "too long"),
        ("find", "[" * 9_000, "not valid JSON"),
    ],
)
def test_wrong_calls_are_explained_to_the_model(name: str, arguments: Any, message: str) -> None:
    with pytest.raises(ToolArgumentError) as caught:
        parse(name, arguments)
    assert message in str(caught.value)


def test_identity_sees_through_spelling_and_defaults() -> None:
    same = parse("order", {"drink": "latte", "note": "For  Ann."}).identity
    assert same == parse("order", {"note": "for ann", "cups": 1, "drink": "LATTE"}).identity
    assert same != parse("order", {"drink": "latte", "note": "for Bob"}).identity
    assert same != parse("order", {"drink": "latte", "note": "For Ann.", "cups": 2}).identity
    assert parse("menu", {}).identity != parse("find", {"name": "x"}).identity


def test_arguments_stay_out_of_logs() -> None:
    invocation = parse("find", {"name": "Mary Smith"})
    assert "Mary" not in repr(invocation)


@given(st.text(max_size=20), st.text(max_size=60))
def test_no_text_of_a_model_breaks_parsing(name: str, arguments: str) -> None:
    with contextlib.suppress(ToolArgumentError):
        parse(name, arguments)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_no_value_breaks_parsing(value: Any) -> None:
    with contextlib.suppress(ToolArgumentError):
        parse("order", {"drink": value, "cups": value})
