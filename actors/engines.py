"""The engines of a process: chosen, loaded at once, warmed up and closed.

    async with open_engines(EngineOptions(), warm_up=request, progress=show) as engines:
        engines.vad, engines.stt, engines.llm, engines.tts, engines.intent

Nothing is read from the environment here; :mod:`web.config` makes the options. Self-tests: :mod:`actors.self_test`.

Map: _engine_options (what is chosen, and what it needs: pure), _engine_makers (each engine by its name), fallback
(several engines as one).
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any, Final, Literal, get_args

import attrs
import trio

from actors._engine_makers import MAKERS
from actors._engine_options import EngineOptions, Part
from actors.errors import EngineMissing, EngineUnavailable
from actors.fallback import Chain, FallbackLlm, FallbackStt, FallbackTts, Member, open_chain
from actors.local.intent import MoonshineIntent
from actors.ports import Intent, Llm, LlmRequest, Stt, Tts, Vad

__all__ = [
    "EngineOptions",
    "Engines",
    "Part",
    "Progress",
    "Step",
    "open_engines",
    "open_intent",
    "open_llm",
    "open_stt",
    "open_tts",
    "open_vad",
]


Step = Part | Literal["intent"]  #: what is loaded: the parts that can be chosen, and what calls can do without

_log = logging.getLogger(__name__)
_PARTS: Final[tuple[Part, ...]] = get_args(Part)
_STEPS: Final[tuple[Step, ...]] = (*_PARTS, "intent")


@attrs.frozen
class Engines:
    vad: Vad
    stt: Stt
    llm: Llm
    tts: Tts
    intent: Intent | None = None  #: None where its files are not installed


@attrs.frozen
class Progress:
    """One step of getting ready. ``ms``: how long it took, None while it goes on. ``there`` False: its files are not
    installed, and calls do without."""

    part: Step
    engine: str
    ms: float | None = None
    there: bool = True


def _ignore(_: Progress) -> None:
    pass


@asynccontextmanager
async def open_engines(
    options: EngineOptions,
    *,
    warm_up: LlmRequest | None = None,
    progress: Callable[[Progress], None] = _ignore,
) -> AsyncIterator[Engines]:
    """Load all engines at once; each is warm when the block begins. ``warm_up``: what every answer begins with (system
    prompt and tools), evaluated by a local model ahead of time.

    Raises ConfigurationError for a choice that does not exist, EngineMissing for one that is not installed and
    EngineUnavailable for one that does not start.
    """
    for part in _PARTS:  # what is set wrongly is told before anything is loaded
        options.require(part)
    names: dict[Step, str] = dict([*options.names.items(), ("intent", MoonshineIntent.name)])
    loaded: dict[Step, Any] = {}
    all_loaded, leaving = trio.Event(), trio.Event()
    failure: Exception | None = None

    @contextmanager
    def timed(part: Step) -> Iterator[None]:
        begun = time.perf_counter()
        progress(Progress(part, names[part]))
        yield
        ms = (time.perf_counter() - begun) * 1000
        progress(Progress(part, names[part], ms, there=loaded[part] is not None))

    async def hold(part: Step, manager: AbstractAsyncContextManager[Any]) -> None:
        """Each engine is opened and closed by one task, which cancel scopes within it ask for."""
        nonlocal failure
        try:
            async with AsyncExitStack() as stack:
                with timed(part):
                    loaded[part] = await stack.enter_async_context(manager)
                if len(loaded) == len(_STEPS):
                    all_loaded.set()
                await leaving.wait()
        except Exception as error:
            failure = failure or error
            nursery.cancel_scope.cancel(reason=f"{part} failed")

    # The errors of the body are carried around the nursery, which would wrap them in a group.
    async with trio.open_nursery() as nursery:
        nursery.start_soon(hold, "vad", open_vad(options))
        nursery.start_soon(hold, "stt", open_stt(options))
        nursery.start_soon(hold, "tts", open_tts(options))
        nursery.start_soon(hold, "llm", open_llm(options, warm_up))
        nursery.start_soon(hold, "intent", open_intent())
        try:
            await all_loaded.wait()
            yield Engines(**loaded)
        except Exception as error:
            failure = failure or error
        finally:
            leaving.set()
    if failure is not None:
        raise failure


@asynccontextmanager
async def open_vad(options: EngineOptions) -> AsyncIterator[Vad]:
    """The voice detector alone. Raises as :func:`open_engines`."""
    options.require("vad")
    from actors.local.silero import SileroVad

    yield await trio.to_thread.run_sync(SileroVad)


@asynccontextmanager
async def open_intent() -> AsyncIterator[Intent | None]:
    """What judges sounds over the agent; None where its files are not installed: then their words and length decide."""
    intent: Intent | None = None
    try:
        intent = await trio.to_thread.run_sync(MoonshineIntent)
    except EngineMissing as error:
        _log.warning("sounds over the agent are judged by their words alone: %s", error)
    yield intent


@asynccontextmanager
async def open_stt(options: EngineOptions) -> AsyncIterator[Stt]:
    """The recogniser alone, warm. Raises as :func:`open_engines`."""
    async with _open(options, "stt") as chain:
        yield _only(chain) or FallbackStt(chain)


@asynccontextmanager
async def open_tts(options: EngineOptions) -> AsyncIterator[Tts]:
    """The voice alone, warm. Raises as :func:`open_engines`."""
    async with _open(options, "tts") as chain:
        yield _only(chain) or FallbackTts(chain)


@asynccontextmanager
async def open_llm(options: EngineOptions, warm_up: LlmRequest | None = None) -> AsyncIterator[Llm]:
    """The language model alone, ready and warm. Raises as :func:`open_engines`."""
    async with _open(options, "llm", warm_up) as chain:
        yield _only(chain) or FallbackLlm(chain)


@asynccontextmanager
async def _open(options: EngineOptions, part: Part, warm_up: LlmRequest | None = None) -> AsyncIterator[Chain[Any]]:
    """The engines of a part, each tried once: a wrong key is told now. One that is only out of reach is tried again
    later, if there is another."""
    async with AsyncExitStack() as stack:
        members: list[Member[Any]] = []
        for name in options.require(part):
            maker: Any = MAKERS[name]
            members.append(await stack.enter_async_context(maker(options.only(part, name), warm_up)))
        chain = await stack.enter_async_context(open_chain(Chain(members, patience=options.patience)))
        for member in members:
            try:
                await chain.check(member)
            except EngineUnavailable as error:
                if len(members) == 1:
                    raise
                chain.failed(member, error)
        yield chain


def _only(chain: Chain[Any]) -> Any:
    """The engine itself, where it is the only one."""
    return chain.members[0].engine if len(chain.members) == 1 else None
