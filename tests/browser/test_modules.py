"""The page's pure modules under Node's own test runner, and what they must share with the Python side."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from statechart import TABLE

UNIT = Path(__file__).parent / "unit"
STATIC = Path(__file__).parents[2] / "web" / "static"


@pytest.mark.parametrize("file", sorted(UNIT.glob("*.test.mjs")), ids=lambda file: file.name.split(".")[0])
def test_node_suite(node: str, file: Path) -> None:
    """Resampling, the playout queue, the protocol's fold, the decisions about the line."""
    done = subprocess.run([node, "--test", str(file)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_drawn_chart_is_the_real_one(node: str) -> None:
    """Every edge of the statechart is drawn on the page, and no other."""
    script = (
        f"import {{ EDGES }} from {json.dumps((STATIC / 'view-chart.js').as_uri())}; console.log(JSON.stringify(EDGES))"
    )
    done = subprocess.run(
        [node, "--input-type=module", "-e", script], capture_output=True, text=True, timeout=30, check=True
    )
    drawn = set()
    for start, end, way in json.loads(done.stdout):
        drawn.add((start, end))
        if way == "both":
            drawn.add((end, start))
    real = {
        (state.name, target.name)
        for (state, _), rule in TABLE.items()
        for target in rule.targets
        if target is not state
    }
    assert drawn == real


def test_nothing_is_loaded_from_elsewhere() -> None:
    """No address of another machine stands in the page, and no script or style stands in its HTML."""
    for file in STATIC.iterdir():
        text = file.read_text().replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text, file.name
        assert "https://" not in text, file.name
    html = (STATIC / "index.html").read_text()
    assert "<style" not in html
    assert " style=" not in html
    assert "<script type" in html
    assert html.count("<script") == 1
