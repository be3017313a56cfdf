"""Real calls: speech made by voices other than the agent's, the real engines, a real clock."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

#: name -> how it is called, with the text and the file still to come
VOICES: dict[str, Callable[[str, Path], list[str]]] = {
    "espeak": lambda text, path: ["espeak-ng", "-v", "en-us", "-s", "150", "-w", str(path), text],
    "flite": lambda text, path: ["flite", "-voice", "awb", "-t", text, "-o", str(path)],
    "flite-kal": lambda text, path: ["flite", "-voice", "kal16", "-t", text, "-o", str(path)],
}
_DEBIAN = {"espeak-ng": "espeak-ng", "flite": "flite"}


@pytest.fixture
def speak(tmp_path) -> Callable[..., list[Path]]:
    """``speak(*texts, voice="espeak")``: WAV files of these, spoken. Skips where the voice is not installed."""

    def make(*texts: str, voice: str = "espeak") -> list[Path]:
        paths = [tmp_path / f"{voice}-{number}.wav" for number in range(len(texts))]
        for text, path in zip(texts, paths, strict=True):
            command = VOICES[voice](text, path)
            if shutil.which(command[0]) is None:
                pytest.skip(f"needs {command[0]} (Debian: apt-get install {_DEBIAN[command[0]]})")
            subprocess.run(command, check=True, capture_output=True)
        return paths

    return make


@pytest.fixture(scope="session")
def running() -> Callable[..., AbstractContextManager[subprocess.Popen[str]]]:
    """``with running(*args, env={...}) as process``: a command that goes on, killed at the end if it still does."""

    @contextmanager
    def run(*args: Any, env: dict[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
        process = subprocess.Popen(
            [sys.executable, "-c", "import sys; from web.cli import main; sys.exit(main())", *map(str, args)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(env or {})},
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate(timeout=10)

    return run
