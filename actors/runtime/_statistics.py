"""What a supervisor says about itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import attrs

__all__ = ["ChildState", "ChildStatistics", "SupervisorPhase", "SupervisorStatistics"]

ChildState = Literal["starting", "running", "stopping", "waiting", "ended", "abandoned"]
"""waiting: down, to be started (again). ended: down, and not to be. abandoned: still runs, past its deadline."""

SupervisorPhase = Literal["new", "starting", "running", "stopping", "stopped"]


@attrs.frozen
class ChildStatistics:
    name: str
    state: ChildState
    restarts: int  #: how often it was started again, with its group or alone
    last_error: str | None  #: "KeyError('x')", of any of its runs
    uptime: float  #: seconds since it was last ready; 0.0 while it does not run
    supervisor: SupervisorStatistics | None = None  #: where the child is a supervisor


@attrs.frozen
class SupervisorStatistics:
    """``children`` in start order. The counters include children that are no longer there."""

    name: str
    phase: SupervisorPhase
    children: Mapping[str, ChildStatistics]
    restarts: int  #: decisions to restart, a group as one
    crashes: int  #: ends of children by an error
    overdue: int  #: stops that outlasted ``shutdown`` and had to be forced
    abandoned: int  #: children that did not end even then
