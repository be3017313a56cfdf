"""OpenAI's chat completions as JSON, and back. Pure.

A request becomes an :class:`~actors.ports.LlmRequest`; deltas become the chunks of a stream, function calls in
fragments as OpenAI sends them, or one whole answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from actors.ports import LlmDelta, LlmFinished, LlmMessage, LlmRequest, LlmText, LlmToolCall, ToolSpec

__all__ = ["BadRequest", "ChatStream", "chat_answer", "chat_request", "error_body"]

_ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant", "tool": "tool"}
_FRAGMENT = 12  # characters of a call's arguments at a time
_MOST_TOKENS = 4096


class BadRequest(ValueError):
    """The request is not what the protocol allows; ``param`` names what is wrong."""

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.param = param


def error_body(message: str, *, code: str | None, type_: str, param: str | None = None) -> dict[str, Any]:
    """An error as the protocol words it."""
    return {"error": {"message": message, "type": type_, "param": param, "code": code}}


def chat_request(body: Mapping[str, Any]) -> LlmRequest:
    """What is asked for. BadRequest says what is wrong with it."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise BadRequest("'messages' must be a list that is not empty", "messages")
    limit = body.get("max_completion_tokens", body.get("max_tokens"))
    temperature = body.get("temperature")
    if limit is not None and (not isinstance(limit, int) or isinstance(limit, bool) or limit < 1):
        raise BadRequest("the limit of tokens must be a positive integer", "max_tokens")
    if temperature is not None and not isinstance(temperature, int | float):
        raise BadRequest("'temperature' must be a number", "temperature")
    tools = body.get("tools") or []
    if not isinstance(tools, list):
        raise BadRequest("'tools' must be a list", "tools")
    return LlmRequest(
        tuple(_message(i, message) for i, message in enumerate(messages)),
        tuple(_tool(i, tool) for i, tool in enumerate(tools)),
        max_tokens=limit or _MOST_TOKENS,
        temperature=float(temperature if temperature is not None else 1.0),
    )


def _message(index: int, value: Any) -> LlmMessage:
    where = f"messages[{index}]"
    if not isinstance(value, dict) or not isinstance(value.get("role"), str):
        raise BadRequest(f"'{where}' needs a role", where)
    if value["role"] not in _ROLES:
        raise BadRequest(f"'{where}.role' must be one of {', '.join(_ROLES)}", where)
    content = value.get("content")
    if isinstance(content, list):  # parts
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    if content is not None and not isinstance(content, str):
        raise BadRequest(f"'{where}.content' must be text", where)
    try:
        calls = tuple(
            LlmToolCall(_text(call["id"]), _text(call["function"]["name"]), _text(call["function"]["arguments"]))
            for call in value.get("tool_calls") or ()
        )
        result_of = value.get("tool_call_id")
        answered = _text(result_of) if result_of is not None else None
    except (KeyError, TypeError):
        raise BadRequest(f"'{where}.tool_calls' is not what the protocol allows", where) from None
    return LlmMessage(_ROLES[value["role"]], content or "", calls, answered)  # type: ignore[arg-type]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _tool(index: int, value: Any) -> ToolSpec:
    try:
        function = value["function"]
        parameters = function.get("parameters") or {}
        if not isinstance(parameters, dict):
            raise TypeError
        return ToolSpec(_text(function["name"]), _text(function.get("description") or ""), parameters)
    except (KeyError, TypeError, AttributeError):
        raise BadRequest(f"'tools[{index}]' is not a function", f"tools[{index}]") from None


@attrs.define
class ChatStream:
    """Deltas to chunks, for one answer. ``usage``: whether the client asked for a last chunk with the tokens used."""

    id: str
    model: str
    created: int
    usage: bool = False
    _calls: int = 0
    _finished: LlmFinished | None = None

    def begin(self) -> dict[str, Any]:
        """The first chunk: who speaks."""
        return self._chunk({"role": "assistant", "content": ""})

    def chunks(self, delta: LlmDelta) -> Iterable[dict[str, Any]]:
        match delta:
            case LlmText(text):
                yield self._chunk({"content": text})
            case LlmToolCall(id, name, arguments):
                index, self._calls = self._calls, self._calls + 1
                head = {"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": ""}}
                yield self._chunk({"tool_calls": [head]})
                for at in range(0, len(arguments), _FRAGMENT):
                    part = {"index": index, "function": {"arguments": arguments[at : at + _FRAGMENT]}}
                    yield self._chunk({"tool_calls": [part]})
            case LlmFinished():
                self._finished = delta
                yield self._chunk({}, "tool_calls" if self._calls and delta.reason == "stop" else delta.reason)
                if self.usage:
                    yield self._frame([]) | {"usage": _usage(delta)}

    def _chunk(self, delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
        return self._frame([{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}])

    def _frame(self, choices: list[Any]) -> dict[str, Any]:
        frame = {"id": self.id, "object": "chat.completion.chunk", "created": self.created, "model": self.model}
        return frame | {"choices": choices} | ({"usage": None} if self.usage else {})


def chat_answer(id: str, model: str, created: int, deltas: Iterable[LlmDelta]) -> dict[str, Any]:  # noqa: A002
    """A whole answer that is not streamed."""
    text, calls, finished = "", [], LlmFinished("stop")
    for delta in deltas:
        match delta:
            case LlmText():
                text += delta.text
            case LlmToolCall():
                function = {"name": delta.name, "arguments": delta.arguments}
                calls.append({"id": delta.id, "type": "function", "function": function})
            case LlmFinished():
                finished = delta
    message = {"role": "assistant", "content": text or None, "refusal": None} | ({"tool_calls": calls} if calls else {})
    reason = "tool_calls" if calls and finished.reason == "stop" else finished.reason
    return {
        "id": id,
        "object": "chat.completion",
        "created": created,
        "model": model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": reason}],
        "usage": _usage(finished),
    }


def _usage(finished: LlmFinished) -> dict[str, int]:
    tokens = {"prompt_tokens": finished.prompt_tokens, "completion_tokens": finished.completion_tokens}
    return tokens | {"total_tokens": sum(tokens.values())}
