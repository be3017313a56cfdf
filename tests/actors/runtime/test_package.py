"""The package stands alone, and its example runs."""

from __future__ import annotations

import ast
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import actors.runtime

HERE = Path(actors.runtime.__file__).parent
EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "runtime.py"


def imported(source: str) -> set[str]:
    """Top-level packages that a module imports, relative ones left out."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level <= 1, "reaches out of the package"
            if node.level == 0:
                assert node.module
                names.add(node.module.split(".")[0])
    return names


def test_imports_attrs_trio_and_the_standard_library_only() -> None:
    for module in HERE.glob("*.py"):
        foreign = imported(module.read_text()) - set(sys.stdlib_module_names)
        assert foreign <= {"attrs", "trio"}, module.name


def test_decisions_and_data_know_nothing_of_trio() -> None:
    for module in ("_decide.py", "_spec.py", "_statistics.py"):
        assert "trio" not in imported((HERE / module).read_text())


def test_map_names_every_module() -> None:
    assert actors.runtime.__doc__
    for module in HERE.glob("_[a-z]*.py"):
        assert f"    {module.stem} " in actors.runtime.__doc__


def test_every_public_name_is_there_and_sorted() -> None:
    assert sorted(actors.runtime.__all__) == actors.runtime.__all__
    assert all(hasattr(actors.runtime, name) for name in actors.runtime.__all__)


def test_example(virtual: Any) -> None:
    pages, statistics = virtual(runpy.run_path(str(EXAMPLE))["main"])
    assert pages == [18.5, 18.9, 19.4, 20.1]
    assert statistics.restarts == 2


def test_example_as_a_script() -> None:
    done = subprocess.run([sys.executable, EXAMPLE], capture_output=True, text=True, timeout=60, check=True)
    assert "[18.5, 18.9, 19.4, 20.1]" in done.stdout
    assert "2 restarts" in done.stdout


def test_example_is_short() -> None:
    body = ast.parse(EXAMPLE.read_text()).body[1:]
    lines = {line for node in body for line in range(node.lineno, (node.end_lineno or 0) + 1)}
    assert len(lines) <= 35
