"""Reading the settings: the only place that knows of the environment and of a configuration file.

Precedence: flags, then environment, then file, then default. The file is TOML, with one table per group:

    [server]
    port = 8443
    tls_cert = "cert.pem"

    [engines]
    llm_model = "/models/other.gguf"

A setting has one name everywhere: field ``tls_cert``, flag ``--tls-cert``, variable ``BARGEIN_TLS_CERT`` (or the one
named in its ``env``), key ``tls_cert`` of its table. An empty variable counts as absent. Names are unique across
groups. The settings themselves are in :mod:`web.settings`.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

import attrs

from actors.errors import ConfigurationError
from web.settings import (
    GROUPS,
    AgentSettings,
    Config,
    EngineSettings,
    JournalSettings,
    KeySettings,
    LogSettings,
    Secret,
    ServerSettings,
    SettingInfo,
    TurnSettings,
)

__all__ = [
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
    "all_settings",
    "load_config",
]

CONFIG_VARIABLE: Final = "BARGEIN_CONFIG"
DEFAULT_FILE: Final = "bargein.toml"
_SWITCH: Final = {
    "yes": True,
    "true": True,
    "on": True,
    "1": True,
    "no": False,
    "false": False,
    "off": False,
    "0": False,
}


def all_settings() -> Iterator[SettingInfo]:
    """Every setting, in the order of the groups."""
    for group, cls in GROUPS.items():
        types = get_type_hints(cls)
        for field in attrs.fields(cls):
            env = field.metadata["env"] or f"BARGEIN_{field.name.upper()}"
            yield SettingInfo(field.name, group, env, field.default, field.metadata["help"], types[field.name])


def load_config(
    flags: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None, file: Path | None = None
) -> Config:
    """The settings from all sources.

    ``flags``: by field name; None means not given. ``environ``: usually ``os.environ``. ``file``: the TOML file;
    without it the variable BARGEIN_CONFIG names one, else ``bargein.toml`` in the working directory counts if there is
    one.
    Raises :class:`~actors.errors.ConfigurationError`, which names the setting, its source and what to do.
    """
    flags, environ = flags or {}, environ or {}
    infos = {info.name: info for info in all_settings()}
    for name in flags:
        if name not in infos:
            raise ConfigurationError(f"{name} is not a setting.{_suggest(name, infos)}")
    path = _find_file(file, environ)
    in_file = _read_file(path, infos) if path is not None else {}
    values: dict[str, dict[str, Any]] = {group: {} for group in GROUPS}
    sources: dict[str, str] = {}
    for info in infos.values():
        candidates = (
            (flags.get(info.name), info.flag, "flag"),
            (environ.get(info.env) or None, info.env, "environment"),
            (in_file.get(info.name), f"{path}: {info.name}", "file"),
        )
        for given, where, source in candidates:
            if given is not None:
                values[info.group][info.name] = _converted(given, info, where)
                sources[info.name] = source
                break
    return Config(**{group: _made(cls, values[group]) for group, cls in GROUPS.items()}, sources=sources)


def _find_file(file: Path | None, environ: Mapping[str, str]) -> Path | None:
    named = file or (Path(environ[CONFIG_VARIABLE]) if environ.get(CONFIG_VARIABLE) else None)
    if named is not None:
        return named
    default = Path(DEFAULT_FILE)
    return default if default.is_file() else None


def _read_file(path: Path, infos: Mapping[str, SettingInfo]) -> dict[str, Any]:
    try:
        with path.open("rb") as opened:
            tables = tomllib.load(opened)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not TOML: {error}.") from None
    found: dict[str, Any] = {}
    for group, table in tables.items():
        if group not in GROUPS or not isinstance(table, dict):
            raise ConfigurationError(f"{path}: [{group}] is not a table of settings.{_suggest(group, GROUPS)}")
        for name, value in table.items():
            info = infos.get(name)
            if info is None:
                raise ConfigurationError(f"{path}: {name} in [{group}] is not a setting.{_suggest(name, infos)}")
            if info.group != group:
                raise ConfigurationError(f"{path}: {name} belongs in [{info.group}], not in [{group}].")
            found[name] = value
    return found


def _suggest(name: str, known: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f" Did you mean {close[0]}?" if close else ""


def _made(cls: type[Any], values: Mapping[str, Any]) -> Any:
    try:
        return cls(**values)
    except ValueError as error:  # from a validator; its message names the field
        raise ConfigurationError(f"{error}.") from None


def _converted(given: Any, info: SettingInfo, where: str) -> Any:
    """``given`` as the setting's type. Text is read; values that come with a type (TOML, flags) have to fit."""
    wanted = info.type
    options = [option for option in get_args(wanted) if option is not type(None)]
    if type(None) in get_args(wanted):
        wanted = options[0]
    try:
        return _as(wanted, given)
    except ValueError as problem:
        shown = "" if wanted is Secret else f" {given!r}"
        raise ConfigurationError(f"{where}:{shown} is not {problem}.") from None


def _as(wanted: Any, given: Any) -> Any:
    if get_origin(wanted) is Literal:
        if given not in get_args(wanted):
            raise ValueError("one of " + ", ".join(get_args(wanted)))
        return given
    if get_origin(wanted) is tuple:
        parts = given.split(",") if isinstance(given, str) else given
        if not isinstance(parts, list | tuple) or not all(isinstance(part, str) for part in parts):
            raise ValueError("a list of text")
        return tuple(part.strip() for part in parts if part.strip())
    if wanted is bool:
        return _switch(given)
    if wanted in (int, float):
        return _number(wanted, given)
    if isinstance(given, wanted):
        return given
    if not isinstance(given, str):
        raise ValueError("text")
    return wanted(given)


def _switch(given: Any) -> bool:
    if isinstance(given, bool):
        return given
    if str(given).lower() not in _SWITCH:
        raise ValueError("yes or no")
    return _SWITCH[str(given).lower()]


def _number(wanted: type[int] | type[float], given: Any) -> int | float:
    name = "a whole number" if wanted is int else "a number"
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise ValueError(name)
    if wanted is int and isinstance(given, float):
        raise ValueError(name)
    try:
        return wanted(given)
    except ValueError:
        raise ValueError(name) from None
