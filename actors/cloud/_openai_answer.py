"""One answer as it streams in: chunks, as plain dictionaries, to text, whole function calls and an end. What is wrong
with it is said here."""

from __future__ import annotations

from typing import Any, Self

import trio

from actors.cloud._fragments import CallAssembler
from actors.cloud._loops import goes_round
from actors.cloud._tool_text import TextCall, ToolTextParser
from actors.errors import EngineBadReply, EngineTimeout
from actors.ports import LlmDelta, LlmFinished, LlmText, LlmToolCall

__all__ = ["Answer"]

_REASONS = {"stop", "tool_calls", "length", "content_filter"}


class Answer:
    """The deltas of one answer. An iterator and no generator: nothing is left running when it is dropped half read."""

    def __init__(
        self, engine: str, response: Any, deadline: float, between_tokens: float, *, small_model: bool
    ) -> None:
        from actors.cloud._openai_errors import FAILURES, translated

        self._failures, self._translated = FAILURES, translated
        self._engine, self._chunks = engine, aiter(response)
        self._deadline, self._between_tokens = deadline, between_tokens
        self._calls = CallAssembler()
        self._text_calls = ToolTextParser() if small_model else None
        self._said, self._called = "", 0
        self._reason, self._usage = "", (0, 0)
        self._ready: list[LlmDelta] = []
        self._begun = self._ended = self._refused = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> LlmDelta:
        while not self._ready:
            if self._ended:
                raise StopAsyncIteration
            await self._read()
        return self._ready.pop(0)

    async def _read(self) -> None:
        try:
            with trio.fail_at(self._deadline if not self._begun else trio.current_time() + self._between_tokens):
                chunk = await anext(self._chunks)
        except StopAsyncIteration:
            self._finish()
            return
        except trio.TooSlowError:
            raise EngineTimeout(self._engine, "no token in time") from None
        except self._failures as error:
            raise self._translated(self._engine, error) from None
        try:
            self._take(chunk)
        except (AttributeError, TypeError, LookupError):  # nobody checked what it holds
            raise EngineBadReply(self._engine, "a chunk is not what the protocol allows") from None

    def _take(self, chunk: Any) -> None:
        if (usage := chunk.get("usage")) is not None:
            self._usage = (usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0)
        if not (choices := chunk.get("choices")):
            return
        choice = choices[0]
        if (delta := choice.get("delta")) is not None:
            text, refusal = _text(delta.get("content")), _text(delta.get("refusal"))
            calls = delta.get("tool_calls") or ()
            self._begun = self._begun or bool(text or refusal or calls)
            self._take_text(text)
            self._take_refusal(refusal)
            for part in calls:
                function = part.get("function") or {}
                self._add_call(
                    self._calls.add(
                        part.get("index"), part.get("id"), _text(function.get("name")), _text(function.get("arguments"))
                    )
                )
        if reason := _text(choice.get("finish_reason")):
            self._reason = reason

    def _take_text(self, text: str) -> None:
        if not text:
            return
        for part in self._text_calls.feed(text) if self._text_calls else (text,):
            self._add_text(part)
        if self._text_calls is not None and goes_round(self._said):
            self._reason = "length"
            self._finish()

    def _take_refusal(self, text: str) -> None:
        if text:
            self._refused = True
            self._add_text(text)

    def _add_text(self, part: str | TextCall) -> None:
        if isinstance(part, TextCall):
            self._add_call(LlmToolCall(f"text_{self._called + 1}", part.name or "", part.arguments))
        else:
            self._said += part
            self._ready.append(LlmText(part))

    def _add_call(self, call: LlmToolCall | None) -> None:
        if call is None:
            return
        if not call.name:
            raise EngineBadReply(self._engine, "a function call without a name")
        self._called += 1
        self._ready.append(call)

    def _finish(self) -> None:
        self._ended = True
        for part in self._text_calls.finish() if self._text_calls else ():
            self._add_text(part)
        self._add_call(self._calls.finish(cut_off=self._reason in ("length", "content_filter")))
        if not self._reason:
            raise EngineBadReply(self._engine, "the answer broke off")
        reason = "tool_calls" if self._called and self._reason == "stop" else self._reason
        if self._refused and reason == "stop":
            reason = "content_filter"
        self._ready.append(LlmFinished(reason if reason in _REASONS else "stop", *self._usage))


def _text(value: Any) -> str:
    """Text that may be missing. TypeError for anything else."""
    if value is None or isinstance(value, str):
        return value or ""
    raise TypeError(f"{type(value).__name__} instead of text")
