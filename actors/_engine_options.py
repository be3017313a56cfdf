"""Which engine does what, and what each needs. Pure; :mod:`actors.engines` opens what is chosen here."""

from __future__ import annotations

from typing import Any, Final, Literal

import attrs

from actors.errors import ConfigurationError

__all__ = ["CHOICES", "EngineOptions", "Part"]

Part = Literal["vad", "stt", "llm", "tts"]

#: The engines that there are for each part.
CHOICES: Final[dict[Part, tuple[str, ...]]] = {
    "vad": ("silero",),
    "stt": ("moonshine", "deepgram", "deepgram-flux"),
    "llm": ("local", "openai"),
    "tts": ("hibari", "elevenlabs", "speech"),
}


@attrs.frozen
class EngineOptions:
    """An engine by part, or several separated by commas, each the next one's fallback.

    ``stt``: "moonshine", "deepgram" or "deepgram-flux". ``llm``: "local" (llama.cpp) or "openai" (any OpenAI-compatible
    server). ``tts``: "hibari", "elevenlabs" or "speech" (any server with /v1/audio/speech). "auto" takes the cloud
    engine whose key (or address) is given, else the local one.

    ``llm_model``: a path that ends in .gguf is for "local", another name for "openai". ``llm_adapter``: a LoRA adapter
    (GGUF) for the bundled model instead of the receptionist's. ``stt_model``, ``tts_model`` and ``tts_voice`` are for
    the first engine of a chain; the others speak and hear with their own defaults. ``llm_slots``: answers a local model
    writes at once, on ``llm_threads`` (0: it chooses). ``patience``: seconds that one with a fallback gets.
    """

    vad: str = "auto"
    stt: str = "auto"
    llm: str = "auto"
    tts: str = "auto"
    llm_base_url: str | None = None
    llm_api_key: str | None = attrs.field(default=None, repr=False)
    llm_model: str | None = None
    llm_adapter: str | None = None
    llm_slots: int = 4
    llm_threads: int = 0
    stt_model: str | None = None
    deepgram_api_key: str | None = attrs.field(default=None, repr=False)
    deepgram_base_url: str | None = None
    tts_model: str | None = None
    tts_voice: str | None = None
    elevenlabs_api_key: str | None = attrs.field(default=None, repr=False)
    elevenlabs_base_url: str | None = None
    speech_base_url: str | None = None
    speech_api_key: str | None = attrs.field(default=None, repr=False)
    patience: float = 2.5

    @property
    def chains(self) -> dict[Part, tuple[str, ...]]:
        """The engines of each part, the preferred one first."""
        auto: dict[Part, str] = {
            "vad": "silero",
            "stt": "deepgram" if self.deepgram_api_key else "moonshine",
            "llm": "openai" if (self.llm_base_url or self.llm_api_key) and not self.gguf else "local",
            "tts": "elevenlabs" if self.elevenlabs_api_key else "speech" if self.speech_base_url else "hibari",
        }
        given: dict[Part, str] = {"vad": self.vad, "stt": self.stt, "llm": self.llm, "tts": self.tts}
        return {
            part: tuple(dict.fromkeys(auto[part] if name == "auto" else name for name in _split(names)))
            for part, names in given.items()
        }

    @property
    def names(self) -> dict[Part, str]:
        """The same for people to read: names separated by commas."""
        return {part: ",".join(chain) for part, chain in self.chains.items()}

    @property
    def gguf(self) -> str | None:
        """``llm_model``, if it is a file for llama.cpp."""
        return self.llm_model if self.llm_model and self.llm_model.lower().endswith(".gguf") else None

    def only(self, part: Part, engine: str) -> EngineOptions:
        """These options with this one engine for ``part``; a model or voice that is another's is left out."""
        first = self.chains[part][0] == engine
        changes: dict[str, Any] = {part: engine}
        if part in ("stt", "tts") and not first:
            changes[f"{part}_model"] = None
        if part == "tts" and not first:
            changes["tts_voice"] = None
        if engine == "local" and len(self.chains[part]) > 1:
            changes["llm_model"] = self.gguf
        return attrs.evolve(self, **changes)

    def require(self, part: Part) -> tuple[str, ...]:
        """The engines of ``part``, each of which has what it needs. ConfigurationError, with the name of the variable,
        where one does not exist or lacks its key, model or address."""
        chain = self.chains[part]
        for name in chain:
            if name not in CHOICES[part]:
                there = ", ".join(("auto", *CHOICES[part]))
                raise ConfigurationError(f"there is no {part} engine {name!r}; there is: {there}")
            if (lack := self._lack(name)) is not None:
                raise ConfigurationError(lack)
        return chain

    def _lack(self, name: str) -> str | None:
        match name:
            case "deepgram" | "deepgram-flux" if not self.deepgram_api_key:
                return f"{name} needs a key: set DEEPGRAM_API_KEY"
            case "elevenlabs" if not self.elevenlabs_api_key:
                return "elevenlabs needs a key: set ELEVENLABS_API_KEY"
            case "openai" if self.llm_model is None or self.gguf:
                return "a language model server is chosen but no model is named (--llm-model NAME)"
            case "openai" if not (self.llm_base_url or self.llm_api_key):
                return "OpenAI needs a key (OPENAI_API_KEY), another server its address (OPENAI_BASE_URL)"
            case "speech" if not (self.speech_base_url or self.speech_key):
                return "a speech server needs its address (SPEECH_BASE_URL), or OpenAI's a key (OPENAI_API_KEY)"
            case _:
                return None

    @property
    def speech_key(self) -> str | None:
        """The key for "speech". OpenAI's own goes to OpenAI's own address only."""
        if self.speech_api_key or self.speech_base_url:
            return self.speech_api_key
        return None if self.llm_base_url else self.llm_api_key


def _split(names: str) -> list[str]:
    return [name.strip() for name in names.split(",")]
