"""From a module of plain typed functions to an agent."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from actors.agents._agent import Agent
from actors.errors import ConfigurationError
from actors.tools import Tool, find_tool

__all__ = ["agent_from_module", "load_agent"]

_TEXTS = ("greeting", "goodbye", "apology", "breakdown", "voice", "timezone")
_LISTS = ("hints", "fillers", "idle_prompts")
_OPEN = "open_resources"


def load_agent(where: str) -> Agent:
    """Load an agent by the name of a built-in one ("hospital"), of a module ("package.module") or of a file ("my.py").

    The module's docstring is the system prompt; its functions declared with ``@tool`` are the tools, in the order of
    their names in the module, or of TOOLS if it defines that. Further optional constants: GREETING, GOODBYE, APOLOGY,
    BREAKDOWN, VOICE, TIMEZONE (strings), HINTS, FILLERS, IDLE_PROMPTS (tuples of strings). Optional function:
    ``open_resources(database, now)``, a context manager around :class:`actors.tools.Resources`.

    Raises :class:`ConfigurationError` saying what is missing or wrong.
    """
    return agent_from_module(_import(where))


def agent_from_module(module: ModuleType) -> Agent:
    """Build an agent from an imported module; see :func:`load_agent`."""
    name = module.__name__.rpartition(".")[2]
    system = inspect.cleandoc(module.__doc__ or "")
    if not system:
        raise ConfigurationError(f"the agent {name!r} needs a module docstring: it is the system prompt")
    settings: dict[str, Any] = {}
    for key in _TEXTS:
        if hasattr(module, key.upper()):
            settings[key] = _text(name, key, getattr(module, key.upper()))
    for key in _LISTS:
        if hasattr(module, key.upper()):
            settings[key] = _texts(name, key, getattr(module, key.upper()))
    if hasattr(module, _OPEN):
        settings[_OPEN] = getattr(module, _OPEN)
    return Agent(name=name, system=system, tools=_tools(module), **settings)


def _import(where: str) -> ModuleType:
    if where.endswith(".py"):
        return _import_file(Path(where))
    for full in (f"actors.agents.{where}", where) if where.isidentifier() else (where,):
        try:
            return importlib.import_module(full)
        except ModuleNotFoundError as error:
            if error.name is None or not full.startswith(error.name):
                raise ConfigurationError(f"the agent {where!r} needs the module {error.name!r}") from error
        except (ValueError, TypeError):
            break  # not a module name at all
    raise ConfigurationError(f"no agent {where!r}: give a built-in agent (hospital), a module or a .py file")


def _import_file(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise ConfigurationError(f"no agent file {str(path)!r}")
    module = importlib.util.module_from_spec(spec)
    # Annotations written as text are looked up in the function's module by its name.
    previous = sys.modules.get(path.stem)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
    except ConfigurationError:
        raise
    except Exception as error:
        raise ConfigurationError(f"the agent file {str(path)!r} cannot be loaded: {error!r}") from error
    finally:
        if previous is not None:
            sys.modules[path.stem] = previous
        else:
            del sys.modules[path.stem]
    return module


def _tools(module: ModuleType) -> tuple[Tool, ...]:
    if hasattr(module, "TOOLS"):
        listed = [find_tool(function) for function in module.TOOLS]
        if None in listed:
            raise ConfigurationError(f"TOOLS of {module.__name__} must list functions declared with @tool(effect=...)")
        return tuple(tool for tool in listed if tool is not None)
    tools: list[Tool] = []
    for key, value in vars(module).items():
        found = find_tool(value)
        if found is not None:
            tools.append(found)
            continue
        own = inspect.isfunction(value) and value.__module__ == module.__name__
        if own and key != _OPEN and not key.startswith("_"):
            raise ConfigurationError(
                f"{module.__name__}.{key}() has no effect class: declare it with @tool(effect=...), where the effect "
                f'is "read" (looks), "idempotent" (twice is as once) or "commit" (must happen once); or call it _{key}'
            )
    return tuple(tools)


def _text(agent: str, key: str, value: object) -> str:
    if not isinstance(value, str):
        raise ConfigurationError(f"{key.upper()} of the agent {agent!r} must be a string")
    return value


def _texts(agent: str, key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, (tuple, list)) or not all(isinstance(item, str) for item in value):
        raise ConfigurationError(f"{key.upper()} of the agent {agent!r} must be a tuple of strings")
    return tuple(value)
