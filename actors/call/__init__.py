"""One call, from the greeting to the end.

Map
    _call                        the conductor: events in, effects out;  _wiring: its parts, connected
    _ear _hearing _voice         caller audio to voices and pauses
    _asker _turn_signals         what the engines are asked about it: words, ends of turn
    _echo _pitch _recent         what they ask of the sound: an echo? a voice? where did it begin and end?
    _suspicion                   may it be the beginning of a voice, before anybody can be sure?
    _intent_watch                when is it asked whether a sound over the agent is meant for it?
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
from actors.call._hearing import EarSettings
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
