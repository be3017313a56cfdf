"""One call, from the greeting to the end.

Map: ``_call`` (the conductor: events in, effects out) · ``_wiring`` (its parts, connected) · ``_ear``, ``_voice``,
``_echo`` and ``_turn_signals`` (caller audio to voice, words and ends of turn, the agent's own echo left out) ·
``_attempts``, ``_answer`` and ``_speaker`` (model, functions, sentences to speech) · ``_phrases`` (fixed words) ·
``_playout``, ``_reel``, ``_cursor`` (speech to the caller, and what was heard) · ``_commits`` (side effects) ·
``_record`` and ``_meter`` (history, what is shown, times) · ``_outlet`` (the way out) · ``_witness`` (what the journal
is told) · ``_setup`` (what a call needs)
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
