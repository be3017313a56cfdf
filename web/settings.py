"""Every setting of the program, as frozen values. :mod:`web.config` fills them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

import attrs

from web.limits import Limits, setting

__all__ = [
    "GROUPS",
    "AgentSettings",
    "Config",
    "EngineSettings",
    "JournalSettings",
    "KeySettings",
    "LogSettings",
    "Secret",
    "ServerSettings",
    "SettingInfo",
    "TurnSettings",
]


class Secret:
    """A key. Nothing shows it but :meth:`reveal`: not ``repr``, ``str``, ``format``, an error message or a pickle."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The key itself, for the one header that it belongs in."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('…')"

    def __str__(self) -> str:
        return "…"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")


def _without_password(url: str) -> str:
    return repr(re.sub(r"(://[^/@:]*):[^@]*@", r"\1:…@", url))


_port = attrs.validators.and_(attrs.validators.ge(0), attrs.validators.le(65_535))
_not_negative = attrs.validators.ge(0)
_positive = attrs.validators.gt(0)


@attrs.frozen
class ServerSettings:
    host: str = setting("127.0.0.1", "address to listen on; 0.0.0.0 for all")
    port: int = setting(8080, "port to listen on; 0 picks a free one", validator=_port)
    tls_cert: Path | None = setting(
        None, "certificate chain (PEM); a browser gives the microphone to localhost or TLS only"
    )
    tls_key: Path | None = setting(None, "private key (PEM) of the certificate, where the chain does not hold it")
    origins: tuple[str, ...] = setting(
        (), "further pages that may open calls, such as https://desk.example.org; * for any"
    )


@attrs.frozen
class AgentSettings:
    agent: str = setting("hospital", "the agent that answers: a built-in name, or a module.path or FILE.py of your own")
    db: str = setting("sqlite:///bargein.db", "SQLAlchemy URL of the records", repr=_without_password)
    timezone: str | None = setting(
        None, "IANA time zone in which the agent says and hears times; not set: the agent's own"
    )


@attrs.frozen
class EngineSettings:
    """``auto``: the cloud engine whose key is set, else the embedded one."""

    vad: str = setting("auto", "voice detector")
    stt: str = setting("auto", "speech recogniser, or several separated by commas, each the next one's fallback")
    llm: str = setting("auto", "language model engine, or several separated by commas")
    tts: str = setting("auto", "voice, or several separated by commas")
    llm_model: str | None = setting(None, "a GGUF file, or the model's name at the endpoint")
    llm_adapter: str | None = setting(None, "a LoRA adapter (GGUF) of your own for the embedded model")
    llm_base_url: str | None = setting(None, "an OpenAI-compatible endpoint", env="OPENAI_BASE_URL")
    llm_threads: int = setting(
        0, "threads of the embedded language model; 0: one fewer than cores, four at most", validator=_not_negative
    )
    stt_model: str | None = setting(None, "the recogniser's model, where it offers several")
    tts_model: str | None = setting(None, "the voice's model, where the engine offers several")
    tts_voice: str | None = setting(None, "the voice's name or id")
    speech_base_url: str | None = setting(
        None, "a server with OpenAI's /v1/audio/speech, for the voice", env="SPEECH_BASE_URL"
    )
    deepgram_base_url: str | None = setting(None, "another address for Deepgram (ws, wss)", env="DEEPGRAM_BASE_URL")
    elevenlabs_base_url: str | None = setting(None, "another address for ElevenLabs", env="ELEVENLABS_BASE_URL")
    fallback_ms: int = setting(2_500, "time that an engine with a fallback gets", validator=_positive)


@attrs.frozen
class KeySettings:
    openai_api_key: Secret | None = setting(None, "key of the OpenAI-compatible endpoint", env="OPENAI_API_KEY")
    deepgram_api_key: Secret | None = setting(None, "key for Deepgram", env="DEEPGRAM_API_KEY")
    elevenlabs_api_key: Secret | None = setting(None, "key for ElevenLabs", env="ELEVENLABS_API_KEY")
    speech_api_key: Secret | None = setting(None, "key of the server at SPEECH_BASE_URL", env="SPEECH_API_KEY")


@attrs.frozen
class TurnSettings:
    """Times of turn-taking, in milliseconds unless the name says otherwise."""

    complete_wait_ms: int = setting(600, "silence after a complete sentence that ends a turn", validator=_not_negative)
    default_wait_ms: int = setting(1_000, "silence that ends a turn otherwise", validator=_not_negative)
    open_wait_ms: int = setting(1_100, "silence while a clause is under way", validator=_not_negative)
    number_wait_ms: int = setting(1_500, "silence while a number or a spelt name is under way", validator=_not_negative)
    longest_wait_ms: int = setting(3_000, "silence that ends any turn", validator=_not_negative)
    judge_ms: int = setting(600, "time to decide whether an overlap is an interruption", validator=_not_negative)
    filler_ms: int = setting(700, "a tool or model that takes longer gets a spoken filler", validator=_not_negative)
    late_filler_ms: int = setting(
        400, "the same, from the end of a turn that took longer than filler_ms to be sure of", validator=_not_negative
    )
    idle_prompt_seconds: float = setting(10.0, 'silence before "are you still there?"', validator=_not_negative)
    idle_prompts: int = setting(2, "idle prompts before goodbye", validator=_not_negative)
    failed_turns: int = setting(3, "turns in a row without an answer before goodbye", validator=_positive)


@attrs.frozen
class LogSettings:
    log_level: Literal["debug", "info", "warning", "error"] = setting(
        "info", "how much to log; only debug may hold what callers say"
    )


@attrs.frozen
class JournalSettings:
    """What is kept of each call. No journal holds a key."""

    journal: Path | None = setting(
        None, "directory for a journal of each call: what happened and what was decided, for `bargein replay`"
    )
    journal_audio: bool = setting(False, "also keep the sound, as stereo WAV: caller left, agent as heard right")
    journal_unmasked: bool = setting(
        False,
        "write down what was said, and what functions were given and returned, as it was; without this stand-ins"
        " take its place (but in the sound it is heard)",
    )


@attrs.frozen
class Config:
    """All settings. ``sources`` says for each name that is not at its default where it came from."""

    server: ServerSettings = attrs.Factory(ServerSettings)
    limits: Limits = attrs.Factory(Limits)
    agent: AgentSettings = attrs.Factory(AgentSettings)
    engines: EngineSettings = attrs.Factory(EngineSettings)
    keys: KeySettings = attrs.Factory(KeySettings)
    turns: TurnSettings = attrs.Factory(TurnSettings)
    journal: JournalSettings = attrs.Factory(JournalSettings)
    logging: LogSettings = attrs.Factory(LogSettings)
    sources: Mapping[str, str] = attrs.field(factory=dict, eq=False)


#: The tables of the file, by name.
GROUPS: Final[dict[str, type[Any]]] = {
    "server": ServerSettings,
    "limits": Limits,
    "agent": AgentSettings,
    "engines": EngineSettings,
    "keys": KeySettings,
    "turns": TurnSettings,
    "journal": JournalSettings,
    "logging": LogSettings,
}


@attrs.frozen
class SettingInfo:
    """One setting, for help texts and tables. ``type`` is the field's type as Python sees it."""

    name: str
    group: str
    env: str
    default: Any
    help: str
    type: Any

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")
