"""The agent's audio of one turn, in miniature."""

from __future__ import annotations

import attrs

__all__ = ["Reel"]


@attrs.define
class Reel:
    """The agent's audio of one turn. ``waiting``: spans not heard yet; ``open``: they go out."""

    turn: int
    attempt: int
    confirmed: bool = False
    waiting: int = 0
    told_ready: bool = False
    open: bool = False
    held: bool = False
    finished: bool = False
    drained: bool = False
    started: bool = False
    words: list[str] = attrs.field(factory=list)
    outcomes: set[str] = attrs.field(factory=set)
