"""Who speaks in the examples, and the sounds that nobody speaks. Pure but for the programs that speak."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import attrs
import numpy as np
import numpy.typing as npt

from actors.ports import CALLER_RATE, Pcm
from bench._noises import NOISES, make_noise
from bench.intent._phrases import DEVELOPMENT, FAMILIES, PHRASES, UNTAUGHT, Kind
from bench.speech import Utterance, Voice, speak, voiced_bounds
from bench.training._grammar import Draw
from statechart import words

__all__ = ["Script", "Sound", "scripts", "sound_of"]

_ACCENTS = ("en-us", "en-us", "en-gb", "en-029", "en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-us-nyc")
_VARIANTS = (
    *(
        "",
        "+m1",
        "+m2",
        "+m4",
        "+m5",
        "+m6",
        "+m7",
        "+m8",
        "+f1",
        "+f3",
        "+f5",
        "+klatt",
        "+klatt2",
        "+klatt3",
        "+klatt5",
    ),
    *(
        "+Alex",
        "+Andy",
        "+Annie",
        "+Gene",
        "+Hugo",
        "+Lee",
        "+Marco",
        "+Michael",
        "+Mike",
        "+Nguyen",
        "+anika",
        "+aunty",
    ),
    *("+belinda", "+boris", "+caleb", "+david", "+ed", "+grandma", "+grandpa", "+john", "+linda", "+max", "+norbert"),
    *("+paul", "+quincy", "+rob", "+robert", "+shelby", "+steph", "+steph2", "+travis", "+victor", "+zac", "+Denis"),
    *("+Mario", "+Jacky", "+antonio", "+edward", "+marcelo", "+miguel", "+pablo", "+sandro", "+adam", "+benjamin"),
)
_TUNED_VARIANTS = ("+m3", "+f2", "+f4", "")  #: of the development part's voices
_ONLY_HELD_OUT = {"throat", "knock"}
_LIKE_PEOPLE = 0.6  # the share of the lifelike voices
_TAU = 2 * np.pi

Sound = npt.NDArray[np.float64]


@attrs.frozen
class Script:
    """One sound to be made: words of a voice, or a noise by its name and seed."""

    kind: Kind
    text: str
    voice: Voice | None
    noise: str = ""
    seed: int = 0
    speed: float = 1.0  #: played so much faster, pitch and all


def scripts(counts: dict[Kind, int], seed: int, *, with_development: bool) -> list[Script]:
    """So many of each kind. ``with_development``: also that part's phrases and voices; without, nothing of it, so that
    it can judge what was fitted."""
    draw, random = Draw(seed), Random(seed)
    out = {words(text) for texts in DEVELOPMENT.values() for text in texts} if not with_development else set()
    # What is too plain to be left out: every caller says it, and both parts do.
    out = {each for each in out if len(each) > 1} | UNTAUGHT
    found: list[Script] = []
    for kind, count in counts.items():
        while sum(each.kind == kind for each in found) < count:
            number = len(found)
            if kind == "noise":
                if random.random() < 0.3:
                    found.append(Script(kind, draw.one(PHRASES["laughter"]), _voice(random, with_development, "[[")))
                else:
                    name = random.choice(list(_ALL_NOISES))
                    found.append(Script(kind, "", None, name, 1_000_000 + number, random.uniform(0.85, 1.15)))
                continue
            own = with_development and random.random() < 0.12
            of = PHRASES[kind] if random.random() < 0.5 else draw.one(list(FAMILIES[kind].values()))
            text = draw.one(DEVELOPMENT[kind]) if own else draw.expand(draw.one(of))
            if words(text) in out:
                continue
            text = text if text[-1] in ".?]" else text + "."
            found.append(Script(kind, text, _voice(random, with_development, text), speed=random.uniform(0.88, 1.15)))
    return found


def _voice(random: Random, with_development: bool, text: str) -> Voice:
    if not text.startswith("[[") and random.random() < _LIKE_PEOPLE:
        return _lifelike(random)
    # Of flite's voices slt and rms are the development part's own; the others are held out.
    if with_development and not text.startswith("[[") and random.random() < 0.3:
        return Voice("flite", random.choice(("slt", "rms")), random.choice((0.85, 0.95, 1.0, 1.1)))
    variants = _VARIANTS + (_TUNED_VARIANTS if with_development else ())
    name = random.choice(_ACCENTS) + random.choice(variants)
    return Voice("espeak-ng", name, random.choice((130, 140, 150, 160, 170, 185)))


def _lifelike(random: Random) -> Voice:
    """None of these speaks in the held-out parts."""
    kind = random.random()
    if kind < 0.6:
        return Voice("piper", "joe", random.choice((0.85, 0.95, 1.05, 1.15, 1.25)))
    if kind < 0.8:
        return Voice("pico", "en-US", random.choice((0.9, 1.0, 1.1)))
    name = random.choice(("jf_gongitsune", "jf_tebukuro", "jf_gongitsune+jf_tebukuro"))
    return Voice("kokoro", name, random.choice((1.1, 1.2, 1.3)))


def sound_of(script: Script) -> Pcm:
    """From its first to its last voiced sample, 16 kHz, peak 16,000."""
    if script.voice is not None:
        clean = speak(Utterance(0, script.text), script.voice).samples.astype(np.float64)
    else:
        clean = _ALL_NOISES[script.noise](script.seed) * 16_000
    length = max(1, round(len(clean) / script.speed))
    heard: Pcm = np.rint(np.interp(np.linspace(0, len(clean) - 1, length), np.arange(len(clean)), clean)).astype(
        np.int16
    )
    first, last = voiced_bounds(heard)
    return heard[first : last + 1]


# --- further noises ---------------------------------------------------------------------------------------------------


def _time(seconds: float) -> Sound:
    return np.arange(round(seconds * CALLER_RATE)) / CALLER_RATE


def _smooth(sound: Sound, low: float, high: float) -> Sound:
    spectrum = np.fft.rfft(sound)
    at = np.fft.rfftfreq(len(sound), 1 / CALLER_RATE)
    return np.fft.irfft(spectrum / (1 + (at / high) ** 4) / (1 + (low / np.maximum(at, 1)) ** 4), len(sound))


def _peak(sound: Sound) -> Sound:
    loudest = max(1e-9, float(np.abs(sound).max()))
    return np.asarray(sound / loudest, np.float64)


def _tone(random: np.random.Generator) -> Sound:
    """A telephone, a lift, a microwave: one or more steady tones, in pieces."""
    t = _time(random.uniform(0.3, 1.5))
    rate = random.uniform(2, 20)
    on = np.sin(_TAU * rate * t) > random.uniform(-1.0, 0.4)
    hz = random.uniform(300, 2500)
    parts = [np.sin(_TAU * hz * ratio * t) / ratio for ratio in (1, random.uniform(1.1, 2), 3)]
    return _peak(np.sum(parts, axis=0) * on)


def _hum(random: np.random.Generator) -> Sound:
    """An engine or a tune hummed: harmonics of a pitch that drifts, with a slow swell."""
    t = _time(random.uniform(0.4, 1.5))
    hz = random.uniform(50, 350) * (1 + 0.1 * np.sin(_TAU * random.uniform(0.2, 2) * t + random.uniform(0, 6)))
    phase = _TAU * np.cumsum(hz) / CALLER_RATE
    slope = random.uniform(1.5, 3)
    sound = np.sum([np.sin(n * phase) / n**slope for n in range(1, 12)], axis=0)
    return _peak(sound * (1 + 0.5 * np.sin(_TAU * random.uniform(1, 4) * t)))


def _breath(random: np.random.Generator) -> Sound:
    """A sigh, a sniff, wind in the microphone."""
    t = _time(random.uniform(0.2, 1.2))
    shape = np.clip(np.sin(np.pi * t / t[-1]), 0, None) ** random.uniform(0.5, 2)
    return _peak(_smooth(random.standard_normal(len(t)), random.uniform(80, 900), random.uniform(1000, 5000)) * shape)


def _sneeze(random: np.random.Generator) -> Sound:
    intake, burst = _breath(random)[:3000] * 0.2, _time(random.uniform(0.15, 0.4))
    noise = _smooth(random.standard_normal(len(burst)), 500, 7000) * np.exp(-burst / random.uniform(0.05, 0.15))
    hz = random.uniform(150, 500)
    vowel = np.sum([np.sin(_TAU * hz * n * burst) / n**1.3 for n in range(1, 9)], axis=0) * np.exp(-burst / 0.08)
    return _peak(np.concatenate((intake, _peak(noise) + random.uniform(0.1, 0.8) * _peak(vowel))))


def _rattle(random: np.random.Generator) -> Sound:
    """Dishes, keys, a drawer: resonances struck at random moments."""
    t = _time(random.uniform(0.3, 1.2))
    sound = np.zeros(len(t))
    for _ in range(random.integers(2, 14)):
        at = random.integers(0, len(t) - 200)
        rest = t[: len(t) - at]
        tones = [np.sin(_TAU * hz * rest) for hz in random.uniform(200, 6000, size=random.integers(1, 5))]
        sound[at:] += np.sum(tones, axis=0) * np.exp(-rest / random.uniform(0.005, 0.06)) * random.uniform(0.3, 1)
    return _peak(sound + 0.05 * random.standard_normal(len(t)))


def _giggle(random: np.random.Generator) -> Sound:
    """Laughter of other makers than ``bench/_noises``: harmonics in puffs, 4 to 7 a second, a breath between them."""
    t = _time(random.uniform(0.5, 1.6))
    rate = random.uniform(3.8, 7)
    puffs = np.clip(np.sin(_TAU * rate * t - np.pi / 2 * random.uniform(0, 1)), 0, None) ** random.uniform(0.6, 2)
    hz = random.uniform(110, 420) * (1 + random.uniform(0.0, 0.35) * puffs) * np.exp(-t * random.uniform(0, 0.4))
    phase = _TAU * np.cumsum(hz) / CALLER_RATE
    first, second = random.uniform(350, 1000), random.uniform(1000, 2300)
    voice = np.zeros(len(t))
    for n in range(1, 25):
        at = n * float(np.mean(hz))
        gain = 1 / n + 1 / (1 + ((at - first) / 120) ** 2) + 0.6 / (1 + ((at - second) / 150) ** 2)
        voice += gain * np.sin(n * phase + random.uniform(0, 6)) * (at < 6000)
    air = _smooth(random.standard_normal(len(t)), 400, 5000)
    fade = np.exp(-t / random.uniform(0.5, 3))
    return _peak((_peak(voice) * puffs + random.uniform(0.03, 0.4) * _peak(air) * (0.3 + puffs)) * fade)


def _maker(make: Callable[[np.random.Generator], Sound]) -> Callable[[int], Sound]:
    return lambda seed: make(np.random.default_rng(seed))


def _listed(name: str) -> Callable[[int], Sound]:
    return lambda seed: make_noise(name, seed)


_ALL_NOISES: dict[str, Callable[[int], Sound]] = {
    **{name: _listed(name) for name in NOISES if name not in _ONLY_HELD_OUT},
    "more laughter": _listed("laughter"),
    **{each.__name__: _maker(each) for each in (_tone, _hum, _breath, _sneeze, _rattle)},
    **{f"giggle {n}": _maker(_giggle) for n in range(3)},
}
