"""What a tool is: a plain typed function, and what the decorator notes about it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar

import attrs

from actors.errors import ConfigurationError
from actors.ports import ToolSpec
from actors.tools._schema import INJECTED, Injection, Parameter, read_docstring, read_signature

__all__ = ["Clock", "Effect", "Injected", "Tool", "ToolContext", "find_tool", "system_clock", "tool"]

Effect = Literal["read", "idempotent", "commit"]
"""What running a tool does to the world.

"read": nothing; may be run speculatively, twice, or be abandoned. "idempotent": something, but twice is as once.
"commit": something that must happen at most once; never speculative, never killed by a barge-in.
"""

Clock = Callable[[], datetime]  #: the present moment, with a time zone

_T = TypeVar("_T")
_F = TypeVar("_F", bound=Callable[..., Any])

Injected = Annotated[_T, INJECTED]
"""Marks a parameter that the agent's resources fill in (by type), not the model: ``records: Injected[Records]``."""

_ATTRIBUTE = "__bargein_tool__"


def system_clock() -> datetime:
    return datetime.now(UTC)


@attrs.frozen
class ToolContext:
    """What a tool may know of the call it runs in; a parameter of this type is filled in by the toolbox.

    ``key`` names this very execution for ever: a commit stores it with its outcome, so that the outcome can be asked
    for when the answer was lost. ``session`` is the call's memory, shared by all its tools (who was identified, what
    was offered).
    """

    key: str
    call_id: str
    now: Clock
    session: MutableMapping[str, Any] = attrs.field(factory=dict, repr=False, eq=False)


@attrs.frozen
class Tool:
    """A declared tool. ``timeout`` is in seconds; ``filler`` is said while it runs long (None: the agent's own).

    ``undoes`` names the commits that this one takes back, so that an identical commit after it is a new wish.
    ``resolve`` finds the outcome of an earlier run by ``ToolContext.key``.
    """

    name: str
    description: str
    effect: Effect
    timeout: float
    filler: str | None
    undoes: frozenset[str]
    parameters: tuple[Parameter, ...]
    injections: tuple[Injection, ...]
    function: Callable[..., Any] = attrs.field(eq=False, repr=False)
    resolve: Callable[..., Any] | None = attrs.field(eq=False, repr=False, default=None)
    resolve_injections: tuple[Injection, ...] = ()

    def spec(self) -> ToolSpec:
        """The tool as a model sees it, its parameters in the order of the signature."""
        properties: dict[str, Mapping[str, Any]] = {p.name: p.schema for p in self.parameters}
        parameters: dict[str, Any] = {
            "type": "object",
            "properties": properties,
            "required": [p.name for p in self.parameters if p.required],
            "additionalProperties": False,
        }
        return ToolSpec(name=self.name, description=self.description, parameters=parameters)


def tool(
    *,
    effect: Effect,
    timeout: float = 5.0,
    filler: str | None = None,
    undoes: tuple[str, ...] = (),
    resolve: Callable[..., Any] | None = None,
) -> Callable[[_F], _F]:
    """Declare a function as a tool; the function itself stays as it was and can be called and tested directly.

    The function's docstring describes it to the model (an ``Args:`` section describes the parameters), its signature
    gives the JSON schema. It may be sync (then it runs in a worker thread) or async (trio). It returns something that
    JSON can say, or raises :class:`ToolError`.

    Raises :class:`ConfigurationError` when the signature cannot be shown to a model.
    """
    if effect not in ("read", "idempotent", "commit"):
        raise ConfigurationError(f'effect must be "read", "idempotent" or "commit", not {effect!r}')
    if not timeout > 0:
        raise ConfigurationError(f"timeout must be more than 0 seconds, not {timeout!r}")

    def declare(function: _F) -> _F:
        setattr(function, _ATTRIBUTE, _describe(function, effect, timeout, filler, undoes, resolve))
        return function

    return declare


def find_tool(function: object) -> Tool | None:
    """The declaration that :func:`tool` left on a function, or None."""
    found = getattr(function, _ATTRIBUTE, None)
    return found if isinstance(found, Tool) else None


def _describe(
    function: Callable[..., Any],
    effect: Effect,
    timeout: float,
    filler: str | None,
    undoes: tuple[str, ...],
    resolve: Callable[..., Any] | None,
) -> Tool:
    description, argument_texts = read_docstring(inspect.getdoc(function) or "")
    if not description:
        raise ConfigurationError(f"{function.__qualname__}() needs a docstring: it tells the model what the tool does")
    parameters, injections = read_signature(function, ToolContext, argument_texts)
    resolve_injections: tuple[Injection, ...] = ()
    if resolve is not None:
        open_parameters, resolve_injections = read_signature(resolve, ToolContext, {})
        if open_parameters:
            raise ConfigurationError(f"{resolve.__qualname__}() is a resolver: it takes only injected parameters")
    return Tool(
        name=function.__name__,
        description=description,
        effect=effect,
        timeout=timeout,
        filler=filler,
        undoes=frozenset(undoes),
        parameters=parameters,
        injections=injections,
        function=function,
        resolve=resolve,
        resolve_injections=resolve_injections,
    )
