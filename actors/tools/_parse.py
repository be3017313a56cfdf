"""From the model's text to a checked invocation. Pure."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from typing import Any, NoReturn

import attrs
from pydantic import ValidationError

from actors.ports import LlmToolCall
from actors.tools._declare import Effect, Tool
from actors.tools._errors import ToolArgumentError
from actors.tools._schema import Parameter

__all__ = ["Invocation", "parse_call"]

_MAX_ARGUMENTS = 10_000  # characters; far more than any spoken request, far less than would hurt


@attrs.frozen
class Invocation:
    """A tool call that has been checked and may be run.

    ``arguments`` are JSON values (for display and the journal), ``values`` the same converted for the function,
    defaults filled in. Two invocations with equal ``identity`` ask for the same thing: the name and all arguments are
    equal but for case, spacing and final punctuation. ``repr`` leaves the arguments out: they may be about a patient.
    """

    call_id: str
    name: str
    arguments: Mapping[str, Any] = attrs.field(repr=False, eq=False)
    values: Mapping[str, Any] = attrs.field(repr=False, eq=False)
    identity: str = attrs.field(repr=False)
    effect: Effect
    timeout: float
    filler: str | None
    undoes: frozenset[str]


def parse_call(tools: Mapping[str, Tool], call: LlmToolCall) -> Invocation:
    """Check a model's call against the tools. Raises :class:`ToolArgumentError` with advice for the model."""
    name = call.name.strip()
    tool = tools.get(name)
    if tool is None:
        _refuse_name(name, tools)
    given = _read_json(tool, call.arguments)
    known = {parameter.name: parameter for parameter in tool.parameters}
    for extra in given:
        if extra not in known:
            close = difflib.get_close_matches(extra, known, n=1)
            hint = f" Did you mean '{close[0]}'?" if close else ""
            raise ToolArgumentError(f"{name} has no parameter '{extra[:40]}'.{hint} It takes: {_signature(tool)}.")
    missing = [p.name for p in tool.parameters if p.required and _absent(given.get(p.name))]
    if missing:
        raise ToolArgumentError(f"{name} needs {_quoted(missing)}. Ask the caller.")
    values = {p.name: _value(p, given) for p in tool.parameters}
    arguments = {p.name: p.adapter.dump_python(values[p.name], mode="json", warnings=False) for p in tool.parameters}
    return Invocation(
        call_id=call.id,
        name=name,
        arguments={key: value for key, value in arguments.items() if key in given},
        values=values,
        identity=f"{name} {json.dumps(_fold(arguments), sort_keys=True, ensure_ascii=False)}",
        effect=tool.effect,
        timeout=tool.timeout,
        filler=tool.filler,
        undoes=tool.undoes,
    )


def _refuse_name(name: str, tools: Mapping[str, Tool]) -> NoReturn:
    close = difflib.get_close_matches(name, tools, n=2, cutoff=0.5)
    hint = f" Did you mean {' or '.join(close)}?" if close else f" There are: {', '.join(tools)}."
    raise ToolArgumentError(f"There is no tool '{name[:40]}'.{hint}")


def _read_json(tool: Tool, text: str) -> dict[str, Any]:
    if len(text) > _MAX_ARGUMENTS:
        raise ToolArgumentError(f"The arguments of {tool.name} are too long.")
    try:
        given = json.loads(text, parse_constant=_refuse_constant) if text.strip() else {}
    except (ValueError, RecursionError):
        raise ToolArgumentError(
            f"The arguments of {tool.name} are not valid JSON. It takes: {_signature(tool)}."
        ) from None
    if not isinstance(given, dict):
        raise ToolArgumentError(f"The arguments of {tool.name} must be a JSON object with: {_signature(tool)}.")
    return given


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(constant)


def _absent(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _value(parameter: Parameter, given: Mapping[str, Any]) -> Any:
    value = given.get(parameter.name)
    if not parameter.required and value is None:
        return parameter.default
    if parameter.choices and isinstance(value, str):
        # Models change the case of a choice; what is meant is clear.
        value = next((c for c in parameter.choices if str(c).casefold() == value.strip().casefold()), value)
    try:
        return parameter.adapter.validate_python(value)
    except ValidationError as error:
        if parameter.choices:
            reason = f"must be one of: {', '.join(map(str, parameter.choices))}"
        else:
            reason = error.errors(include_url=False)[0]["msg"].replace("Input", "It")
        raise ToolArgumentError(f"Parameter '{parameter.name}': {reason}.") from None


def _fold(value: Any) -> Any:
    if isinstance(value, str):
        return " ".join(value.casefold().split()).rstrip(".!?, ")
    if isinstance(value, list):
        return [_fold(item) for item in value]
    if isinstance(value, dict):
        return {key: _fold(item) for key, item in value.items()}
    return value


def _signature(tool: Tool) -> str:
    return ", ".join(p.name if p.required else f"{p.name} (optional)" for p in tool.parameters) or "nothing"


def _quoted(names: list[str]) -> str:
    return " and ".join(f"'{name}'" for name in names)
