from __future__ import annotations

import attrs

__all__ = ["Violation"]


@attrs.frozen(order=True)
class Violation:
    """``invariant`` ("I1" to "I10", see :mod:`actors.testing`) does not hold; ``text`` says what was seen, ``at``
    virtual seconds."""

    invariant: str
    at: float
    text: str

    def __str__(self) -> str:
        return f"{self.invariant} at {self.at:.2f} s: {self.text}"
