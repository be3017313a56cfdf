import functools
import shutil
import subprocess

import pytest

from actors.audio import read_wav
from actors.ports import CALLER_RATE


@functools.cache
def _speech(text):
    command = ["flite", "-voice", "rms", "-t", text, "-o", "/dev/stdout"]
    return read_wav(subprocess.run(command, check=True, capture_output=True).stdout).mono(CALLER_RATE)


@pytest.fixture
def say():
    """Speech in a voice that is not the agent's: text to caller audio."""
    if shutil.which("flite") is None:
        pytest.skip("flite is not installed (Debian: apt-get install flite)")
    return _speech
