"""Example calls of every function, written from the tools' schemas alone. Pure.

A model that guesses ahead looks its guesses up in what it has read (see ``draft`` in
:class:`actors.local.llama.LlamaSpec`). Most of a function call is boilerplate, the same for every caller: having read
it once, it guesses it for the first.
"""

from __future__ import annotations

import json

import attrs

from actors.ports import LlmMessage, LlmRequest, LlmToolCall, ToolSpec

__all__ = ["with_examples"]


def with_examples(request: LlmRequest) -> LlmRequest | None:
    """``request``'s own beginning, then one call of each of its tools, with all parameters; each parameter's name
    stands for its value. None where it has no tools, or no message to begin with."""
    if not request.tools or not request.messages:
        return None
    messages = list(request.messages[:1])
    for number, tool in enumerate(request.tools):
        call = LlmToolCall(f"example_{number}", tool.name, json.dumps({name: name for name in _parameters(tool)}))
        messages += [
            LlmMessage("user", "Yes."),
            LlmMessage("assistant", "", (call,)),
            LlmMessage("tool", "{}", tool_call_id=call.id),
        ]
    return attrs.evolve(request, messages=tuple(messages), max_tokens=1)


def _parameters(tool: ToolSpec) -> list[str]:
    return list(tool.parameters.get("properties", {}))
