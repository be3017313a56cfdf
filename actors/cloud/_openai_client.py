"""The official SDK's client on trio, with its own patience taken away: no retries and no long timeouts, since deadlines
are the call's. HTTP/1.1 only: closing the connection is what makes a server stop, and over HTTP/2 it goes on."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import trio

from actors.errors import EngineMissing

__all__ = ["CLOSE_TIMEOUT", "OpenAiClient"]

CLOSE_TIMEOUT = 0.5  #: seconds to close what a server may not want closed


class OpenAiClient:
    """An engine with connections of its own: an async context manager, or ``aclose`` it. ``keep``: how many idle
    connections are kept, each for ``keep_idle`` seconds. EngineMissing without the package."""

    def __init__(
        self,
        name: str,
        *,
        base_url: str | None,
        api_key: str | None,
        keep: int = 200,
        keep_idle: float = 120.0,
        transport: Any = None,
    ) -> None:
        try:
            import httpx2
            import openai
        except ImportError:
            raise EngineMissing(name, "the package openai is not installed (pip install openai)") from None
        self.name = name
        self._client = openai.AsyncOpenAI(
            base_url=base_url or "https://api.openai.com/v1",
            api_key=api_key or "none",  # servers that want no key accept any
            organization=None,
            project=None,
            max_retries=0,
            http_client=openai.DefaultAsyncHttpxClient(
                trust_env=False,
                http2=False,
                transport=transport,
                limits=httpx2.Limits(max_connections=200, max_keepalive_connections=keep, keepalive_expiry=keep_idle),
                timeout=httpx2.Timeout(connect=2.0, read=None, write=5.0, pool=1.0),
            ),
        )
        import actors.cloud._openai_errors  # noqa: F401 - now, since loading it within a call would hold up the others

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with trio.move_on_after(CLOSE_TIMEOUT, shield=True):
            await self.aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.close()
