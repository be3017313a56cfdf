"""Percentiles, a confidence interval for a share, and what machine this is."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from math import sqrt
from pathlib import Path
from typing import Any

import attrs
import numpy as np

__all__ = ["Summary", "describe", "machine", "resident_kib", "summarise", "wilson"]


@attrs.frozen
class Summary:
    """``n`` values: median, 95th percentile (linear between neighbours), smallest and largest."""

    n: int
    p50: float
    p95: float
    low: float
    high: float


def summarise(values: Sequence[float]) -> Summary | None:
    """None where there is nothing to sum up."""
    if not values:
        return None
    p50, p95 = np.percentile(values, [50, 95])
    return Summary(len(values), float(p50), float(p95), min(values), max(values))


def wilson(hits: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's 95 % interval of a share: it stays sensible for few tries and for shares near 0."""
    if not n:
        return 0.0, 1.0
    share, extra = hits / n, z * z / n
    middle = (share + extra / 2) / (1 + extra)
    half = z / (1 + extra) * sqrt(share * (1 - share) / n + extra / (4 * n))
    # Rounding must not push a bound past the share itself.
    return max(0.0, min(middle - half, share)), min(1.0, max(middle + half, share))


def machine(*, watch_seconds: float = 2.0) -> dict[str, Any]:
    """CPU, cores, memory, how busy others keep the machine just now, commit and time. Takes ``watch_seconds``."""
    before = _cpu_times()
    time.sleep(watch_seconds)
    spent = [now - then for now, then in zip(_cpu_times(), before, strict=True)]
    busy = 1 - (spent[3] + spent[4]) / sum(spent) if sum(spent) else 0.0
    return {
        "cpu": _proc_field("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(int((_proc_field("/proc/meminfo", "MemTotal") or "0").split()[0]) / 2**20, 1),
        "busy_before": round(busy, 3),
        "load_before": [round(load, 2) for load in os.getloadavg()],
        "python": platform.python_version(),
        "commit": _git("rev-parse", "--short", "HEAD") + ("+changes" if _git("status", "--porcelain", "-uno") else ""),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def describe(found: dict[str, Any]) -> str:
    """One line of :func:`machine`."""
    busy, load = found["busy_before"], found["load_before"][0]
    return (
        f"{found['cpu']}, {found['cores']} cores, {found['memory_gib']} GiB; before the start {busy:.0%} busy, "
        f"load {load}; Python {found['python']}, commit {found['commit']}, {found['at']}"
    )


def resident_kib(pid: int) -> int:
    """The resident memory of a process in KiB."""
    return int((_proc_field(f"/proc/{pid}/status", "VmRSS") or "0").split()[0])


def _cpu_times() -> list[int]:
    return [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]


def _proc_field(path: str, name: str) -> str | None:
    for line in Path(path).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return None


def _git(*args: str) -> str:
    run = subprocess.run(["git", *args], cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    return run.stdout.strip()
