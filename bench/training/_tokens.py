"""Tokens as the served model gets them: llama.cpp itself cuts the text up. Needs nothing beyond the project's own."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import attrs
import trio

from actors.local.llama import Endpoint, LlamaServer, LlamaSpec, embedded_spec
from bench.training._render import CALL_WEIGHT, segments
from bench.training._talk import Dialogue

_BETWEEN = 0  # <|endoftext|>: never part of a conversation

__all__ = ["Tokenized", "Tokenizer", "open_tokenizer"]


@attrs.frozen
class Tokenized:
    """``weights[i]``: how much writing ``tokens[i]`` counts in the training; 0: it is only read."""

    tokens: tuple[int, ...]
    weights: tuple[int, ...]


@attrs.frozen
class Tokenizer:
    """Asks a running child of llama.cpp. Blocking; for worker threads and programs without an event loop."""

    endpoint: Endpoint

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Any of the server's other services: ``/apply-template``, ``/v1/chat/completions``."""
        request = urllib.request.Request(
            self.endpoint.base_url.removesuffix("/v1") + path,
            json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.endpoint.api_key}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.loads(answer.read())

    def tokens(self, text: str) -> list[int]:
        found: list[int] = self.post("/tokenize", {"content": text, "add_special": False, "parse_special": True})[
            "tokens"
        ]
        return found

    def dialogue(self, dialogue: Dialogue) -> Tokenized:
        """All pieces in one request, told apart by a token that never occurs in text."""
        pieces = list(segments(dialogue))
        content = [part for text, _ in pieces for part in (text, _BETWEEN)]
        found = self.post("/tokenize", {"content": content, "add_special": False, "parse_special": True})["tokens"]
        tokens: list[int] = []
        weights: list[int] = []
        following = iter(weight for _, weight in pieces)
        now = next(following)
        for token in found:
            if token == _BETWEEN:
                now = next(following, 0)
                continue
            begins = now and not (weights and weights[-1])
            tokens.append(token)
            weights.append(CALL_WEIGHT if begins else now)  # to call or to speak: both decisions count alike
        return Tokenized(tuple(tokens), tuple(weights))


@asynccontextmanager
async def open_tokenizer(spec: LlamaSpec | None = None) -> AsyncIterator[Tokenizer]:
    """A child with the bundled model (or ``spec``), for as long as the block lasts."""
    server = LlamaServer(spec or attrs.evolve(embedded_spec(), adapter=None, slots=1, threads=1))
    async with trio.open_nursery() as nursery:
        await nursery.start(partial(server.run))
        assert server.endpoint is not None
        try:
            yield Tokenizer(server.endpoint)
        finally:
            nursery.cancel_scope.cancel(reason="the tokenizer is not needed any more")
            server.close()
