"""Who may import whom, read from the source."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = ("statechart", "actors", "web")  # each may import those before it, and itself
MODULES = sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))
#: Whatever moves by itself: time, chance, tasks, the outside world.
IMPURE = {
    *("asyncio", "trio", "anyio", "threading", "multiprocessing", "concurrent", "socket", "selectors", "signal"),
    *(
        "time",
        "datetime",
        "random",
        "secrets",
        "uuid",
        "logging",
        "warnings",
        "io",
        "os",
        "pathlib",
        "sys",
        "subprocess",
    ),
    *("tempfile", "shutil", "http", "urllib", "sqlite3"),
}
#: Provider libraries, and how the modules begin that may import each.
PROVIDERS = {
    "deepgram": ("actors/cloud/deepgram",),
    "elevenlabs": ("actors/cloud/elevenlabs",),
    "openai": ("actors/cloud/openai", "actors/cloud/speech_http"),  # two kinds of engine behind one client
    "hibari": ("actors/local/hibari",),
    "moonshine_voice": ("actors/local/moonshine",),
    "onnxruntime": ("actors/local/silero", "actors/local/intent"),
    "silero_vad": ("actors/local/silero",),
    "xllamacpp": ("actors/local/llama",),
}
PUBLIC_DOORS = (
    "actors/__init__.py",
    "actors/call/__init__.py",
    "actors/ports.py",
    "web/__init__.py",
    "web/cli/__init__.py",
)


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path, *, at_import_only: bool = False) -> set[str]:
    """The full names that a module imports; relative ones are resolved."""
    package = list(path.relative_to(ROOT).parts[:-1])
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if at_import_only and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            return
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test) and at_import_only:
            return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            found.add(".".join([*base, *([node.module] if node.module else [])]))
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text()))
    return found


def tops(path: Path, **options: bool) -> set[str]:
    return {name.partition(".")[0] for name in imports(path, **options)}


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_imports_point_down_only(path):
    floor = FLOORS.index(path.relative_to(ROOT).parts[0])
    assert not tops(path) & set(FLOORS[floor + 1 :])


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_no_asyncio(path):
    assert "asyncio" not in tops(path)


@pytest.mark.parametrize("path", [p for p in MODULES if relative(p).startswith("statechart/")], ids=relative)
def test_the_statechart_is_pure(path):
    allowed = {"attrs", "statechart"} | (set(sys.stdlib_module_names) - IMPURE)
    if relative(path).startswith("statechart/testing/"):
        allowed.add("hypothesis")
    assert tops(path) <= allowed


@pytest.mark.parametrize("path", [p for p in MODULES if relative(p).startswith("statechart/_")], ids=relative)
def test_the_statechart_does_not_import_its_own_tests(path):
    assert not [name for name in imports(path) if name.startswith("statechart.testing")]


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_provider_is_imported_in_its_own_room_only(path):
    for provider in tops(path) & set(PROVIDERS):
        assert relative(path).replace("/_", "/").startswith(PROVIDERS[provider]), f"{provider} has another room"


def test_importing_the_packages_imports_no_provider():
    """Not even through others: what is reached when the public doors are imported."""
    seen: set[str] = set()
    waiting = [ROOT / door for door in PUBLIC_DOORS if (ROOT / door).exists()]
    while waiting:
        path = waiting.pop()
        if relative(path) in seen:
            continue
        seen.add(relative(path))
        for name in imports(path, at_import_only=True):
            assert name.partition(".")[0] not in PROVIDERS, f"{relative(path)} imports {name} at import"
            stem = ROOT.joinpath(*name.split("."))
            waiting += [p for p in (stem.with_suffix(".py"), stem / "__init__.py") if p.exists()]


JUDGES = [*sorted((ROOT / "actors/testing").glob("_check*.py")), ROOT / "actors/testing/_heard.py"]


@pytest.mark.parametrize("path", JUDGES, ids=relative)
def test_who_judges_simulated_calls_computes_nothing_with_what_is_judged(path):
    """Of the code under test they import values and their types; no function, and nothing of ``actors.call``."""
    assert not [name for name in imports(path) if name.startswith("actors.call")]
    for node in ast.walk(ast.parse(path.read_text())):
        judged = isinstance(node, ast.ImportFrom) and node.module and not node.module.startswith("actors.testing")
        if judged and node.module.partition(".")[0] in FLOORS:
            module = importlib.import_module(node.module)
            assert not [alias.name for alias in node.names if inspect.isfunction(getattr(module, alias.name))]


PACKAGES = sorted(path.parent for floor in (*FLOORS, "bench") for path in (ROOT / floor).rglob("__init__.py"))


@pytest.mark.parametrize("package", PACKAGES, ids=relative)
def test_a_package_carries_the_map_of_its_modules(package):
    mapped = (package / "__init__.py").read_text()
    rooms = {path.stem for path in package.glob("*.py")} | {path.parent.name for path in package.glob("*/*.py")}
    rooms -= {"__init__", "__main__"}
    assert not [room for room in sorted(rooms) if not re.search(rf"(?<!\w){room}(?!\w)", mapped)]


def test_the_map_of_the_rooms_names_every_folder():
    mapped = (ROOT / "CONTRIBUTING.md").read_text()
    top = [ROOT / name for name in (*FLOORS, "tests", "bench", "docs")]
    inner = [path for folder in top for path in folder.iterdir() if path.is_dir() and any(path.iterdir())]
    names = {path.name for path in (*top, *inner)} - {"__pycache__"}
    assert not [name for name in sorted(names) if f"{name}/" not in mapped]
