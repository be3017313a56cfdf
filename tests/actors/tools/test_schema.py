"""From signatures and docstrings to schemas."""

from __future__ import annotations

import datetime as dt
import enum
import json
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.errors import ConfigurationError
from actors.ports import LlmToolCall
from actors.tools import Injected, Toolbox, ToolContext, find_tool, tool


class Size(enum.Enum):
    SMALL = "small"
    LARGE = "large"


class Records: ...


@tool(effect="commit", timeout=2.5, filler="One moment.", undoes=("refund",))
def everything(
    text: str,
    ctx: ToolContext,
    store: Injected[Records],
    count: int,
    day: dt.date,
    at: dt.time = dt.time(9),
    price: float = 1.5,
    hot: bool = False,
    kind: Literal["tea", "coffee"] = "tea",
    size: Size = Size.SMALL,
    extras: list[str] | None = None,
) -> dict[str, Any]:
    """Order a drink
    in one go.

    Args:
        text: What to write
            on the cup.
        kind: The kind.

    Returns:
        For readers of the code only.
    """
    return {}


def test_the_whole_schema() -> None:
    declared = find_tool(everything)
    assert declared is not None
    spec = declared.spec()
    assert spec.name == "everything"
    assert spec.description == "Order a drink in one go."
    assert spec.parameters == {
        "type": "object",
        "properties": {
            "text": {"type": "string", "description": "What to write on the cup."},
            "count": {"type": "integer"},
            "day": {"type": "string", "format": "date"},
            "at": {"type": "string", "format": "time"},
            "price": {"type": "number"},
            "hot": {"type": "boolean"},
            "kind": {"type": "string", "enum": ["tea", "coffee"], "description": "The kind."},
            "size": {"type": "string", "enum": ["small", "large"]},
            "extras": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["text", "count", "day"],
        "additionalProperties": False,
    }
    assert (declared.effect, declared.timeout, declared.filler, declared.undoes) == (
        "commit",
        2.5,
        "One moment.",
        frozenset({"refund"}),
    )


def test_the_function_stays_what_it_was() -> None:
    assert everything.__name__ == "everything"
    assert everything("a", None, None, 1, dt.date(2026, 1, 1)) == {}  # type: ignore[arg-type]


def _no_docstring(text: str) -> None: ...


def _untyped(text) -> None:  # type: ignore[no-untyped-def]
    """Do it."""


def _star(*texts: str) -> None:
    """Do it."""


def _mapping(text: dict[str, str]) -> None:
    """Do it."""


def _union(text: str | int) -> None:
    """Do it."""


def _mixed(text: Literal["a", 1]) -> None:
    """Do it."""


def _moment(text: dt.datetime) -> None:
    """Do it."""


def _unknown(text: Nowhere) -> None:  # type: ignore[name-defined]  # noqa: F821
    """Do it."""


def _misnamed(text: str) -> None:
    """Do it.

    Args:
        words: What?
    """


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (_no_docstring, "needs a docstring"),
        (_untyped, "'text' needs a type"),
        (_star, "give each parameter a name"),
        (_mapping, r"'text': the type dict\[str, str\] cannot be shown"),
        (_union, "a union of several types"),
        (_mixed, "a choice between anything but"),
        (_moment, "datetime"),
        (_unknown, "'Nowhere' is not known"),
        (_misnamed, "describes 'words'"),
    ],
)
def test_what_cannot_be_shown_to_a_model_is_refused_at_once(function: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        tool(effect="read")(function)


def test_effect_and_timeout_are_checked() -> None:
    with pytest.raises(ConfigurationError, match="effect must be"):
        tool(effect="write")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="timeout must be"):
        tool(effect="read", timeout=0)


def test_a_resolver_takes_no_arguments_of_the_model() -> None:
    def resolver(key: str) -> None: ...

    with pytest.raises(ConfigurationError, match="only injected parameters"):

        @tool(effect="commit", resolve=resolver)
        def pay(amount: int) -> None:
            """Pay."""


@tool(effect="read")
def echo(
    word: str, number: int, share: float, yes: bool, day: dt.date, at: dt.time, kind: Literal["x", "y"], size: Size
) -> None:
    """Say it."""


@given(
    st.fixed_dictionaries(
        {
            "word": st.text(st.characters(categories=["L", "N"]), min_size=1),
            "number": st.integers(-(2**53), 2**53),
            "share": st.floats(allow_nan=False, allow_infinity=False),
            "yes": st.booleans(),
            "day": st.dates().map(str),
            "at": st.times().map(lambda t: t.replace(fold=0, microsecond=0).isoformat()),
            "kind": st.sampled_from(["x", "y"]),
            "size": st.sampled_from(["small", "large"]),
        }
    )
)
def test_what_the_schema_allows_is_taken_and_given_back_the_same(arguments: dict[str, Any]) -> None:
    """Any value of the stated JSON type passes, converts to the annotated type, and reads back as it was given."""
    declared = find_tool(echo)
    assert declared is not None
    invocation = Toolbox([declared]).parse(LlmToolCall("1", "echo", json.dumps(arguments)))
    assert invocation.arguments == arguments
    assert isinstance(invocation.values["day"], dt.date)
    assert invocation.values["size"] in Size
