"""Which bargein this is."""

from __future__ import annotations

import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = ["program_version"]


def program_version() -> str:
    """The installed version; of a checkout, the one in its pyproject.toml."""
    try:
        return version("bargein")
    except PackageNotFoundError:
        with (Path(__file__).parents[1] / "pyproject.toml").open("rb") as file:
            return str(tomllib.load(file)["project"]["version"])
