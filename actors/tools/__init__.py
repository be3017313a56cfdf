"""Functions that a model may call.

A tool is a plain typed function with a docstring; ``@tool(effect=...)`` says what running it does to the world. A
:class:`Toolbox` holds the tools of one call: it shows them to the model, checks what the model asks for, and runs it.

Map: ``_declare`` (the decorator and what it notes) · ``_schema`` (signature to JSON schema) · ``_parse`` (the model's
text to a checked :class:`Invocation`; pure) · ``_toolbox`` (threads, deadlines, outcomes) · ``_try`` (``run_tool``
for tests) · ``_errors``.
"""

from actors.tools._declare import Clock, Effect, Injected, Tool, ToolContext, find_tool, system_clock, tool
from actors.tools._errors import ToolArgumentError, ToolError, ToolOutcomeUnknown, ToolTimeout
from actors.tools._parse import Invocation
from actors.tools._toolbox import Resources, Toolbox
from actors.tools._try import run_tool

__all__ = [
    "Clock",
    "Effect",
    "Injected",
    "Invocation",
    "Resources",
    "Tool",
    "ToolArgumentError",
    "ToolContext",
    "ToolError",
    "ToolOutcomeUnknown",
    "ToolTimeout",
    "Toolbox",
    "find_tool",
    "run_tool",
    "system_clock",
    "tool",
]
