"""The callers' lines as a transcriber hears them: spoken by voices that training keeps off, with a little noise."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Final

import attrs
import numpy as np
import trio

from actors.local.moonshine import MoonshineStt
from actors.ports import CALLER_RATE, Pcm, Stt
from bench.speech import CACHE, Utterance, Voice, speak

__all__ = ["HELD_OUT_VOICES", "Hearing", "noisy", "pronounced", "voice_of"]

#: Told in bench/accuracy/README.md, so that training avoids them. The transcriber gets about every fourth word of them
#: wrong (eleven lines; "11" for "eleven" counts), but of the espeak-ng accents that training avoids, too, every second:
#: these would measure the transcriber and not the model.
HELD_OUT_VOICES: Final = (
    Voice("flite", "awb", 1.0),
    Voice("flite", "rms", 1.0),
    Voice("flite", "awb", 1.15),
    Voice("flite", "rms", 1.15),
)
_RECIPE: Final = "1"  # part of the cache's keys: change it whenever the same line would sound different
_SNR_DB: Final = 25.0
_MARGIN: Final = CALLER_RATE // 4  # silence (but for the noise) before and after


def voice_of(conversation: str) -> Voice:
    """Every caller keeps one voice for the conversation."""
    number = int(hashlib.sha256(conversation.encode()).hexdigest()[:8], 16)
    return HELD_OUT_VOICES[number % len(HELD_OUT_VOICES)]


def pronounced(text: str) -> str:
    """Numbers of appointments and cards digit by digit, as people say them; years stay."""
    spaced = re.sub(r"\b(?!19\d\d\b|20\d\d\b)\d{4,6}\b", lambda found: " ".join(found[0]), text)
    return re.sub(r"(?<=\d)/(?=\d)", " ", spaced)


def noisy(samples: Pcm, seed: int) -> Pcm:
    """With white noise 25 dB below the voice, and a quarter of a second of it alone at both ends."""
    padded = np.concatenate((np.zeros(_MARGIN), samples.astype(np.float64), np.zeros(_MARGIN)))
    loudness = float(np.sqrt(np.mean(np.square(samples.astype(np.float64)))))
    noise = np.random.default_rng(seed).standard_normal(len(padded)) * loudness * 10 ** (-_SNR_DB / 20)
    return np.clip(np.rint(padded + noise), -32768, 32767).astype(np.int16)


@attrs.define
class Hearing:
    """Lines and what was understood of them, kept in ``file``. The transcriber is loaded when it is first needed."""

    file: Path
    _known: dict[str, str] = attrs.field(factory=dict, init=False)
    _stt: Stt | None = attrs.field(default=None, init=False)
    _lock: trio.Lock = attrs.field(factory=trio.Lock, init=False)

    def __attrs_post_init__(self) -> None:
        if self.file.exists():
            for line in self.file.read_text().splitlines():
                entry = json.loads(line)
                self._known[entry["key"]] = entry["heard"]

    async def hear(self, text: str, voice: Voice) -> str:
        """What the transcriber makes of the line in this voice."""
        key = hashlib.sha256(
            "\0".join((_RECIPE, voice.engine, voice.name, f"{voice.speed:g}", text)).encode()
        ).hexdigest()
        async with self._lock:
            if key in self._known:
                return self._known[key]
            heard = await self._transcribe(text, voice, seed=int(key[:8], 16))
            self._known[key] = heard
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with self.file.open("a") as out:
                print(json.dumps({"key": key, "voice": voice.name, "text": text, "heard": heard}), file=out)
        return self._known[key]

    async def _transcribe(self, text: str, voice: Voice, *, seed: int) -> str:
        if self._stt is None:
            self._stt = await trio.to_thread.run_sync(MoonshineStt)
        spoken = await trio.to_thread.run_sync(lambda: speak(Utterance(0, pronounced(text)), voice, CACHE))
        stream = await self._stt.open_stream()
        stream.begin(0)
        stream.push(noisy(spoken.samples, seed))
        heard = await stream.final()
        await stream.aclose()
        return heard or "..."
