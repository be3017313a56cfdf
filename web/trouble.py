"""Errors at a boundary: what may be said of them in a log."""

from __future__ import annotations

import traceback

__all__ = ["describe", "is_only"]


def is_only(error: BaseException, *kinds: type[BaseException]) -> bool:
    """Whether an error, or every error of a group, is of these kinds."""
    if isinstance(error, BaseExceptionGroup):
        return all(is_only(each, *kinds) for each in error.exceptions)
    return isinstance(error, kinds)


def describe(error: BaseException) -> str:
    """Type and place of an error, without its message: that may hold what a caller said."""
    if isinstance(error, BaseExceptionGroup):
        return ", ".join(describe(each) for each in error.exceptions)
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
