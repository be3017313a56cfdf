"""Events and effects in a few plain words. Read from the values themselves, so that a new one needs nothing here."""

from __future__ import annotations

import enum
import re
from typing import Any

import attrs

from statechart import Effect, Event

__all__ = ["plain"]

_NUMBERING = frozenset({"turn", "attempt", "serial", "segment", "pause", "key", "voiced_ms", "announce", "announced"})


def plain(value: Event | Effect) -> str:
    """``TimerFired(Timer.IDLE, 3)`` is "timer fired: idle". Numbers of turns, segments and timers are left out."""
    cls: Any = type(value)
    name = re.sub(r"(?<!^)(?=[A-Z])", " ", cls.__name__).lower()
    details = [
        _detail(field.name, here)
        for field in attrs.fields(cls)
        if field.name not in _NUMBERING
        and (here := getattr(value, field.name)) != field.default
        and here not in (None, False, "", ())
    ]
    return f"{name}: {', '.join(details)}" if details else name


def _detail(name: str, value: Any) -> str:
    if value is True:
        return name
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, str):
        return f"“{value}”" if name != "reason" else value
    if name.endswith("_ms"):
        what = name.removesuffix("_ms").replace("_", " ")
        return f"{value} ms" if what == "after" else f"{what} {value} ms"
    return f"{name} {value}"
