import functools
import shutil
import subprocess

import pytest

from actors.audio import read_wav
from actors.ports import CALLER_RATE


@functools.cache
def _speech(text, voice="rms"):
    command = ["flite", "-voice", voice, "-t", text, "-o", "/dev/stdout"]
    if voice not in ("rms", "slt", "awb"):
        command = ["espeak-ng", "-v", voice, "-s", "160", "--stdout", text]
    return read_wav(subprocess.run(command, check=True, capture_output=True).stdout).mono(CALLER_RATE)


@pytest.fixture
def say():
    """Speech in a voice that is not the agent's: text, and flite's or espeak-ng's name of a voice, to caller audio."""
    for program in ("flite", "espeak-ng"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (Debian: apt-get install {program})")
    return _speech
