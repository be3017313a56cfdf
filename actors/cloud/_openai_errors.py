"""The OpenAI SDK's exceptions, and those of its transport, to the project's few errors.

The message is made here, from the status and the server's error code. What the server wrote is not repeated: it may
quote the key or the conversation.
"""

from __future__ import annotations

import json
import re
from typing import Any

import httpx2
import openai

from actors.errors import (
    EngineBadReply,
    EngineError,
    EngineOverloaded,
    EngineRefused,
    EngineTimeout,
    EngineUnavailable,
)

__all__ = ["FAILURES", "translated"]

#: What may come out of the SDK while a stream is opened or read.
FAILURES = (openai.OpenAIError, httpx2.HTTPError, httpx2.StreamError, json.JSONDecodeError, UnicodeDecodeError)

_CODE = re.compile(r"[a-z][a-z0-9_]{1,40}")
_WHY = {
    400: "the request is not accepted",
    401: "the API key is not accepted (check {whose}_API_KEY)",
    402: "the account has no credit",
    403: "the key may not use this model",
    404: "there is no such model or address (check the model's name and {whose}_BASE_URL)",
    413: "the request is too long",
    422: "the request is not accepted",
}


def translated(engine: str, error: BaseException) -> EngineError:
    """The project's error for one of :data:`FAILURES`."""
    match error:
        case openai.APITimeoutError() | httpx2.TimeoutException():
            return EngineTimeout(engine, "no answer in time")
        case openai.APIConnectionError() | httpx2.TransportError() if not isinstance(error, httpx2.DecodingError):
            return EngineUnavailable(engine, "the server cannot be reached or broke the connection off")
        case openai.APIStatusError():
            return _from_status(engine, error)
        case openai.APIResponseValidationError() | json.JSONDecodeError() | UnicodeDecodeError():
            return EngineBadReply(engine, "the answer is not what the protocol allows")
        case openai.APIError():  # an error message within the stream
            return _from_stream(engine, error)
        case _:
            return EngineBadReply(engine, f"the answer is not what the protocol allows ({type(error).__name__})")


def _from_status(engine: str, error: openai.APIStatusError) -> EngineError:
    status, code = error.status_code, _code(error.code)
    said = f"HTTP {status}{f' {code}' if code else ''}"
    if status in (408, 504):
        return EngineTimeout(engine, f"{said}: no answer in time")
    if status == 429 and code == "insufficient_quota":
        return EngineRefused(engine, f"{said}: the account has no credit")
    if status in (429, 503, 529):
        return EngineOverloaded(engine, f"{said}: asked to come back later", _retry_after(error))
    if status >= 500:
        return EngineUnavailable(engine, f"{said}: the server failed")
    whose = "SPEECH" if engine == "speech" else "OPENAI"
    return EngineRefused(engine, f"{said}: {_WHY.get(status, 'refused').format(whose=whose)}")


def _from_stream(engine: str, error: openai.APIError) -> EngineError:
    code = _code(error.code)
    if code and ("rate_limit" in code or "overloaded" in code):
        return EngineOverloaded(engine, f"{code}: asked to come back later")
    return EngineUnavailable(engine, f"the server failed in the middle of an answer{f' ({code})' if code else ''}")


def _code(code: Any) -> str:
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def _retry_after(error: openai.APIStatusError) -> float | None:
    """Seconds, from the headers; a date instead of seconds counts as not said."""
    for header, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(error.response.headers[header]) / unit
        except (KeyError, ValueError):
            continue
        if 0 <= seconds < 3600:
            return seconds
    return None
