"""Flags made from the settings, so that each setting has one name, one default and one explanation."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from web.config import Config, all_settings, load_config
from web.settings import GROUPS

__all__ = [
    "AGENT",
    "ENGINES",
    "JOURNAL",
    "OF_A_CALL",
    "OF_A_SERVER",
    "TURNS",
    "config_file_option",
    "load",
    "setting_options",
]

AGENT = ("agent", "db", "timezone")
ENGINES = ("llm", "llm_model", "llm_adapter", "llm_base_url", "stt", "tts", "tts_voice", "speech_base_url", "vad")
JOURNAL = ("journal", "journal_audio", "journal_unmasked")
TURNS = ("complete_wait_ms", "default_wait_ms", "open_wait_ms", "longest_wait_ms", "filler_ms", "idle_prompt_seconds")

#: Groups of settings that matter to one call without a server, and to a server. Keys are never given by flag: other
#: users of the machine see flags.
OF_A_CALL = frozenset({"agent", "engines", "turns", "journal", "logging"})
OF_A_SERVER = frozenset(GROUPS) - {"keys"}

F = TypeVar("F", bound=Callable[..., Any])

_METAVARS = {
    "host": "ADDRESS", "db": "URL", "timezone": "ZONE", "agent": "NAME|FILE.py", "llm_model": "PATH.gguf|NAME",
    "llm_adapter": "PATH.gguf", "llm_base_url": "URL", "speech_base_url": "URL",
    "tls_cert": "PEM", "tls_key": "PEM", "origins": "URL,...",
    "journal": "DIR",
    "log_level": "debug|info|warning|error",
    "tts_voice": "NAME", "stt": "ENGINE,...", "llm": "ENGINE,...", "tts": "ENGINE,...", "vad": "ENGINE",
}  # fmt: skip


def setting_options(*names: str, groups: Collection[str] = ()) -> Callable[[F], F]:
    """A click option for each of these settings, and one that the help does not list for each other one of ``groups``.
    Values arrive as text; :func:`web.config.load_config` reads them."""
    infos = {info.name: info for info in all_settings()}
    others = [info.name for info in infos.values() if info.group in groups and info.name not in names]

    def decorate(function: F) -> F:
        for name in reversed((*names, *others)):
            info, hidden = infos[name], name in others
            explained = f"{info.help[0].upper()}{info.help[1:]}."
            if info.type is bool:
                switch = click.option(info.flag, name, is_flag=True, default=None, help=explained, hidden=hidden)
                function = switch(function)
                continue
            number = next((kind for kind in (int, float) if info.type is kind), None)
            metavar = _METAVARS.get(name) or ("N" if number is int else "SECONDS" if number is float else "TEXT")
            default = "" if info.default in (None, ()) else f"  [{info.default}]"
            option = click.option(info.flag, name, metavar=metavar, help=f"{explained}{default}", hidden=hidden)
            function = option(function)
        return function

    return decorate


def config_file_option(function: F) -> F:
    return click.option(
        "--config",
        "config_file",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Settings as TOML.  [bargein.toml, if there is one]",
    )(function)


def load(flags: Mapping[str, Any], config_file: Path | None) -> Config:
    """The settings from these flags, the environment and the file. ConfigurationError where they are wrong."""
    return load_config(flags, os.environ, config_file)
