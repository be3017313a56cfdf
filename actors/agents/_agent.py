"""What an agent is: its words, its tools, and what the tools work on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, MutableMapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import trio

from actors.errors import ConfigurationError
from actors.tools import Clock, Resources, Tool, Toolbox, system_clock

__all__ = ["DEFAULT_DATABASE", "Agent", "OpenResources"]

DEFAULT_DATABASE = "sqlite:///bargein.db"  #: a file in the working directory

OpenResources = Callable[[str, Clock], AbstractContextManager[Resources] | AbstractAsyncContextManager[Resources]]
"""``open_resources(database, now)``: what an agent's module defines when its tools need something to work on."""


def _no_resources(database: str, now: Clock) -> AbstractContextManager[Resources]:  # noqa: ARG001
    return _JustResources()


class _JustResources(AbstractContextManager[Resources]):
    def __enter__(self) -> Resources:
        return Resources()

    def __exit__(self, *exc_info: object) -> None:
        return None


@attrs.frozen
class Agent:
    """An agent: everything a call needs to know of the part it plays. All texts are spoken as they stand.

    ``hints`` are names and words callers are likely to say (for the transcriber). ``fillers`` are said in turn when
    an answer takes long (which waits until they are spoken: keep them short), ``idle_prompts`` one after the other when
    the caller is silent, ``goodbye`` before the agent hangs up, ``apology`` when an answer cannot be had,
    ``breakdown`` instead of one when several turns in a row could not be answered and the call ends. ``voice`` names
    the engine's voice ("": its default). ``timezone`` is the agent's own, such as "Europe/Paris" ("": UTC).
    """

    name: str
    system: str
    greeting: str = "Hello. How can I help you?"
    tools: tuple[Tool, ...] = ()
    hints: tuple[str, ...] = ()
    fillers: tuple[str, ...] = ("One moment.", "Let's see.", "Okay.")
    idle_prompts: tuple[str, ...] = ("Are you still there?", "Hello? I'm still here if you need me.")
    goodbye: str = "Thank you for calling. Goodbye."
    apology: str = "I'm sorry, something went wrong on my side. Could you say that again?"
    breakdown: str = (
        "I'm sorry, something is wrong on my side, and I cannot help you right now. Please call again later. Goodbye."
    )
    voice: str = ""
    timezone: str = ""
    open_resources: OpenResources = attrs.field(default=_no_resources, repr=False, eq=False)

    @asynccontextmanager
    async def open(self, *, database: str = DEFAULT_DATABASE, now: Clock | None = None) -> AsyncIterator[Resources]:
        """Open what the tools work on; one opening serves all calls of a process, each with its own :meth:`toolbox`.

        ``database`` is an SQLAlchemy URL; agents without a database ignore it. ``now`` is :meth:`clock` unless given.
        Raises :class:`actors.errors.ConfigurationError` when it cannot be opened.
        """
        manager = self.open_resources(database, now or self.clock())
        if isinstance(manager, AbstractAsyncContextManager):
            async with manager as resources:
                yield resources
            return
        resources = await trio.to_thread.run_sync(manager.__enter__)
        try:
            yield resources
        finally:
            with trio.CancelScope(shield=True):  # closing files is short, and must not be skipped by a cancelled server
                await trio.to_thread.run_sync(manager.__exit__, None, None, None)

    def toolbox(
        self,
        resources: Resources,
        *,
        call_id: str,
        now: Clock | None = None,
        session: MutableMapping[str, Any] | None = None,
    ) -> Toolbox:
        """The tools of one call. ``now`` is :meth:`clock` unless given."""
        return Toolbox(self.tools, resources, call_id=call_id, now=now or self.clock(), session=session)

    def clock(self, timezone: str | None = None) -> Clock:
        """The present moment where the agent is: in ``timezone`` (IANA name), without it in the agent's own.

        Raises :class:`actors.errors.ConfigurationError` for an unknown zone.
        """
        name = timezone or self.timezone
        if not name:
            return system_clock
        try:
            zone = ZoneInfo(name)
        except (ValueError, OSError, KeyError):
            raise ConfigurationError(f"timezone: {name!r} is not a time zone; write it as in Europe/Paris.") from None
        return lambda: datetime.now(zone)
