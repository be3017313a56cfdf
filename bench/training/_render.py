"""From a dialogue to the text that the model reads, exactly as the served chat template renders it. Pure.

``actors/local/data/receptionist.jinja`` does the same within llama.cpp; a test holds the two together, token by token.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

from bench.training._talk import Dialogue, Line

__all__ = ["CALL_WEIGHT", "messages", "segments", "text", "tools"]

#: how much a token of a call counts in the loss beside one of the agent's words: which of several wordings the program
#: drew cannot be learnt, a call is right or wrong
CALL_WEIGHT: Final = 3
_END: Final = "<|im_end|>"


def segments(dialogue: Dialogue) -> Iterator[tuple[str, int]]:
    """Pieces of the text in order, and how much each counts in the loss: 0 where the model only reads.

    Pieces end where the tokenizer would part the text anyway: before an answer, after its end mark.
    """
    listed = ", ".join(f"{name}({', '.join(parameters)})" for name, parameters in dialogue.tools)
    known = f"<|im_start|>system\n{dialogue.system}{'Tools: ' + listed if listed else ''}{_END}\n"
    for line in dialogue.lines:
        if line.role != "assistant":
            content = f"<tool_response>{line.text}</tool_response>" if line.role == "tool" else line.text
            known += f"<|im_start|>user\n{content}{_END}\n"
            continue
        known += "<|im_start|>assistant\n"
        answer = _answer(line)
        if line.calls and line.text:  # the filler was heard, not written by the model
            known, answer = known + line.text, answer.removeprefix(line.text)
        if line.learn:
            yield known, 0
            yield answer + _END, CALL_WEIGHT if line.calls else 1
            known = "\n"
        else:
            known += answer + _END + "\n"
    if known.strip():
        yield known, 0


def text(dialogue: Dialogue) -> str:
    """The whole text."""
    return "".join(piece for piece, _ in segments(dialogue))


def _answer(line: Line) -> str:
    calls = "".join(
        f'<tool_call>{{"name": "{call.name}", "arguments": {json.dumps(dict(call.arguments), ensure_ascii=False)}}}'
        "</tool_call>"
        for call in line.calls
    )
    return f"{line.text} {calls}" if line.text and calls else line.text or calls


def messages(dialogue: Dialogue, lines: Sequence[Line] | None = None) -> list[dict[str, object]]:
    """The conversation as the OpenAI protocol has it."""
    found: list[dict[str, object]] = [{"role": "system", "content": dialogue.system}]
    for at, line in enumerate(dialogue.lines if lines is None else lines):
        message: dict[str, object] = {"role": line.role, "content": line.text}
        if line.calls:
            message["content"] = line.text or None
            message["tool_calls"] = [
                {
                    "id": f"call-{at}-{number}",
                    "type": "function",
                    "function": {"name": call.name, "arguments": json.dumps(dict(call.arguments), ensure_ascii=False)},
                }
                for number, call in enumerate(line.calls)
            ]
        if line.role == "tool":
            message["tool_call_id"] = f"call-{at - 1}-0"
        found.append(message)
    return found


def tools(dialogue: Dialogue) -> list[dict[str, object]]:
    """The functions as the OpenAI protocol has them; every parameter is a string."""
    found: list[dict[str, object]] = []
    for name, parameters in dialogue.tools:
        properties = {parameter.rstrip("?"): {"type": "string"} for parameter in parameters}
        required = [parameter for parameter in parameters if not parameter.endswith("?")]
        schema = {"type": "object", "properties": properties, "required": required}
        found.append({"type": "function", "function": {"name": name, "description": "", "parameters": schema}})
    return found
