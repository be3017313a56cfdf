"""The project's few errors. Engines translate their library's exceptions into these at the boundary."""

from __future__ import annotations

__all__ = [
    "BargeinError",
    "ClientTooSlow",
    "ConfigurationError",
    "EngineBadReply",
    "EngineError",
    "EngineMissing",
    "EngineOverloaded",
    "EngineRefused",
    "EngineTimeout",
    "EngineUnavailable",
]


class BargeinError(Exception):
    """Root of every error that this project raises on purpose."""


class ConfigurationError(BargeinError):
    """A setting is wrong or missing; the message names it and says what to do."""


class ClientTooSlow(BargeinError):
    """The caller's end takes messages more slowly than the call makes them; the line is closed."""


class EngineError(BargeinError):
    """An engine (VAD, STT, LLM, TTS) could not do its work.

    ``engine`` names it ("moonshine", "openai", ...). The message never holds a key or what a caller said.
    """

    def __init__(self, engine: str, message: str) -> None:
        super().__init__(f"{engine}: {message}")
        self.engine = engine


class EngineMissing(EngineError):
    """The engine's package, model file or voice is not there; the message says how to get it."""


class EngineUnavailable(EngineError):
    """The engine cannot be reached or has died; another try may succeed."""


class EngineTimeout(EngineUnavailable):
    """The engine did not answer within its deadline."""


class EngineOverloaded(EngineUnavailable):
    """The engine asks us to come back later (HTTP 429 or 503); ``retry_after`` is in seconds, if it said so."""

    def __init__(self, engine: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(engine, message)
        self.retry_after = retry_after


class EngineRefused(EngineError):
    """The engine refuses this request for good: wrong key, unknown model, request too long."""


class EngineBadReply(EngineError):
    """The engine answered with something that its protocol does not allow."""
