"""What both of Deepgram's protocols share as engines: the key, the address, the nursery that connections live in."""

from __future__ import annotations

import importlib
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import trio

from actors.cloud._deepgram_dialect import Dialect, Failed, Heard, LinkSettings, Signalled, engine_name
from actors.cloud._deepgram_stream import DeepgramStream
from actors.errors import ConfigurationError, EngineMissing

__all__ = ["Decode", "DeepgramStt", "SdkDialect", "keyterms", "load_decoder", "seconds"]

Decode = Callable[[str], Any]  #: from a message to one of the SDK's types; ValueError for nonsense

_MOST_KEYTERMS = 100
_LONGEST_KEYTERM = 100  # characters


class DeepgramStt:
    """An async context manager: streams live within it, and leaving it closes them. ``base_url`` begins with ws or
    wss. ``options`` are added to the address's, or replace them. The key appears in no error, log or repr.
    ConfigurationError without a key."""

    name = engine_name
    model: str  #: where none is given
    usual_options: Mapping[str, str]

    def __init__(
        self,
        *,
        api_key: str,
        model: str | None = None,
        base_url: str = "wss://api.deepgram.com",
        options: Mapping[str, str] | None = None,
        settings: LinkSettings | None = None,
    ) -> None:
        if not api_key:
            raise ConfigurationError("Deepgram needs a key: set DEEPGRAM_API_KEY.")
        self._headers = [(b"Authorization", f"Token {api_key}".encode())]
        self._base_url = base_url.rstrip("/")
        self.model = model or self.model
        self._options = {**self.usual_options, **(options or {})}
        self._settings = settings or LinkSettings()
        self._manager = trio.open_nursery()
        self._nursery: trio.Nursery | None = None

    async def __aenter__(self) -> Self:
        self._nursery = await self._manager.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # Streams raise nothing into the nursery; the block's own error passes by it, not wrapped in a group.
        nursery, self._nursery = self._nursery, None
        if nursery is not None:
            nursery.cancel_scope.cancel(reason="the engine is closed")
            await self._manager.__aexit__(None, None, None)

    async def _open(self, path: str, options: Iterable[tuple[str, str]], dialect: Dialect) -> DeepgramStream:
        if self._nursery is None:
            raise RuntimeError("the engine is not open")
        url = f"{self._base_url}{path}?{urlencode(list(options))}"
        stream = DeepgramStream(url, self._headers, dialect, self._settings)
        await self._nursery.start(stream.run)
        return stream


class SdkDialect:
    """What a :class:`actors.cloud._deepgram_dialect.Dialect` does with a message that the SDK's types decode."""

    def __init__(self, decode: Decode) -> None:
        self._decode = decode

    def read(self, message: str) -> Heard | Signalled | Failed | None:
        """See :class:`actors.cloud._deepgram_dialect.Dialect`."""
        value = self._decode(message)
        try:
            return self._means(value)
        except (AttributeError, TypeError, IndexError) as error:
            raise ValueError("not a message of this protocol") from error

    def _means(self, value: Any) -> Heard | Signalled | Failed | None:
        """What one of the SDK's values says; the SDK does not check what it decodes, so a field may lack."""
        raise NotImplementedError


def keyterms(hints: Sequence[str]) -> list[tuple[str, str]]:
    """Hints as options, as many as the service takes."""
    usable = dict.fromkeys(hint.strip() for hint in hints if 0 < len(hint.strip()) <= _LONGEST_KEYTERM)
    return [("keyterm", hint) for hint in list(usable)[:_MOST_KEYTERMS]]


def load_decoder(module: str, types: Mapping[str, str]) -> Decode:
    """The SDK's own decoding: from parsed JSON to one of its types, None for a message of another ``type``.

    ``types``: the class in ``module`` for each message type. (The SDK's ``socket_client`` modules have a union of them
    all, but import a deprecated part of another library.) Blocking: the import takes a while. EngineMissing without
    the package.
    """
    try:
        construct = importlib.import_module("deepgram.core.unchecked_base_model").construct_type
        known = importlib.import_module(module)
        classes = {name: getattr(known, class_name) for name, class_name in types.items()}
    except ImportError:
        raise EngineMissing(
            engine_name, "the package deepgram-sdk is not installed (pip install deepgram-sdk)"
        ) from None

    def decode(message: str) -> Any:
        try:
            value = json.loads(message)
            wanted = classes.get(str(value.get("type")))
            return None if wanted is None else construct(type_=wanted, object_=value)
        except (AttributeError, TypeError, RecursionError) as error:  # the SDK does not check what it decodes
            raise ValueError("not a message of this protocol") from error

    return decode


def seconds(value: Any) -> float:
    """A time as a message gives it; ValueError or TypeError for anything but a finite number."""
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("not a time")
    return number
