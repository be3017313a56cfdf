"""For your own property tests: Hypothesis strategies, and a state machine that plays whole calls against the chart.

    class TestPatient(TurnTakingMachine.TestCase): ...        # with the default settings

    def test_my_settings_keep_every_promise():
        check(Settings(idle_prompts=0, speculate=False))

The machine plays the caller and the agent's engines, in plausible and in hostile order, and checks after each step that
the states follow the chart, that turn numbers never fall, that nothing is played after its flush, that a side effect
runs at most once and never on trial, withdrawn or held, that held speech is resumed or flushed, that every timer
belongs to its state, that something always brings the call on, and that the end is the end.

Map: ``_strategies`` · ``_machine`` (the state machine, and ``check``) · ``_miniature`` (the call that it plays) ·
``_reel`` (its audio) · ``_promises`` (what holds of every snapshot)
"""

from __future__ import annotations

from statechart.testing._machine import TurnTakingMachine, check
from statechart.testing._miniature import MiniatureCall
from statechart.testing._strategies import agent_lines, caller_lines, event_of, events, settings, snapshots

__all__ = [
    "MiniatureCall",
    "TurnTakingMachine",
    "agent_lines",
    "caller_lines",
    "check",
    "event_of",
    "events",
    "settings",
    "snapshots",
]
