"""Agents: the parts that a call can play.

An agent is written as a module of plain typed functions (see ``docs/examples/coffee_agent.py``) and loaded by
:func:`load_agent`.

Map: ``_agent`` (what an agent is) · ``_load`` (from a module to an agent) · ``hospital`` (the built-in one).
"""

from actors.agents._agent import DEFAULT_DATABASE, Agent, OpenResources
from actors.agents._load import agent_from_module, load_agent

__all__ = ["DEFAULT_DATABASE", "Agent", "OpenResources", "agent_from_module", "load_agent"]
