"""From a function's signature and docstring to what a model is shown, and to what checks the model's arguments.

Supported: str, int, float, bool, Literal, Enum (of strings or whole numbers), date, time, lists of these, and
``X | None``. pydantic does the checking and converting; the schema is written here, because models (small ones above
all) do better without the references, titles and nullable unions of a generated one.
"""

from __future__ import annotations

import datetime as dt
import enum
import inspect
import re
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs
from pydantic import ConfigDict, TypeAdapter

from actors.errors import ConfigurationError

__all__ = ["INJECTED", "Injection", "Parameter", "read_docstring", "read_signature", "schema_of"]


class _InjectedMark:
    """The mark inside ``Injected[X]``."""


INJECTED: Final = _InjectedMark()

_SCALARS: Final[Mapping[Any, Mapping[str, Any]]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    dt.date: {"type": "string", "format": "date"},
    dt.time: {"type": "string", "format": "time"},
}
# A model writes 4821 for "4821" and " Chen" for "Chen": what can only mean one thing is taken.
_CHECKING: Final = ConfigDict(coerce_numbers_to_str=True, str_strip_whitespace=True, allow_inf_nan=False)
_ARGUMENT_LINE = re.compile(r"^(\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)$")
_SECTIONS = frozenset(
    {"args:", "arguments:", "parameters:", "returns:", "raises:", "yields:", "example:", "examples:", "note:"}
)


@attrs.frozen
class Parameter:
    """A parameter that the model fills in. ``default`` counts only when it is not ``required``."""

    name: str
    schema: Mapping[str, Any] = attrs.field(eq=False)
    required: bool
    default: Any
    choices: tuple[Any, ...]  #: what a Literal or Enum allows, as JSON values; empty for other types
    adapter: TypeAdapter[Any] = attrs.field(eq=False, repr=False)


@attrs.frozen
class Injection:
    """A parameter that the toolbox fills in, found by its type."""

    name: str
    type: type[Any]


def schema_of(annotation: Any) -> dict[str, Any]:
    """The JSON schema of a supported type. Raises TypeError with the reason for any other."""
    if annotation in _SCALARS:
        return dict(_SCALARS[annotation])
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return _choice_schema(arguments)
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return _choice_schema(tuple(member.value for member in annotation))
    if origin in (typing.Union, types.UnionType):
        some = [argument for argument in arguments if argument is not type(None)]
        if len(some) == 1:
            return schema_of(some[0])
        raise TypeError("a union of several types")
    if origin is list and arguments:
        return {"type": "array", "items": schema_of(arguments[0])}
    raise TypeError(f"the type {inspect.formatannotation(annotation)}")


def read_signature(
    function: Callable[..., Any], context_type: type[Any], texts: Mapping[str, str]
) -> tuple[tuple[Parameter, ...], tuple[Injection, ...]]:
    """Split a function's parameters into those for the model and those to inject.

    ``texts`` describes the former. Raises :class:`ConfigurationError` naming the parameter that cannot be shown.
    """
    where = f"{function.__qualname__}()"
    try:
        hints = typing.get_type_hints(function, include_extras=True)
    except NameError as error:
        raise ConfigurationError(
            f"{where}: the annotation {error.name!r} is not known where the tool is declared"
        ) from error
    parameters: list[Parameter] = []
    injections: list[Injection] = []
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise ConfigurationError(f"{where}: {parameter} cannot be shown to a model; give each parameter a name")
        if name not in hints:
            raise ConfigurationError(f"{where}: parameter {name!r} needs a type")
        annotation = hints[name]
        if annotation is context_type:
            injections.append(Injection(name, context_type))
        elif INJECTED in getattr(annotation, "__metadata__", ()):
            injections.append(Injection(name, typing.get_args(annotation)[0]))
        else:
            parameters.append(_parameter(where, name, annotation, parameter.default, texts.get(name, "")))
    unknown = sorted(set(texts) - {p.name for p in parameters})
    if unknown:
        raise ConfigurationError(
            f"{where}: the docstring describes {unknown[0]!r}, which is not a parameter for the model"
        )
    return tuple(parameters), tuple(injections)


def read_docstring(text: str) -> tuple[str, dict[str, str]]:
    """Split a docstring into what is said about the function and about each parameter (its ``Args:`` section).

    Line breaks inside become spaces; other sections ("Returns:", ...) are for readers of the code and left out.
    """
    summary: list[str] = []
    arguments: dict[str, str] = {}
    section, last = "", ""
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.lower() in _SECTIONS:
            section, last = stripped.lower(), ""
        elif section and stripped and not line[0].isspace():
            section = ""  # back at the margin: the section is over
            summary.append(stripped)
        elif not section:
            summary.append(stripped)
        elif section in ("args:", "arguments:", "parameters:") and stripped:
            found = _ARGUMENT_LINE.match(stripped)
            if found:
                last = found[1]
                arguments[last] = found[2]
            elif last:
                arguments[last] = f"{arguments[last]} {stripped}".strip()
    return " ".join(" ".join(summary).split()), arguments


def _parameter(where: str, name: str, annotation: Any, default: Any, text: str) -> Parameter:
    try:
        schema = schema_of(annotation)
    except TypeError as error:
        raise ConfigurationError(
            f"{where}: parameter {name!r}: {error} cannot be shown to a model; use str, int, float, bool, date, time, "
            "Literal, an Enum, a list of these, or mark it Injected[...]"
        ) from None
    if text:
        schema["description"] = text
    required = default is inspect.Parameter.empty
    return Parameter(
        name=name,
        schema=schema,
        required=required,
        default=None if required else default,
        choices=tuple(schema.get("enum", ())),
        adapter=TypeAdapter(annotation, config=_CHECKING),
    )


def _choice_schema(values: tuple[Any, ...]) -> dict[str, Any]:
    if values and all(type(value) is str for value in values):
        return {"type": "string", "enum": list(values)}
    if values and all(type(value) is int for value in values):
        return {"type": "integer", "enum": list(values)}
    raise TypeError("a choice between anything but strings, or whole numbers,")
