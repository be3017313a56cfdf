"""How much of the machine others take while something is measured (Linux)."""

from __future__ import annotations

import os
import time
from pathlib import Path

__all__ = ["OthersLoad"]

_TICK = os.sysconf("SC_CLK_TCK")


class OthersLoad:
    """From its making on: CPU time of everybody but this process and its children, in cores."""

    def __init__(self) -> None:
        self._at, self._all, self._own = time.monotonic(), _all_busy(), _own_busy()

    def cores(self) -> float:
        """So far, on average."""
        others = (_all_busy() - self._all) - (_own_busy() - self._own)
        return max(0.0, others / max(1e-3, time.monotonic() - self._at))


def _all_busy() -> float:
    user, nice, system, _, _, irq, softirq = map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:8])
    return (user + nice + system + irq + softirq) / _TICK


def _own_busy() -> float:
    spent, pids = 0.0, [os.getpid()]
    while pids:
        pid = pids.pop()
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            children = [
                int(c) for t in Path(f"/proc/{pid}/task").iterdir() for c in (t / "children").read_text().split()
            ]
        except FileNotFoundError:
            continue  # it has just ended
        spent += (int(fields[11]) + int(fields[12])) / _TICK
        pids += children
    return spent
