"""Function calls that a model wrote into its text: ``<tool_call>{"name": ..., "arguments": {...}}</tool_call>``. Pure.

A server usually turns these into proper calls. Where it misses one, none of it may be spoken. The split of the text
into pieces never changes what comes out: text is held back only while it may be the beginning of the tag.
"""

from __future__ import annotations

import json

import attrs

__all__ = ["TextCall", "ToolTextParser"]

_OPEN, _CLOSE = "<tool_call>", "</tool_call>"
_DECODER = json.JSONDecoder()


@attrs.frozen
class TextCall:
    """A call found in text. ``name`` is None where it could not be read; ``arguments`` is JSON text, as written."""

    name: str | None
    arguments: str


class ToolTextParser:
    """``feed`` pieces of text, then ``finish``: what is to be spoken and the calls, in order."""

    def __init__(self) -> None:
        self._held = ""
        self._inside = False

    def feed(self, text: str) -> list[str | TextCall]:
        self._held += text
        out: list[str | TextCall] = []
        while True:
            tag = _CLOSE if self._inside else _OPEN
            at = self._held.find(tag)
            if at < 0:
                break
            self._emit(out, self._held[:at])
            self._held = self._held[at + len(tag) :]
            self._inside = not self._inside
        if not self._inside:
            keep = _overlap(self._held, _OPEN)
            self._emit(out, self._held[: len(self._held) - keep])
            self._held = self._held[len(self._held) - keep :]
        return out

    def finish(self) -> list[str | TextCall]:
        """What was held back; a call that was never closed counts as closed here."""
        out: list[str | TextCall] = []
        if self._held or self._inside:
            self._emit(out, self._held)
        self._held, self._inside = "", False
        return out

    def _emit(self, out: list[str | TextCall], text: str) -> None:
        if self._inside:
            out.append(parse_call(text))
        elif text:
            out.append(text)


def parse_call(text: str) -> TextCall:
    """A call from the text between the tags, as far as it can be read. Arguments that are broken stay as they are:
    the toolbox says what is wrong with them, and the model may try again."""
    body = text.strip()
    try:
        value, _ = _DECODER.raw_decode(body)
    except ValueError:
        return _broken_call(body)
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        return TextCall(None, "{}")
    arguments = value.get("arguments", value.get("parameters", {}))
    return TextCall(value["name"], arguments if isinstance(arguments, str) else json.dumps(arguments))


def _broken_call(body: str) -> TextCall:
    """What can be saved: the name, if that much is sound."""
    try:
        name, end = _DECODER.raw_decode(body, body.index('"name"') + len('"name"') + _blanks(body))
    except (ValueError, IndexError):
        return TextCall(None, "{}")
    rest = body[end:].partition('"arguments"')[2].lstrip(" :")
    return TextCall(name if isinstance(name, str) else None, rest or "{}")


def _blanks(body: str) -> int:
    """Characters between a key and its value: colon and blanks."""
    after = body[body.index('"name"') + len('"name"') :]
    return len(after) - len(after.lstrip(" :"))


def _overlap(text: str, tag: str) -> int:
    """How many characters at the end of ``text`` may be the beginning of ``tag``."""
    return next((n for n in range(min(len(text), len(tag) - 1), 0, -1) if tag.startswith(text[-n:])), 0)
