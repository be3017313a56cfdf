"""The arguments of a function call as a model wrote them, and what their function says of them. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from actors.ports import LlmToolCall, ToolSpec

__all__ = ["arguments_of", "listed", "schema_of"]


def arguments_of(call: LlmToolCall) -> dict[str, Any] | None:
    """By name; None where they are no JSON object."""
    try:
        arguments = json.loads(call.arguments)
    except ValueError:
        return None
    return arguments if isinstance(arguments, dict) else None


def schema_of(name: str, tools: Sequence[ToolSpec]) -> dict[str, Any]:
    """The JSON schema of that function's parameters; empty if there is no such function."""
    return next((dict(tool.parameters) for tool in tools if tool.name == name), {})


def listed(name: str, tools: Sequence[ToolSpec]) -> set[str]:
    """The parameters of that function that take one of a fixed list."""
    properties = schema_of(name, tools).get("properties", {})
    return {parameter for parameter, schema in properties.items() if isinstance(schema, dict) and "enum" in schema}
