"""One call, from the greeting to the end.

Map
    _call                        the conductor: events in, effects out;  _wiring: its parts, connected
    _ear _voice _turn_signals    caller audio to voice, words and ends of turn
    _echo _pitch _recent         what they ask of the sound: an echo? a voice? where did it begin and end?
    _intent_watch                is what sounds over the agent meant for it?
    _attempts _answer _speaker   model, functions, sentences to speech;  _phrases: fixed words
    _playout _reel _cursor _settling   speech to the caller, and what was heard
    _commits                     side effects
    _record _meter               history, what is shown; times
    _outlet _witness             the way out; what the journal is told
    _setup                       what a call needs
"""

from __future__ import annotations

from actors.call._answer import AnswerSettings
from actors.call._call import Call
from actors.call._ear import EarSettings
from actors.call._phrases import Phrasebook
from actors.call._setup import CallSettings, CallSetup, Observer, phrases_of
from actors.call._voice import VoiceSettings

__all__ = [
    "AnswerSettings",
    "Call",
    "CallSettings",
    "CallSetup",
    "EarSettings",
    "Observer",
    "Phrasebook",
    "VoiceSettings",
    "phrases_of",
]
