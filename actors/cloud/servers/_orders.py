"""Faults and latencies ordered in writing, as on a command line. Pure.

deepgram:stall,received=32000         the first connection says nothing more after a second of audio
openai:429,retry-after=2,times=3      the first three requests are refused
elevenlabs:cut-mid-frame,sent=4,times=all,chance=0.2
openai:337,p95=900                    milliseconds, as a latency
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from actors.cloud.servers._faults import Cut, ErrorFrame, Fault, Garbage, Latency, Order, Refuse, Stall
from actors.errors import ConfigurationError

__all__ = ["SERVICES", "read_latency", "read_order"]

SERVICES = ("deepgram", "openai", "elevenlabs")

_KINDS: Mapping[str, Callable[..., Fault]] = {
    "stall": lambda seconds=float("inf"): Stall(seconds),
    "cut": lambda: Cut(),
    "cut-mid-frame": lambda: Cut(mid_frame=True),
    "garbage": lambda: Garbage(),
    "error": lambda: ErrorFrame(),
}
_OF_ORDER: Mapping[str, Callable[[str], Any]] = {
    "first": int,
    "times": lambda text: None if text == "all" else int(text),
    "chance": float,
    "sent": int,
    "received": int,
}
_OF_FAULT: Mapping[str, Callable[[str], Any]] = {"seconds": float, "retry-after": float}


def read_order(text: str) -> tuple[str, Order]:
    """``SERVICE:KIND[,NAME=VALUE...]``: which of SERVICES, and what it is to do.

    KIND: an HTTP status, stall, cut, cut-mid-frame, garbage, or error (in the protocol's own words). Names: ``first``,
    ``times`` (or "all"), ``chance``, ``sent`` and ``received`` are those of an :class:`Order`; ``retry-after`` belongs
    to a status, ``seconds`` to a stall. Raises ConfigurationError.
    """
    service, kind, given = _parts(text, "--fault")
    try:
        order = {name: read(given.pop(name)) for name, read in _OF_ORDER.items() if name in given}
        more = {name.replace("-", "_"): read(given.pop(name)) for name, read in _OF_FAULT.items() if name in given}
        if given:
            raise ValueError(f"there is no {next(iter(given))}")
        fault = Refuse(int(kind), **more) if kind.isdigit() else _KINDS[kind](**more)
        return service, Order(fault, **order)
    except KeyError:
        raise ConfigurationError(f"--fault {text}: choose a status, such as 429, or {', '.join(_KINDS)}.") from None
    except TypeError:
        raise ConfigurationError(f"--fault {text}: seconds belong to a stall, retry-after to a status.") from None
    except ValueError as error:
        raise ConfigurationError(f"--fault {text}: {error}.") from None


def read_latency(text: str) -> tuple[str, Latency]:
    """``SERVICE:MS[,p95=MS]``: the median, and the 95th percentile where it varies. Raises ConfigurationError."""
    service, median, given = _parts(text, "--latency")
    try:
        p95 = given.pop("p95", None)
        if given:
            raise ValueError(f"there is no {next(iter(given))}")
        return service, Latency(float(median) / 1000, None if p95 is None else float(p95) / 1000)
    except ValueError as error:
        raise ConfigurationError(f"--latency {text}: {error}.") from None


def _parts(text: str, flag: str) -> tuple[str, str, dict[str, str]]:
    service, colon, rest = text.partition(":")
    what, *options = rest.split(",")
    pairs = [option.partition("=") for option in options]
    if service not in SERVICES or not colon or not all(equals for _, equals, _ in pairs):
        raise ConfigurationError(f"{flag} {text}: write it as SERVICE:WHAT,NAME=VALUE, one of {', '.join(SERVICES)}.")
    return service, what, {name: value for name, _, value in pairs}
