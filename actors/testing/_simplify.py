"""Makes a failing script plainer, step by step, as long as it still fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import attrs

from actors.testing._script import Network, Pace, Script

__all__ = ["simplify"]


def simplify(script: Script, fails: Callable[[Script], bool]) -> Script:
    """The plainest script found from ``script`` on for which ``fails`` holds: nothing more can be left out of it."""
    plainer = True
    while plainer:
        plainer = False
        for candidate in _plainer(script):
            if candidate != script and fails(candidate):
                script, plainer = candidate, True
                break
    return script


def _plainer(script: Script) -> Iterator[Script]:
    for name in ("asides", "crashes", "faults", "acts"):
        items: tuple[Any, ...] = getattr(script, name)
        for i in range(len(items)):
            changes: dict[str, Any] = {name: items[:i] + items[i + 1 :]}
            yield attrs.evolve(script, **changes)
    yield attrs.evolve(script, network=Network(), pace=Pace())
    yield attrs.evolve(script, hasty=False)
    yield attrs.evolve(script, recorded=True)
    for name, plain in (("network", Network()), ("pace", Pace())):
        present = getattr(script, name)
        for field in attrs.fields(type(plain)):
            changes = {name: attrs.evolve(present, **{field.name: getattr(plain, field.name)})}
            yield attrs.evolve(script, **changes)
    for i, act in enumerate(script.acts):
        yield attrs.evolve(script, acts=(*script.acts[:i], attrs.evolve(act, after_ms=0), *script.acts[i + 1 :]))
    yield attrs.evolve(script, seed=0)
