from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from actors.fallback import Chain, Member


@pytest.fixture
def chain() -> Callable[..., Chain[Any]]:
    """``chain(*engines, checks={name: check}, patience=2.0)``: these, the preferred one first."""

    def make(*engines: Any, checks: dict[str, Any] | None = None, patience: float = 2.0) -> Chain[Any]:
        checks = checks or {}
        return Chain([Member(e.name, e, checks.get(e.name)) for e in engines], patience=patience)

    return make
