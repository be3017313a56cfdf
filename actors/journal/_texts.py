"""Which parts of the chart's values hold what people say, and how to give them other texts."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import attrs

from statechart import Settings, words

__all__ = ["same_decisions", "with_json_texts", "with_texts"]

#: Fields of text that hold no words of anybody's. What is not named here is taken for personal.
_OPEN = frozenset({"key", "reason", "announce", "announced", "closing", "ends"})


def with_texts(value: Any, change: Callable[[str], str]) -> Any:
    """A frozen value of the chart (event, effect, snapshot, or a tuple of these) with ``change`` made to every text in
    it that people may have said."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, tuple):
        return tuple(with_texts(each, change) for each in value)
    if not attrs.has(type(value)) or isinstance(value, Settings):
        return value
    changed = {}
    for field in attrs.fields(type(value)):
        before = getattr(value, field.name)
        if field.name in _OPEN or not (isinstance(before, str | tuple) or attrs.has(type(before))):
            continue
        after = with_texts(before, change)
        if after is not before:
            changed[field.name] = after
    return attrs.evolve(value, **changed) if changed else value


def same_decisions(one: Any, other: Any) -> bool:
    """Whether two values of the chart are the same but for the words in them; a text without words is like none."""
    return bool(with_texts(one, _any_words) == with_texts(other, _any_words))


def _any_words(text: str) -> str:
    return "…" if words(text) else ""


def with_json_texts(value: Any, change: Callable[[str], str]) -> Any:
    """JSON values with ``change`` made to all text and numbers in them, fractions dropped; keys that look like
    the names of fields stay."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, bool) or value is None or (isinstance(value, float) and not math.isfinite(value)):
        return value
    if isinstance(value, int | float):
        return int(change(str(int(value))))
    if isinstance(value, list | tuple):
        return [with_json_texts(each, change) for each in value]
    if isinstance(value, dict):
        return {k if _is_name(k) else change(k): with_json_texts(each, change) for k, each in value.items()}
    return change(str(value))


def _is_name(key: str) -> bool:
    """Whether a key is a field's name rather than data."""
    return key.isidentifier() and key.islower()
