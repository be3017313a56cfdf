"""What a call is made of: engines, agent, settings. Shared by all calls of a process; nothing here changes."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from actors.agents import Agent
from actors.call._answer import AnswerSettings
from actors.call._hearing import EarSettings
from actors.call._phrases import Phrasebook
from actors.journal import Journal, NoJournal
from actors.ports import Intent, Llm, Stt, Tts, Vad
from actors.tools import Clock, Resources
from statechart import Event, Settings, Step

__all__ = ["CallSettings", "CallSetup", "Observer", "phrases_of"]

Observer = Callable[[Event, Step], None]  #: sees every event that entered the chart, and what came of it


@attrs.frozen(kw_only=True)
class CallSettings:
    """``history_characters``: what of the conversation the model is shown, at most (oldest turns go first).
    ``commit_grace_s``: how long an ended call waits for side effects that run. ``announcement`` tells the caller of one
    whose turn was cut; ``{tool}`` is its name in words. ``frame_ms``: how long the frames of agent audio are; the wire
    allows 40, simulated calls take longer ones."""

    chart: Settings = Settings()
    ear: EarSettings = EarSettings()
    answer: AnswerSettings = AnswerSettings()
    history_characters: int = 6000
    commit_grace_s: float = 10.0
    announcement: str = "By the way, your request went through: {tool}."
    frame_ms: int = attrs.field(default=40, validator=[attrs.validators.gt(0), attrs.validators.le(100)])
    announcement_failed: str = "By the way, that did not work: {tool}. {error}"


@attrs.frozen(kw_only=True)
class CallSetup:
    """``resources`` are the agent's, opened; ``phrases`` its fixed words, spoken in advance. ``journal``: where each
    call keeps its own. ``intent``: None where sounds over the agent are judged by their words and length alone."""

    agent: Agent
    resources: Resources
    vad: Vad
    stt: Stt
    llm: Llm
    tts: Tts
    intent: Intent | None = None
    phrases: Phrasebook = attrs.field(factory=Phrasebook)
    settings: CallSettings = CallSettings()
    journal: Journal = NoJournal()
    now: Clock = attrs.field(default=attrs.Factory(lambda self: self.agent.clock(), takes_self=True))


def phrases_of(agent: Agent) -> tuple[str, ...]:
    """All fixed words of an agent, for :meth:`Phrasebook.synthesise`."""
    fillers = [tool.filler for tool in agent.tools if tool.filler]
    single = (agent.greeting, agent.goodbye, agent.apology, agent.breakdown)
    return (*single, *agent.idle_prompts, *agent.fillers, *fillers)
