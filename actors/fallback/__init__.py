"""Several engines behind one port: where one fails, lags or is overloaded, the next takes over within the same turn.

Map
    _health   when an engine counts as down, and for how long (pure)
    _chain    the engines of one part, in order of preference, and the task that tries those that are down again
    _llm      a language model that takes the same request to the next engine, as long as nothing was written
    _tts      a voice that goes on with the words that were not completely spoken
    _stt      a recogniser that gives the next engine the audio of the open segment

A model that fails after it has written words raises: the call (:mod:`actors.call._answer`) makes a new request, with
these words in it, which goes to the next one.
"""

from __future__ import annotations

from actors.fallback._chain import Chain, Member, open_chain
from actors.fallback._health import BackOff, Health, after_check, after_failure, order
from actors.fallback._llm import FallbackLlm
from actors.fallback._stt import FallbackStt
from actors.fallback._tts import FallbackTts

__all__ = [
    "BackOff",
    "Chain",
    "FallbackLlm",
    "FallbackStt",
    "FallbackTts",
    "Health",
    "Member",
    "after_check",
    "after_failure",
    "open_chain",
    "order",
]
