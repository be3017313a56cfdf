"""Finding model files that installed packages carry, without importing those packages."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from actors.errors import EngineMissing

__all__ = ["data_file", "package_file"]


def package_file(engine: str, package: str, distribution: str, *parts: str) -> Path:
    """The path of a file (or folder) inside an installed package.

    EngineMissing, with what to install, where the package or the file is not there.
    """
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise EngineMissing(engine, f"the package {distribution} is not installed (pip install {distribution})")
    path = Path(spec.origin).parent.joinpath(*parts)
    if not path.exists():
        raise EngineMissing(engine, f"{distribution} is installed but lacks {'/'.join(parts)}; run make install again")
    return path


def data_file(name: str) -> Path:
    """A file of ``actors/local/data``."""
    return Path(__file__).parent / "data" / name
