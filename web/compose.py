"""From settings to something that can take a call: the agent, its records, the engines, its fixed words spoken ahead.

The only place where the three floors are put together; commands, tests and benchmarks all come through here.
"""

from __future__ import annotations

import gc
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Literal

import attrs
import trio

from actors.agents import Agent, load_agent
from actors.call import CallSettings, CallSetup, Phrasebook, phrases_of
from actors.engines import EngineOptions, Engines, open_engines
from actors.engines import Progress as EngineProgress
from actors.engines import Step as EngineStep
from actors.errors import ConfigurationError
from actors.journal import Journal, JournalFiles, NoJournal
from actors.ports import LlmMessage, LlmRequest, Monitored
from actors.tools import Clock, Resources
from statechart import EndpointWaits, OverlapLimits, Settings
from web.settings import Config, Secret, TurnSettings
from web.version import program_version

__all__ = [
    "Part",
    "Progress",
    "Report",
    "call_settings",
    "engine_options",
    "first_request",
    "open_agent",
    "open_journal",
    "open_setup",
    "settled_memory",
    "troubles",
]

Part = EngineStep | Literal["agent", "phrases"]


@attrs.frozen
class Progress:
    """One step of getting ready. ``what``: what does this part's work; ``ms``: how long it took, None while it goes
    on. ``there`` False: it is not installed, and calls do without."""

    part: Part
    what: str
    ms: float | None = None
    there: bool = True


Report = Callable[[Progress], None]


def _ignore(_: Progress) -> None:
    pass


@asynccontextmanager
async def open_setup(
    config: Config, *, progress: Report = _ignore, now: Clock | None = None
) -> AsyncIterator[CallSetup]:
    """Everything that calls need, loaded and warm. Serves any number of calls at once. ``now``: instead of the clock
    of this machine.

    Raises :class:`~actors.errors.ConfigurationError` for what is set wrongly and
    :class:`~actors.errors.EngineError` for an engine that is missing or does not start.
    """
    settings = call_settings(config.turns)
    async with (
        open_journal(config) as journal,
        open_agent(config, progress=progress, now=now) as (agent, resources),
        open_engines(
            engine_options(config),
            warm_up=first_request(agent, resources),
            progress=lambda step: progress(_of_engine(step)),
        ) as engines,
    ):
        phrases = await _speak_ahead(agent, engines, progress)
        setup = CallSetup(
            agent=agent,
            resources=resources,
            vad=engines.vad,
            stt=engines.stt,
            llm=engines.llm,
            tts=engines.tts,
            intent=engines.intent,
            phrases=phrases,
            settings=settings,
            journal=journal,
            now=now or agent.clock(config.agent.timezone),
        )
        with settled_memory():
            yield setup


def troubles(setup: CallSetup) -> dict[str, str]:
    """Engines that cannot work for the moment, by part, and why: a local model that is being restarted, or a part none
    of whose engines can be asked."""
    engines = {"vad": setup.vad, "stt": setup.stt, "llm": setup.llm, "tts": setup.tts, "intent": setup.intent}
    asked = {part: engine.trouble for part, engine in engines.items() if isinstance(engine, Monitored)}
    return {part: trouble for part, trouble in asked.items() if trouble is not None}


@contextmanager
def settled_memory() -> Iterator[None]:
    """What is loaded by now stays loaded: within this block the garbage collector leaves it alone. Walking through all
    of it stops every call of the process for 65 ms and more; walking through what calls make takes a few."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@asynccontextmanager
async def open_agent(
    config: Config, *, progress: Report = _ignore, now: Clock | None = None
) -> AsyncIterator[tuple[Agent, Resources]]:
    """The agent and what its tools work on. ConfigurationError where either cannot be opened."""
    begun = time.perf_counter()
    progress(Progress("agent", config.agent.agent))
    agent = await trio.to_thread.run_sync(load_agent, config.agent.agent)
    async with agent.open(database=config.agent.db, now=now or agent.clock(config.agent.timezone)) as resources:
        progress(Progress("agent", agent.name, (time.perf_counter() - begun) * 1000))
        yield agent, resources


@asynccontextmanager
async def open_journal(config: Config) -> AsyncIterator[Journal]:
    """Where calls keep their journals, as set. ConfigurationError where that cannot be written to."""
    settings = config.journal
    if settings.journal is None:
        if settings.journal_audio or settings.journal_unmasked:
            raise ConfigurationError("journal: name a directory for the journals, too: --journal DIR.")
        yield NoJournal()
        return
    files = JournalFiles(
        settings.journal,
        made_by=f"bargein {program_version()}",
        audio=settings.journal_audio,
        masked=not settings.journal_unmasked,
    )
    await trio.to_thread.run_sync(files.open)
    try:
        yield files
    finally:
        with trio.CancelScope(shield=True):  # bounded: see JournalFiles.close
            await trio.to_thread.run_sync(files.close)


def first_request(agent: Agent, resources: Resources) -> LlmRequest:
    """What every request of this agent begins with, for a model to evaluate ahead of time."""
    toolbox = agent.toolbox(resources, call_id="")
    messages = (LlmMessage("system", agent.system), LlmMessage("assistant", agent.greeting), LlmMessage("user", "Hi."))
    return LlmRequest(messages, toolbox.specs(), max_tokens=1)


def engine_options(config: Config) -> EngineOptions:
    """The engines as set. ConfigurationError for a model's name without a server that could have it."""
    engines = config.engines
    served = engines.llm_base_url or config.keys.openai_api_key
    if engines.llm in ("auto", "local") and engines.llm_model and not served and not Path(engines.llm_model).is_file():
        raise ConfigurationError(
            f"llm_model: there is no file {engines.llm_model}. Give the path of a GGUF file; or, for the name of a "
            "model on a server, set OPENAI_API_KEY or OPENAI_BASE_URL, too."
        )
    return EngineOptions(
        vad=engines.vad,
        stt=engines.stt,
        llm=engines.llm,
        tts=engines.tts,
        llm_base_url=engines.llm_base_url,
        llm_api_key=_revealed(config.keys.openai_api_key),
        llm_model=engines.llm_model,
        llm_adapter=engines.llm_adapter,
        llm_threads=engines.llm_threads,
        stt_model=engines.stt_model,
        deepgram_api_key=_revealed(config.keys.deepgram_api_key),
        deepgram_base_url=engines.deepgram_base_url,
        tts_model=engines.tts_model,
        tts_voice=engines.tts_voice,
        elevenlabs_api_key=_revealed(config.keys.elevenlabs_api_key),
        elevenlabs_base_url=engines.elevenlabs_base_url,
        speech_base_url=engines.speech_base_url,
        speech_api_key=_revealed(config.keys.speech_api_key),
        patience=engines.fallback_ms / 1000,
    )


def call_settings(turns: TurnSettings) -> CallSettings:
    """The times of turn-taking as set. ConfigurationError where they contradict each other."""
    try:
        chart = Settings(
            waits=EndpointWaits(
                complete_ms=turns.complete_wait_ms,
                default_ms=turns.default_wait_ms,
                open_ms=turns.open_wait_ms,
                patient_ms=turns.number_wait_ms,
                max_ms=turns.longest_wait_ms,
            ),
            overlap=OverlapLimits(decide_ms=turns.judge_ms),
            filler_ms=turns.filler_ms,
            late_filler_ms=turns.late_filler_ms,
            idle_ms=round(turns.idle_prompt_seconds * 1000),
            idle_prompts=turns.idle_prompts,
            failed_turns=turns.failed_turns,
        )
    except ValueError as error:
        raise ConfigurationError(f"[turns] cannot be used: {error}.") from None
    return CallSettings(chart=chart)


async def _speak_ahead(agent: Agent, engines: Engines, progress: Report) -> Phrasebook:
    texts = phrases_of(agent)
    what = f"{len(set(texts))} fixed phrases"
    begun = time.perf_counter()
    progress(Progress("phrases", what))
    phrases = await Phrasebook.synthesise(engines.tts, texts)
    progress(Progress("phrases", what, (time.perf_counter() - begun) * 1000))
    return phrases


def _of_engine(step: EngineProgress) -> Progress:
    return Progress(step.part, step.engine, step.ms, step.there)


def _revealed(secret: Secret | None) -> str | None:
    return None if secret is None else secret.reveal()
