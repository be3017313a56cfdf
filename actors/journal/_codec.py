"""Frozen values to JSON and back, exactly. What a class looks like is read from its annotations, so that a new event,
effect or setting needs nothing here.

An attrs value is an object with its class's name under ``type`` and all of its fields; an enum is its value; a tuple or
a set is a list (sets in a fixed order). Fields that are missing take their default, so that a journal can still be read
when an event has got a further field; unknown ones are an error.
"""

from __future__ import annotations

import enum
import json
import types
from collections.abc import Callable
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs

from actors.errors import BargeinError

__all__ = ["JournalError", "decode", "encode"]

Decoder = Callable[[Any], Any]


class JournalError(BargeinError):
    """A journal cannot be read, or holds what this version does not know; the message says where and what to do."""


def encode(value: Any) -> Any:
    """``value`` as JSON values. TypeError for what is no attrs value, enum, collection or plain value."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, tuple | list):
        return [encode(each) for each in value]
    if isinstance(value, frozenset):
        return sorted(map(encode, value), key=lambda each: json.dumps(each, sort_keys=True))
    if isinstance(value, dict):
        return {str(key): encode(each) for key, each in value.items()}
    cls = type(value)
    if not attrs.has(cls):
        raise TypeError(f"{cls.__name__} has no place in a journal")
    return {"type": cls.__name__, **{field.name: encode(getattr(value, field.name)) for field in attrs.fields(cls)}}


def decode(kind: Any, data: Any) -> Any:
    """The value of type ``kind`` (a class, or a union of attrs classes) that :func:`encode` made ``data`` of.
    JournalError where ``data`` is no such value."""
    return _decoder(kind)(data)


@cache
def _decoder(kind: Any) -> Decoder:
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any or origin is dict:
        return lambda data: data
    if origin in (Union, types.UnionType):
        return _union(arguments)
    if origin in (tuple, frozenset):
        return _collection(origin, _decoder(arguments[0]))
    if isinstance(kind, type) and attrs.has(kind):
        return _attrs(kind)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return _enum(kind)
    if origin is not None:  # Literal
        return _literal(arguments)
    return _plain(kind)


def _plain(kind: Any) -> Decoder:
    def plain(data: Any) -> Any:
        if kind is float and isinstance(data, int) and not isinstance(data, bool):
            return float(data)
        if type(data) is not kind:
            raise JournalError(f"{data!r} is not {kind.__name__}")
        return data

    return plain


def _literal(options: tuple[Any, ...]) -> Decoder:
    def literal(data: Any) -> Any:
        if data not in options:
            raise JournalError(f"{data!r} is not one of {', '.join(map(repr, options))}")
        return data

    return literal


def _enum(kind: type[enum.Enum]) -> Decoder:
    def member(data: Any) -> Any:
        try:
            return kind(data)
        except ValueError:
            raise JournalError(f"{data!r} is no {kind.__name__}") from None

    return member


def _collection(kind: Any, each: Decoder) -> Decoder:
    def collection(data: Any) -> Any:
        if not isinstance(data, list):
            raise JournalError(f"{data!r} is not a list")
        return kind(map(each, data))

    return collection


def _union(options: tuple[Any, ...]) -> Decoder:
    by_name = {option.__name__: option for option in options if isinstance(option, type) and attrs.has(option)}
    plain = [option for option in options if option is not type(None) and option not in by_name.values()]

    def union(data: Any) -> Any:
        if data is None and type(None) in options:
            return None
        if isinstance(data, dict) and by_name:
            name = data.get("type")
            if name not in by_name:
                raise JournalError(f"{name!r} is not known here")
            return _decoder(by_name[name])(data)
        if len(plain) != 1:
            raise JournalError(f"{data!r} is not what belongs here")
        return _decoder(plain[0])(data)

    return union


def _attrs(kind: Any) -> Decoder:
    hints = get_type_hints(kind)
    fields = attrs.fields_dict(kind)

    def make(data: Any) -> Any:
        if not isinstance(data, dict) or data.get("type") != kind.__name__:
            raise JournalError(f"{data!r} is no {kind.__name__}")
        unknown = data.keys() - fields.keys() - {"type"}
        if unknown:
            raise JournalError(f"{kind.__name__} has no field {', '.join(sorted(unknown))} in this version")
        given = {name: _decoder(hints[name])(data[name]) for name in fields if name in data}
        try:
            return kind(**given)
        except (TypeError, ValueError) as error:
            raise JournalError(f"{kind.__name__}: {error}") from None

    return make
