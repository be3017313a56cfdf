"""Streamed fragments of function calls, put together. Pure."""

from __future__ import annotations

import json

import attrs

from actors.ports import LlmToolCall

__all__ = ["CallAssembler"]


@attrs.define
class _Open:
    index: int
    id: str
    name: str
    arguments: list[str]


class CallAssembler:
    """Takes fragments as they come and returns calls that are whole.

    A call is whole when the next one begins or the stream ends. Calls are told apart by index, and by id where a server
    numbers them all 0. Missing ids are made up: unique within the stream.
    """

    def __init__(self) -> None:
        self._open: _Open | None = None
        self._count = 0

    def add(self, index: int | None, id: str | None, name: str | None, arguments: str | None) -> LlmToolCall | None:  # noqa: A002
        """One fragment; returns the call before it if this one begins another."""
        whole = None
        current = self._open
        index = index if index is not None else (current.index if current else 0)
        if current is None or index != current.index or (id and current.id and id != current.id):
            whole = self.finish()
            self._open = current = _Open(index, id or "", name or "", [])
        else:
            current.id = current.id or id or ""
            current.name = current.name or name or ""
        current.arguments.append(arguments or "")
        return whole

    def finish(self, *, cut_off: bool = False) -> LlmToolCall | None:
        """The call under way, if there is one: nothing more belongs to it. ``cut_off``: the stream was ended before the
        model was done; a call whose arguments are no whole JSON object is dropped then, as it is not what the model
        wanted to ask for."""
        current, self._open = self._open, None
        if current is None:
            return None
        arguments = "".join(current.arguments)
        if cut_off and not _is_object(arguments):
            return None
        self._count += 1
        return LlmToolCall(current.id or f"call_{self._count}", current.name, arguments or "{}")


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
