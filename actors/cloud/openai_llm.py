"""Any language model that speaks OpenAI's chat completions: OpenAI, Azure's v1 address, vLLM, Ollama, llama.cpp.

The official SDK on trio (:mod:`actors.cloud._openai_client`): leaving an answer closes its connection, which is what
makes the server stop generating.

What comes of an answer that is not as it should be:

- no token in time, at first or between two: EngineTimeout. Chunks without choices or content count for nothing;
- text and function calls mixed, several calls at once: each in its place; a call comes whole, after its last fragment;
- arguments that are no JSON: passed on as written; the toolbox says what is wrong, and the model may try again;
- cut off by the limit (reason "length") or a filter ("content_filter"): what came before stands; a call that was
  under way is dropped unless its arguments are whole, since half a call is not what the model asked for;
- a refusal: its words are the answer, with the reason "content_filter";
- a call without a name, a chunk that is none, a stream that ends without a reason: EngineBadReply;
- an error within the stream: EngineOverloaded or EngineUnavailable.

Tried against :mod:`actors.cloud.servers.openai` and llama.cpp; never against OpenAI, Azure, vLLM or Ollama.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import trio

from actors.cloud._openai_answer import Answer
from actors.cloud._openai_client import CLOSE_TIMEOUT, OpenAiClient
from actors.errors import EngineTimeout
from actors.ports import LlmDelta, LlmMessage, LlmRequest

__all__ = ["OpenAiLlm"]


class OpenAiLlm(OpenAiClient):
    """A client with its own connections; an async context manager, or ``aclose`` it.

    ``base_url`` ends in /v1 as a rule, None is OpenAI's. ``first_token`` and ``between_tokens`` are deadlines in
    seconds; passing one raises EngineTimeout. ``max_tokens`` bounds every answer, whatever the request allows.
    ``small_model`` guards against what small models do: function calls written as text, and answers that go round in
    circles (ended with reason "length"). ``extra_body`` is added to every request. An idle connection is kept for
    ``keep_idle`` seconds, which must be less than the server keeps it. The key appears in no error, log or repr.
    """

    def __init__(
        self,
        *,
        base_url: str | None,
        api_key: str | None,
        model: str,
        name: str = "openai",
        first_token: float = 15.0,
        between_tokens: float = 10.0,
        max_tokens: int | None = None,
        small_model: bool = False,
        extra_body: Mapping[str, Any] | None = None,
        keep_idle: float = 120.0,
        transport: Any = None,
    ) -> None:
        super().__init__(name, base_url=base_url, api_key=api_key, keep_idle=keep_idle, transport=transport)
        self.model = model
        self._first_token, self._between_tokens = first_token, between_tokens
        self._max_tokens, self._small_model = max_tokens, small_model
        self._extra_body = dict(extra_body or {})
        import openai  # super() has told if it is missing

        self._stream_type = openai.AsyncStream[object]  # of chunks as plain dictionaries
        host = urlsplit(str(self._client.base_url)).hostname or ""
        official = host == "api.openai.com" or host.endswith((".openai.azure.com", ".services.ai.azure.com"))
        self._limit_name = "max_completion_tokens" if official else "max_tokens"
        self._unwanted: set[str] = set()  # parameters that this model was found not to take

    async def list_models(self) -> list[str]:
        """The names of the models that the server offers, none where it has no such list; also shows that it takes the
        key, and warms a connection up. Raises like ``stream``."""
        import openai

        from actors.cloud._openai_errors import FAILURES, translated

        try:
            with trio.fail_after(self._first_token):
                page = await self._client.models.list()
        except trio.TooSlowError:
            raise EngineTimeout(self.name, "no answer in time") from None
        except openai.NotFoundError:
            return []
        except FAILURES as error:
            raise translated(self.name, error) from None
        return [model.id for model in page.data or ()]

    def stream(
        self, request: LlmRequest, *, extra_body: Mapping[str, Any] | None = None
    ) -> AbstractAsyncContextManager[AsyncIterator[LlmDelta]]:
        """See :class:`actors.ports.Llm`. Entering sends the request and waits for the answer's head. ``extra_body`` is
        added to this request alone.

        Raises EngineRefused, EngineOverloaded, EngineTimeout, EngineUnavailable, EngineBadReply.
        """
        return self._answer(request, {**self._extra_body, **(extra_body or {})})

    @asynccontextmanager
    async def _answer(self, request: LlmRequest, extra_body: dict[str, Any]) -> AsyncIterator[AsyncIterator[LlmDelta]]:
        deadline = trio.current_time() + self._first_token
        response = await self._open(request, extra_body, deadline)
        try:
            yield Answer(self.name, response, deadline, self._between_tokens, small_model=self._small_model)
        finally:
            with trio.move_on_after(CLOSE_TIMEOUT, shield=True):
                await response.close()

    async def _open(self, request: LlmRequest, extra_body: dict[str, Any], deadline: float) -> Any:
        import httpx2
        import openai

        from actors.cloud._openai_errors import FAILURES, translated

        again = True
        while True:
            try:
                with trio.fail_at(deadline):
                    return await self._client.post(
                        "/chat/completions",
                        body={**self._body(request), **extra_body},
                        cast_to=object,
                        stream=True,
                        stream_cls=self._stream_type,
                    )
            except trio.TooSlowError:
                raise EngineTimeout(self.name, "no first token in time") from None
            except openai.BadRequestError as error:
                # Reasoning models take no temperature, older servers no stream options; learnt once per client.
                unwanted = error.param if error.param in ("temperature", "stream_options") else None
                if unwanted is None or unwanted in self._unwanted:
                    raise translated(self.name, error) from None
                self._unwanted.add(unwanted)
            except FAILURES as error:
                # A kept connection that the server ended just then: nothing was answered, a new one may be.
                if again and isinstance(error.__cause__, httpx2.RemoteProtocolError):
                    again = False
                    continue
                raise translated(self.name, error) from None

    def _body(self, request: LlmRequest) -> dict[str, Any]:
        limit = min(request.max_tokens, self._max_tokens or request.max_tokens)
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [_message(message) for message in request.messages],
            "stream": True,
            "stream_options": {"include_usage": True},
            "temperature": request.temperature,
            self._limit_name: limit,
        }
        if request.tools:
            body["tools"] = [
                {
                    "type": "function",
                    "function": {"name": t.name, "description": t.description, "parameters": dict(t.parameters)},
                }
                for t in request.tools
            ]
        return {key: value for key, value in body.items() if key not in self._unwanted}


def _message(message: LlmMessage) -> dict[str, Any]:
    value: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        value["content"] = message.content or None
        value["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        value["tool_call_id"] = message.tool_call_id
    return value
